// Grid: the fixed-point map between reals and Z_2^64 that a whole cohort shares.
//
// An entry of magnitude at most entry_max becomes an integer of magnitude at most
//   steps_max = floor(entry_max * 2^fraction_bits) + 1,
// the + 1 because stochastic rounding may go one step up. A sum of at most contributions_max such
// integers is at most contributions_max * steps_max < 2^63 in magnitude: the wrapped sum in Z_2^64,
// read as two's complement, is the true sum, in any order of adding. Make refuses what cannot be
// proven this way.
//
// Updates are rounded stochastically (unbiased: E[encoded] = value * 2^fraction_bits, up to the 16
// random bits and the 53 of a double), exact sums to the nearest step, and counts pass unchanged.
// Immutable, thread-safe.
#pragma once

#include <cstdint>

#include "florin/base/codec.h"
#include "florin/base/rng.h"
#include "florin/base/span.h"
#include "florin/base/status.h"

namespace florin::encode {

class Grid {
 public:
  static constexpr int kFractionBitsMax = 40;  // no finer step than 2^-40
  // The largest entry of a grid of integers, so that entry_max() can say it exactly.
  static constexpr uint64_t kExactMax = uint64_t{1} << 53;

  // The grid of the finest step that cannot overflow. entry_max: largest magnitude of one
  // contribution's entry, in units before scaling. [ENCODE-OVERFLOW] not even step 1 fits.
  static Result<Grid> Make(double entry_max, uint64_t contributions_max);
  // Integers: step 1. [ENCODE-OVERFLOW]
  static Result<Grid> MakeExact(uint64_t entry_max, uint64_t contributions_max);

  int fraction_bits() const { return fraction_bits_; }
  double entry_max() const { return entry_max_; }
  uint64_t contributions_max() const { return contributions_max_; }

  // out[i] = values[i] * factor on the grid, rounded stochastically with 16 bits of `rng` each.
  // factor >= 0 and finite. [ENCODE-RANGE] an entry over entry_max or not finite: says which.
  Status EncodeUpdate(Span<const float> values, double factor, Rng& rng, Span<uint64_t> out) const;
  Status EncodeReal(Span<const double> values, Span<uint64_t> out) const;  // nearest, ties to even
  // Only on a grid of step 1 (FLORIN_CHECK).
  Status EncodeExact(Span<const int64_t> values, Span<uint64_t> out) const;
  void DecodeReal(Span<const uint64_t> sum, Span<double> out) const;
  void DecodeExact(Span<const uint64_t> sum, Span<int64_t> out) const;

  void Save(base::Writer& writer) const;
  // [CODEC]; [ENCODE-OVERFLOW] bytes that name a grid Make would not have made.
  static Result<Grid> Restore(base::Reader& reader);
  bool operator==(const Grid&) const = default;

 private:
  int fraction_bits_ = 0;
  double entry_max_ = 0;
  uint64_t contributions_max_ = 0;
};

}  // namespace florin::encode
