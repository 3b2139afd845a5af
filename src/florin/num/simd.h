// Vectors as wide as the instruction set this file is compiled for, and the few operations that
// the kernels need beyond the arithmetic the compiler gives them.
//
// Included by kernels_*.cc and ntt_ifma.cc only, each with its own -m flags. Everything has
// internal linkage: an inline function of a standard header compiled here with AVX flags could be
// the copy the linker keeps for the whole program, and stop an older processor. So no header but
// these, which hold macros, types and forced inlines; builtins instead of <cstring> and <cmath>.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

// Loops of constant length over registers: arrays stay in registers only when fully unrolled.
#if defined(__clang__)
#define FLORIN_UNROLL _Pragma("clang loop unroll(full)")
#else
#define FLORIN_UNROLL _Pragma("GCC unroll 32")
#endif

// Makes the compiler forget how `value` was computed, so that it cannot fuse its multiplication
// with a later addition: integer kernels must round alike on every path.
#if defined(__x86_64__)
#define FLORIN_ROUNDED(value) asm("" : "+v"(value))
#elif defined(__aarch64__)
#define FLORIN_ROUNDED(value) asm("" : "+w"(value))
#else
#define FLORIN_ROUNDED(value) static_cast<void>(value)
#endif

namespace florin::num {
namespace {  // NOLINT(cert-dcl59-cpp): internal linkage is the point, as said above

#if defined(__AVX512F__)
constexpr size_t kBytes = 64;
#elif defined(__AVX2__)
constexpr size_t kBytes = 32;
#else
constexpr size_t kBytes = 16;
#endif
constexpr size_t kLanes = kBytes / sizeof(float);
constexpr size_t kWide = kBytes / sizeof(double);

using F32 [[gnu::vector_size(kBytes)]] = float;
using I32 [[gnu::vector_size(kBytes)]] = int32_t;
using F64 [[gnu::vector_size(kBytes)]] = double;
using U64 [[gnu::vector_size(kBytes)]] = uint64_t;
using HalfF32 [[gnu::vector_size(kBytes / 2)]] = float;
using QuarterU16 [[gnu::vector_size(kBytes / 4)]] = uint16_t;

template <typename V>
[[gnu::always_inline]] inline V Load(const void* from) {
  V value;
  __builtin_memcpy(&value, from, sizeof(V));
  return value;
}

template <typename V>
[[gnu::always_inline]] inline void Store(void* to, V value) {
  __builtin_memcpy(to, &value, sizeof(V));
}

[[gnu::always_inline]] inline F32 Broadcast(float value) { return value - F32{}; }
[[gnu::always_inline]] inline F64 Broadcast(double value) { return value - F64{}; }

#if defined(__AVX512F__)

// The first n lanes from memory (n <= kLanes), zeros behind them; touches no byte beyond.
[[gnu::always_inline]] inline F32 LoadPart(const float* from, size_t n) {
  return F32(_mm512_maskz_loadu_ps(static_cast<__mmask16>((1U << n) - 1), from));
}

// The first n lanes to memory (n <= kLanes).
[[gnu::always_inline]] inline void StorePart(float* to, F32 value, size_t n) {
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1U << n) - 1), __m512(value));
}

// The first n lanes of `value`, `other` behind them.
[[gnu::always_inline]] inline F32 FirstLanes(F32 value, F32 other, size_t n) {
  return F32(
      _mm512_mask_blend_ps(static_cast<__mmask16>((1U << n) - 1), __m512(other), __m512(value)));
}

// kWide values as doubles.
[[gnu::always_inline]] inline F64 Widen(const float* from) {
  return F64(_mm512_cvtps_pd(__m256(Load<HalfF32>(from))));
}
[[gnu::always_inline]] inline F64 Widen(const uint16_t* from) {
  return F64(_mm512_cvtepi32_pd(_mm256_cvtepu16_epi32(__m128i(Load<QuarterU16>(from)))));
}

#elif defined(__AVX2__)

[[gnu::always_inline]] inline F32 LoadPart(const float* from, size_t n) {
  constexpr I32 kLane = {0, 1, 2, 3, 4, 5, 6, 7};
  const I32 mask = kLane < (static_cast<int32_t>(n) - I32{});
  return F32(_mm256_maskload_ps(from, __m256i(mask)));
}

[[gnu::always_inline]] inline F64 Widen(const float* from) {
  return F64(_mm256_cvtps_pd(__m128(Load<HalfF32>(from))));
}
[[gnu::always_inline]] inline F64 Widen(const uint16_t* from) {
  long long bits;
  __builtin_memcpy(&bits, from, sizeof(bits));
  return F64(_mm256_cvtepi32_pd(_mm_cvtepu16_epi32(_mm_cvtsi64_si128(bits))));
}

#else

[[gnu::always_inline]] inline F32 LoadPart(const float* from, size_t n) {
  F32 value{};
  for (size_t i = 0; i < n; ++i) value[i] = from[i];
  return value;
}

[[gnu::always_inline]] inline F64 Widen(const float* from) {
  return F64{static_cast<double>(from[0]), static_cast<double>(from[1])};
}
[[gnu::always_inline]] inline F64 Widen(const uint16_t* from) {
  return F64{static_cast<double>(from[0]), static_cast<double>(from[1])};
}

#endif

#if !defined(__AVX512F__)

[[gnu::always_inline]] inline F32 FirstLanes(F32 value, F32 other, size_t n) {
  I32 lane;
  FLORIN_UNROLL for (size_t i = 0; i < kLanes; ++i) lane[i] = static_cast<int32_t>(i);
  return lane < static_cast<int32_t>(n) - I32{} ? value : other;
}

// By powers of two from a buffer: masked stores are microcode on some processors.
[[gnu::always_inline]] inline void StorePart(float* to, F32 value, size_t n) {
  float lanes[kLanes];
  Store(lanes, value);
  const float* from = lanes;
  if (n == kLanes) return Store(to, value);
  FLORIN_UNROLL for (size_t run = kLanes / 2; run > 0; run /= 2) {
    if ((n & run) == 0) continue;
    __builtin_memcpy(to, from, run * sizeof(float));
    to += run;
    from += run;
  }
}

#endif

// Folds a vector to one value by halves: lane 0 with lane n/2, and so on. The order is the same
// for every call, so sums repeat.
using F32x4 [[gnu::vector_size(16)]] = float;

struct Plus {
  template <typename V>
  [[gnu::always_inline]] V operator()(V a, V b) const {
    return a + b;
  }
};
struct Larger {
  template <typename V>
  [[gnu::always_inline]] V operator()(V a, V b) const {
    return a > b ? a : b;
  }
};

template <typename Op>
[[gnu::always_inline]] inline float Fold(F32x4 v, Op op) {
  v = op(v, F32x4{v[2], v[3], v[0], v[1]});
  return op(v[0], v[1]);
}
#if defined(__AVX2__)
using F32x8 [[gnu::vector_size(32)]] = float;
template <typename Op>
[[gnu::always_inline]] inline float Fold(F32x8 v, Op op) {
  return Fold(
      op(F32x4(_mm256_castps256_ps128(__m256(v))), F32x4(_mm256_extractf128_ps(__m256(v), 1))), op);
}
#endif
#if defined(__AVX512F__)
template <typename Op>
[[gnu::always_inline]] inline float Fold(F32 v, Op op) {
  return Fold(
      op(F32x8(_mm512_castps512_ps256(__m512(v))), F32x8(_mm512_extractf32x8_ps(__m512(v), 1))),
      op);
}
#endif

[[gnu::always_inline]] inline float Sum(F32 v) { return Fold(v, Plus()); }

// One step of folding many vectors at once: a and b hold runs of `Run` lanes, the result their
// halves folded, those of a first. log2(kLanes) steps over pairs of neighbours turn kLanes vectors
// into the vector of their sums, each with the bits that Sum gives.
template <size_t... Lane>
struct LaneList {};
#if defined(__AVX512F__)
using AllLanes = LaneList<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15>;
#elif defined(__AVX2__)
using AllLanes = LaneList<0, 1, 2, 3, 4, 5, 6, 7>;
#else
using AllLanes = LaneList<0, 1, 2, 3>;
#endif
template <size_t Run, size_t... Lane>
[[gnu::always_inline]] inline F32 FoldPair(F32 a, F32 b, LaneList<Lane...>) {
  constexpr size_t kHalf = Run / 2;
  return __builtin_shufflevector(a, b, (Lane / kHalf * Run + Lane % kHalf)...) +
         __builtin_shufflevector(a, b, (Lane / kHalf * Run + Lane % kHalf + kHalf)...);
}

// The sums of N vectors, one lane each; N lanes are of use.
template <size_t N, size_t Run = kLanes>
[[gnu::always_inline]] inline F32 SumEach(const F32* v) {
  if constexpr (N == 1) {
    return v[0];
  } else {
    F32 folded[N / 2];
    FLORIN_UNROLL for (size_t i = 0; i < N / 2; ++i) {
      folded[i] = FoldPair<Run>(v[2 * i], v[2 * i + 1], AllLanes());
    }
    return SumEach<N / 2, Run / 2>(folded);
  }
}
[[gnu::always_inline]] inline float Max(F32 v) { return Fold(v, Larger()); }
[[gnu::always_inline]] inline double Sum(F64 v) {
  double sum = v[0];
  for (size_t i = 1; i < kWide; ++i) sum += v[i];
  return sum;
}

}  // namespace
}  // namespace florin::num
