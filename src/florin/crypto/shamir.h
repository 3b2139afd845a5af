// Shamir's secret sharing (CACM 22(11), 1979) of 32-byte secrets over the field of 2^61 - 1
// elements. A secret is five limbs, of 52 bits and the last of 48; each is the value at 0 of a
// random polynomial of degree threshold - 1, and the share with index i, counted from 1, has their
// values at i. Any `threshold` shares give the secret back, fewer say nothing about it.
//
// A share is 40 bytes: its limbs, little-endian words below 2^61 - 1. That it is the share that was
// dealt is not seen here: protocols commit to the secret. Thread-safe.
//
// ct: time depends on threshold, count and indices, not on secrets or shares. Opening tells whether
// what came out can be a secret.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "florin/base/rng.h"
#include "florin/base/status.h"
#include "florin/crypto/secret.h"
#include "florin/num/field61.h"

namespace florin::crypto {

constexpr size_t kSharedSecretSize = 32;
constexpr size_t kShareSize = 40;
constexpr uint32_t kSharesMax = 1U << 16;

// count shares, the first with index 1. 32 bytes of secret and 1 <= threshold <= count <=
// kSharesMax (FLORIN_CHECK). rng: one that nobody can guess.
std::vector<SecretBytes> ShareSecret(ByteView secret, uint32_t threshold, uint32_t count,
                                     base::Rng& rng);

// Opens secrets whose shares have the same indices: the Lagrange coefficients are found once.
// O(n^2) multiplications to make, 5 n for each secret.
class ShareOpener {
 public:
  // As many indices as the threshold: with more the others are no check, with fewer what comes out
  // is not the secret. [SHAMIR-INDEX] none, one of 0, above kSharesMax, or there twice.
  static Result<ShareOpener> Make(Span<const uint32_t> indices);
  // Shares in the order of the indices, as many (FLORIN_CHECK). [SHAMIR-SHARE] one that is no
  // share, by its index; [SHAMIR-SECRET] they are not of one secret.
  Result<SecretBytes> Open(Span<const ByteView> shares) const;

 private:
  ShareOpener() = default;  // of no shares, which would open to zeros
  std::vector<uint32_t> indices_;
  std::vector<num::Field61> coefficients_;
};

}  // namespace florin::crypto
