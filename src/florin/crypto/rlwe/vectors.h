// The vector scheme (docs/spec/rlwe.md): a vector is sealed under its contributor's key, sealed
// vectors are added, and the sum opens with the sum of keys. Symmetric, additive in values and
// keys; 25 bytes for Packing::slots values.
//
// A vector is sealed, added and opened polynomial by polynomial: polynomial j holds the
// Packing::values() values from j * Packing::values() on. Who wants several threads takes a sealer
// or an opener for each; all else here is immutable, but the sum.
//
// With IFMA one core seals and opens 500 million values a second in five slots and adds 6,000
// million, and does an eighth of that without.
//
// ct: of the key, the errors and the values nothing shows; sizes do. Whether a sum opens shows.
#pragma once

#include <cstdint>
#include <vector>

#include "florin/base/status.h"
#include "florin/crypto/rlwe/kernels.h"
#include "florin/crypto/rlwe/message.h"
#include "florin/crypto/rlwe/sampler.h"
#include "florin/crypto/rlwe/words.h"

namespace florin::crypto::rlwe {

// The key of one contributor for one vector, and what else is drawn for it: all follow from the
// seed. Wiped.
class VectorKey {
 public:
  // seed: kSeedSize bytes (FLORIN_CHECK) that nobody can guess, for one vector under one context:
  // a second vector would give away how the two differ.
  VectorKey(ByteView seed, ByteView context);

  SecretStream Stream(std::string_view label, ByteView bound_to) const {
    return {seed_.view(), label, bound_to};
  }
  ByteView context() const { return context_; }
  Span<const uint64_t> coefficients() const { return coefficients_.view(); }  // [8192], small
  Span<const uint64_t> transformed() const { return transformed_.view(); }    // [4 x 8192]

 private:
  SecretBytes seed_;
  Bytes context_;
  SecretWords coefficients_;
  SecretWords transformed_;
};

class VectorSealer {
 public:
  // Borrows the key.
  VectorSealer(const VectorKey& key, const Packing& packing);

  // Polynomial j of the vector, j below 2^20, into its place of the message (NewMessage). values:
  // those of polynomial j, at most Packing::values(), each at most Packing::value_max
  // (FLORIN_CHECK); what is missing counts as zeros. The same values give the same bytes.
  void Seal(uint32_t j, Span<const uint32_t> values, Span<uint8_t> message);
  void Seal(uint32_t j, Span<const uint64_t> values, Span<uint8_t> message);

 private:
  template <typename Word>
  void SealWords(uint32_t j, Span<const Word> values, Span<uint8_t> message);

  const VectorKey& key_;
  Packing packing_;
  SecretStream error_stream_;
  SlotPlan plans_[kPrimesMax];
  SecretWords errors_;    // [N]
  SecretWords residues_;  // [N], of one prime
  SecretWords padded_;    // of a last polynomial, when there was one
};

// The running sum of sealed vectors: 32 bytes for Packing::slots values. Whatever the order, the
// same sum.
class VectorSum {
 public:
  explicit VectorSum(size_t polynomials);

  size_t polynomials() const { return polynomials_; }
  uint64_t contributors() const { return contributors_; }
  // message: a vector of as many polynomials (FLORIN_CHECK), of so many contributors.
  void Add(const Message& message, uint64_t contributors = 1);
  Span<const uint64_t> polynomial(size_t j) const;  // [4 x 8192]
  Bytes Pack() const;                               // as a message

 private:
  size_t polynomials_;
  uint64_t contributors_ = 0;
  std::vector<uint64_t> residues_;
};

class VectorOpener {
 public:
  // keys: [8192], the sum of the keys of all whose vectors were added.
  VectorOpener(Span<const int64_t> keys, ByteView context, const Packing& packing);

  // The first values.size() values of polynomial j of the sum. [RLWE-SUM] where it does not open:
  // the keys are not those of the sum, or somebody sealed what is no vector.
  Status Open(const VectorSum& sum, uint32_t j, Span<uint64_t> values);

 private:
  Bytes context_;
  Packing packing_;
  OpenPlan plan_;
  std::vector<uint64_t> keys_;      // [4 x N], transformed
  std::vector<uint64_t> residues_;  // [4 x N]
  std::vector<uint64_t> padded_;    // of a last polynomial, when there was one
};

}  // namespace florin::crypto::rlwe
