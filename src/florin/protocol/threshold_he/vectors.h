// Ring vectors as values of sealed polynomials: narrow entries are values, wide ones are cut into
// limbs of as many bits. docs/spec/protocols.md, section 6.
#pragma once

#include <optional>

#include "florin/crypto/rlwe/vectors.h"
#include "florin/protocol/party.h"

namespace florin::protocol::threshold_he {

// How a setup's vectors lie in polynomials.
struct Layout {
  size_t narrow = 0;  // entries
  size_t wide = 0;
  uint32_t bits = 0;  // of a value
  size_t limbs = 0;   // of a wide entry
  crypto::rlwe::Packing packing;
  size_t polynomials = 0;

  size_t values() const { return narrow + limbs * wide; }
  // A sealed vector is a message of rlwe/message.h in words of 8 bytes.
  size_t words() const {
    return crypto::rlwe::MessageSize(crypto::rlwe::MessageKind::kVector, polynomials) / 8;
  }
};
// Nothing where there is none: too many contributors or entries, or no such bits.
std::optional<Layout> LayoutOf(const ProtocolSetup& setup);

num::RingVector SealVector(const Layout& layout, const crypto::rlwe::VectorKey& key,
                           Span<const uint64_t> vector);
// [RLWE-SUM] the keys are not those of the sum, or somebody sealed what is no vector.
Result<num::RingVector> OpenVector(const Layout& layout, const crypto::rlwe::VectorSum& sum,
                                   Span<const int64_t> keys, ByteView context);

}  // namespace florin::protocol::threshold_he
