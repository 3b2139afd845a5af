// The words that jobs and policies share, and patterns of names.
#pragma once

#include <string_view>

#include "florin/base/span.h"

namespace florin::govern {

// The protocols a policy can ask for, weakest first. One that is not listed never is enough.
Span<const std::string_view> Protocols();

// Why rows are used. The first stands for "nothing was said".
struct Purpose {
  std::string_view name;
  std::string_view help;
};
Span<const Purpose> Purposes();

// Whether `pattern` ('*' any characters, '?' any one) fits all of `name`.
bool Matches(std::string_view pattern, std::string_view name);

}  // namespace florin::govern
