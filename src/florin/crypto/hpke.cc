#include "florin/crypto/hpke.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "florin/base/check.h"
#include "florin/crypto/hkdf.h"

namespace florin::crypto {
namespace {

SecretBytes Join(std::initializer_list<ByteView> parts) {
  size_t size = 0;
  for (const ByteView part : parts) size += part.size();
  SecretBytes joined = SecretBytes::Zeros(size);
  auto* at = joined.span().data();
  for (const ByteView part : parts) at = std::copy(part.begin(), part.end(), at);
  return joined;
}

std::array<uint8_t, 2> TwoBytes(size_t value) {
  return {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}

// LabeledExtract and LabeledExpand (section 4) under one suite_id.
class Labelled {
 public:
  Labelled(HkdfHash hash, const SecretBytes& suite_id) : hash_(hash), suite_id_(suite_id) {}
  SecretBytes Extract(ByteView salt, std::string_view label, ByteView key_material) const {
    return HkdfExtract(
        hash_, salt, Join({kVersion, suite_id_.view(), base::AsBytes(label), key_material}).view());
  }
  SecretBytes Expand(ByteView key, std::string_view label, ByteView info, size_t size) const {
    FLORIN_CHECK(size <= 0xFFFF);
    return HkdfExpand(
        hash_, key,
        Join({TwoBytes(size), kVersion, suite_id_.view(), base::AsBytes(label), info}).view(),
        size);
  }

 private:
  static constexpr uint8_t kVersion[] = {'H', 'P', 'K', 'E', '-', 'v', '1'};
  HkdfHash hash_;
  const SecretBytes& suite_id_;
};

SecretBytes KemId(HpkeKem kem) {
  return Join({base::AsBytes("KEM"), TwoBytes(static_cast<size_t>(kem))});
}
SecretBytes SuiteId(const HpkeSuite& suite) {
  return Join({base::AsBytes("HPKE"), TwoBytes(static_cast<size_t>(suite.kem)),
               TwoBytes(static_cast<size_t>(suite.kdf)),
               TwoBytes(static_cast<size_t>(suite.aead))});
}

HkdfHash HashOf(HpkeKdf kdf) {
  switch (kdf) {
    case HpkeKdf::kSha256:
      return HkdfHash::kSha256;
    case HpkeKdf::kSha384:
      return HkdfHash::kSha384;
    case HpkeKdf::kSha512:
      return HkdfHash::kSha512;
  }
  FLORIN_CHECK(false);
}

// ExtractAndExpand (section 4.1).
SecretBytes SharedSecret(HpkeKem kem, ByteView agreed, ByteView kem_context) {
  const SecretBytes id = KemId(kem);
  const Labelled labelled(HkdfHash::kSha256, id);
  return labelled.Expand(labelled.Extract({}, "eae_prk", agreed).view(), "shared_secret",
                         kem_context, 32);
}

}  // namespace

EcdhCurve HpkeCurve(HpkeKem kem) {
  FLORIN_CHECK(kem == HpkeKem::kP256Sha256 || kem == HpkeKem::kX25519Sha256);
  return kem == HpkeKem::kP256Sha256 ? EcdhCurve::kP256 : EcdhCurve::kX25519;
}

EcdhKeyPair HpkeDeriveKeyPair(HpkeKem kem, ByteView seed) {
  const SecretBytes id = KemId(kem);
  const Labelled labelled(HkdfHash::kSha256, id);
  FLORIN_CHECK(seed.size() >= kEcdhSecretSize);
  const SecretBytes root = labelled.Extract({}, "dkp_prk", seed);
  if (HpkeCurve(kem) == EcdhCurve::kX25519) {
    const SecretBytes secret = labelled.Expand(root.view(), "sk", {}, kEcdhSecretSize);
    return EcdhKeyPairOf(EcdhCurve::kX25519, secret.view()).value();
  }
  for (int counter = 0; counter < 256; ++counter) {
    const auto byte = static_cast<uint8_t>(counter);
    const SecretBytes candidate =
        labelled.Expand(root.view(), "candidate", ByteView(&byte, 1), kEcdhSecretSize);
    auto pair = EcdhKeyPairOf(EcdhCurve::kP256, candidate.view());
    if (pair.ok()) return std::move(pair).value();
  }
  FLORIN_CHECK(false);  // 2^-8192
}

HpkeSchedule::HpkeSchedule(const HpkeSuite& suite, bool authenticated, ByteView shared_secret,
                           const HpkeBinding& binding)
    : suite_(suite) {
  FLORIN_CHECK(binding.psk.empty() == binding.psk_id.empty());
  FLORIN_CHECK(binding.psk.empty() || binding.psk.size() >= 32);  // section 5.1.2
  const SecretBytes id = SuiteId(suite);
  const Labelled labelled(HashOf(suite.kdf), id);
  const auto mode = static_cast<uint8_t>((binding.psk.empty() ? 0 : 1) + (authenticated ? 2 : 0));
  const SecretBytes context =
      Join({ByteView(&mode, 1), labelled.Extract({}, "psk_id_hash", binding.psk_id).view(),
            labelled.Extract({}, "info_hash", binding.info).view()});
  const SecretBytes secret = labelled.Extract(shared_secret, "secret", binding.psk);
  exporter_secret_ =
      labelled.Expand(secret.view(), "exp", context.view(), HkdfHashSize(HashOf(suite.kdf)));
  if (suite.aead == HpkeAead::kExportOnly) return;
  const auto algorithm = static_cast<AeadAlgorithm>(suite.aead);
  aead_.emplace(
      algorithm,
      labelled.Expand(secret.view(), "key", context.view(), AeadKeySize(algorithm)).view());
  const SecretBytes nonce =
      labelled.Expand(secret.view(), "base_nonce", context.view(), base_nonce_.size());
  std::copy_n(nonce.view().begin(), base_nonce_.size(), base_nonce_.begin());
}

SecretBytes HpkeSchedule::Export(ByteView context, size_t size) const {
  const SecretBytes id = SuiteId(suite_);
  return Labelled(HashOf(suite_.kdf), id).Expand(exporter_secret_.view(), "sec", context, size);
}

Aead& HpkeSchedule::aead() {
  FLORIN_CHECK(aead_.has_value());
  return *aead_;
}

AeadNonce HpkeSchedule::Nonce() const {
  AeadNonce nonce = base_nonce_;
  for (size_t i = 0; i < 8; ++i) nonce[11 - i] ^= static_cast<uint8_t>(sequence_ >> (8 * i));
  return nonce;
}

void HpkeSchedule::Advance() {
  ++sequence_;
  FLORIN_CHECK(sequence_ != 0);
}

Result<HpkeSender> HpkeSender::Make(const HpkeSuite& suite, ByteView recipient_public,
                                    const HpkeBinding& binding, const EcdhKeyPair* identity) {
  return MakeWith(NewEcdhKeyPair(HpkeCurve(suite.kem)), suite, recipient_public, binding, identity);
}

// Encap and AuthEncap (section 4.1).
Result<HpkeSender> HpkeSender::MakeWith(const EcdhKeyPair& ephemeral, const HpkeSuite& suite,
                                        ByteView recipient_public, const HpkeBinding& binding,
                                        const EcdhKeyPair* identity) {
  const EcdhCurve curve = HpkeCurve(suite.kem);
  FLORIN_ASSIGN(const SecretBytes fresh,
                EcdhAgree(curve, ephemeral.secret.view(), recipient_public));
  SecretBytes own;
  ByteView own_public;
  if (identity != nullptr) {
    FLORIN_ASSIGN(own, EcdhAgree(curve, identity->secret.view(), recipient_public));
    own_public = identity->public_key;
  }
  const SecretBytes shared =
      SharedSecret(suite.kem, Join({fresh.view(), own.view()}).view(),
                   Join({ephemeral.public_key, recipient_public, own_public}).view());
  return HpkeSender(ephemeral.public_key,
                    HpkeSchedule(suite, identity != nullptr, shared.view(), binding));
}

Bytes HpkeSender::Seal(ByteView associated, ByteView message) {
  Bytes sealed(message.size() + kAeadTagSize);
  schedule_.aead().Seal(schedule_.Nonce(), associated, message, sealed);
  schedule_.Advance();
  return sealed;
}

// Decap and AuthDecap (section 4.1).
Result<HpkeRecipient> HpkeRecipient::Make(const HpkeSuite& suite, ByteView encapsulated,
                                          const EcdhKeyPair& recipient, const HpkeBinding& binding,
                                          const Bytes* sender_public) {
  const EcdhCurve curve = HpkeCurve(suite.kem);
  FLORIN_ASSIGN(const SecretBytes fresh, EcdhAgree(curve, recipient.secret.view(), encapsulated));
  SecretBytes own;
  ByteView own_public;
  if (sender_public != nullptr) {
    FLORIN_ASSIGN(own, EcdhAgree(curve, recipient.secret.view(), *sender_public));
    own_public = *sender_public;
  }
  const SecretBytes shared =
      SharedSecret(suite.kem, Join({fresh.view(), own.view()}).view(),
                   Join({encapsulated, recipient.public_key, own_public}).view());
  return HpkeRecipient(HpkeSchedule(suite, sender_public != nullptr, shared.view(), binding));
}

Result<Bytes> HpkeRecipient::Open(ByteView associated, ByteView sealed) {
  Aead& aead = schedule_.aead();
  if (sealed.size() >= kAeadTagSize) {
    Bytes message(sealed.size() - kAeadTagSize);
    if (aead.Open(schedule_.Nonce(), associated, sealed, message)) {
      schedule_.Advance();
      return message;
    }
  }
  return Status(Kind::kFailed, "HPKE-OPEN",
                "sealed box: expected the next one of this context, found one that does not open; "
                "it must be sealed again under a new context.");
}

}  // namespace florin::crypto
