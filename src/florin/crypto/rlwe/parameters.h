// The parameters of lattice encryption, as constants, with the bounds that follow from them checked
// when they are compiled. docs/spec/rlwe.md derives them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace florin::crypto::rlwe {

constexpr size_t kPrimesMax = 4;

// Z_q[X] / (X^size + 1), q the product of the primes.
struct RingShape {
  size_t size = 0;
  int residue_bits = 0;  // of each prime
  size_t prime_count = 0;
  uint64_t primes[kPrimesMax] = {};

  constexpr size_t words() const { return size * prime_count; }  // of a polynomial
  constexpr size_t bytes() const { return words() * static_cast<size_t>(residue_bits) / 8; }
  constexpr int log2_size() const { return std::countr_zero(size); }
};

constexpr RingShape kVectorRing = {
    .size = 8192,
    .residue_bits = 50,
    .prime_count = 4,
    .primes = {1125899906826241, 1125899906629633, 1125899905744897, 1125899905351681}};
constexpr RingShape kKeyRing = {.size = 4096,
                                .residue_bits = 48,
                                .prime_count = 2,
                                .primes = {281474976546817, 281474975662081}};

// log2 q at most, for 128 bits with errors of deviation 3.2 (HomomorphicEncryption.org 2018, table
// 1, ternary secrets); 0 for sizes that are not used.
constexpr int ModulusBitsMax(size_t size) { return size == 4096 ? 109 : size == 8192 ? 218 : 0; }

constexpr bool IsSound(const RingShape& ring) {
  const auto bits = static_cast<size_t>(ring.residue_bits);
  if (ring.prime_count > kPrimesMax) return false;
  if (bits * ring.prime_count > static_cast<size_t>(ModulusBitsMax(ring.size))) return false;
  for (size_t i = 0; i < ring.prime_count; ++i) {
    const uint64_t prime = ring.primes[i];
    // Above 2^bits (1 - 2^-25): q is above half of 2^(all bits), and few words are left out.
    if (static_cast<size_t>(std::bit_width(prime)) != bits || prime % (2 * ring.size) != 1 ||
        (uint64_t{1} << bits) - prime > uint64_t{1} << (bits - 25)) {
      return false;
    }
  }
  return true;
}
static_assert(IsSound(kVectorRing) && IsSound(kKeyRing));

constexpr uint64_t kContributorsMax = uint64_t{1} << 20;
constexpr size_t kDecryptorsMax = 64;
constexpr size_t kSeedSize = 32;

// The whole part of the root, by halves.
constexpr uint64_t RootOf(uint64_t square) {
  uint64_t root = 0;
  for (uint64_t bit = uint64_t{1} << 31; bit != 0; bit >>= 1) {
    if ((root + bit) * (root + bit) <= square) root += bit;
  }
  return root;
}

// -- the vector scheme

constexpr int kVectorGap = 17;     // G: errors are below 2^(G - 1)
constexpr int kErrorSizeMax = 58;  // of one error

// What the sum of so many errors stays within: nine deviations of sqrt(81 / 2 contributors).
constexpr uint64_t ErrorBound(uint64_t contributors) {
  return RootOf(3281 * contributors) + kErrorSizeMax;
}
static_assert(ErrorBound(kContributorsMax) < uint64_t{1} << (kVectorGap - 1));

// How values share a coefficient: `slots` runs of kVectorRing.size values, `bits` each.
struct Packing {
  int bits = 0;
  size_t slots = 0;
  uint64_t value_max = 0;
  uint64_t contributors_max = 0;

  // Values of a polynomial.
  constexpr size_t values() const { return slots * kVectorRing.size; }
  constexpr size_t polynomials(size_t value_count) const {
    return (value_count + values() - 1) / values();
  }
};

constexpr size_t kSlotsMax = 16;
constexpr int kSlotBitsAll = 50 * 4 - 1 - kVectorGap;  // q > 2^199

// For sums of at most `contributors_max` values, each at most value_max. Nothing where there is no
// such packing: no contributors or more than kContributorsMax, or sums of more than 64 bits.
constexpr std::optional<Packing> PackingFor(uint64_t value_max, uint64_t contributors_max) {
  if (contributors_max == 0 || contributors_max > kContributorsMax) return std::nullopt;
  if (value_max > ~uint64_t{0} / contributors_max) return std::nullopt;
  const auto bits = static_cast<int>(std::bit_width(value_max * contributors_max | 1));
  const auto slots = static_cast<size_t>(kSlotBitsAll / bits);
  return Packing{.bits = bits,
                 .slots = slots < kSlotsMax ? slots : kSlotsMax,
                 .value_max = value_max,
                 .contributors_max = contributors_max};
}
static_assert(PackingFor((uint64_t{1} << 32) - 1, 2)->slots == 5);
static_assert(PackingFor((uint64_t{1} << 16) - 1, 1024)->slots == 7);
static_assert(PackingFor(~uint64_t{0}, 1)->slots == 2);
static_assert(!PackingFor(~uint64_t{0}, 2) && !PackingFor(1, 0) &&
              !PackingFor(1, kContributorsMax + 1));

// -- the key scheme

constexpr int kKeyGap = 76;
constexpr int kKeySumBits = 18;  // a sum of keys is within +- 2^18, with its sign 19 bits
static_assert(kKeyGap + kKeySumBits + 1 <= 48 * 2 - 1);
constexpr size_t kSealedParts = kVectorRing.size / kKeyRing.size;
constexpr size_t kFloodSteps = 66;

// What the noise of an opened sum stays within, in units of 2^53: nine deviations of the floods of
// so many decryptors, 9 * 2^67.88 sqrt(decryptors) = 271,000 sqrt(decryptors) * 2^53 and a little.
// The ciphertexts' own noise, of deviation 2^21, does not show.
constexpr int kFloodUnit = 53;
constexpr uint64_t OpeningBound(size_t decryptors) {
  return RootOf(uint64_t{73'500'000'000} * decryptors) + 1;
}
static_assert(OpeningBound(kDecryptorsMax) < uint64_t{1} << (kKeyGap - 1 - kFloodUnit));

}  // namespace florin::crypto::rlwe
