// Planned: the model version is frozen and the round waits for enough sites to be there.
#include "florin/round/table.h"

namespace florin::round {
namespace {

bool IsEnough(const Step& step) { return step.state.present.size() >= UpdatesNeeded(step.plan); }

std::string PresentText(const Step& step) {
  return Counted(step.state.present.size(), "site") + " present";
}

}  // namespace

void EnterPlanned(Step& step) {
  if (IsEnough(step)) return step.Next();
  step.Record("round.waiting", RoundText(step.state.round) +
                                   " waits for sites: " + PresentText(step) + ", at least " +
                                   std::to_string(UpdatesNeeded(step.plan)) + " needed.");
  step.WaitUntil(step.now + step.plan.spec.cohort.deadline);
}

void HandlePlanned(Step& step, const Input& input) {
  const bool is_waiting = step.state.round.number != 0;
  if (is_waiting && std::holds_alternative<SiteArrived>(input) && IsEnough(step)) step.Next();
}

void ClosePlanned(Step& step) {
  step.Fail(PresentText(step) + " by the deadline, at least " +
                std::to_string(UpdatesNeeded(step.plan)) + " needed; nothing opened",
            "ROUND-SITES");
}

}  // namespace florin::round
