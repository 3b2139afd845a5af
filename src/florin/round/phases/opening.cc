// Opening: the protocol reveals the sum of what was counted, and nothing else.
#include "florin/round/collect.h"
#include "florin/round/table.h"

namespace florin::round {

void EnterOpening(Step& step) {
  RoundState& state = step.state;
  state.counters.is_closed = true;
  step.Record("round.opening", RoundText(state.round) + " opens the sum of " +
                                   Counted(state.counters.accepted, "contribution") + " from " +
                                   Counted(state.counters.asked, "site") + ".");
  step.Do(CloseParty{job::Work::kUpdate, Dropouts(state, job::Work::kUpdate)});
}

void HandleOpening(Step& step, const Input& input) {
  if (const auto* opened = std::get_if<SumOpened>(&input)) {
    if (opened->round == step.state.round) step.Next();
  } else if (const auto* failed = std::get_if<SumFailed>(&input)) {
    if (failed->round != step.state.round || failed->work != job::Work::kUpdate) return;
    step.Fail(Brief(failed->reason) + "; nothing opened", "ROUND-OPENING");
  }
}

}  // namespace florin::round
