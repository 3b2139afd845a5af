// Party: one participant of a summing protocol, as a state machine over messages. ADR-0004.
//
// The engine routes messages and deadlines and knows nothing else. A message has a small header and
// an optional bulk vector, which in-process transports move and network adapters serialise with
// EncodeMessage (docs/spec/protocols.md). A bad message is rejected with an error and leaves the
// party as it was: the engine closes that peer and the round goes on. Not thread-safe per object.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/bytes.h"
#include "florin/base/codec.h"
#include "florin/base/rng.h"
#include "florin/base/span.h"
#include "florin/base/status.h"
#include "florin/crypto/ed25519.h"
#include "florin/crypto/kt128.h"
#include "florin/num/ring.h"
#include "florin/protocol/pack.h"

namespace florin::protocol {

namespace threshold_he {
struct Committee;
}

// A place in one round's cohort: 0 is the aggregator, contributors are 1 .. n. Decryptors have
// their own, the same in all rounds: kFirstDecryptor and on. ADR-0011.
struct PartyId {
  uint32_t index = 0;
  auto operator<=>(const PartyId&) const = default;
};
constexpr PartyId kAggregator{0};

struct Message {
  PartyId from;
  PartyId to;
  Bytes header;
  num::RingVector bulk;      // empty when the message has none, or has it as it travelled
  PackedVector packed = {};  // in place of `bulk`: as it travelled

  size_t bulk_size() const { return packed.size > 0 ? packed.size : bulk.size(); }
  // Entries `first` and on, as many as `out` has (FLORIN_CHECK).
  void CopyBulk(size_t first, Span<uint64_t> out) const;
  // Calls read_block(first, entries) block by block, however the message has them.
  void ReadBulk(const ReadBlock& read_block) const;
  // sum[i] += entry i (mod 2^64). Same sizes (FLORIN_CHECK).
  void AddBulkTo(Span<uint64_t> sum) const;
  bool operator==(const Message& other) const;  // however they have their bulks
};
using Messages = std::vector<Message>;

constexpr size_t kHeaderSizeMax = size_t{1} << 20;  // bytes; FLORIN_CHECK when encoding

// header and bulk as one byte string, the bulk packed (pack.h).
// One message has one encoding: decoding and encoding are inverse on everything either accepts.
Bytes EncodeMessage(const Message& message);
// Refuses a bulk of more than `bulk_max` entries. [PROTO-MESSAGE]
Result<Message> DecodeMessage(ByteView bytes, size_t bulk_max);
// The size EncodeMessage would produce, without producing it.
size_t EncodedSize(const Message& message);

// A message in two parts, for transports and stores that keep the bulk apart: head and bulk, one
// after the other, are the bytes of EncodeMessage.
struct MessageParts {
  Bytes head;  // all but the bulk
  Bytes bulk;
};
MessageParts SplitMessage(const Message& message);

// What a head tells before any of the bulk is there.
struct MessageHead {
  Message message;         // its bulk still empty
  size_t entry_count = 0;  // of the bulk to come
  size_t bulk_max = 0;     // bytes, at most
};
// Fails the reader on a head that no message has, or one of more than `bulk_max` entries.
MessageHead ReadHead(base::Reader& reader, size_t bulk_max);
// The whole message; it keeps the bulk packed. [PROTO-MESSAGE]
Result<Message> AddBulk(MessageHead head, Bytes bulk);

// kFresh -Start-> kWaiting -Proceed-> kReady -TakeResult-> kDone for an aggregator, which stays
// kWaiting from step to step; a contributor that has nothing more to say is kDone.
enum class PartyPhase : uint8_t { kFresh, kWaiting, kReady, kDone };

// Who has a place: the name of a site, and the key that signs for it.
struct Participant {
  PartyId place;
  std::string name;
  crypto::Ed25519PublicKey identity{};
  bool operator==(const Participant&) const = default;
};

// Who did what no honest party does, found only when the sum was opened.
struct Blame {
  PartyId place;
  std::string reason;
};

// A round goes in steps, counted from 0: in each one the aggregator asks (nothing, in step 0), and
// every contributor that answered all steps before answers with one message. In a protocol with
// decryptors steps follow in which these are asked in the same manner.
class Party {
 public:
  virtual ~Party() = default;

  // Contributor: its vector, once, before it is asked for it (ProtocolKind::contribution_step).
  // [PROTO-PHASE], [PROTO-LENGTH]
  virtual Status Contribute(num::RingVector vector) = 0;
  // Once. A contributor's answer to step 0; an aggregator says nothing. [PROTO-PHASE]
  virtual Result<Messages> Start() = 0;
  // A contributor answers what it is asked, an aggregator takes an answer and says nothing.
  // [PROTO-PHASE], [PROTO-SENDER] not from a party that may send this, or not to us,
  // [PROTO-DUPLICATE], [PROTO-LENGTH], [PROTO-MESSAGE] a header that does not parse; sealed
  // protocols also [PROTO-SIGNATURE], [PROTO-PEERS], [PROTO-KEY], [PROTO-SURVIVORS].
  virtual Result<Messages> Receive(Message message) = 0;

  // -- aggregator
  // What the present step asks of a contributor or a decryptor: the same however often; a
  // decryptor's question may have a bulk. [PROTO-SENDER] it is not asked; [PROTO-PHASE]
  virtual Result<Message> Ask(PartyId party) const = 0;
  // No more answers will come in this step; `dropouts` did not answer. The next step begins, or the
  // last one is done and the aggregator kReady; or it fails, unchanged, when the protocol cannot go
  // on with those that did. [PROTO-PHASE], [PROTO-QUORUM], [PROTO-SENDER] a dropout that is no
  // contributor, or has answered; [PROTO-SHARES] no set of shares opens a secret.
  virtual Status Proceed(const std::vector<PartyId>& dropouts) = 0;
  // Can the step close without those who have not answered?
  virtual bool IsEnough() const = 0;
  // The sum: once, when kReady. [PROTO-PHASE]
  virtual Result<num::RingVector> TakeResult() && = 0;
  virtual std::vector<Blame> Blamed() const { return {}; }

  virtual PartyPhase phase() const = 0;
  // All that is needed to go on from here, at the other end of a crash. A contributor's is secret.
  virtual void Save(base::Writer& writer) const = 0;
};
Bytes SavedBytes(const Party& party);

struct ProtocolSetup {
  static constexpr uint32_t kContributorsMax = 1U << 24;
  static constexpr uint32_t kFirstDecryptor = kContributorsMax + 1;
  size_t vector_size = 0;  // ring entries of one contribution, at least 1
  uint32_t contributors_max = 0;
  uint32_t contributors_min = 1;  // fewest that may be opened

  // What sealed protocols need beside. Both ends must say the same of all but the cohort.
  crypto::Kt128Digest context{};  // of job, plan, round, work, model and cohort: binds every key
  size_t narrow_size = 0;         // leading entries, summed modulo 2^narrow_bits; the rest 2^64
  uint32_t narrow_bits = 32;      // 1 to 32
  uint32_t degree = 0;            // neighbours of each contributor; 0: everybody
  uint32_t threshold = 0;         // shares that open a secret; 0: by the number of neighbours
  std::vector<Participant> cohort = {};  // the aggregator's: places 1 and on. Others are told
  std::shared_ptr<const threshold_he::Committee> committee = {};  // who opens: threshold_he's
};

// What a contributor or a decryptor of a sealed protocol is.
struct Self {
  PartyId place;
  crypto::Ed25519Seed identity{};  // signs for it
  // The owner's word on who may take part; none: whoever the aggregator names.
  std::function<Status(const std::vector<Participant>&)> accept = {};
};

struct ProtocolKind {
  const char* name;
  const char* help;
  bool is_sealed;              // the aggregator sees sums only
  uint32_t steps;              // of a round, in which contributors are asked
  uint32_t contribution_step;  // the one whose answer has the vector
  // Entries that the bulk of a contribution has under this setup; 0: there is none such.
  size_t (*bulk_size)(const ProtocolSetup&);
  // All: [PROTO-SETUP] a setup nothing can run under. Contributors: [PROTO-SENDER] self is no
  // contributor of the cohort. Restoring: [PROTO-STATE].
  // rng: draws the secrets of a round, so nobody may guess it.
  Result<std::unique_ptr<Party>> (*make_contributor)(const ProtocolSetup&, Self, base::Rng& rng);
  Result<std::unique_ptr<Party>> (*restore_contributor)(const ProtocolSetup&, Self, ByteView saved);
  Result<std::unique_ptr<Party>> (*make_aggregator)(const ProtocolSetup&);
  Result<std::unique_ptr<Party>> (*restore_aggregator)(const ProtocolSetup&, ByteView saved);

  // Steps in which decryptors are asked, after those of contributors: so many at most, the last
  // ones are left out when the aggregator is kReady before. key: a decryptor's, of an epoch of many
  // rounds, and its party lives as long; of its setup it takes the committee and the counts of
  // contributors.
  uint32_t decryptor_steps = 0;
  Result<std::unique_ptr<Party>> (*make_decryptor)(const ProtocolSetup&, Self,
                                                   ByteView key) = nullptr;
  Result<std::unique_ptr<Party>> (*restore_decryptor)(const ProtocolSetup&, Self,
                                                      ByteView saved) = nullptr;
};

Span<const ProtocolKind> ProtocolKinds();
const ProtocolKind* FindProtocol(std::string_view name);  // nullptr when there is none

}  // namespace florin::protocol
