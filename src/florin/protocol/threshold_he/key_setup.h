// The key setup of an epoch, a decryptor's side: pledges before shares are shown, so that nobody
// can choose its share by those of the others; then a signature of what came out.
// docs/spec/protocols.md, section 6.
//
//   Pledge   a key for boxes, and a commitment to the key share, signed
//   Reveal   given all pledges: the key share, and for each other a box with a share of the seed
//   Confirm  given all reveals: a signature of the committee as it is now
//
// Who relays (the coordinator) needs no secret, and Assemble. A decryptor that dies before Confirm
// begins anew, under another epoch: a seed whose key share was shown is used in no second setup.
// Not thread-safe.
#pragma once

#include <vector>

#include "florin/base/rng.h"
#include "florin/crypto/ecdh.h"
#include "florin/crypto/secret.h"
#include "florin/protocol/threshold_he/committee.h"

namespace florin::protocol::threshold_he {

// What a decryptor has of an epoch: its seed, and its shares of the others' seeds.
struct DecryptorSecret {
  crypto::SecretBytes seed;
  std::vector<crypto::SecretBytes> shares;  // of each member's seed; empty at its own place
};
crypto::SecretBytes Write(const DecryptorSecret& secret);
Result<DecryptorSecret> ReadSecret(ByteView bytes, size_t members);  // [PROTO-STATE]

class KeySetup {
 public:
  // committee: who is in it, without shares. identity: of member `self`. rng: nobody may guess it.
  // [PROTO-COMMITTEE] no such committee, or self is not that member.
  static Result<KeySetup> Make(Committee committee, size_t self,
                               const crypto::Ed25519Seed& identity, Rng& rng);

  // Each in its turn, once: [PROTO-PHASE]. Given are what all members said, their own word too, in
  // the order of the members.
  Result<Bytes> Pledge();
  // [PROTO-MESSAGE], [PROTO-SIGNATURE]; [PROTO-KEY] a key that nobody can seal to.
  Result<Bytes> Reveal(Span<const Bytes> pledges);
  // [PROTO-MESSAGE], [PROTO-SIGNATURE]; [PROTO-COMMITTEE] a key share that was not pledged, or a
  // box that does not open.
  Result<Bytes> Confirm(Span<const Bytes> reveals);

  // After Confirm: what make_decryptor takes.
  Result<crypto::SecretBytes> TakeSecret() &&;

 private:
  enum class Turn : uint8_t { kPledge, kReveal, kConfirm, kOver };
  KeySetup() = default;
  Status CheckTurn(Turn turn, size_t count) const;

  Turn turn_ = Turn::kPledge;
  Committee committee_;
  size_t self_ = 0;
  crypto::Ed25519Seed identity_{};
  crypto::EcdhKeyPair box_key_;
  std::vector<crypto::SecretBytes> dealt_;  // shares of the own seed
  std::vector<crypto::Kt128Digest> pledged_;
  DecryptorSecret secret_;
};

// The committee of what all said, for who relays. [PROTO-MESSAGE]; what CheckCommittee says.
Result<Committee> Assemble(Committee committee, Span<const Bytes> reveals,
                           Span<const Bytes> confirmations);

}  // namespace florin::protocol::threshold_he
