// Applying: the strategy turns the sum into the next state. A failure here is a bug: the round's
// evidence is kept and the job stops (ApplyFailed, decide.cc).
#include "florin/round/table.h"

namespace florin::round {

void EnterApplying(Step& step) {
  step.Record("round.applying", RoundText(step.state.round) + " applies its sum.");
  step.Do(ApplySum{});
}

void HandleApplying(Step& step, const Input& input) {
  const auto* applied = std::get_if<StateApplied>(&input);
  if (applied == nullptr) return;
  RoundState& state = step.state;
  state.candidate = applied->version;
  state.candidate_model = applied->model;
  state.is_converged = applied->is_converged;
  state.figures = applied->figures;
  step.Next();
}

}  // namespace florin::round
