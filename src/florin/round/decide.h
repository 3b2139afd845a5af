// Decide: the only place where a round changes phase. Pure: same state, input and now, same
// decision, on every machine. docs/ARCHITECTURE.md section 4 is its table; one file a phase.
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

// `state` is consumed, so that a large cohort is moved and not copied per contribution. Inputs that
// do not fit the phase never fail: late, duplicate and foreign contributions get a kDiscarded
// receipt with the reason, everything else is ignored.
Decision Decide(const job::Plan& plan, RoundState state, const Input& input, Time now);

// The cohort of a round: a seeded draw from the sites present, the same for the same plan, round
// and set of sites (Bonawitz et al. 2019, section 3). Sorted.
std::vector<SiteId> DrawCohort(const job::Plan& plan, RoundId round,
                               const std::vector<SiteId>& present);

}  // namespace florin::round
