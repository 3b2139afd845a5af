// Rotation: a random turn of the whole vector that all of a cohort share, so that few bits do.
//
// Rounding to a grid costs each entry up to a step, and the step is set by the largest entry there
// may be: for an update of norm C that is C, though most entries are near C / sqrt(d). Turned by
// H D, with D random signs and H the Walsh-Hadamard matrix over sqrt(m), every entry is a sum of m
// terms of random signs, and none is much larger than the rest (Suresh et al. 2017, section 4).
//
// A block of m = the largest power of two up to the size is turned at the front; where values are
// left behind it, a second block of m, with signs of its own, is turned at the end over what the
// first left. The length of the vector stays as it is, in entries and in norm, and sums of turned
// vectors turn back into sums. Signs come from a public seed: they hide nothing. Applying gives the
// same bits on every machine: it multiplies once and then only adds, in a fixed order.
// docs/spec/encode.md has it step by step. Immutable, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "florin/base/span.h"

namespace florin::encode {

class Rotation {
 public:
  // How much longer float32 may make a vector: each of at most 64 levels errs by 2^-24 of the norm.
  static constexpr double kSlack = 1 + 0x1p-16;

  Rotation(size_t size, uint64_t seed);
  size_t size() const { return size_; }

  // values: as many as size() (FLORIN_CHECK). Scratch-free, in place.
  void Apply(Span<float> values) const;
  // The inverse, of vectors or of their sums.
  void Invert(Span<double> values) const;

  // The largest entry of a turned vector of norm 1 and `size` entries, but for 2^-30 of all seeds:
  // Hoeffding's bound for each entry, 2 exp(-t^2 m / 2), and a union over the entries; 1 where that
  // is less. Includes kSlack. Holds for vectors that do not depend on the seed.
  static double EntryMax(size_t size);

 private:
  struct Block {
    size_t first;
    std::vector<uint32_t> signs;
  };
  size_t size_;
  size_t block_size_;          // a power of two; 0 for no values
  std::vector<Block> blocks_;  // none, one or two
};

}  // namespace florin::encode
