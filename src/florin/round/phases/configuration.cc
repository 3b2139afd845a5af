// Configuration: the steps of the protocol before the contributions: keys and shares. A protocol of
// one message has none, and passes at once.
#include "florin/round/collect.h"
#include "florin/round/table.h"

namespace florin::round {

void EnterSetup(Step& step) {
  if (!HasSetup(step)) return step.Next();
  Begin(step, job::Work::kUpdate, [](const Member&) { return true; }, 0);
  step.Do(Keep{});
}

void CloseSetup(Step& step) {
  const Counters& counters = TallyOf(step, job::Work::kUpdate);
  if (counters.accepted >= UpdatesNeeded(step.plan)) return End(step, job::Work::kUpdate);
  if (counters.pending() == 0 && IsShortOfOwners(step.state)) {
    return PlanAgain(step);
  }
  step.Fail(AnswersText(step, job::Work::kUpdate) + ", at least " +
                std::to_string(UpdatesNeeded(step.plan)) + " needed; nothing opened",
            "ROUND-QUORUM");
}

void HandleSetup(Step& step, const Input& input) {
  if (const auto* failed = std::get_if<SumFailed>(&input)) {
    if (failed->round == step.state.round) {
      step.Fail(Brief(failed->reason) + "; nothing opened", "ROUND-SETUP");
    }
    return;
  }
  const auto* closed = std::get_if<StepClosed>(&input);
  if (closed == nullptr || closed->round != step.state.round) return;
  ++step.state.step;
  if (IsContribution(step)) return step.Next();
  AskNext(step, job::Work::kUpdate, 0);
}

}  // namespace florin::round
