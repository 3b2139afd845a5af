// FLORIN_CHECK states an invariant. It stays on in release builds: a broken invariant is a bug of
// ours, and the process stops with the expression and place before it can write anything wrong.
// Bad input is never a reason for it: bad input is a Status.
#pragma once

namespace florin::base {

[[noreturn]] void CheckFailed(const char* expression, const char* file, int line);

}  // namespace florin::base

#define FLORIN_CHECK(expression)       \
  ((expression) ? static_cast<void>(0) \
                : ::florin::base::CheckFailed(#expression, __FILE__, __LINE__))
