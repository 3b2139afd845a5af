// Bytes and their printed form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/span.h"
#include "florin/base/status.h"

namespace florin::base {

using Bytes = std::vector<uint8_t>;
using ByteView = Span<const uint8_t>;

inline ByteView AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// The object representation of `values`, in host order (little-endian on every supported machine).
template <typename T>
ByteView AsBytes(Span<const T> values) {
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()};
}

std::string Hex(ByteView bytes);
// [BYTES-HEX] when `text` has an odd length or a character outside 0-9a-fA-F.
Result<Bytes> FromHex(std::string_view text);

}  // namespace florin::base

namespace florin {
using base::Bytes;
using base::ByteView;
}  // namespace florin
