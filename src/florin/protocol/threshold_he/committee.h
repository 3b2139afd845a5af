// The committee of an epoch: the decryptors, what each showed of its key, and all their signatures
// under the same list. Public; everybody who seals to it checks it. docs/spec/protocols.md,
// section 6.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "florin/crypto/ed25519.h"
#include "florin/crypto/kt128.h"
#include "florin/crypto/rlwe/message.h"
#include "florin/protocol/party.h"

namespace florin::protocol::threshold_he {

constexpr size_t kMembersMin = 2;
constexpr size_t kMembersMax = 10;
constexpr size_t kNameMax = 64;
constexpr size_t kKeyShareSize = crypto::rlwe::MessageSize(crypto::rlwe::MessageKind::kKeyShare, 1);

struct Member {
  std::string name;
  crypto::Ed25519PublicKey identity{};
  Bytes share = {};                      // of the joint key; empty while it is not shown
  crypto::Ed25519Signature signature{};  // of DigestOf
};

struct Committee {
  crypto::Kt128Digest epoch{};  // names it, and no other ever: the context of the decryptors' keys
  uint32_t threshold = 0;       // so many of them open sums: more than half
  std::vector<Member> members;
};

inline PartyId PlaceOf(size_t member) {
  return {ProtocolSetup::kFirstDecryptor + static_cast<uint32_t>(member)};
}
std::vector<Participant> ParticipantsOf(const Committee& committee);

// Of epoch, threshold and members; with_shares: and of their shares, which is what members sign.
crypto::Kt128Digest DigestOf(const Committee& committee, bool with_shares = true);

// Who is in it and how many must open, without shares and signatures. [PROTO-COMMITTEE]
Status CheckMembers(const Committee& committee);
// All of it. [PROTO-COMMITTEE]
Status CheckCommittee(const Committee& committee);
// The shares, in order, which passed CheckCommittee. Borrows.
std::vector<crypto::rlwe::Message> SharesOf(const Committee& committee);

Bytes Write(const Committee& committee);
Result<Committee> ReadCommittee(ByteView bytes);  // [PROTO-COMMITTEE] of its form alone

}  // namespace florin::protocol::threshold_he
