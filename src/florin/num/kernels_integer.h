// Kernels on integers, the same bits from every instruction set. See simd.h for how this file is
// compiled.
#pragma once

#include "florin/num/simd.h"

namespace florin::num {
namespace {  // NOLINT(cert-dcl59-cpp): see simd.h

constexpr double kMagic = 0x1.8p52;
constexpr uint64_t kMagicBits = 0x4338000000000000U;
constexpr uint64_t kExponent = 0xfff0000000000000U;

// Rounds kWide values; adds to out when kAdd. `strange` collects bits of kExponent from values that
// are refused.
//
// All paths agree, because nothing here may be fused or reordered: y = x scale is rounded once;
// adding 1.5 2^52 leaves the nearest integer in the low bits when the sum keeps its exponent, which
// is so for y in [-2^51, 2^51); what is left of y is exact, and its sum with the draw in (0, 1)
// says whether the floor lies one above or below that integer.
template <bool kAdd>
[[gnu::always_inline]] inline void QuantiseBlock(const float* x, F64 scale, const uint16_t* u,
                                                 uint64_t* out, U64& strange) {
  F64 y = Widen(x) * scale;
  FLORIN_ROUNDED(y);
  const F64 shifted = y + kMagic;
  strange |= U64(shifted) ^ kMagicBits;
  const F64 draw = Widen(u) * 0x1p-16 + 0x1p-17;  // exact: the middle of one of 2^16 equal parts
  const F64 sum = (y - (shifted - kMagic)) + draw;
  const U64 rounded = U64(shifted) - kMagicBits + U64(sum < 0.0) - U64(sum >= 1.0);  // true is -1
  Store(out, kAdd ? Load<U64>(out) + rounded : rounded);
}

template <bool kAdd>
inline bool QuantiseAll(const float* x, double scale, const uint16_t* u, uint64_t* out, size_t n) {
  const F64 factor = Broadcast(scale);
  U64 strange{};
  size_t i = 0;
  for (; i + kWide <= n; i += kWide) QuantiseBlock<kAdd>(x + i, factor, u + i, out + i, strange);
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
    QuantiseBlock<kAdd>(last_x, factor, last_u, last_out, strange);
    for (size_t k = 0; k < rest; ++k) out[i + k] = last_out[k];
  }
  uint64_t all = 0;
  for (size_t k = 0; k < kWide; ++k) all |= strange[k];
  return (all & kExponent) == 0;
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

inline size_t RingMeasure(const uint64_t* x, size_t n, uint64_t* magnitude) {
  using I64 [[gnu::vector_size(kBytes)]] = int64_t;
  U64 bits{};
  U64 zeros{};  // true is -1
  size_t i = 0;
  for (; i + kWide <= n; i += kWide) {
    const U64 word = Load<U64>(x + i);
    bits |= word ^ U64(I64(word) >> 63);
    zeros -= U64(word == U64{});
  }
  uint64_t all = 0;
  size_t entries = n;
  for (size_t k = 0; k < kWide; ++k) {
    all |= bits[k];
    entries -= zeros[k];
  }
  for (; i < n; ++i) {
    all |= x[i] ^ static_cast<uint64_t>(static_cast<int64_t>(x[i]) >> 63);
    entries -= x[i] == 0 ? 1 : 0;
  }
  *magnitude = all;
  return entries;
}

}  // namespace
}  // namespace florin::num
