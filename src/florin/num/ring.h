// Vectors over Z_2^64: what protocols sum. Addition wraps, so a sum does not depend on order.
// Signed integers are carried in two's complement.
#pragma once

#include <cstdint>
#include <vector>

#include "florin/base/span.h"

namespace florin::num {

struct RingVector {
  std::vector<uint64_t> words;
  size_t size() const { return words.size(); }
  bool operator==(const RingVector&) const = default;
};

// sum[i] += term[i] (mod 2^64). Same sizes (FLORIN_CHECK).
void RingAdd(Span<uint64_t> sum, Span<const uint64_t> term);

}  // namespace florin::num
