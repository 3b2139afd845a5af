// The transform in eight lanes, with the multiply-add of 52-bit words of AVX-512 IFMA: the same
// steps as ntt_portable.cc. Includes nothing that has code (simd.h).
#include "florin/num/ntt_kernels.h"

#if defined(__x86_64__)

#include "florin/num/simd.h"

namespace florin::num {
namespace {

using Register = __m512i;

[[gnu::always_inline]] inline U64 All(uint64_t value) { return value - U64{}; }

// value, or value - bound where that is not negative.
[[gnu::always_inline]] inline U64 Less(U64 value, U64 bound) {
  return U64(_mm512_min_epu64(Register(value), Register(value - bound)));
}

// sum + the low, or the high, 52 bits of a b, of the low 52 bits of both.
[[gnu::always_inline]] inline U64 AddLow(U64 sum, U64 a, U64 b) {
  return U64(_mm512_madd52lo_epu64(Register(sum), Register(a), Register(b)));
}
[[gnu::always_inline]] inline U64 AddHigh(U64 sum, U64 a, U64 b) {
  return U64(_mm512_madd52hi_epu64(Register(sum), Register(a), Register(b)));
}

struct Factor {
  U64 root;
  U64 quotient;
};

// A prime in all lanes.
struct Modulus {
  U64 prime;
  U64 twice;
  U64 minus;  // -q mod 2^52
  U64 mask;   // 2^52 - 1

  [[gnu::always_inline]] explicit Modulus(uint64_t q)
      : prime(All(q)),
        twice(All(2 * q)),
        minus(All((uint64_t{1} << kNttWord) - q)),
        mask(All((uint64_t{1} << kNttWord) - 1)) {}

  // Below 2 q; value < 2^52.
  [[gnu::always_inline]] U64 TimesLazy(Factor factor, U64 value) const {
    const U64 estimate = AddHigh(U64{}, factor.quotient, value);
    return AddLow(AddLow(U64{}, factor.root, value), estimate, minus) & mask;
  }
  [[gnu::always_inline]] U64 Canonical(U64 value) const { return Less(Less(value, twice), prime); }

  [[gnu::always_inline]] void Forward(U64& x, U64& y, Factor factor) const {
    const U64 kept = Less(x, twice);
    const U64 turned = TimesLazy(factor, y);
    x = kept + turned;
    y = kept - turned + twice;
  }
  [[gnu::always_inline]] void Inverse(U64& x, U64& y, Factor factor) const {
    const U64 difference = x - y + twice;
    x = Less(x + y, twice);
    y = TimesLazy(factor, difference);
  }
};

// Factors of butterflies side by side: one for all, two for four each, four for two each, eight.
struct Factors {
  const uint64_t* roots;
  const uint64_t* quotients;

  [[gnu::always_inline]] Factor One(size_t at) const {
    return {All(roots[at]), All(quotients[at])};
  }
  [[gnu::always_inline]] Factor Two(size_t at) const {
    constexpr U64 kPlace = {0, 0, 0, 0, 1, 1, 1, 1};
    const auto spread = [](const uint64_t* from) {
      const Register two = _mm512_castsi128_si512(Load<__m128i>(from));
      return U64(_mm512_permutexvar_epi64(Register(kPlace), two));
    };
    return {spread(roots + at), spread(quotients + at)};
  }
  [[gnu::always_inline]] Factor Four(size_t at) const {
    constexpr U64 kPlace = {0, 0, 1, 1, 2, 2, 3, 3};
    const auto spread = [](const uint64_t* from) {
      const Register four = _mm512_castsi256_si512(Load<__m256i>(from));
      return U64(_mm512_permutexvar_epi64(Register(kPlace), four));
    };
    return {spread(roots + at), spread(quotients + at)};
  }
  [[gnu::always_inline]] Factor Eight(size_t at) const {
    return {Load<U64>(roots + at), Load<U64>(quotients + at)};
  }
};

// Sixteen values as x and y of butterflies whose halves are 4, 2 or 1 apart, lanes in the order of
// the groups. Each step is its own inverse.
struct Pair {
  U64 x;
  U64 y;
};
[[gnu::always_inline]] inline Pair Fours(Pair v) {
  return {U64(_mm512_shuffle_i64x2(Register(v.x), Register(v.y), 0x44)),
          U64(_mm512_shuffle_i64x2(Register(v.x), Register(v.y), 0xee))};
}
[[gnu::always_inline]] inline Pair Twos(Pair v) {
  return {__builtin_shufflevector(v.x, v.y, 0, 1, 8, 9, 4, 5, 12, 13),
          __builtin_shufflevector(v.x, v.y, 2, 3, 10, 11, 6, 7, 14, 15)};
}
[[gnu::always_inline]] inline Pair Ones(Pair v) {
  return {__builtin_shufflevector(v.x, v.y, 0, 8, 2, 10, 4, 12, 6, 14),
          __builtin_shufflevector(v.x, v.y, 1, 9, 3, 11, 5, 13, 7, 15)};
}
// Not their own, but of one another.
[[gnu::always_inline]] inline Pair Zip(Pair v) {
  return {__builtin_shufflevector(v.x, v.y, 0, 8, 1, 9, 2, 10, 3, 11),
          __builtin_shufflevector(v.x, v.y, 4, 12, 5, 13, 6, 14, 7, 15)};
}
[[gnu::always_inline]] inline Pair Unzip(Pair v) {
  return {__builtin_shufflevector(v.x, v.y, 0, 2, 4, 6, 8, 10, 12, 14),
          __builtin_shufflevector(v.x, v.y, 1, 3, 5, 7, 9, 11, 13, 15)};
}

// One level: the groups' halves are `half` >= 8 apart.
void ForwardLevel(const Modulus& modulus, Factors factors, uint64_t* values, size_t groups,
                  size_t half) {
  for (size_t group = 0; group < groups; ++group, values += 2 * half) {
    const Factor factor = factors.One(groups + group);
    for (size_t i = 0; i < half; i += kWide) {
      U64 x = Load<U64>(values + i);
      U64 y = Load<U64>(values + i + half);
      modulus.Forward(x, y, factor);
      Store(values + i, x);
      Store(values + i + half, y);
    }
  }
}

// This level and the next, whose halves are `quarter` >= 8 apart, in one pass over the values.
void ForwardLevels(const Modulus& modulus, Factors factors, uint64_t* values, size_t groups,
                   size_t quarter) {
  for (size_t group = 0; group < groups; ++group, values += 4 * quarter) {
    const size_t at = groups + group;
    const Factor first = factors.One(at);
    const Factor low = factors.One(2 * at);
    const Factor high = factors.One(2 * at + 1);
    for (size_t i = 0; i < quarter; i += kWide) {
      U64 v[4];
      FLORIN_UNROLL for (size_t k = 0; k < 4; ++k) v[k] = Load<U64>(values + i + k * quarter);
      modulus.Forward(v[0], v[2], first);
      modulus.Forward(v[1], v[3], first);
      modulus.Forward(v[0], v[1], low);
      modulus.Forward(v[2], v[3], high);
      FLORIN_UNROLL for (size_t k = 0; k < 4; ++k) Store(values + i + k * quarter, v[k]);
    }
  }
}

void ForwardLast(const Modulus& modulus, Factors factors, uint64_t* values, size_t size) {
  for (size_t i = 0; i < size; i += 2 * kWide) {
    Pair v = Fours({Load<U64>(values + i), Load<U64>(values + i + kWide)});
    modulus.Forward(v.x, v.y, factors.Two((size + i) / 8));
    v = Twos(v);
    modulus.Forward(v.x, v.y, factors.Four((size + i) / 4));
    v = Ones(v);
    modulus.Forward(v.x, v.y, factors.Eight((size + i) / 2));
    v = Zip(v);
    Store(values + i, modulus.Canonical(v.x));
    Store(values + i + kWide, modulus.Canonical(v.y));
  }
}

void Forward(const NttPlan& plan, uint64_t* values) {
  const Modulus modulus(plan.prime);
  const Factors factors = {plan.roots, plan.root_quotients};
  size_t groups = 1;
  size_t half = plan.size / 2;
  if (__builtin_ctzll(half / 4) % 2 != 0) {  // levels of 8 and more apart
    ForwardLevel(modulus, factors, values, groups, half);
    groups *= 2;
    half /= 2;
  }
  for (; half >= 2 * kWide; groups *= 4, half /= 4) {
    ForwardLevels(modulus, factors, values, groups, half / 2);
  }
  ForwardLast(modulus, factors, values, plan.size);
}

void InverseFirst(const Modulus& modulus, Factors factors, uint64_t* values, size_t size) {
  for (size_t i = 0; i < size; i += 2 * kWide) {
    Pair v = Unzip({Load<U64>(values + i), Load<U64>(values + i + kWide)});
    modulus.Inverse(v.x, v.y, factors.Eight((size + i) / 2));
    v = Ones(v);
    modulus.Inverse(v.x, v.y, factors.Four((size + i) / 4));
    v = Twos(v);
    modulus.Inverse(v.x, v.y, factors.Two((size + i) / 8));
    v = Fours(v);
    Store(values + i, v.x);
    Store(values + i + kWide, v.y);
  }
}

void InverseLevel(const Modulus& modulus, Factors factors, uint64_t* values, size_t groups,
                  size_t half) {
  for (size_t group = 0; group < groups; ++group, values += 2 * half) {
    const Factor factor = factors.One(groups + group);
    for (size_t i = 0; i < half; i += kWide) {
      U64 x = Load<U64>(values + i);
      U64 y = Load<U64>(values + i + half);
      modulus.Inverse(x, y, factor);
      Store(values + i, x);
      Store(values + i + half, y);
    }
  }
}

// This level, whose halves are `quarter` >= 8 apart, and the next, of `groups`.
void InverseLevels(const Modulus& modulus, Factors factors, uint64_t* values, size_t groups,
                   size_t quarter) {
  for (size_t group = 0; group < groups; ++group, values += 4 * quarter) {
    const size_t at = groups + group;
    const Factor low = factors.One(2 * at);
    const Factor high = factors.One(2 * at + 1);
    const Factor last = factors.One(at);
    for (size_t i = 0; i < quarter; i += kWide) {
      U64 v[4];
      FLORIN_UNROLL for (size_t k = 0; k < 4; ++k) v[k] = Load<U64>(values + i + k * quarter);
      modulus.Inverse(v[0], v[1], low);
      modulus.Inverse(v[2], v[3], high);
      modulus.Inverse(v[0], v[2], last);
      modulus.Inverse(v[1], v[3], last);
      FLORIN_UNROLL for (size_t k = 0; k < 4; ++k) Store(values + i + k * quarter, v[k]);
    }
  }
}

void InverseLast(const Modulus& modulus, Factors factors, uint64_t* values, size_t half) {
  const Factor share = factors.One(0);
  const Factor factor = factors.One(1);
  for (size_t i = 0; i < half; i += kWide) {
    const U64 x = Load<U64>(values + i);
    const U64 y = Load<U64>(values + i + half);
    const U64 sum = modulus.TimesLazy(share, x + y);
    const U64 difference = modulus.TimesLazy(factor, x - y + modulus.twice);
    Store(values + i, Less(sum, modulus.prime));
    Store(values + i + half, Less(difference, modulus.prime));
  }
}

void Inverse(const NttPlan& plan, uint64_t* values) {
  const Modulus modulus(plan.prime);
  const Factors factors = {plan.inverse_roots, plan.inverse_quotients};
  InverseFirst(modulus, factors, values, plan.size);
  size_t half = kWide;
  for (; 8 * half <= plan.size; half *= 4) {
    InverseLevels(modulus, factors, values, plan.size / (4 * half), half);
  }
  if (4 * half <= plan.size) {
    InverseLevel(modulus, factors, values, plan.size / (2 * half), half);
  }
  InverseLast(modulus, factors, values, plan.size / 2);
}

// -- element by element

// Calls store(i, mask) for eight elements at a time; the last have a mask.
template <typename DoLanes>
[[gnu::always_inline]] inline void ForEachLanes(size_t n, const DoLanes& do_lanes) {
  size_t i = 0;
  for (; i + kWide <= n; i += kWide) do_lanes(i, __mmask8{0xff});
  if (i < n) do_lanes(i, static_cast<__mmask8>((1U << (n - i)) - 1));
}

[[gnu::always_inline]] inline U64 LoadLanes(__mmask8 lanes, const uint64_t* from) {
  return U64(_mm512_maskz_loadu_epi64(lanes, from));
}

[[gnu::always_inline]] inline void StoreLanes(uint64_t* to, __mmask8 lanes, U64 value) {
  _mm512_mask_storeu_epi64(to, lanes, Register(value));
}

[[gnu::always_inline]] inline U64 Times(const NttPlan& plan, const Modulus& modulus, U64 a, U64 b) {
  const U64 low = AddLow(U64{}, a, b);
  const U64 high = AddHigh(U64{}, a, b);
  const U64 shifted = (high << (kNttWord - plan.shift)) | (low >> plan.shift);
  const U64 estimate = AddHigh(U64{}, shifted, All(plan.ratio));
  return modulus.Canonical(AddLow(low, estimate, modulus.minus) & modulus.mask);
}

void Multiply(const NttPlan& plan, const uint64_t* a, const uint64_t* b, uint64_t* out, size_t n) {
  const Modulus modulus(plan.prime);
  ForEachLanes(n, [&](size_t i, __mmask8 lanes) {
    StoreLanes(out + i, lanes,
               Times(plan, modulus, LoadLanes(lanes, a + i), LoadLanes(lanes, b + i)));
  });
}

void MultiplyAdd(const NttPlan& plan, const uint64_t* a, const uint64_t* b, uint64_t* sum,
                 size_t n) {
  const Modulus modulus(plan.prime);
  ForEachLanes(n, [&](size_t i, __mmask8 lanes) {
    const U64 product = Times(plan, modulus, LoadLanes(lanes, a + i), LoadLanes(lanes, b + i));
    StoreLanes(sum + i, lanes, Less(LoadLanes(lanes, sum + i) + product, modulus.prime));
  });
}

void Add(const NttPlan& plan, const uint64_t* a, const uint64_t* b, uint64_t* out, size_t n) {
  const U64 prime = All(plan.prime);
  ForEachLanes(n, [&](size_t i, __mmask8 lanes) {
    StoreLanes(out + i, lanes, Less(LoadLanes(lanes, a + i) + LoadLanes(lanes, b + i), prime));
  });
}

void Subtract(const NttPlan& plan, const uint64_t* a, const uint64_t* b, uint64_t* out, size_t n) {
  const U64 prime = All(plan.prime);
  ForEachLanes(n, [&](size_t i, __mmask8 lanes) {
    const U64 difference = LoadLanes(lanes, a + i) + (prime - LoadLanes(lanes, b + i));
    StoreLanes(out + i, lanes, Less(difference, prime));
  });
}

}  // namespace

constinit const NttKernels kIfmaNtt = {.name = "ifma",
                                       .forward = Forward,
                                       .inverse = Inverse,
                                       .multiply = Multiply,
                                       .multiply_add = MultiplyAdd,
                                       .add = Add,
                                       .subtract = Subtract};

}  // namespace florin::num

#endif
