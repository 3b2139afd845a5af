// Vectors over Z_2^64 as bytes, in blocks of 256 entries, each no wider than its widest entry and
// sparse where that is smaller: docs/spec/protocols.md, section 2. One vector has one packing:
// packing and unpacking are inverse on everything that either accepts. Pure functions.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "florin/base/bytes.h"
#include "florin/base/codec.h"
#include "florin/base/span.h"

namespace florin::protocol {

size_t PackedSize(Span<const uint64_t> words);
Bytes Pack(Span<const uint64_t> words);

// A vector in packed form: only what Pack has written, or CheckPacked has passed.
struct PackedVector {
  size_t size = 0;  // entries
  Bytes bytes;
};
// [PROTO-MESSAGE] on what Pack does not write for so many entries. Allocates nothing.
Status CheckPacked(ByteView bytes, size_t size);
// Calls read_block(first, entries) for one block after the other: a vector is never there whole.
using ReadBlock = std::function<void(size_t first, Span<const uint64_t> entries)>;
void ReadPacked(const PackedVector& vector, const ReadBlock& read_block);
// sum[i] += entry i (mod 2^64). Same sizes (FLORIN_CHECK).
void AddPacked(const PackedVector& vector, Span<uint64_t> sum);
// Entries `first` and on, as many as `out` has.
void UnpackPart(const PackedVector& vector, size_t first, Span<uint64_t> out);

// A vector within something saved: how many entries, then its packing as a blob.
void SavePacked(base::Writer& writer, Span<const uint64_t> words);
// Fails the reader on more than size_max entries, and on what SavePacked does not write.
std::vector<uint64_t> RestorePacked(base::Reader& reader, size_t size_max);

// What any packing of so many entries has, at most and at least.
constexpr size_t kPackBlock = 256;
constexpr size_t PackedMax(size_t entries) {
  return entries * sizeof(uint64_t) + (entries + kPackBlock - 1) / kPackBlock;
}
constexpr size_t PackedMin(size_t entries) { return (entries + kPackBlock - 1) / kPackBlock; }

}  // namespace florin::protocol
