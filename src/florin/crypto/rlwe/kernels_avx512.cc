// In eight lanes, with the 52-bit multiply-add of AVX-512 IFMA: the same steps as
// kernels_portable.cc. Includes nothing that has code (num/simd.h).
#if defined(__x86_64__)

#include "florin/crypto/rlwe/kernels.h"
#include "florin/num/simd.h"

namespace florin::crypto::rlwe {
namespace {

using num::Load;
using num::Store;
using num::U64;
using Register = __m512i;

constexpr size_t kLanes = 8;
constexpr int kLimb = 52;
constexpr uint64_t kLimbMask = (uint64_t{1} << kLimb) - 1;
constexpr uint64_t kHalfGap = uint64_t{1} << (kVectorGap - 1);

[[gnu::always_inline]] inline U64 All(uint64_t value) { return value - U64{}; }

// value, or value - bound where that is not negative.
[[gnu::always_inline]] inline U64 Less(U64 value, U64 bound) {
  return U64(_mm512_min_epu64(Register(value), Register(value - bound)));
}
// By each lane's own count; 64 and more give 0.
[[gnu::always_inline]] inline U64 ShiftLeft(U64 value, U64 count) {
  return U64(_mm512_sllv_epi64(Register(value), Register(count)));
}
[[gnu::always_inline]] inline U64 ShiftRight(U64 value, U64 count) {
  return U64(_mm512_srlv_epi64(Register(value), Register(count)));
}
// sum + the low, or the high, 52 bits of a b, of the low 52 bits of both.
[[gnu::always_inline]] inline U64 AddLow(U64 sum, U64 a, U64 b) {
  return U64(_mm512_madd52lo_epu64(Register(sum), Register(a), Register(b)));
}
[[gnu::always_inline]] inline U64 AddHigh(U64 sum, U64 a, U64 b) {
  return U64(_mm512_madd52hi_epu64(Register(sum), Register(a), Register(b)));
}
// factor * value mod prime, below twice the prime; value < 2^52, minus: -prime.
[[gnu::always_inline]] inline U64 TimesLazy(uint64_t factor, uint64_t quotient, U64 value,
                                            U64 minus) {
  const U64 estimate = AddHigh(U64{}, All(quotient), value);
  return AddLow(AddLow(U64{}, All(factor), value), estimate, minus) & kLimbMask;
}

template <size_t kCount>
[[gnu::always_inline]] inline void SampleSome(const uint64_t* thresholds, size_t count,
                                              uint64_t* words) {
  Register sizes[kCount];
  U64 drawn[kCount];
  FLORIN_UNROLL for (size_t i = 0; i < kCount; ++i) {
    sizes[i] = Register(U64{});
    drawn[i] = Load<U64>(words + i * kLanes);
  }
  for (size_t k = 0; k < count; ++k) {
    const auto threshold = Register(All(thresholds[k]));
    FLORIN_UNROLL for (size_t i = 0; i < kCount; ++i) {
      const __mmask8 reached = _mm512_cmpge_epu64_mask(Register(drawn[i] >> 1), threshold);
      sizes[i] = _mm512_mask_add_epi64(sizes[i], reached, sizes[i], Register(All(1)));
    }
  }
  FLORIN_UNROLL for (size_t i = 0; i < kCount; ++i) {
    const U64 minus = U64{} - (drawn[i] & 1);
    Store(words + i * kLanes, (U64(sizes[i]) ^ minus) - minus);
  }
}

void Sample(const uint64_t* thresholds, size_t count, uint64_t* words, size_t n) {
  constexpr size_t kFlight = 4;  // registers at a time
  size_t at = 0;
  for (; at + kFlight * kLanes <= n; at += kFlight * kLanes) {
    SampleSome<kFlight>(thresholds, count, words + at);
  }
  for (; at < n; at += kLanes) SampleSome<1>(thresholds, count, words + at);
}

bool AllBelow(uint64_t mask, uint64_t bound, uint64_t* words, size_t n) {
  __mmask8 below = 0xff;
  for (size_t i = 0; i < n; i += kLanes) {
    const U64 word = Load<U64>(words + i) & mask;
    below &= _mm512_cmplt_epu64_mask(Register(word), Register(All(bound)));
    Store(words + i, word);
  }
  return below == 0xff;
}

// Where eight residues of some bits and the words that hold them come from.
struct Places {
  U64 from;   // word k of eight packed residues begins in residue from[k]
  U64 skip;   // after so many bits of it
  U64 word;   // residue i begins in word word[i]
  U64 shift;  // after so many bits
  __mmask8 here = 0;
  __mmask8 next = 0;
  __mmask8 last = 0;
  __mmask64 bytes;
  U64 mask;

  [[gnu::always_inline]] explicit Places(int bits)
      : bytes((__mmask64{1} << bits) - 1), mask(All((uint64_t{1} << bits) - 1)) {
    const auto width = static_cast<uint64_t>(bits);
    for (size_t i = 0; i < kLanes; ++i) {
      from[i] = 64 * i / width;
      skip[i] = 64 * i % width;
      word[i] = width * i / 64;
      shift[i] = width * i % 64;
    }
    here = _mm512_cmplt_epu64_mask(Register(from), Register(All(kLanes)));
    next = _mm512_cmplt_epu64_mask(Register(from), Register(All(kLanes - 1)));
    last = _mm512_cmplt_epu64_mask(Register(from), Register(All(kLanes - 2)));
  }

  [[gnu::always_inline]] static U64 Take(__mmask8 lanes, U64 index, U64 values) {
    return U64(_mm512_maskz_permutexvar_epi64(lanes, Register(index), Register(values)));
  }
  [[gnu::always_inline]] U64 Together(U64 residues, uint64_t width) const {
    return ShiftRight(Take(here, from, residues), skip) |
           ShiftLeft(Take(next, from + 1, residues), width - skip) |
           ShiftLeft(Take(last, from + 2, residues), 2 * width - skip);
  }
  [[gnu::always_inline]] U64 Apart(U64 words) const {
    return (ShiftRight(Take(0xff, word, words), shift) |
            ShiftLeft(Take(0xff, word + 1, words), 64 - shift)) &
           mask;
  }
};

void Pack(int bits, const uint64_t* residues, size_t n, uint8_t* bytes) {
  const Places places(bits);
  const auto width = static_cast<uint64_t>(bits);
  for (size_t i = 0; i < n; i += kLanes, bytes += bits) {
    const U64 words = places.Together(Load<U64>(residues + i), width);
    if (i + 2 * kLanes <= n) {  // what is beyond is written over: 64 bytes at least follow
      Store(bytes, words);
    } else {
      _mm512_mask_storeu_epi8(bytes, places.bytes, Register(words));
    }
  }
}

// Calls take(i, residues) for eight at a time.
template <typename Take>
[[gnu::always_inline]] inline void ForEachPacked(int bits, const uint8_t* bytes, size_t n,
                                                 const Take& take) {
  const Places places(bits);
  size_t i = 0;
  for (; i + 2 * kLanes <= n; i += kLanes, bytes += bits) {
    take(i, places.Apart(Load<U64>(bytes)));
  }
  for (; i < n; i += kLanes, bytes += bits) {
    take(i, places.Apart(U64(_mm512_maskz_loadu_epi8(places.bytes, bytes))));
  }
}

void Unpack(int bits, const uint8_t* bytes, size_t n, uint64_t* residues) {
  ForEachPacked(bits, bytes, n, [&](size_t i, U64 some) { Store(residues + i, some); });
}

bool AllBelowPacked(int bits, uint64_t prime, const uint8_t* bytes, size_t n) {
  __mmask8 below = 0xff;
  const auto bound = Register(All(prime));
  ForEachPacked(bits, bytes, n,
                [&](size_t, U64 some) { below &= _mm512_cmplt_epu64_mask(Register(some), bound); });
  return below == 0xff;
}

void AddPacked(int bits, uint64_t prime, const uint8_t* bytes, size_t n, uint64_t* sum) {
  const U64 bound = All(prime);
  ForEachPacked(bits, bytes, n, [&](size_t i, U64 some) {
    Store(sum + i, Less(Load<U64>(sum + i) + some, bound));
  });
}

[[gnu::always_inline]] inline U64 LoadWide(const uint32_t* from) {
  return U64(_mm512_cvtepu32_epi64(Load<__m256i>(from)));
}
[[gnu::always_inline]] inline U64 LoadWide(const uint64_t* from) { return Load<U64>(from); }

template <typename Word>
void Put(const SlotPlan& plan, const Word* values, const uint64_t* small, size_t n, uint64_t* sum) {
  const U64 prime = All(plan.prime);
  const U64 minus = All((uint64_t{1} << kLimb) - plan.prime);
  for (size_t i = 0; i < n; i += kLanes) {
    U64 low{};
    U64 high{};
    for (size_t p = 0; p < plan.slots; ++p) {
      const U64 value = LoadWide(values + p * n + i);
      low = AddLow(low, value, All(plan.weights[p]));
      high = AddHigh(high, value, All(plan.weights[p]));
      if constexpr (sizeof(Word) > 4) {
        low = AddLow(low, value >> kLimb, All(plan.high_weights[p]));
        high = AddHigh(high, value >> kLimb, All(plan.high_weights[p]));
      }
    }
    high += low >> kLimb;
    low &= kLimbMask;
    const U64 error = Load<U64>(small + i);
    U64 all = TimesLazy(plan.word, plan.word_quotient, high, minus) + low + Load<U64>(sum + i) +
              Less(error + prime, prime);
    all = Less(Less(all, prime << 3), prime << 2);
    Store(sum + i, Less(Less(all, prime << 1), prime));
  }
}

template <typename Word>
uint64_t Largest(const Word* values, size_t n) {
  U64 largest{};
  for (size_t i = 0; i < n; i += kLanes) {
    largest = U64(_mm512_max_epu64(Register(largest), Register(LoadWide(values + i))));
  }
  uint64_t most = 0;
  for (size_t lane = 0; lane < kLanes; ++lane) most = largest[lane] > most ? largest[lane] : most;
  return most;
}

// Eight coefficients apart into limbs; two more limbs are zeros.
[[gnu::always_inline]] inline void Garner(const OpenPlan& plan, const uint64_t* residues, size_t n,
                                          U64* limbs) {
  U64 digits[kPrimesMax];
  FLORIN_UNROLL for (size_t k = 0; k < kPrimesMax; ++k) {
    const U64 prime = All(plan.primes[k]);
    const U64 minus = All((uint64_t{1} << kLimb) - plan.primes[k]);
    U64 digit = Less(Load<U64>(residues + k * n) + kHalfGap, prime);
    FLORIN_UNROLL for (size_t j = 0; j < k; ++j) {
      digit = TimesLazy(plan.inverses[j][k], plan.inverse_quotients[j][k],
                        digit + 2 * prime - digits[j], minus);
    }
    digits[k] = Less(digit, prime);
  }
  limbs[0] = digits[0];
  FLORIN_UNROLL for (size_t limb = 1; limb < kPrimesMax + 2; ++limb) limbs[limb] = U64{};
  FLORIN_UNROLL for (size_t k = 1; k < kPrimesMax; ++k) {
    FLORIN_UNROLL for (size_t limb = 0; limb < k; ++limb) {
      const U64 factor = All(plan.products[k][limb]);
      limbs[limb] = AddLow(limbs[limb], digits[k], factor);
      limbs[limb + 1] = AddHigh(limbs[limb + 1], digits[k], factor);
    }
  }
  FLORIN_UNROLL for (size_t limb = 0; limb + 1 < kPrimesMax; ++limb) {
    limbs[limb + 1] += limbs[limb] >> kLimb;
    limbs[limb] &= kLimbMask;
  }
}

OpenFacts Open(const OpenPlan& plan, const uint64_t* residues, size_t n, uint64_t* values) {
  constexpr uint64_t kLow = (uint64_t{1} << kVectorGap) - 1;
  const uint64_t mask = ~uint64_t{0} >> (64 - plan.bits);
  const size_t top = kVectorGap + plan.slots * static_cast<size_t>(plan.bits);
  Register low_min = Register(All(kLow));
  Register low_max = Register(U64{});
  U64 above{};
  for (size_t i = 0; i < n; i += kLanes) {
    U64 limbs[kPrimesMax + 2];
    Garner(plan, residues + i, n, limbs);
    const auto low = Register(limbs[0] & kLow);
    low_min = _mm512_min_epu64(low_min, low);
    low_max = _mm512_max_epu64(low_max, low);
    for (size_t limb = top / kLimb + 1; limb < kPrimesMax; ++limb) above |= limbs[limb];
    above |= limbs[top / kLimb] >> (top % kLimb);
    for (size_t p = 0; p < plan.slots; ++p) {
      const size_t bit = kVectorGap + p * static_cast<size_t>(plan.bits);
      const size_t from = bit / kLimb;
      const uint64_t shift = bit % kLimb;
      const U64 value = limbs[from] >> shift | ShiftLeft(limbs[from + 1], All(kLimb - shift)) |
                        ShiftLeft(limbs[from + 2], All(uint64_t{2} * kLimb - shift));
      Store(values + p * n + i, value & mask);
    }
  }
  OpenFacts facts = {.low_min = kLow};
  for (size_t lane = 0; lane < kLanes; ++lane) {
    const uint64_t least = U64(low_min)[lane];
    const uint64_t most = U64(low_max)[lane];
    facts.low_min = least < facts.low_min ? least : facts.low_min;
    facts.low_max = most > facts.low_max ? most : facts.low_max;
    facts.above |= above[lane];
  }
  return facts;
}

}  // namespace

constinit const Kernels kAvx512Kernels = {.name = "avx512",
                                          .sample = Sample,
                                          .all_below = AllBelow,
                                          .pack = Pack,
                                          .unpack = Unpack,
                                          .all_below_packed = AllBelowPacked,
                                          .add_packed = AddPacked,
                                          .put32 = Put<uint32_t>,
                                          .put64 = Put<uint64_t>,
                                          .largest32 = Largest<uint32_t>,
                                          .largest64 = Largest<uint64_t>,
                                          .open = Open};

}  // namespace florin::crypto::rlwe

#endif
