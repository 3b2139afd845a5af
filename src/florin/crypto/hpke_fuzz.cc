// Any bytes as what a sender said and sealed: no crash, and nothing opens. Then the bytes as
// changes to a true box: it opens only where they change nothing.
#include "florin/crypto/hpke.h"

#include <algorithm>
#include <array>

#include "florin/base/check.h"

namespace florin::crypto {
namespace {

struct Box {
  HpkeSuite suite;
  EcdhKeyPair keys;
  Bytes bytes;  // encapsulated, then sealed

  Result<Bytes> Open(ByteView from) const {
    const size_t size = std::min(EcdhPublicSize(HpkeCurve(suite.kem)), from.size());
    FLORIN_ASSIGN(HpkeRecipient end, HpkeRecipient::Make(suite, from.first(size), keys));
    return end.Open({}, from.subspan(size));
  }
};

Box MakeBox(HpkeKem kem, HpkeAead aead) {
  Box box{{kem, HpkeKdf::kSha256, aead}, HpkeDeriveKeyPair(kem, Bytes(32, 1)), {}};
  HpkeSender sender = HpkeSender::Make(box.suite, box.keys.public_key).value();
  const Bytes sealed = sender.Seal({}, Bytes(24, 2));
  box.bytes = sender.encapsulated();
  box.bytes.insert(box.bytes.end(), sealed.begin(), sealed.end());
  return box;
}

void Try(const Box& box, ByteView data) {
  const bool is_box = std::equal(data.begin(), data.end(), box.bytes.begin(), box.bytes.end());
  FLORIN_CHECK(box.Open(data).ok() == is_box);
  Bytes changed = box.bytes;
  for (size_t i = 0; i < data.size(); ++i) changed[i % changed.size()] ^= data[i];
  FLORIN_CHECK(box.Open(changed).ok() == (changed == box.bytes));
}

}  // namespace
}  // namespace florin::crypto

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace crypto = florin::crypto;
  static const std::array<crypto::Box, 2> kBoxes = {
      crypto::MakeBox(crypto::HpkeKem::kX25519Sha256, crypto::HpkeAead::kAes128Gcm),
      crypto::MakeBox(crypto::HpkeKem::kP256Sha256, crypto::HpkeAead::kChaCha20Poly1305)};
  for (const crypto::Box& box : kBoxes) crypto::Try(box, {data, size});
  return 0;
}
