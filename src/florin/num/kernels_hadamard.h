// The Walsh-Hadamard transform, the same bits from every instruction set: each level only adds and
// subtracts, level by level from the smallest stride. See simd.h for how this file is compiled.
#pragma once

#include "florin/num/simd.h"

namespace florin::num {
namespace {  // NOLINT(cert-dcl59-cpp): see simd.h

// One level within a vector: lane i and lane i ^ Stride become their sum and their difference.
template <size_t Stride, size_t... Lane>
[[gnu::always_inline]] inline F32 HadamardLanes(F32 v, LaneList<Lane...>) {
  constexpr I32 kSigns = {((Lane & Stride) != 0 ? INT32_MIN : 0)...};
  return __builtin_shufflevector(v, v, (Lane ^ Stride)...) + F32(I32(v) ^ kSigns);
}

template <size_t Stride = 1>
[[gnu::always_inline]] inline F32 HadamardVector(F32 v) {
  if constexpr (Stride == kLanes) {
    return v;
  } else {
    return HadamardVector<2 * Stride>(HadamardLanes<Stride>(v, AllLanes()));
  }
}

// Two levels in one pass over memory: strides `stride` and twice that, from kLanes on.
inline void HadamardPass4(float* x, size_t n, size_t stride) {
  for (size_t first = 0; first < n; first += 4 * stride) {
    float* at = x + first;
    for (size_t i = 0; i < stride; i += kLanes, at += kLanes) {
      const F32 a = Load<F32>(at);
      const F32 b = Load<F32>(at + stride);
      const F32 c = Load<F32>(at + 2 * stride);
      const F32 d = Load<F32>(at + 3 * stride);
      Store(at, (a + b) + (c + d));
      Store(at + stride, (a - b) + (c - d));
      Store(at + 2 * stride, (a + b) - (c + d));
      Store(at + 3 * stride, (a - b) - (c - d));
    }
  }
}

inline void HadamardPass2(float* x, size_t n, size_t stride) {
  for (size_t first = 0; first < n; first += 2 * stride) {
    float* at = x + first;
    for (size_t i = 0; i < stride; i += kLanes, at += kLanes) {
      const F32 a = Load<F32>(at);
      const F32 b = Load<F32>(at + stride);
      Store(at, a + b);
      Store(at + stride, a - b);
    }
  }
}

inline void HadamardLevels(float* x, size_t n, size_t stride) {
  for (; 4 * stride <= n; stride *= 4) HadamardPass4(x, n, stride);
  if (stride < n) HadamardPass2(x, n, stride);
}

// Fewer values than a vector has lanes.
inline void HadamardShort(float* x, size_t n) {
  for (size_t stride = 1; stride < n; stride *= 2) {
    for (size_t i = 0; i < n; ++i) {
      if ((i & stride) != 0) continue;
      const float a = x[i];
      const float b = x[i + stride];
      x[i] = a + b;
      x[i + stride] = a - b;
    }
  }
}

inline void Hadamard(float* x, size_t n) {
  constexpr size_t kRun = 4096;  // 16 kB: all its levels while it is in the L1 cache
  if (n < kLanes) return HadamardShort(x, n);
  const size_t run = n < kRun ? n : kRun;
  for (size_t first = 0; first < n; first += run) {
    float* at = x + first;
    for (size_t i = 0; i < run; i += kLanes) Store(at + i, HadamardVector(Load<F32>(at + i)));
    HadamardLevels(at, run, kLanes);
  }
  HadamardLevels(x, n, run);
}

}  // namespace
}  // namespace florin::num
