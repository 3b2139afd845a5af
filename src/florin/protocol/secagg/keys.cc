#include "florin/protocol/secagg/keys.h"

#include <algorithm>
#include <string_view>

#include "florin/base/codec.h"
#include "florin/crypto/aead.h"
#include "florin/crypto/hkdf.h"
#include "florin/crypto/random.h"
#include "florin/crypto/transcript.h"

namespace florin::protocol::secagg {
namespace {

using crypto::SecretBytes;

constexpr auto kCurve = crypto::EcdhCurve::kX25519;
constexpr auto kHash = crypto::HkdfHash::kSha256;

std::string_view Label(KeyUse use) {
  switch (use) {
    case KeyUse::kChannel:
      return "channel";
    case KeyUse::kMask:
      return "mask";
    case KeyUse::kSelfMask:
      return "self mask";
  }
  return "";
}

Bytes Info(std::string_view label, PartyId first, PartyId second) {
  base::Writer writer;
  writer.Text(label).U32(first.index).U32(second.index);
  return std::move(writer).Take();
}

PublicKey PublicOf(const SecretBytes& secret) {
  const auto pair = crypto::EcdhKeyPairOf(kCurve, secret.view());
  FLORIN_CHECK(pair.ok());  // every 32 bytes are a secret
  PublicKey key;
  std::ranges::copy(pair->public_key, key.begin());
  return key;
}

crypto::Kt128Digest DigestAdvert(const Advert& advert, const Context& context, PartyId place) {
  return crypto::Transcript("florin/secagg/advert/1")
      .Add("context", ByteView(context))
      .Add("place", place.index)
      .Add("channel", ByteView(advert.channel))
      .Add("mask", ByteView(advert.mask))
      .Digest();
}

crypto::Kt128Digest DigestSigned(Signed what, const Context& context, PartyId place,
                                 ByteView bytes) {
  return crypto::Transcript(what == Signed::kMaskedInput ? "florin/secagg/masked/1"
                                                         : "florin/secagg/survivors/1")
      .Add("context", ByteView(context))
      .Add("place", place.index)
      .Add("bytes", bytes)
      .Digest();
}

}  // namespace

SecretBytes SecretOf(KeyUse use, const SecretBytes& round, const Context& context) {
  base::Writer info;
  info.Text("florin secagg secret").Text(Label(use));
  return crypto::Hkdf(kHash, context, round.view(), info.view(), 32);
}

std::vector<SecretBytes> Deal(KeyUse use, const SecretBytes& round, const Context& context,
                              uint32_t threshold, uint32_t count) {
  crypto::SecretKey key;
  std::ranges::copy(round.view(), key.begin());
  base::Writer stream;
  stream.Text("florin secagg shares").Text(Label(use)).Fixed(context);
  crypto::KeyedRng rng(key, stream.view());
  return crypto::ShareSecret(SecretOf(use, round, context).view(), threshold, count, rng);
}

Advert MakeAdvert(const SecretBytes& round, const Context& context, PartyId place,
                  const crypto::Ed25519Seed& identity) {
  Advert advert;
  advert.channel = PublicOf(SecretOf(KeyUse::kChannel, round, context));
  advert.mask = PublicOf(SecretOf(KeyUse::kMask, round, context));
  advert.signature = crypto::SignEd25519(identity, DigestAdvert(advert, context, place));
  return advert;
}

bool IsSignedBy(const crypto::Ed25519PublicKey& identity, const Advert& advert,
                const Context& context, PartyId place) {
  return crypto::VerifyEd25519(identity, DigestAdvert(advert, context, place), advert.signature);
}

bool IsUsable(const PublicKey& key) {
  static constexpr std::array<uint8_t, crypto::kEcdhSecretSize> kAnySecret{9};
  return crypto::EcdhAgree(kCurve, kAnySecret, key).ok();
}

crypto::Ed25519Signature Sign(const crypto::Ed25519Seed& identity, Signed what,
                              const Context& context, PartyId place, ByteView bytes) {
  return crypto::SignEd25519(identity, DigestSigned(what, context, place, bytes));
}

bool IsSigned(const crypto::Ed25519PublicKey& identity, Signed what, const Context& context,
              PartyId place, ByteView bytes, const crypto::Ed25519Signature& signature) {
  return crypto::VerifyEd25519(identity, DigestSigned(what, context, place, bytes), signature);
}

Commitment Commit(const SecretBytes& seed, const Context& context, PartyId place) {
  const SecretBytes bytes =
      crypto::Hkdf(kHash, context, seed.view(), Info("florin secagg commitment", place, place), 32);
  Commitment commitment;
  std::ranges::copy(bytes.view(), commitment.begin());
  return commitment;
}

SecretBytes BoxKey(const SecretBytes& agreed, const Context& context, PartyId from, PartyId to) {
  return crypto::Hkdf(kHash, context, agreed.view(), Info("florin secagg box", from, to), 32);
}

// The nonce is 0: the key seals one box, ever.
Box SealShares(const SecretBytes& key, const Context& context, PartyId from, PartyId to,
               ByteView shares) {
  FLORIN_CHECK(shares.size() == kSharesSize);
  static_assert(kBoxSize == kSharesSize + crypto::kAeadTagSize);
  base::Writer associated;
  associated.Fixed(context).U32(from.index).U32(to.index);
  crypto::Aead aead(crypto::AeadAlgorithm::kChaCha20Poly1305, key.view());
  Box box;
  aead.Seal({}, associated.view(), shares, box);
  return box;
}

SecretBytes OpenShares(const SecretBytes& key, const Context& context, PartyId from, PartyId to,
                       ByteView box) {
  base::Writer associated;
  associated.Fixed(context).U32(from.index).U32(to.index);
  crypto::Aead aead(crypto::AeadAlgorithm::kChaCha20Poly1305, key.view());
  SecretBytes shares = SecretBytes::Zeros(kSharesSize);
  if (box.size() != kBoxSize || !aead.Open({}, associated.view(), box, shares.span())) return {};
  return shares;
}

}  // namespace florin::protocol::secagg
