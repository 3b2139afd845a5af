// The keys of a round and what is made with them: signatures, boxes, commitments. Each is bound to
// the round's context and to the places it is between. docs/spec/protocols.md, section 5.
#pragma once

#include <array>
#include <cstdint>

#include "florin/base/rng.h"
#include "florin/crypto/ecdh.h"
#include "florin/crypto/ed25519.h"
#include "florin/crypto/kt128.h"
#include "florin/crypto/secret.h"
#include "florin/crypto/shamir.h"
#include "florin/protocol/party.h"

namespace florin::protocol::secagg {

using Context = crypto::Kt128Digest;
using PublicKey = std::array<uint8_t, 32>;   // X25519
using Commitment = std::array<uint8_t, 32>;  // to the seed of a contributor's own mask

// What a contributor shows of itself in a round.
struct Advert {
  PublicKey channel{};  // boxes of shares
  PublicKey mask{};     // pairwise masks
  crypto::Ed25519Signature signature{};
  bool operator==(const Advert&) const = default;
};

// Everything a contributor draws for a round, from one secret of 32 bytes.
enum class KeyUse : uint8_t { kChannel, kMask, kSelfMask };
crypto::SecretBytes SecretOf(KeyUse use, const crypto::SecretBytes& round, const Context& context);
// Shares with indices 1 to count.
std::vector<crypto::SecretBytes> Deal(KeyUse use, const crypto::SecretBytes& round,
                                      const Context& context, uint32_t threshold, uint32_t count);

Advert MakeAdvert(const crypto::SecretBytes& round, const Context& context, PartyId place,
                  const crypto::Ed25519Seed& identity);
bool IsSignedBy(const crypto::Ed25519PublicKey& identity, const Advert& advert,
                const Context& context, PartyId place);
// A key that one can agree with: not of small order.
bool IsUsable(const PublicKey& key);

// What a contributor signs: the packed bytes of its masked vector, the list of who is in the sum.
enum class Signed : uint8_t { kMaskedInput, kSurvivors };
crypto::Ed25519Signature Sign(const crypto::Ed25519Seed& identity, Signed what,
                              const Context& context, PartyId place, ByteView bytes);
bool IsSigned(const crypto::Ed25519PublicKey& identity, Signed what, const Context& context,
              PartyId place, ByteView bytes, const crypto::Ed25519Signature& signature);

Commitment Commit(const crypto::SecretBytes& seed, const Context& context, PartyId place);

// Two shares, of the own mask's seed and of the mask key, for one neighbour's eyes.
constexpr size_t kSharesSize = 2 * crypto::kShareSize;
constexpr size_t kBoxSize = kSharesSize + 16;
using Box = std::array<uint8_t, kBoxSize>;
// One key a direction: for boxes `from` one `to` the other, of what their channel keys agree on.
crypto::SecretBytes BoxKey(const crypto::SecretBytes& agreed, const Context& context, PartyId from,
                           PartyId to);
Box SealShares(const crypto::SecretBytes& key, const Context& context, PartyId from, PartyId to,
               ByteView shares);
// Empty when the box was not sealed with this key, or for another place.
crypto::SecretBytes OpenShares(const crypto::SecretBytes& key, const Context& context, PartyId from,
                               PartyId to, ByteView box);

}  // namespace florin::protocol::secagg
