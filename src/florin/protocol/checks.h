// What every party checks, and how it says so. For the sources of this room.
#pragma once

#include <array>
#include <string>

#include "florin/base/codec.h"
#include "florin/protocol/party.h"

namespace florin::protocol {

inline Status Fault(const char* code, std::string message) {
  return Status(Kind::kFailed, code, std::move(message));
}

// "party 3"
inline std::string Name(PartyId party) { return "party " + std::to_string(party.index); }

inline bool IsContributor(const ProtocolSetup& setup, PartyId party) {
  return party.index >= 1 && party.index <= setup.contributors_max;
}

// [PROTO-PHASE]
Status WrongPhase(const char* what, PartyPhase expected, PartyPhase found);
// Sizes and counts that any protocol needs. [PROTO-SETUP]
Status CheckSetup(const char* protocol, const ProtocolSetup& setup);
// [PROTO-SENDER]
Status CheckSelf(const ProtocolSetup& setup, PartyId self);
// [PROTO-LENGTH]
Status CheckLength(const ProtocolSetup& setup, PartyId from, size_t size);
// A message for the aggregator, of one of its contributors. [PROTO-SENDER]
Status CheckRoute(const ProtocolSetup& setup, const Message& message);
// dropouts: each one a contributor that has not answered. [PROTO-SENDER]
Status NotADropout(PartyId party);

// Arrays of bytes, from saved state as from headers.
template <size_t n>
std::array<uint8_t, n> ReadArray(base::Reader& reader) {
  std::array<uint8_t, n> bytes{};
  const ByteView read = reader.Fixed(n);
  for (size_t i = 0; i < read.size(); ++i) bytes[i] = read[i];
  return bytes;
}

}  // namespace florin::protocol
