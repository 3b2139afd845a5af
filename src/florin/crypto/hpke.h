// HPKE (RFC 9180): a box that only the owner of a public key opens. Modes base, PSK, Auth and
// AuthPSK with DHKEM(X25519, HKDF-SHA256) and DHKEM(P-256, HKDF-SHA256).
//
// A sender makes a context for one recipient and says what it got as encapsulated(); the recipient
// makes the other end from it. Then boxes follow, in their order: each has its own nonce, and a box
// that is lost, late or doubled does not open. Both ends must be given the same suite and the same
// HpkeBinding.
//
// Errors are of Kind::kFailed:
//
//   [HPKE-OPEN]                  forged, cut, out of its order, or not for this context; which of
//                                them is not said
//   [ECDH-PUBLIC] [ECDH-SECRET]  a key that is none of the suite's curve
//
// Objects are moved, not copied, and not thread-safe; the functions are. ct: as ecdh.h, hkdf.h and
// aead.h have it; who learns that a box does not open learns nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "florin/base/bytes.h"
#include "florin/crypto/aead.h"
#include "florin/crypto/ecdh.h"
#include "florin/crypto/secret.h"

namespace florin::crypto {

// The numbers of RFC 9180, section 7.
enum class HpkeKem : uint16_t { kP256Sha256 = 0x0010, kX25519Sha256 = 0x0020 };
enum class HpkeKdf : uint16_t { kSha256 = 1, kSha384 = 2, kSha512 = 3 };
enum class HpkeAead : uint16_t {
  kAes128Gcm = 1,
  kAes256Gcm = 2,
  kChaCha20Poly1305 = 3,
  kExportOnly = 0xFFFF
};

// Numbers that a peer names are checked before they become one of these: others end the program.
struct HpkeSuite {
  HpkeKem kem = HpkeKem::kX25519Sha256;
  HpkeKdf kdf = HpkeKdf::kSha256;
  HpkeAead aead = HpkeAead::kAes128Gcm;
};

EcdhCurve HpkeCurve(HpkeKem kem);

// A key pair from bytes that nobody can guess, at least 32 of them (section 7.1.3; FLORIN_CHECK).
// The same bytes give the same pair.
EcdhKeyPair HpkeDeriveKeyPair(HpkeKem kem, ByteView seed);

// What a context is tied to beside the keys. Borrowed for the call.
struct HpkeBinding {
  ByteView info{};    // public: what the boxes are for
  ByteView psk{};     // a secret that both ends have: 32 bytes or more, or none (FLORIN_CHECK)
  ByteView psk_id{};  // public; there if and only if psk is (FLORIN_CHECK)
};

// What both ends compute (section 5.1).
class HpkeSchedule {
 public:
  HpkeSchedule(const HpkeSuite& suite, bool authenticated, ByteView shared_secret,
               const HpkeBinding& binding);
  SecretBytes Export(ByteView context, size_t size) const;
  Aead& aead();             // FLORIN_CHECK: not export-only
  AeadNonce Nonce() const;  // of the next message (section 5.2)
  void Advance();

 private:
  HpkeSuite suite_;
  std::optional<Aead> aead_;
  AeadNonce base_nonce_{};
  SecretBytes exporter_secret_;
  uint64_t sequence_ = 0;
};

class HpkeSender {
 public:
  // identity: the sender's own keys, and with them mode Auth: the recipient learns who sealed.
  // Null: anybody could have.
  static Result<HpkeSender> Make(const HpkeSuite& suite, ByteView recipient_public,
                                 const HpkeBinding& binding = {},
                                 const EcdhKeyPair* identity = nullptr);
  const Bytes& encapsulated() const { return encapsulated_; }
  // message.size() + kAeadTagSize bytes. Not of an export-only suite, here and below
  // (FLORIN_CHECK).
  Bytes Seal(ByteView associated, ByteView message);
  // A secret of both ends; context: what it is for (section 5.3). size: at most 255 hashes of the
  // suite's KDF (FLORIN_CHECK).
  SecretBytes Export(ByteView context, size_t size) const {
    return schedule_.Export(context, size);
  }

 private:
  friend class HpkeKnownAnswerTest;
  static Result<HpkeSender> MakeWith(const EcdhKeyPair& ephemeral, const HpkeSuite& suite,
                                     ByteView recipient_public, const HpkeBinding& binding,
                                     const EcdhKeyPair* identity);
  HpkeSender(Bytes encapsulated, HpkeSchedule schedule)
      : encapsulated_(std::move(encapsulated)), schedule_(std::move(schedule)) {}

  Bytes encapsulated_;
  HpkeSchedule schedule_;
};

class HpkeRecipient {
 public:
  // sender_public: whose boxes these must be (mode Auth). Null: anybody's.
  static Result<HpkeRecipient> Make(const HpkeSuite& suite, ByteView encapsulated,
                                    const EcdhKeyPair& recipient, const HpkeBinding& binding = {},
                                    const Bytes* sender_public = nullptr);
  // [HPKE-OPEN]; the next try expects the same box again.
  Result<Bytes> Open(ByteView associated, ByteView sealed);
  SecretBytes Export(ByteView context, size_t size) const {
    return schedule_.Export(context, size);
  }

 private:
  explicit HpkeRecipient(HpkeSchedule schedule) : schedule_(std::move(schedule)) {}
  HpkeSchedule schedule_;
};

}  // namespace florin::crypto
