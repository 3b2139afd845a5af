// Kernels on float32 vectors. See simd.h for how this file is compiled.
#pragma once

#include "florin/num/simd.h"

namespace florin::num {
namespace {  // NOLINT(cert-dcl59-cpp): see simd.h

inline float Dot(const float* a, const float* b, size_t n) {
  F32 sums[4] = {};
  size_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    FLORIN_UNROLL for (size_t k = 0; k < 4; ++k) {
      sums[k] += Load<F32>(a + i + k * kLanes) * Load<F32>(b + i + k * kLanes);
    }
  }
  for (; i < n; i += kLanes) {
    const size_t part = n - i < kLanes ? n - i : kLanes;
    sums[0] += LoadPart(a + i, part) * LoadPart(b + i, part);
  }
  return Sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

// A square of a float is exact in double, so only the additions round.
inline double SumSquares(const float* x, size_t n) {
  F64 sums[4] = {};
  size_t i = 0;
  for (; i + 4 * kWide <= n; i += 4 * kWide) {
    FLORIN_UNROLL for (size_t k = 0; k < 4; ++k) {
      const F64 value = Widen(x + i + k * kWide);
      sums[k] += value * value;
    }
  }
  double sum = Sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
  for (; i < n; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum;
}

// Calls op(at, count) for each whole vector and once for the rest.
template <typename Whole, typename Part>
[[gnu::always_inline]] inline void ForEachVector(size_t n, Whole whole, Part part) {
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) whole(i);
  if (i < n) part(i, n - i);
}

inline void Axpy(float a, const float* x, float* y, size_t n) {
  const F32 factor = Broadcast(a);
  ForEachVector(
      n, [&](size_t i) { Store(y + i, Load<F32>(y + i) + factor * Load<F32>(x + i)); },
      [&](size_t i, size_t rest) {
        StorePart(y + i, LoadPart(y + i, rest) + factor * LoadPart(x + i, rest), rest);
      });
}

inline void Scale(float a, float* x, size_t n) {
  const F32 factor = Broadcast(a);
  ForEachVector(
      n, [&](size_t i) { Store(x + i, factor * Load<F32>(x + i)); },
      [&](size_t i, size_t rest) { StorePart(x + i, factor * LoadPart(x + i, rest), rest); });
}

inline void Subtract(const float* a, const float* b, float* out, size_t n) {
  ForEachVector(
      n, [&](size_t i) { Store(out + i, Load<F32>(a + i) - Load<F32>(b + i)); },
      [&](size_t i, size_t rest) {
        StorePart(out + i, LoadPart(a + i, rest) - LoadPart(b + i, rest), rest);
      });
}

inline void Relu(float* x, size_t n) {
  // A comparison with NaN is false, so NaN stays and is noticed later.
  const auto relu = [](F32 v) { return v < F32{} ? F32{} : v; };
  ForEachVector(
      n, [&](size_t i) { Store(x + i, relu(Load<F32>(x + i))); },
      [&](size_t i, size_t rest) { StorePart(x + i, relu(LoadPart(x + i, rest)), rest); });
}

// e^x for x <= 0, within 2 units in the last place; 0 below -87.33, where e^x leaves the normal
// floats. NaN stays NaN. x = n ln 2 + r with |r| <= ln 2 / 2, and a degree-6 polynomial in r
// (coefficients of Moshier's Cephes, expf.c); n is read from the low bits of x / ln 2 + 1.5 2^23.
[[gnu::always_inline]] inline F32 ExpOfNegative(F32 x) {
  const F32 shifted = x * 1.44269504088896341F + 0x1.8p23F;
  const F32 n = shifted - 0x1.8p23F;
  const F32 r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  F32 p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * (r * r) + r + 1.0F;
  using Bits [[gnu::vector_size(kBytes)]] = uint32_t;
  const F32 power = F32((Bits(shifted) << 23) + 0x3f800000U);  // 2^n
  return x < -87.33F ? F32{} : p * power;
}

// 1 / (1 + e^-x), from e^-|x| so that neither end overflows.
[[gnu::always_inline]] inline F32 SigmoidOf(F32 x) {
  const F32 e = ExpOfNegative(x > 0.0F ? -x : x);
  return (x > 0.0F ? F32{} + 1.0F : e) / (1.0F + e);
}

inline void Sigmoid(float* x, size_t n) {
  ForEachVector(
      n, [&](size_t i) { Store(x + i, SigmoidOf(Load<F32>(x + i))); },
      [&](size_t i, size_t rest) { StorePart(x + i, SigmoidOf(LoadPart(x + i, rest)), rest); });
}

// Rows within one vector never leave the registers. All loads of a group come before its stores: a
// masked load just behind a masked store would wait for it, and rows would not overlap in time.
template <size_t kRows>
[[gnu::always_inline]] inline void SoftmaxShortRows(float* x, size_t classes) {
  F32 rows[kRows];
  FLORIN_UNROLL for (size_t r = 0; r < kRows; ++r) {
    const float* from = x + r * classes;
    const F32 values = LoadPart(from, classes);
    const F32 top = Broadcast(Max(FirstLanes(values, Broadcast(from[0]), classes)));
    const F32 e = FirstLanes(ExpOfNegative(values - top), F32{}, classes);
    rows[r] = e / Broadcast(Sum(e));
  }
  FLORIN_UNROLL for (size_t r = 0; r < kRows; ++r) StorePart(x + r * classes, rows[r], classes);
}

inline void SoftmaxRow(float* x, size_t classes) {
  const F32 first = Broadcast(x[0]);
  F32 most = first;
  ForEachVector(
      classes, [&](size_t i) { most = Larger()(Load<F32>(x + i), most); },
      [&](size_t i, size_t rest) {
        most = Larger()(FirstLanes(LoadPart(x + i, rest), first, rest), most);
      });
  const F32 top = Broadcast(Max(most));
  F32 sums{};
  ForEachVector(
      classes,
      [&](size_t i) {
        const F32 e = ExpOfNegative(Load<F32>(x + i) - top);
        sums += e;
        Store(x + i, e);
      },
      [&](size_t i, size_t rest) {
        const F32 e = ExpOfNegative(LoadPart(x + i, rest) - top);
        sums += FirstLanes(e, F32{}, rest);
        StorePart(x + i, e, rest);
      });
  Scale(1.0F / Sum(sums), x, classes);
}

inline void SoftmaxRows(float* x, size_t rows, size_t classes) {
  if (classes == 0) return;
  size_t r = 0;
  if (classes <= kLanes) {
    for (; r + 5 <= rows; r += 5) SoftmaxShortRows<5>(x + r * classes, classes);
    for (; r < rows; ++r) SoftmaxShortRows<1>(x + r * classes, classes);
  }
  for (; r < rows; ++r) SoftmaxRow(x + r * classes, classes);
}

// Twelve independent chains hide the latency of a multiply-add on every processor so far.
inline double FmaBurst(size_t rounds, float* seed) {
  constexpr size_t kChains = 12;
  const F32 factor = Broadcast(seed[0]);
  const F32 term = Broadcast(seed[1]);
  F32 chains[kChains];
  for (size_t k = 0; k < kChains; ++k) chains[k] = Broadcast(static_cast<float>(k));
  for (size_t round = 0; round < rounds; ++round) {
    FLORIN_UNROLL for (size_t k = 0; k < kChains; ++k) chains[k] = chains[k] * factor + term;
  }
  F32 sum{};
  for (size_t k = 0; k < kChains; ++k) sum += chains[k];
  seed[2] = Sum(sum);
  return 2.0 * static_cast<double>(kChains * kLanes) * static_cast<double>(rounds);
}

}  // namespace
}  // namespace florin::num
