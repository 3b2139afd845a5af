// Small secret coefficients, from words that nobody can guess (docs/spec/rlwe.md, "Small
// coefficients"): a table of thresholds is compared with all of a word, so one loop draws from each
// distribution (Alkim et al., FrodoKEM, USENIX Security 2016, draw errors this way).
//
// ct: each word is compared with all thresholds of its table; sizes alone show.
#pragma once

#include <cstdint>
#include <string_view>

#include "florin/base/bytes.h"
#include "florin/base/span.h"
#include "florin/crypto/mask.h"

namespace florin::crypto::rlwe {

// thresholds: floor(2^63 P(|X| <= k)), k = 0, 1, ...; the largest size is their number.
using Distribution = Span<const uint64_t>;

extern const Distribution kTernary;      // -1, 0, 1 alike: decryptors' secrets, masks of sealing
extern const Distribution kBinomial21;   // of 42 coins, variance 10.5: errors of the key scheme
extern const Distribution kGaussianKey;  // discrete Gaussian of variance 20.25: contributors' keys
extern const Distribution kGaussianError;  // of variance 40.5: errors of the vector scheme, floods

// A secret stream of 64-bit words: AES-128 in counter mode under the first 16 bytes of HMAC-SHA-256
// of label, a zero byte and what the stream is bound to, keyed by the seed. So one seed under two
// contexts gives streams that have nothing to do with one another. Immutable: any number of
// threads.
class SecretStream {
 public:
  // seed: secret. bound_to: any bytes.
  SecretStream(ByteView seed, std::string_view label, ByteView bound_to);

  // words[i] <- the coefficient of word first + i, two's complement. words.size(): a multiple of 8.
  void Draw(Distribution distribution, uint64_t first, Span<uint64_t> words) const;

 private:
  Mask mask_;
};

}  // namespace florin::crypto::rlwe
