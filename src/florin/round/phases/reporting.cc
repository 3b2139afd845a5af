// Reporting: contributions are counted as they come, until the goal, the last answer or the
// deadline.
#include "florin/round/collect.h"
#include "florin/round/table.h"

namespace florin::round {

void EnterReporting(Step& step) {
  RoundState& state = step.state;
  const uint32_t goal = state.counters.goal;
  if (HasSetup(step)) {
    AskNext(step, job::Work::kUpdate, goal);
  } else {
    Begin(step, job::Work::kUpdate, [](const Member&) { return true; }, goal);
  }
  step.Record("round.started",
              RoundText(state.round) + " asks " + Counted(state.counters.asked, "site") + " for " +
                  Counted(state.counters.goal, "contribution") + ".",
              {{"asked", state.counters.asked}, {"goal", state.counters.goal}});
}

void CloseReporting(Step& step) {
  const RoundState& state = step.state;
  if (state.counters.accepted >= UpdatesNeeded(step.plan)) return step.Next();
  if (!HasSetup(step) && state.counters.pending() == 0 && IsShortOfOwners(state)) {
    return PlanAgain(step);
  }
  step.Fail(AnswersText(step, job::Work::kUpdate) + ", at least " +
                std::to_string(UpdatesNeeded(step.plan)) + " needed; nothing opened",
            "ROUND-QUORUM");
}

}  // namespace florin::round
