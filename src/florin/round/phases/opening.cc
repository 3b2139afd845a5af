// Opening: the protocol reveals the sum of what was counted, and nothing else; some need more steps
// for that, which cannot change it.
#include "florin/round/collect.h"
#include "florin/round/table.h"

namespace florin::round {

void EnterOpening(Step& step) {
  const RoundState& state = step.state;
  step.Record("round.opening", RoundText(state.round) + " opens the sum of " +
                                   Counted(state.counters.accepted, "contribution") + " from " +
                                   Counted(state.counters.asked, "site") + ".");
  End(step, job::Work::kUpdate);
}

void CloseOpening(Step& step) {
  if (!TallyOf(step, job::Work::kUpdate).is_closed) End(step, job::Work::kUpdate);
}

void HandleOpening(Step& step, const Input& input) {
  if (const auto* opened = std::get_if<SumOpened>(&input)) {
    if (opened->round == step.state.round) step.Next();
  } else if (const auto* failed = std::get_if<SumFailed>(&input)) {
    if (failed->round != step.state.round || failed->work != job::Work::kUpdate) return;
    step.Fail(Brief(failed->reason) + "; nothing opened", "ROUND-OPENING");
  } else if (const auto* closed = std::get_if<StepClosed>(&input)) {
    if (closed->round != step.state.round) return;
    ++step.state.step;
    AskNext(step, job::Work::kUpdate, 0);
  }
}

}  // namespace florin::round
