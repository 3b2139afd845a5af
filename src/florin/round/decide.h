// Decide: the only place where a round changes phase. Pure: same state, input and now, same
// decision, on every machine. docs/ARCHITECTURE.md section 4 is its table (table.cc holds it as
// data); one file a phase. ADR-0005.
#pragma once

#include <vector>

#include "florin/base/time.h"
#include "florin/job/plan.h"
#include "florin/round/event.h"
#include "florin/round/state.h"

namespace florin::round {

struct Decision {
  RoundState state;
  std::vector<Effect> effects;
};

// Abandoned rounds in a row after which a job fails: its sites are not coming back by themselves.
constexpr uint32_t kAbandonedMax = 3;

// `state` is consumed, so that a large cohort is moved and not copied per contribution. Inputs that
// do not fit the phase never fail: late, duplicate and foreign contributions get a kDiscarded
// receipt with the reason, everything else is ignored. O(log cohort) for a contribution.
Decision Decide(const job::Plan& plan, RoundState state, const Input& input, Time now);

// Is the deadline of a waiting phase later than any set now would be? Only a clock that went back
// makes it so; DeadlinePassed brings it nearer then, or the round would wait for as long again.
bool IsTooFar(const job::Plan& plan, const RoundState& state, Time now);

struct Draw {
  std::vector<SiteId> cohort;  // sorted
  uint32_t goal = 0;           // contributions that close the round early, at most cohort.size()
};

// The cohort of a round: a seeded draw from the sites present, the same for the same plan, round
// and set of sites (Bonawitz et al. 2019, section 3). Over n sites:
//   goal     = ceil(n fraction), at least `minimum`, at most floor(maximum / over_selection)
//   selected = ceil(goal over_selection), at most `maximum` and n
// so that `maximum` bounds the sites that are asked, and over-selection keeps its slack below it.
// present: sorted and distinct.
Draw DrawCohort(const job::Plan& plan, RoundId round, const std::vector<SiteId>& present);

}  // namespace florin::round
