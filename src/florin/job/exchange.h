// The nouns that travel between a coordinator and a site. In one process they are moved; the
// network edge serialises them (docs/spec/wire.md).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "florin/base/ids.h"
#include "florin/base/time.h"
#include "florin/job/plan.h"
#include "florin/model/state.h"
#include "florin/protocol/party.h"

namespace florin::job {

// What a site is asked. Plan and state are immutable and shared, never copied per site. A protocol
// of several steps asks for one after the other, each with an offer of its own.
struct Offer {
  JobId job;
  RoundId round;
  Work work = Work::kUpdate;
  SiteId site;
  std::shared_ptr<const Plan> plan;
  std::shared_ptr<const model::State> state;
  ModelHash model_hash;  // of state
  model::LocalConfig local;
  protocol::PartyId self;  // the site's place in the cohort
  uint32_t cohort_size = 0;
  Time deadline;
  uint32_t step = 0;                // of the protocol
  crypto::Kt128Digest cohort = {};  // sealing.h; zeros where the protocol binds none
  Bytes asked = {};                 // what the aggregator says in this step: a message's header
};

// What leaves a site: one sealed vector, or what its protocol says beside, and a clear envelope of
// ids.
struct Contribution {
  JobId job;
  RoundId round;
  Work work = Work::kUpdate;
  SiteId site;
  PlanHash plan_hash;
  ContributionId id;
  protocol::Message message;  // to the aggregator
  BodyDigest body = {};       // of its bytes as they travelled; empty when it was only moved
  uint32_t step = 0;          // of the offer
};

// The answer to an offer, still without id and message.
inline Contribution ContributionTo(const Offer& offer) {
  return {.job = offer.job,
          .round = offer.round,
          .work = offer.work,
          .site = offer.site,
          .plan_hash = offer.plan->hash,
          .id = {},
          .message = {},
          .body = {},
          .step = offer.step};
}

// A site's "no", with its reason. The round goes on without it.
struct Refusal {
  JobId job;
  RoundId round;
  Work work = Work::kUpdate;
  SiteId site;
  std::string code;
  std::string reason;
  uint32_t step = 0;  // of the offer
};

enum class Verdict : uint8_t {
  kAccepted,   // counted in the running sum
  kRejected,   // malformed or out of bounds
  kDiscarded,  // late, duplicate, or not of the cohort
  kCommitted,  // its round gave a version: the site may forget it
  kAbandoned,  // its round gave none: the site may forget it
};
const char* VerdictName(Verdict verdict);

struct Receipt {
  JobId job;
  RoundId round;
  Work work = Work::kUpdate;
  SiteId site;
  ContributionId id;  // empty for kCommitted and kAbandoned: all of the round
  Verdict verdict = Verdict::kAccepted;
  std::string reason;
};

}  // namespace florin::job
