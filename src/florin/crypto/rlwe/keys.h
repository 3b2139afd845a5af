// The key scheme (docs/spec/rlwe.md): contributors seal the keys of their vectors to several
// decryptors together; the sum of sealed keys opens when all decryptors have answered, or those of
// them that can rebuild who is missing.
//
// All but the sum is immutable and thread-safe. Wrong sizes and too many decryptors are bugs
// (FLORIN_CHECK): who reads a message parses it first (message.h).
//
// ct: of secrets and keys nothing shows, but whether a rebuilt secret is the right one.
#pragma once

#include <cstdint>
#include <vector>

#include "florin/base/status.h"
#include "florin/crypto/rlwe/message.h"
#include "florin/crypto/rlwe/vectors.h"
#include "florin/crypto/sha256.h"
#include "florin/crypto/shamir.h"

namespace florin::crypto::rlwe {

// The running sum of sealed keys.
class KeySum {
 public:
  KeySum();

  // message: a sealed key, or a sum of such.
  void Add(const Message& message);
  Span<const uint64_t> polynomial(size_t j) const;  // [2 x 4096], transformed
  Bytes Pack() const;                               // as a message

 private:
  std::vector<uint64_t> residues_;
};

// What one decryptor has. Wiped.
class DecryptorKey {
 public:
  // seed: kSeedSize bytes that nobody can guess, for one context. What decryptors share among
  // themselves is the seed, by ShareSecret (shamir.h).
  DecryptorKey(ByteView seed, ByteView context);

  Bytes Share() const;  // its part of the joint key, a message
  // Its partial opening, a message: flooded, the same for the same sum. Only of a sum that this
  // decryptor added up from contributions it checked, and once in each context.
  Bytes Open(const KeySum& sum) const;

 private:
  static SecretWords Flood(const SecretStream& stream, size_t part, size_t prime);

  SecretBytes seed_;
  Bytes context_;
  SecretWords secret_;  // [2 x 4096], transformed
};

// The secret of a decryptor that is missing, from shares of its seed. announced: the key share it
// is known by. [RLWE-RECOVERED] it is another's, or a share is wrong; what the opener refuses.
Result<DecryptorKey> Rebuild(const ShareOpener& opener, Span<const ByteView> shares,
                             ByteView context, const Message& announced);

// What contributors seal to.
class JointKey {
 public:
  // shares: key shares of all decryptors, 1 to kDecryptorsMax, each once, made under this context.
  JointKey(Span<const Message> shares, ByteView context);

  // The key of a vector, as a message. The same for the same key, and nothing in common with what
  // another joint key gives.
  Bytes Seal(const VectorKey& key) const;

 private:
  std::vector<uint64_t> common_;  // a, [2 x 4096], transformed
  std::vector<uint64_t> joint_;   // b
  Sha256Digest digest_;           // of b, as a key share
};

// The sum of keys, [8192], for VectorOpener. openings: of this sum, by each decryptor once.
// [RLWE-OPENING] they are not, or somebody sealed what is no key.
Result<std::vector<int64_t>> OpenKeys(const KeySum& sum, Span<const Message> openings);

}  // namespace florin::crypto::rlwe
