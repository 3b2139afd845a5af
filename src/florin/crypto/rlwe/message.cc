#include "florin/crypto/rlwe/message.h"

#include <string>
#include <utility>
#include <vector>

#include "florin/base/check.h"
#include "florin/base/codec.h"
#include "florin/crypto/rlwe/kernels.h"

namespace florin::crypto::rlwe {
namespace {

constexpr uint8_t kVersion = 1;

const char* NameOf(MessageKind kind) {
  switch (kind) {
    case MessageKind::kVector:
      return "sealed vector";
    case MessageKind::kKeyShare:
      return "key share";
    case MessageKind::kSealedKey:
      return "sealed key";
    case MessageKind::kOpening:
      return "partial opening";
  }
  return "message";
}

void WriteHead(MessageKind kind, size_t polynomials, base::Writer& writer) {
  const RingShape& shape = ShapeOf(kind);
  writer.U8(static_cast<uint8_t>(kind))
      .U8(kVersion)
      .U8(static_cast<uint8_t>(shape.log2_size()))
      .U8(static_cast<uint8_t>(shape.prime_count))
      .U32(static_cast<uint32_t>(polynomials));
}

Status Refused(const char* code, MessageKind kind, const std::string& fault) {
  return {Kind::kFailed, code, std::string(NameOf(kind)) + ": " + fault};
}

Status CheckHead(MessageKind kind, size_t polynomials, ByteView bytes) {
  base::Writer expected;
  WriteHead(kind, polynomials, expected);
  if (bytes.size() < kHeadSize) {
    return Refused("RLWE-SIZE", kind,
                   "expected a head of " + std::to_string(kHeadSize) + " bytes, found " +
                       std::to_string(bytes.size()) + ".");
  }
  const ByteView head = bytes.first(kHeadSize);
  if (!std::equal(head.begin(), head.end(), expected.view().begin())) {
    return Refused(
        "RLWE-HEAD", kind,
        "expected the head " + base::Hex(expected.view()) + ", found " + base::Hex(head) + ".");
  }
  const size_t size = MessageSize(kind, polynomials);
  if (bytes.size() == size) return {};
  return Refused(
      "RLWE-SIZE", kind,
      "expected " + std::to_string(size) + " bytes, found " + std::to_string(bytes.size()) + ".");
}

// Which residue it is, of those of a prime.
Status ResidueFault(MessageKind kind, size_t polynomial, size_t prime, ByteView bytes) {
  const RingShape& shape = ShapeOf(kind);
  std::vector<uint64_t> residues(shape.size);
  Active().unpack(shape.residue_bits, bytes.data(), residues.size(), residues.data());
  size_t at = 0;
  while (residues[at] < shape.primes[prime]) ++at;
  return Refused("RLWE-RESIDUE", kind,
                 "polynomial " + std::to_string(polynomial) + ", coefficient " +
                     std::to_string(at) + ": expected less than " +
                     std::to_string(shape.primes[prime]) + ", found " +
                     std::to_string(residues[at]) + ".");
}

}  // namespace

Bytes NewMessage(MessageKind kind, size_t polynomials) {
  FLORIN_CHECK(polynomials < uint64_t{1} << 32);
  base::Writer writer;
  writer.Reserve(MessageSize(kind, polynomials));
  WriteHead(kind, polynomials, writer);
  writer.Append(MessageSize(kind, polynomials) - kHeadSize);
  return std::move(writer).Take();
}

Result<Message> Message::Parse(MessageKind kind, size_t polynomials, ByteView bytes) {
  FLORIN_CHECK(polynomials < uint64_t{1} << 32);
  FLORIN_TRY(CheckHead(kind, polynomials, bytes));
  const RingShape& shape = ShapeOf(kind);
  const Message message(kind, polynomials, bytes);
  for (size_t j = 0; j < polynomials; ++j) {
    for (size_t prime = 0; prime < shape.prime_count; ++prime) {
      const ByteView residues = message.residues(j, prime);
      if (!Active().all_below_packed(shape.residue_bits, shape.primes[prime], residues.data(),
                                     shape.size)) {
        return ResidueFault(kind, j, prime, residues);
      }
    }
  }
  return message;
}

void Message::AddTo(size_t polynomial, size_t prime, Span<uint64_t> sum) const {
  const RingShape& shape = ShapeOf(kind_);
  FLORIN_CHECK(polynomial < polynomials_ && sum.size() == shape.size);
  Active().add_packed(shape.residue_bits, shape.primes[prime], residues(polynomial, prime).data(),
                      shape.size, sum.data());
}

void Pack(MessageKind kind, size_t polynomial, size_t prime, Span<const uint64_t> residues,
          Span<uint8_t> message) {
  const RingShape& shape = ShapeOf(kind);
  FLORIN_CHECK(residues.size() == shape.size);
  Active().pack(shape.residue_bits, residues.data(), shape.size,
                ResiduesOf(kind, polynomial, prime, message).data());
}

}  // namespace florin::crypto::rlwe
