// Vectors over Z_2^64 as bytes, in blocks of 256 entries, each no wider than its widest entry and
// sparse where that is smaller: docs/spec/protocols.md, section 2. One vector has one packing:
// packing and unpacking are inverse on everything that either accepts. Pure functions.
#pragma once

#include <cstddef>

#include "florin/base/bytes.h"
#include "florin/base/codec.h"
#include "florin/base/span.h"

namespace florin::protocol {

size_t PackedSize(Span<const uint64_t> words);
Bytes Pack(Span<const uint64_t> words);
// All of `words`, which are zero before. Fails the reader on what Pack does not write.
void Unpack(base::Reader& reader, Span<uint64_t> words);

// What any packing of so many entries has, at most and at least.
constexpr size_t kPackBlock = 256;
constexpr size_t PackedMax(size_t entries) {
  return entries * sizeof(uint64_t) + (entries + kPackBlock - 1) / kPackBlock;
}
constexpr size_t PackedMin(size_t entries) { return (entries + kPackBlock - 1) / kPackBlock; }

}  // namespace florin::protocol
