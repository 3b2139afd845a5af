// The masks of a round over one vector: which there are, and putting them on or taking them off.
// The first setup.narrow_size entries are summed modulo 2^narrow_bits, the others modulo 2^64;
// each mask has a stream for either. docs/spec/masks.md.
#pragma once

#include <vector>

#include "florin/crypto/mask.h"
#include "florin/protocol/secagg/keys.h"

namespace florin::protocol::secagg {

class Masks {
 public:
  explicit Masks(const ProtocolSetup& setup) : setup_(setup) {}

  // The mask that a contributor alone puts on, from its seed.
  void AddSelf(const crypto::SecretBytes& seed, PartyId place, crypto::MaskSign sign);
  // The mask that `place` puts on for `other`, and `other` for `place` with the other sign: of what
  // their mask keys agree on. is_removed: to take it off the vector of `place` again.
  void AddPair(const crypto::SecretBytes& agreed, PartyId place, PartyId other,
               bool is_removed = false);
  size_t size() const { return wide_.size(); }

  // Puts all on, by parts on several threads, and forgets them. words: setup.vector_size; narrow
  // ones come out between -2^(narrow_bits - 1) and 2^(narrow_bits - 1) - 1, with their sign in all
  // 64 bits.
  void Apply(Span<uint64_t> words);

 private:
  void ApplyNarrow(size_t first, Span<uint64_t> words) const;
  void Add(const crypto::SecretBytes& secret, ByteView info, crypto::MaskSign sign);

  const ProtocolSetup& setup_;
  std::vector<crypto::Mask> narrow_;
  std::vector<crypto::Mask> wide_;
};

}  // namespace florin::protocol::secagg
