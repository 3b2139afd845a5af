// Vectors over Z_2^64: what protocols sum. Addition wraps, so a sum does not depend on order.
// Signed integers are carried in two's complement.
#pragma once

#include <cstdint>
#include <vector>

#include "florin/base/bytes.h"
#include "florin/base/span.h"

namespace florin::num {

struct RingVector {
  std::vector<uint64_t> words;
  size_t size() const { return words.size(); }
  bool operator==(const RingVector&) const = default;
};

// sum[i] += term[i] (mod 2^64). Same sizes (FLORIN_CHECK).
void RingAdd(Span<uint64_t> sum, Span<const uint64_t> term);

struct RingExtent {
  uint64_t magnitude = 0;  // every bit that some entry has over its sign: -1 has none, 5 has 101
  size_t entries = 0;      // that are not zero
};
RingExtent MeasureRing(Span<const uint64_t> words);

// The sum of squares of the words as signed integers, in double; the same bits on every machine for
// the same words at once. Cut into runs, its last bits may differ.
double RingSquares(Span<const uint64_t> words);

// Entries of `width` bytes, 1 to 8, little-endian two's complement, one behind the other: as many
// as there are words (FLORIN_CHECK).
void UnpackRing(ByteView entries, size_t width, Span<uint64_t> words);
// sum[i] += entry i (mod 2^64).
void AddPackedRing(ByteView entries, size_t width, Span<uint64_t> sum);
// The low bytes of the words. MeasureRing tells the width that loses nothing.
void PackRing(Span<const uint64_t> words, size_t width, Span<uint8_t> entries);

}  // namespace florin::num
