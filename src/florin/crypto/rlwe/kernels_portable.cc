// On any processor. Every step gives what kernels_avx512.cc does in eight lanes.
#include <algorithm>
#include <cstring>

#include "florin/crypto/rlwe/kernels.h"

namespace florin::crypto::rlwe {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr int kLimb = 52;
constexpr uint64_t kLimbMask = (uint64_t{1} << kLimb) - 1;
constexpr uint64_t kHalfGap = uint64_t{1} << (kVectorGap - 1);

// value, or value - bound where that is not negative; value < 2 bound < 2^63.
uint64_t Less(uint64_t value, uint64_t bound) {
  const uint64_t less = value - bound;
  return less + (bound & (0 - (less >> 63)));
}

// factor * value mod prime, below twice the prime, for value < 2^52.
uint64_t TimesLazy(uint64_t factor, uint64_t quotient, uint64_t value, uint64_t prime) {
  const auto estimate = static_cast<uint64_t>(Wide{quotient} * value >> kLimb);
  return factor * value - estimate * prime;
}

// In blocks, so that thresholds are read once for many words and words stay in the nearest cache.
void Sample(const uint64_t* thresholds, size_t count, uint64_t* words, size_t n) {
  constexpr size_t kBlock = 8;
  for (size_t at = 0; at < n; at += kBlock) {
    uint64_t* block = words + at;
    uint64_t sizes[kBlock] = {};
    for (size_t k = 0; k < count; ++k) {
      const uint64_t last = thresholds[k] - 1;
      for (size_t i = 0; i < kBlock; ++i) sizes[i] += (last - (block[i] >> 1)) >> 63;
    }
    for (size_t i = 0; i < kBlock; ++i) {
      const uint64_t minus = 0 - (block[i] & 1);
      block[i] = (sizes[i] ^ minus) - minus;
    }
  }
}

bool AllBelow(uint64_t mask, uint64_t bound, uint64_t* words, size_t n) {
  uint64_t below = ~uint64_t{0};
  for (size_t i = 0; i < n; ++i) {
    words[i] &= mask;
    below &= words[i] - bound;
  }
  return below >> 63 != 0;
}

void Pack(int bits, const uint64_t* residues, size_t n, uint8_t* bytes) {
  Wide held = 0;
  int filled = 0;
  for (size_t i = 0; i < n; ++i) {
    held |= Wide{residues[i]} << filled;
    filled += bits;
    while (filled >= 32) {
      const auto word = static_cast<uint32_t>(held);
      std::memcpy(bytes, &word, sizeof(word));
      bytes += sizeof(word);
      held >>= 32;
      filled -= 32;
    }
  }
  for (; filled > 0; filled -= 8, held >>= 8) *bytes++ = static_cast<uint8_t>(held);
}

// Calls take(i, residue). A residue lies in at most eight bytes, of which only its own are read.
template <typename Take>
void ForEachPacked(int bits, const uint8_t* bytes, size_t n, const Take& take) {
  const uint64_t mask = (uint64_t{1} << bits) - 1;
  const size_t size = n * static_cast<size_t>(bits) / 8;
  for (size_t i = 0; i < n; ++i) {
    const size_t bit = i * static_cast<size_t>(bits);
    uint64_t word = 0;
    if (bit / 8 + sizeof(word) <= size) {
      std::memcpy(&word, bytes + bit / 8, sizeof(word));
    } else {
      std::memcpy(&word, bytes + bit / 8, size - bit / 8);
    }
    take(i, word >> (bit % 8) & mask);
  }
}

void Unpack(int bits, const uint8_t* bytes, size_t n, uint64_t* residues) {
  ForEachPacked(bits, bytes, n, [&](size_t i, uint64_t residue) { residues[i] = residue; });
}

bool AllBelowPacked(int bits, uint64_t prime, const uint8_t* bytes, size_t n) {
  uint64_t below = ~uint64_t{0};
  ForEachPacked(bits, bytes, n, [&](size_t, uint64_t residue) { below &= residue - prime; });
  return below >> 63 != 0;
}

void AddPacked(int bits, uint64_t prime, const uint8_t* bytes, size_t n, uint64_t* sum) {
  ForEachPacked(bits, bytes, n,
                [&](size_t i, uint64_t residue) { sum[i] = Less(sum[i] + residue, prime); });
}

// With v < 2^w and w slots <= 182 the high part of the sum is below 2^52.
template <typename Word>
void Put(const SlotPlan& plan, const Word* values, const uint64_t* small, size_t n, uint64_t* sum) {
  const uint64_t prime = plan.prime;
  for (size_t i = 0; i < n; ++i) {
    Wide total = 0;
    for (size_t p = 0; p < plan.slots; ++p) {
      const uint64_t value = values[p * n + i];
      total += Wide{value & kLimbMask} * plan.weights[p];
      if constexpr (sizeof(Word) > 4) total += Wide{value >> kLimb} * plan.high_weights[p];
    }
    const auto high = static_cast<uint64_t>(total >> kLimb);
    const uint64_t low = static_cast<uint64_t>(total) & kLimbMask;
    const uint64_t error = small[i] + (prime & (0 - (small[i] >> 63)));
    // Below 2 q + (4 q + 2^20) + q + q.
    uint64_t all = TimesLazy(plan.word, plan.word_quotient, high, prime) + low + error + sum[i];
    all = Less(all, 8 * prime);
    all = Less(Less(all, 4 * prime), 2 * prime);
    sum[i] = Less(all, prime);
  }
}

template <typename Word>
uint64_t Largest(const Word* values, size_t n) {
  Word largest = 0;
  for (size_t i = 0; i < n; ++i) largest = values[i] > largest ? values[i] : largest;
  return largest;
}

// Garner's mixed radix: x = v0 + q0 (v1 + q1 (v2 + q2 v3)).
void MixedRadix(const OpenPlan& plan, const uint64_t* residues, size_t n, size_t i,
                uint64_t* digits) {
  for (size_t k = 0; k < kPrimesMax; ++k) {
    const uint64_t prime = plan.primes[k];
    uint64_t digit = Less(residues[k * n + i] + kHalfGap, prime);
    for (size_t j = 0; j < k; ++j) {
      digit = TimesLazy(plan.inverses[j][k], plan.inverse_quotients[j][k],
                        digit + 2 * prime - digits[j], prime);
    }
    digits[k] = Less(digit, prime);
  }
}

OpenFacts Open(const OpenPlan& plan, const uint64_t* residues, size_t n, uint64_t* values) {
  constexpr uint64_t kLow = (uint64_t{1} << kVectorGap) - 1;
  const uint64_t mask = ~uint64_t{0} >> (64 - plan.bits);
  const size_t top = kVectorGap + plan.slots * static_cast<size_t>(plan.bits);
  OpenFacts facts = {.low_min = kLow};
  for (size_t i = 0; i < n; ++i) {
    uint64_t digits[kPrimesMax];
    MixedRadix(plan, residues, n, i, digits);
    uint64_t limbs[kPrimesMax + 2] = {};
    Wide carry = digits[0];
    for (size_t limb = 0; limb < kPrimesMax; ++limb) {
      for (size_t k = 1; k < kPrimesMax; ++k) carry += Wide{digits[k]} * plan.products[k][limb];
      limbs[limb] = static_cast<uint64_t>(carry) & kLimbMask;
      carry >>= kLimb;
    }
    facts.low_min = std::min(facts.low_min, limbs[0] & kLow);
    facts.low_max = std::max(facts.low_max, limbs[0] & kLow);
    for (size_t limb = top / kLimb + 1; limb < kPrimesMax; ++limb) facts.above |= limbs[limb];
    facts.above |= limbs[top / kLimb] >> (top % kLimb);
    for (size_t p = 0; p < plan.slots; ++p) {
      const size_t bit = kVectorGap + p * static_cast<size_t>(plan.bits);
      const size_t from = bit / kLimb;
      const auto shift = static_cast<int>(bit % kLimb);
      const Wide pair = limbs[from] | Wide{limbs[from + 1]} << kLimb;
      const auto third = static_cast<uint64_t>(Wide{limbs[from + 2]} << (2 * kLimb - shift));
      values[p * n + i] = (static_cast<uint64_t>(pair >> shift) | third) & mask;
    }
  }
  return facts;
}

}  // namespace

constinit const Kernels kPortableKernels = {.name = "portable",
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
