// The headers of secagg, as they travel: docs/spec/protocols.md, section 5. Parsing checks shapes
// and bounds; what they mean is checked by who reads them. Each begins with the number of its step.
#pragma once

#include <optional>
#include <vector>

#include "florin/protocol/checks.h"
#include "florin/protocol/secagg/keys.h"
#include "florin/protocol/secagg/secagg.h"

namespace florin::protocol::secagg {

constexpr size_t kNameMax = 64;

// -- asked
struct Introduction {  // of one neighbour
  Participant who;
  Advert advert;
};
struct Peers {
  std::vector<Introduction> neighbours;  // places ascending
};
struct Boxes {
  struct From {
    PartyId place;
    Box box;
  };
  std::vector<From> boxes;  // places ascending
};
struct Survivors {
  Bytes places;  // bit i of the run of bytes: place i + 1
};
struct Agreement {
  struct By {
    PartyId place;
    crypto::Ed25519Signature signature;
  };
  std::vector<By> signatures;  // places ascending
};

// -- answered
struct Dealt {
  Commitment commitment{};
  std::vector<Box> boxes;  // for the neighbours, places ascending
};
struct Opened {
  struct Share {
    PartyId of;
    std::array<uint8_t, crypto::kShareSize> share;
  };
  std::vector<Share> shares;  // places ascending
};

Bytes Write(const Advert& advert);
Bytes Write(const Peers& peers);
Bytes Write(const Dealt& dealt);
Bytes Write(const Boxes& boxes);
Bytes WriteSignature(Step step, const crypto::Ed25519Signature& signature);
Bytes Write(const Survivors& survivors);
Bytes Write(const Agreement& agreement);
Bytes Write(const Opened& opened);

// count_max: the most contributors there are. [PROTO-MESSAGE]
Result<Advert> ReadAdvert(ByteView header);
Result<Peers> ReadPeers(ByteView header, uint32_t count_max);
Result<Dealt> ReadDealt(ByteView header, uint32_t count_max);
Result<Boxes> ReadBoxes(ByteView header, uint32_t count_max);
Result<crypto::Ed25519Signature> ReadSignature(Step step, ByteView header);
Result<Survivors> ReadSurvivors(ByteView header, uint32_t count_max);
Result<Agreement> ReadAgreement(ByteView header, uint32_t count_max);
Result<Opened> ReadOpened(ByteView header, uint32_t count_max);

// Bits of a list of places.
bool IsIn(const Bytes& places, PartyId place);
void PutIn(Bytes& places, PartyId place);
uint32_t CountOf(const Bytes& places);

}  // namespace florin::protocol::secagg
