// Party: one participant of a summing protocol, as a state machine over messages. ADR-0004.
//
// The engine routes messages and deadlines and knows nothing else. A message has a small header and
// an optional bulk vector, which in-process transports move and network adapters serialise with
// EncodeMessage. A bad message is rejected with an error and leaves the party as it was: the engine
// closes that peer and the round goes on. Not thread-safe per object.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/bytes.h"
#include "florin/base/status.h"
#include "florin/num/ring.h"

namespace florin::protocol {

// A place in one round's cohort: 0 is the aggregator, contributors are 1 .. n.
struct PartyId {
  uint32_t index = 0;
  auto operator<=>(const PartyId&) const = default;
};
constexpr PartyId kAggregator{0};

struct Message {
  PartyId from;
  PartyId to;
  Bytes header;
  num::RingVector bulk;  // empty when the message has none
};
using Messages = std::vector<Message>;

// header and bulk as one byte string. The bulk is written dense or sparse, whichever is smaller.
Bytes EncodeMessage(const Message& message);
// Refuses a bulk of more than `bulk_max` entries. [PROTO-MESSAGE]
Result<Message> DecodeMessage(ByteView bytes, size_t bulk_max);
// The size EncodeMessage would produce, without producing it.
size_t EncodedSize(const Message& message);

enum class PartyPhase : uint8_t { kFresh, kWaiting, kReady, kDone };

class Party {
 public:
  virtual ~Party() = default;
  virtual Result<Messages> Start() = 0;
  // [PROTO-SENDER], [PROTO-LENGTH], [PROTO-DUPLICATE], [PROTO-PHASE]
  virtual Result<Messages> Receive(Message message) = 0;
  // No more messages will come this step; `dropouts` never answered. The aggregator becomes kReady
  // or fails when the protocol cannot open without them. [PROTO-QUORUM]
  virtual Result<Messages> Proceed(const std::vector<PartyId>& dropouts) = 0;
  virtual PartyPhase phase() const = 0;
  virtual Result<num::RingVector> TakeResult() && = 0;  // aggregator, once, when kReady
  virtual Bytes Save() const = 0;
};

struct ProtocolSetup {
  size_t vector_size = 0;       // ring entries of one contribution
  uint32_t contributors_max = 0;
  uint32_t contributors_min = 1;
};

struct ProtocolKind {
  const char* name;
  const char* help;
  bool is_sealed;  // the aggregator sees sums only
  Result<std::unique_ptr<Party>> (*make_contributor)(const ProtocolSetup&, PartyId self,
                                                     num::RingVector contribution);
  Result<std::unique_ptr<Party>> (*make_aggregator)(const ProtocolSetup&);
  Result<std::unique_ptr<Party>> (*restore_aggregator)(const ProtocolSetup&, ByteView saved);
};

Span<const ProtocolKind> ProtocolKinds();
const ProtocolKind* FindProtocol(std::string_view name);

}  // namespace florin::protocol
