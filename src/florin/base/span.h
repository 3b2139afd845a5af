// The one spelling of "a borrowed run of values": std::span, under the name the seams use.
#pragma once

#include <span>

namespace florin {

template <typename T>
using Span = std::span<T>;

}  // namespace florin
