// Grid: the fixed-point map between reals and Z_2^bits that a whole cohort shares.
//
// An entry of magnitude at most entry_max becomes an integer of magnitude at most
//   steps_max = floor(entry_max * 2^fraction_bits) + 1,
// the + 1 because stochastic rounding may go one step up. A sum of at most contributions_max such
// integers is at most contributions_max * steps_max < 2^(bits - 1) in magnitude: the wrapped sum in
// Z_2^bits, read as two's complement, is the true sum, in any order of adding. Make refuses what
// cannot be proven this way. A sum in fewer bits is the same sum: whoever adds in Z_2^bits extends
// its sign to 64 bits, and the entries here are words of 64 bits whatever the width.
//
// Updates are rounded stochastically (unbiased: E[encoded] = value * 2^fraction_bits, up to 2^-17
// of a step for the 16 random bits, and the 53 bits of a double), exact sums to the nearest step,
// and counts pass unchanged. Immutable, thread-safe.
#pragma once

#include <cstdint>

#include "florin/base/codec.h"
#include "florin/base/rng.h"
#include "florin/base/span.h"
#include "florin/base/status.h"

namespace florin::encode {

class Grid {
 public:
  static constexpr int kFractionBitsMax = 40;   // no finer step than 2^-40
  static constexpr int kFractionBitsMin = -64;  // of fewer than 64 bits; with 64 no coarser than 1
  static constexpr int kBitsMin = 4;
  static constexpr int kBitsMax = 64;
  // The largest entry of a grid of integers, so that entry_max() can say it exactly.
  static constexpr uint64_t kExactMax = uint64_t{1} << 53;

  // The grid of the finest step that cannot overflow. entry_max: largest magnitude of one
  // contribution's entry, in units before scaling. bits: kBitsMin to kBitsMax. [ENCODE-OVERFLOW]
  // not even the coarsest step fits.
  static Result<Grid> Make(double entry_max, uint64_t contributions_max, int bits = kBitsMax);
  // Integers: step 1, 64 bits. [ENCODE-OVERFLOW]
  static Result<Grid> MakeExact(uint64_t entry_max, uint64_t contributions_max);

  int bits() const { return bits_; }                    // of a sum, its sign included
  int fraction_bits() const { return fraction_bits_; }  // the step is 2^-fraction_bits
  double entry_max() const { return entry_max_; }
  uint64_t contributions_max() const { return contributions_max_; }
  uint64_t steps_max() const;  // of one contribution's entry: below 2^62

  // out[i] = values[i] * factor on the grid, rounded stochastically with 16 bits of `rng` each.
  // factor >= 0 and finite. [ENCODE-RANGE] an entry over entry_max or not finite: says which.
  Status EncodeUpdate(Span<const float> values, double factor, Rng& rng, Span<uint64_t> out) const;
  Status EncodeReal(Span<const double> values, Span<uint64_t> out) const;  // nearest, ties to even
  // Only on a grid of step 1 (FLORIN_CHECK).
  Status EncodeExact(Span<const int64_t> values, Span<uint64_t> out) const;
  void DecodeReal(Span<const uint64_t> sum, Span<double> out) const;
  void DecodeExact(Span<const uint64_t> sum, Span<int64_t> out) const;

  // fraction_bits u8, entry_max f64, contributions_max u64; with fewer than 64 bits a byte 64 +
  // bits stands before them, and fraction_bits is two's complement.
  void Save(base::Writer& writer) const;
  // [CODEC]; [ENCODE-OVERFLOW] bytes that name a grid Make would not have made.
  static Result<Grid> Restore(base::Reader& reader);
  bool operator==(const Grid&) const = default;

 private:
  int bits_ = kBitsMax;
  int fraction_bits_ = 0;
  double entry_max_ = 0;
  uint64_t contributions_max_ = 0;
};

}  // namespace florin::encode
