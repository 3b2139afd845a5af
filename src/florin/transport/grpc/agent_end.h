// The site's end of one connection: frames to nouns and back. Pure; not thread-safe.
//
// Plans and states come as parcels, once, and are kept over connections; the offer names them by
// digest. A plan is never taken as it is: the site resolves it from the job spec itself.
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "florin/job/exchange.h"
#include "florin/job/exchange_codec.h"
#include "florin/transport/grpc/handshake.h"
#include "florin/transport/grpc/parcel.h"

namespace florin::transport {

// What a site keeps from one connection to the next.
class AgentMemory {
 public:
  explicit AgentMemory(uint64_t parcel_max) : parcel_max_(parcel_max) {}

  Assembler& incoming() { return incoming_; }
  uint64_t parcel_max() const { return parcel_max_; }
  // A whole parcel came: keeps what it says, or why that cannot be used.
  void KeepPlan(const ParcelDigest& digest, ByteView bytes);
  void KeepState(const ParcelDigest& digest, ByteView bytes);
  // nullptr when it is not here (any more).
  const Result<std::shared_ptr<const job::Plan>>* FindPlan(const ParcelDigest& digest) const;
  const Result<std::shared_ptr<const model::State>>* FindState(const ParcelDigest& digest) const;
  void ListHeld(v1::Hello& hello) const;

 private:
  template <typename T>
  using Kept = std::deque<std::pair<ParcelDigest, Result<std::shared_ptr<const T>>>>;

  uint64_t parcel_max_;
  Assembler incoming_;
  Kept<job::Plan> plans_;  // the latest few
  Kept<model::State> states_;
};

class AgentEvents {
 public:
  virtual ~AgentEvents() = default;
  virtual void Welcomed(const v1::Hello& hello) = 0;  // the handshake is done
  virtual void Offered(job::Offer offer) = 0;
  virtual void Received(job::Receipt receipt) = 0;
};

class AgentEnd {
 public:
  // Its hello is in the outbox. The ports outlive this end.
  AgentEnd(SiteId site, AgentMemory& memory, AgentEvents& events, Time now);

  // An error ends the connection; its goodbye is in the outbox then, unless the peer's own goodbye
  // is the error. [WIRE-GOODBYE] carries the peer's code and words, [WIRE-VERSION],
  // [WIRE-CRITICAL], [WIRE-ORDER], [WIRE-SITE], [WIRE-ENVELOPE], and those of Assembler.
  Status Receive(const v1::Frame& frame);
  void Send(const std::shared_ptr<const job::Contribution>& contribution);
  void Send(const job::Refusal& refusal);

  Outbox& outbox() { return outbox_; }
  bool is_ready() const { return is_ready_; }

 private:
  Status Dispatch(const v1::Frame& frame);
  Status Greet(const v1::Hello& hello);
  Status Begin(const v1::Parcel& parcel);
  Status Add(const v1::Chunk& chunk);
  void Complete();
  Status Take(const v1::Offer& offer);
  Status TakeReceipt(const std::string& envelope);

  SiteId site_;
  AgentMemory& memory_;
  AgentEvents& events_;
  Outbox outbox_;
  bool is_ready_ = false;
  v1::Parcel::Kind coming_ = v1::Parcel::UNKNOWN;
  std::map<ParcelDigest, uint64_t> begun_;  // bulks that the coordinator has a part of
};

}  // namespace florin::transport
