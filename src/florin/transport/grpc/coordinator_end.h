// The coordinator's end of one connection: nouns in and out of frames. Pure; not thread-safe.
//
// A site may answer only what it was offered on this connection, and no contribution may be larger
// than its plan says: memory is granted by the plan, never by the peer.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "florin/job/exchange.h"
#include "florin/job/exchange_codec.h"
#include "florin/transport/grpc/handshake.h"
#include "florin/transport/grpc/parcel.h"

namespace florin::transport {

// An offer with its plan and state as bytes, made once for all sites.
struct LoadedOffer {
  job::Offer offer;
  Load plan;
  Load state;
};

// What a connection gives to the engine; called from within Receive.
class CoordinatorEvents {
 public:
  virtual ~CoordinatorEvents() = default;
  virtual void Arrived(const v1::Hello& hello) = 0;  // the handshake is done
  virtual void Contributed(job::Contribution contribution) = 0;
  virtual void Refused(job::Refusal refusal) = 0;
};

class CoordinatorEnd {
 public:
  // site: whom the certificate names. bulk: of that site, over all its connections. Both ports
  // outlive this end.
  CoordinatorEnd(SiteId site, Assembler& bulk, CoordinatorEvents& events);

  // An error ends the connection; its goodbye is in the outbox then. [WIRE-VERSION],
  // [WIRE-CRITICAL], [WIRE-ORDER] a frame that may not come now, [WIRE-SITE] in another site's
  // name, [WIRE-UNASKED] an answer to no offer of this connection, [WIRE-WANT] it asks for the same
  // parcels for ever, [WIRE-ENVELOPE], and those of Assembler.
  Status Receive(const v1::Frame& frame, Time now);
  void Send(const LoadedOffer& offer);
  void Send(const job::Receipt& receipt);

  // What is to be said next. An offer gets there when all before it was taken: until then a newer
  // round of its job replaces it, so that a slow site keeps one state of a job in memory.
  Outbox& outbox();
  bool is_ready() const { return is_ready_; }

 private:
  // What the site was asked: enough to know an answer that comes late.
  struct Asked {
    JobId job;
    RoundId round;
    job::Work work;
    size_t entries_max;
  };

  Status Dispatch(const v1::Frame& frame, Time now);
  Status Greet(const v1::Hello& hello, Time now);
  Status Begin(const v1::Contribution& contribution);
  Status Add(const v1::Chunk& chunk);
  Status Complete();
  Status Refuse(const std::string& envelope);
  Status Supply(const v1::Want& want);
  void Put(LoadedOffer offer);
  void Supply(const Load& load, v1::Parcel::Kind kind);
  void Hold(const ParcelDigest& digest);
  const Asked* FindAsked(const JobId& job, RoundId round, job::Work work) const;

  SiteId site_;
  Assembler& bulk_;
  CoordinatorEvents& events_;
  Outbox outbox_;
  bool is_ready_ = false;
  std::map<ParcelDigest, uint64_t> begun_;  // where the site stands in parcels that broke off
  std::deque<ParcelDigest> held_;    // plans and states the site has, as far as we know; used last
  std::deque<Asked> asked_;          // the latest
  std::deque<LoadedOffer> waiting_;  // not yet in the outbox
  std::deque<LoadedOffer> open_;     // said, of rounds that are not over
  std::optional<job::ContributionHeader> coming_;
  uint32_t wants_ = 0;
};

}  // namespace florin::transport
