// Selection: draws the cohort from the sites that are there.
#include "florin/round/table.h"

namespace florin::round {

void EnterSelection(Step& step) {
  RoundState& state = step.state;
  Draw draw = DrawCohort(step.plan, state.round, state.Willing());
  state.cohort.clear();
  state.counters = {};
  state.counters.goal = draw.goal;
  for (SiteId& site : draw.cohort) state.cohort.push_back({std::move(site), {}, {}, {}});
  step.Next();
}

}  // namespace florin::round
