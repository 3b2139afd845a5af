// Ids, counts and enumerators as Reader takes them: each fails the reader on what no writer makes.
#pragma once

#include <algorithm>
#include <limits>

#include "florin/base/codec.h"
#include "florin/base/ids.h"

namespace florin::base {

// A digest is its 32 bytes.
template <typename Id>
Id ReadDigest(Reader& reader) {
  Id id;
  const ByteView bytes = reader.Fixed(id.bytes.size());
  if (bytes.size() == id.bytes.size()) std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

// A name is a text that keeps the rule of NameId.
template <typename Id>
Id ReadName(Reader& reader) {
  constexpr size_t kNameMax = 64;
  Id name(reader.Text(kNameMax));
  if (reader.ok() && !CheckName("name", name.text()).ok()) reader.Fail("not a name");
  return name;
}

// A varint below 2^32.
inline uint32_t ReadCount(Reader& reader) {
  const uint64_t value = reader.Varint();
  if (value > std::numeric_limits<uint32_t>::max()) reader.Fail("count over 2^32");
  return static_cast<uint32_t>(value);
}

// One byte, first <= value <= last.
template <typename Enum>
Enum ReadEnum(Reader& reader, Enum first, Enum last) {
  const uint8_t value = reader.U8();
  if (value < static_cast<uint8_t>(first) || value > static_cast<uint8_t>(last)) {
    reader.Fail("no such enumerator");
    return first;
  }
  return static_cast<Enum>(value);
}

}  // namespace florin::base
