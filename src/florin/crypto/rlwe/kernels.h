// The hot loops of lattice encryption, once per instruction set; for the files of this folder and
// their tests. Same bits from every path. What they compute is in docs/spec/rlwe.md.
//
// Sizes are multiples of 8. ct: steps depend on sizes and tables only; AllBelow and AllBelowPacked
// tell whether. Spans of one call do not overlap unless it says so.
#pragma once

#include <cstddef>
#include <cstdint>

#include "florin/crypto/rlwe/parameters.h"

namespace florin::crypto::rlwe {

// Constants mod one prime for putting values into slots.
struct SlotPlan {
  uint64_t prime = 0;
  uint64_t word = 0;  // 2^52 mod the prime
  uint64_t word_quotient = 0;
  size_t slots = 0;
  uint64_t weights[kSlotsMax] = {};       // 2^(G + w p) mod the prime
  uint64_t high_weights[kSlotsMax] = {};  // 2^52 times these
};

// Constants for taking a sum apart. Garner's method: inverses[i][j] is 1 / prime i mod prime j.
struct OpenPlan {
  uint64_t primes[kPrimesMax] = {};
  uint64_t inverses[kPrimesMax][kPrimesMax] = {};
  uint64_t inverse_quotients[kPrimesMax][kPrimesMax] = {};
  uint64_t products[kPrimesMax][kPrimesMax] =
      {};  // [i]: of the primes below i, in limbs of 52 bits
  size_t slots = 0;
  int bits = 0;
};

// Of all coefficients of a polynomial.
struct OpenFacts {
  uint64_t low_min = 0;  // of the low G bits: the error and 2^(G - 1)
  uint64_t low_max = 0;
  uint64_t above = 0;  // bits that are set above the slots, or'ed together
};

struct Kernels {
  const char* name;  // "portable", "avx512"
  // words[i] <- the small coefficient that it gives, two's complement; in place.
  void (*sample)(const uint64_t* thresholds, size_t count, uint64_t* words, size_t n);
  // words[i] <- words[i] & mask. Whether all are below the bound then.
  bool (*all_below)(uint64_t mask, uint64_t bound, uint64_t* words, size_t n);
  // Residues side by side, `bits` (33 to 56) each: n bits / 8 bytes.
  void (*pack)(int bits, const uint64_t* residues, size_t n, uint8_t* bytes);
  void (*unpack)(int bits, const uint8_t* bytes, size_t n, uint64_t* residues);
  bool (*all_below_packed)(int bits, uint64_t prime, const uint8_t* bytes, size_t n);
  // sum[i] <- sum[i] + residue i (mod prime); all below the prime before and after.
  void (*add_packed)(int bits, uint64_t prime, const uint8_t* bytes, size_t n, uint64_t* sum);
  // sum[i] <- sum[i] + small[i] + values of coefficient i in their slots (mod prime). values: run p
  // starts at p n; each below 2^w.
  void (*put32)(const SlotPlan& plan, const uint32_t* values, const uint64_t* small, size_t n,
                uint64_t* sum);
  void (*put64)(const SlotPlan& plan, const uint64_t* values, const uint64_t* small, size_t n,
                uint64_t* sum);
  uint64_t (*largest32)(const uint32_t* values, size_t n);
  uint64_t (*largest64)(const uint64_t* values, size_t n);
  // residues: [4 x n], below their primes, of x - 2^(G - 1). values: run p starts at p n.
  OpenFacts (*open)(const OpenPlan& plan, const uint64_t* residues, size_t n, uint64_t* values);
};

extern const Kernels kPortableKernels;
#if defined(__x86_64__)
extern const Kernels kAvx512Kernels;  // with IFMA
#endif

// That of num::ActiveNtt().
const Kernels& Active();
// nullptr when this processor (or this build) lacks the path.
const Kernels* Find(const char* name);

}  // namespace florin::crypto::rlwe
