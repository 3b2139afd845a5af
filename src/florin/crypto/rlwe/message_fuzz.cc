// Any bytes as a message of the kind and count that the first byte picks: no crash. Then the bytes
// as a true message with some of its bytes changed: what is read packs to the same bytes again.
#include "florin/base/check.h"
#include "florin/crypto/rlwe/keys.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace rlwe = florin::crypto::rlwe;
  using florin::Bytes;
  if (size == 0) return 0;
  const auto kind = static_cast<rlwe::MessageKind>(1 + data[0] % 4);
  const Bytes bytes(data + 1, data + size);
  static_cast<void>(rlwe::Message::Parse(kind, data[0] / 4 % 8, bytes));
  static const Bytes kSealed = [] {
    const Bytes seed(rlwe::kSeedSize, 1);
    const Bytes share = rlwe::DecryptorKey(seed, {}).Share();
    const auto parsed = rlwe::Message::Parse(rlwe::MessageKind::kKeyShare, 1, share);
    return rlwe::JointKey({&parsed.value(), 1}, {}).Seal(rlwe::VectorKey(seed, {}));
  }();
  Bytes changed = kSealed;
  size_t at = data[0];
  for (const uint8_t byte : bytes) {
    changed[at] ^= byte;
    at = (at + 997 * (1 + size_t{byte})) % changed.size();
  }
  const auto read =
      rlwe::Message::Parse(rlwe::MessageKind::kSealedKey, rlwe::kSealedKeyPolynomials, changed);
  if (!read.ok()) return 0;
  rlwe::KeySum sum;
  sum.Add(*read);
  FLORIN_CHECK(sum.Pack() == changed);
  return 0;
}
