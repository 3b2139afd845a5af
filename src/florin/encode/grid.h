// Grid: the fixed-point map between reals and Z_2^64 that a whole cohort shares.
//
// contributions_max * (entry_max * 2^fraction_bits + 1) < 2^63 by construction, so a sum over any
// cohort the plan allows cannot wrap: Make refuses otherwise. Encoding is unbiased (stochastic
// rounding, notes in num/kernels.h) for updates and nearest for exact sums; int64 counts pass
// unchanged under the same bound.
#pragma once

#include <cstdint>

#include "florin/base/codec.h"
#include "florin/base/rng.h"
#include "florin/base/span.h"
#include "florin/base/status.h"

namespace florin::encode {

class Grid {
 public:
  // The finest power-of-two step (at most 2^-40) that cannot overflow. entry_max: largest magnitude
  // of one contribution's entry, in units before scaling. [ENCODE-OVERFLOW]
  static Result<Grid> Make(double entry_max, uint64_t contributions_max);
  static Result<Grid> MakeExact(uint64_t entry_max, uint64_t contributions_max);  // integers: step 1

  int fraction_bits() const { return fraction_bits_; }
  double entry_max() const { return entry_max_; }
  uint64_t contributions_max() const { return contributions_max_; }

  // out[i] = round(values[i] * factor) on the grid, stochastically with bits from `rng`.
  // [ENCODE-RANGE] an entry over entry_max or not finite: says which.
  Status EncodeUpdate(Span<const float> values, double factor, Rng& rng, Span<uint64_t> out) const;
  Status EncodeReal(Span<const double> values, Span<uint64_t> out) const;      // nearest
  Status EncodeExact(Span<const int64_t> values, Span<uint64_t> out) const;
  void DecodeReal(Span<const uint64_t> sum, Span<double> out) const;
  void DecodeExact(Span<const uint64_t> sum, Span<int64_t> out) const;

  void Save(base::Writer& writer) const;
  static Result<Grid> Restore(base::Reader& reader);

 private:
  int fraction_bits_ = 0;
  double entry_max_ = 0;
  uint64_t contributions_max_ = 0;
};

}  // namespace florin::encode
