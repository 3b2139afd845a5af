// RoundState: everything the coordinator must remember about a running job, small enough to save
// whole. Bulk vectors are not in it: the running sum lives in the PartyHost's checkpoint.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "florin/base/codec.h"
#include "florin/base/ids.h"
#include "florin/base/status.h"
#include "florin/base/time.h"
#include "florin/job/plan.h"
#include "florin/model/metrics/metrics.h"

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

// The deadline of a phase that waits for nothing outside.
constexpr Time kNever{std::numeric_limits<int64_t>::max()};

// How far one member is with one kind of work.
enum class Standing : uint8_t {
  kIdle,         // not asked
  kOffered,      // asked, no answer yet
  kArrived,      // its message is with the party
  kContributed,  // counted in the running sum
  kRefused,      // said no
  kRejected,     // its message was malformed
  kLeft,         // went away before answering; may come back
};
struct Turn {
  Standing standing = Standing::kIdle;
  ContributionId id;     // of the message that arrived
  BodyDigest body = {};  // of the same; empty when it is not known
};

// One selected site in the current round; its PartyId is its position plus one.
struct Member {
  SiteId site;
  Turn update;
  Turn evaluation;
  Turn aside;  // of the present step, where that is not the one with the contribution
  Turn& turn(job::Work work) { return work == job::Work::kUpdate ? update : evaluation; }
  const Turn& turn(job::Work work) const {
    return work == job::Work::kUpdate ? update : evaluation;
  }
};

// One kind of work of the current round, counted (xaynet's three counters, and two more).
struct Counters {
  uint32_t asked = 0;     // members with an offer
  uint32_t goal = 0;      // contributions that close the phase early
  uint32_t accepted = 0;  // counted in the running sum
  uint32_t rejected = 0;  // malformed
  uint32_t refused = 0;
  uint32_t left = 0;       // away now
  uint32_t discarded = 0;  // late, duplicate, or not of the cohort: messages, not members
  bool is_closed = false;  // no further contribution counts
  bool is_enough = false;  // the step could close without those that have not answered

  // Members whose answer may still come.
  uint32_t pending() const { return asked - accepted - rejected - refused; }
};

struct RoundState {
  JobId job;
  PlanHash plan;
  JobStatus status = JobStatus::kRunning;
  RoundId round;  // of the round in progress; 0 until the job starts
  Phase phase = Phase::kPlanned;
  bool is_pausing = false;      // pause at the end of this round
  bool is_converged = false;    // the candidate needs no further round
  std::vector<SiteId> present;  // sites that are there, sorted
  // Sites that are not asked, since their owner has said neither yes nor no to the plan, or said
  // no; sorted. One that arrives anew is asked again.
  std::vector<SiteId> undecided;
  std::vector<SiteId> declined;
  Time patience_ends = kNever;   // of a round that waits for owners
  std::vector<Member> cohort;    // selected for this round, sorted by site
  Counters counters;             // of updates
  Counters evaluation;           // of evaluations
  uint32_t step = 0;             // of the protocol, in the work that is collected now
  Counters aside;                // of that step, where it is not the one with the contribution
  Time deadline = kNever;        // of the phase, when it waits for sites
  uint32_t committed_count = 0;  // versions made; abandoned rounds use up a number, not a turn
  uint32_t abandoned_in_a_row = 0;
  ModelHash model;  // of the current version
  VersionId version;
  ModelHash candidate_model;  // of the version this round made, until it is published
  VersionId candidate;
  std::vector<model::Figure> figures;  // released by this round: loss, then metrics
  std::string withheld;                // why this round's metrics are not released
  std::string reason;                  // why paused, abandoned or failed

  Counters& tally(job::Work work) { return work == job::Work::kUpdate ? counters : evaluation; }
  const Counters& tally(job::Work work) const {
    return work == job::Work::kUpdate ? counters : evaluation;
  }
  // Sites that are there and may be asked, sorted.
  std::vector<SiteId> Willing() const;
  // The cohort index of a site, or the cohort's size. O(log cohort).
  size_t FindMember(const SiteId& site) const;
  bool is_over() const {
    return status == JobStatus::kDone || status == JobStatus::kCancelled ||
           status == JobStatus::kFailed;
  }

  void Save(base::Writer& writer) const;
  // Reads what earlier releases saved, too. Refuses bytes that Save cannot have written: unsorted
  // sites, counters that do not match the cohort's standings. [CODEC], [ROUND-STATE]
  static Result<RoundState> Restore(base::Reader& reader);
};

}  // namespace florin::round
