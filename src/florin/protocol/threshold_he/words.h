// What parties of threshold_he and its key setup say, as it travels: docs/spec/protocols.md,
// section 6. Parsing checks shapes and bounds; what the words mean is checked by who reads them.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "florin/crypto/ed25519.h"
#include "florin/crypto/rlwe/message.h"
#include "florin/crypto/shamir.h"
#include "florin/protocol/threshold_he/committee.h"
#include "florin/protocol/threshold_he/threshold_he.h"

namespace florin::protocol::threshold_he {

using Digest = crypto::Kt128Digest;
using Signature = crypto::Ed25519Signature;

// Of the key of one vector, sealed to the decryptors, and of a decryptor's partial opening.
constexpr size_t kSealedKeySize = crypto::rlwe::MessageSize(crypto::rlwe::MessageKind::kSealedKey,
                                                            crypto::rlwe::kSealedKeyPolynomials);
constexpr size_t kSealedKeyWords = kSealedKeySize / 8;
constexpr size_t kOpeningSize = crypto::rlwe::MessageSize(crypto::rlwe::MessageKind::kOpening,
                                                          crypto::rlwe::kOpeningPolynomials);
static_assert(kSealedKeySize % 8 == 0);

// -- headers of messages; each begins with its step (u8)

struct Contribution {  // answered in kContribute
  Signature signature{};
  Bytes key;  // sealed
};

// Who is in the sum; the questions' bulk has the sealed keys in this order.
struct Counted {
  Participant who;
  Digest vector{};  // of the sealed vector
  Signature signature{};
};
struct OpenAsked {
  Digest context{};
  std::vector<Counted> counted = {};  // places ascending
};
struct Opening {  // answered
  Signature signature{};
  Bytes opening = {};
};

struct RecoverAsked {
  Digest context{};
  std::vector<uint8_t> missing;  // members, ascending
};
using Share = std::array<uint8_t, crypto::kShareSize>;
struct Recovered {  // answered: a share for each that is missing
  Signature signature{};
  std::vector<Share> shares;
};

Bytes Write(const Contribution& word);
Bytes Write(const OpenAsked& word);
Bytes Write(const Opening& word);
Bytes Write(const RecoverAsked& word);
Bytes Write(const Recovered& word);

// [PROTO-MESSAGE]
Result<Contribution> ReadContribution(ByteView header);
Result<OpenAsked> ReadOpenAsked(ByteView header);
Result<Opening> ReadOpening(ByteView header);
Result<RecoverAsked> ReadRecoverAsked(ByteView header);
Result<Recovered> ReadRecovered(ByteView header);

// -- what is signed

// context: of the round. committee, vector, key: digests.
Digest ContributionDigest(const Digest& context, PartyId place, const Digest& committee,
                          const Digest& vector, const Digest& key);
// question, answer: an answer's header from behind the signature.
Digest AnswerDigest(const Digest& committee, PartyId place, ByteView question, ByteView answer);
constexpr size_t kAnswerAt = 1 + sizeof(Signature);

// -- the key setup; each ends with its member's signature

constexpr size_t kEncapsulatedSize = 32;
constexpr size_t kBoxSize = kEncapsulatedSize + crypto::kShareSize + 16;

struct Pledge {
  std::array<uint8_t, 32> box_key{};
  Digest commitment{};
};
struct Reveal {
  Bytes share;                                       // of the joint key
  std::vector<std::array<uint8_t, kBoxSize>> boxes;  // for each member; zeros for itself
};
using Sign = std::function<Signature(ByteView word)>;
Bytes WriteSigned(const Pledge& word, const Sign& sign);
Bytes WriteSigned(const Reveal& word, const Sign& sign);
Result<Pledge> ReadPledge(ByteView word);                  // [PROTO-MESSAGE]
Result<Reveal> ReadReveal(ByteView word, size_t members);  // [PROTO-MESSAGE]

}  // namespace florin::protocol::threshold_he
