// What both ends of a round tell its protocol, so that their keys are bound to the same things.
#pragma once

#include <vector>

#include "florin/job/plan.h"
#include "florin/protocol/party.h"

namespace florin::job {

// A sum of fewer contributors is not opened: what the job says, and never fewer than three under a
// protocol that hides contributions, where two would know each other's.
constexpr uint32_t kSealedMin = 3;
uint32_t LeastOpened(const JobSpec& spec, Work work);

// Whose sum it is: names and keys, in the order of their places. docs/spec/protocols.md, section 4.
crypto::Kt128Digest DigestCohort(const std::vector<protocol::Participant>& cohort);

struct RoundFacts {
  RoundId round;
  Work work = Work::kUpdate;
  ModelHash model;               // of the state that is offered
  crypto::Kt128Digest cohort{};  // DigestCohort
  uint32_t cohort_size = 0;
};

// The setup of a plan's protocol in a round, but for the cohort itself, which the aggregator's has.
protocol::ProtocolSetup SetupOf(const Plan& plan, const RoundFacts& facts);

// Entries that the bulk of a contribution has, at most: what its protocol makes of the plan's
// vector.
size_t BulkMax(const Plan& plan, Work work, uint32_t cohort_size);

}  // namespace florin::job
