// Polynomials as they travel: a head of 8 bytes, then residues packed side by side
// (docs/spec/rlwe.md, "On the wire").
#pragma once

#include <cstddef>
#include <cstdint>

#include "florin/base/bytes.h"
#include "florin/base/status.h"
#include "florin/crypto/rlwe/parameters.h"

namespace florin::crypto::rlwe {

enum class MessageKind : uint8_t { kVector = 1, kKeyShare = 2, kSealedKey = 3, kOpening = 4 };

constexpr size_t kHeadSize = 8;
constexpr size_t kKeySharePolynomials = 1;
constexpr size_t kSealedKeyPolynomials = 2 * kSealedParts;
constexpr size_t kOpeningPolynomials = kSealedParts;

constexpr const RingShape& ShapeOf(MessageKind kind) {
  return kind == MessageKind::kVector ? kVectorRing : kKeyRing;
}
constexpr size_t MessageSize(MessageKind kind, size_t polynomials) {
  return kHeadSize + polynomials * ShapeOf(kind).bytes();
}

// A head, and zeros to be written over by way of ResiduesOf.
Bytes NewMessage(MessageKind kind, size_t polynomials);

// Where the residues of a prime of a polynomial lie in a message of that kind.
template <typename Byte>
Span<Byte> ResiduesOf(MessageKind kind, size_t polynomial, size_t prime, Span<Byte> message) {
  const RingShape& shape = ShapeOf(kind);
  const size_t size = shape.bytes() / shape.prime_count;
  return message.subspan(kHeadSize + (polynomial * shape.prime_count + prime) * size, size);
}

// A message that was checked: each residue is below its prime. Borrows its bytes, which must not
// change; a value, thread-safe.
class Message {
 public:
  // bytes: any. polynomials: how many there must be. [RLWE-HEAD] another kind, version, ring or
  // count; [RLWE-SIZE] another length; [RLWE-RESIDUE] a residue that is not below its prime.
  static Result<Message> Parse(MessageKind kind, size_t polynomials, ByteView bytes);

  MessageKind kind() const { return kind_; }
  size_t polynomials() const { return polynomials_; }
  ByteView bytes() const { return bytes_; }
  ByteView residues(size_t polynomial, size_t prime) const {
    return ResiduesOf(kind_, polynomial, prime, bytes_);
  }
  // sum[i] <- sum[i] + residue i mod the prime; sum: [N], below the prime.
  void AddTo(size_t polynomial, size_t prime, Span<uint64_t> sum) const;

 private:
  Message(MessageKind kind, size_t polynomials, ByteView bytes)
      : kind_(kind), polynomials_(polynomials), bytes_(bytes) {}

  MessageKind kind_;
  size_t polynomials_;
  ByteView bytes_;
};

// residues: [N], below the prime.
void Pack(MessageKind kind, size_t polynomial, size_t prime, Span<const uint64_t> residues,
          Span<uint8_t> message);

}  // namespace florin::crypto::rlwe
