// Kernels on integers, the same bits from every instruction set. See simd.h for how this file is
// compiled.
#pragma once

#include "florin/num/simd.h"

namespace florin::num {
namespace {

// Rounds kWide values; adds to out when kAdd. Clears lanes of `good` whose value is refused.
//
// Only additions of doubles that cannot be fused or reordered take part, so all paths agree:
// y = x scale is rounded once; adding 1.5 2^52 leaves the nearest integer in the low bits (exact
// for |y| < 2^51); what is left of y is exact, and its sum with the draw in (0, 1) says whether the
// floor lies one above or below that integer.
template <bool kAdd>
[[gnu::always_inline]] inline void QuantiseBlock(const float* x, F64 scale, const uint16_t* u,
                                                 uint64_t* out, I64& good) {
  constexpr double kMagic = 0x1.8p52;
  F64 y = Widen(x) * scale;
  FLORIN_ROUNDED(y);
  good &= (y < 0x1p51) & (y > -0x1p51);  // false for NaN
  const F64 shifted = y + kMagic;
  F64 draw = Widen(u) * 0x1p-16 + 0x1p-17;  // exact: the middle of one of 2^16 equal parts
  const F64 sum = (y - (shifted - kMagic)) + draw;
  const U64 nearest = U64(shifted) - 0x4338000000000000U;  // less the bits of kMagic
  const U64 rounded = nearest + U64(sum < 0.0) - U64(sum >= 1.0);  // true is -1
  Store(out, kAdd ? Load<U64>(out) + rounded : rounded);
}

template <bool kAdd>
inline bool QuantiseAll(const float* x, double scale, const uint16_t* u, uint64_t* out, size_t n) {
  const F64 factor = Broadcast(scale);
  I64 good = I64{} - 1;
  size_t i = 0;
  for (; i + kWide <= n; i += kWide) QuantiseBlock<kAdd>(x + i, factor, u + i, out + i, good);
  if (i < n) {
    float last_x[kWide] = {};
    uint16_t last_u[kWide] = {};
    uint64_t last_out[kWide] = {};
    const size_t rest = n - i;
    for (size_t k = 0; k < rest; ++k) {
      last_x[k] = x[i + k];
      last_u[k] = u[i + k];
      last_out[k] = kAdd ? out[i + k] : 0;
    }
    QuantiseBlock<kAdd>(last_x, factor, last_u, last_out, good);
    for (size_t k = 0; k < rest; ++k) out[i + k] = last_out[k];
  }
  bool all = true;
  for (size_t k = 0; k < kWide; ++k) all = all && good[k] != 0;
  return all;
}

inline bool Quantise(const float* x, double scale, const uint16_t* u, uint64_t* out, size_t n) {
  return QuantiseAll<false>(x, scale, u, out, n);
}

inline bool QuantiseAdd(const float* x, double scale, const uint16_t* u, uint64_t* sum, size_t n) {
  return QuantiseAll<true>(x, scale, u, sum, n);
}

inline void RingAdd(uint64_t* sum, const uint64_t* term, size_t n) {
  size_t i = 0;
  for (; i + kWide <= n; i += kWide) Store(sum + i, Load<U64>(sum + i) + Load<U64>(term + i));
  for (; i < n; ++i) sum[i] += term[i];
}

}  // namespace
}  // namespace florin::num
