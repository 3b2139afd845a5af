// Reporting: contributions are counted as they come, until the goal, the last answer or the
// deadline.
#include <algorithm>

#include "florin/round/collect.h"
#include "florin/round/table.h"

namespace florin::round {

void EnterReporting(Step& step) {
  RoundState& state = step.state;
  Ask(step, job::Work::kUpdate, [](const Member&) { return true; }, state.counters.goal);
  step.Record("round.started",
              RoundText(state.round) + " asks " + Counted(state.counters.asked, "site") + " for " +
                  Counted(state.counters.goal, "contribution") + ".",
              {{"asked", state.counters.asked}, {"goal", state.counters.goal}});
}

namespace {

// Whether one of those asked is missing only because its owner has not decided.
bool IsShortOfOwners(const RoundState& state) {
  return std::any_of(state.undecided.begin(), state.undecided.end(), [&](const SiteId& site) {
    return state.FindMember(site) != state.cohort.size();
  });
}

}  // namespace

void CloseReporting(Step& step) {
  const RoundState& state = step.state;
  if (state.counters.accepted >= UpdatesNeeded(step.plan)) return step.Next();
  if (state.counters.pending() == 0 && IsShortOfOwners(state)) return PlanAgain(step);
  step.Fail(AnswersText(step, job::Work::kUpdate) + ", at least " +
                std::to_string(UpdatesNeeded(step.plan)) + " needed; nothing opened",
            "ROUND-QUORUM");
}

}  // namespace florin::round
