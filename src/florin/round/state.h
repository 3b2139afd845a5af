// RoundState: everything the coordinator must remember about a running job, small enough to save
// whole. Bulk vectors are not in it: the running sum lives in the PartyHost's checkpoint.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "florin/base/codec.h"
#include "florin/base/ids.h"
#include "florin/base/status.h"
#include "florin/base/time.h"

namespace florin::round {

enum class Phase : uint8_t {
  kPlanned,
  kSelection,
  kConfiguration,
  kReporting,
  kOpening,
  kApplying,
  kEvaluating,
  kCommitted,
  kAbandoned,
  kFailed,
};
const char* PhaseName(Phase phase);

enum class JobStatus : uint8_t { kRunning, kPaused, kDone, kCancelled, kFailed };
const char* JobStatusName(JobStatus status);

// One selected site in the current round; its PartyId is its position plus one.
enum class Standing : uint8_t { kOffered, kContributed, kRefused, kRejected, kLeft };
struct Member {
  SiteId site;
  Standing update = Standing::kOffered;
  Standing evaluation = Standing::kOffered;
  ContributionId update_id;      // of the counted contribution
  ContributionId evaluation_id;
};

struct Counters {  // of the current round (xaynet's three, and two more)
  uint32_t accepted = 0;
  uint32_t rejected = 0;
  uint32_t discarded = 0;
  uint32_t refused = 0;
  uint32_t left = 0;
};

struct RoundState {
  JobId job;
  PlanHash plan;
  JobStatus status = JobStatus::kRunning;
  RoundId round;               // of the round in progress, from 1
  Phase phase = Phase::kPlanned;
  bool is_pausing = false;     // pause at the end of this round
  std::vector<SiteId> present;  // sites that are there, sorted
  std::vector<Member> cohort;   // selected for this round, sorted by site
  uint32_t goal = 0;            // contributions that close Reporting early
  Counters counters;
  Counters evaluation;
  Time deadline;               // of the phase, when it waits
  uint32_t abandoned_in_a_row = 0;
  ModelHash model;             // of the current version
  VersionId version;
  std::string reason;          // why paused, abandoned or failed

  void Save(base::Writer& writer) const;
  static Result<RoundState> Restore(base::Reader& reader);
};

}  // namespace florin::round
