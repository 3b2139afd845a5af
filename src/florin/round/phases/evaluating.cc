// Evaluating: the members that contributed score the candidate on their own test rows. Too few
// answers withhold the metrics, never the version.
#include "florin/round/collect.h"
#include "florin/round/table.h"

namespace florin::round {

void EnterEvaluating(Step& step) {
  RoundState& state = step.state;
  if (step.plan.spec.evaluation.metrics.empty()) return step.Next();
  Ask(
      step, job::Work::kEvaluate,
      [](const Member& member) { return member.update.standing == Standing::kContributed; }, 0);
  step.Record("round.evaluating", RoundText(state.round) + " asks " +
                                      Counted(state.evaluation.asked, "site") +
                                      " to evaluate version " + state.candidate.Short() + ".");
}

void CloseEvaluating(Step& step) {
  RoundState& state = step.state;
  state.evaluation.is_closed = true;
  if (state.evaluation.accepted >= EvaluationsNeeded(step.plan)) {
    step.WaitUntil(kNever);
    step.Record("round.scoring", RoundText(state.round) + " opens the metrics of " +
                                     Counted(state.evaluation.accepted, "site") + ".");
    return step.Do(CloseParty{job::Work::kEvaluate, Dropouts(state, job::Work::kEvaluate)});
  }
  state.withheld = AnswersText(step, job::Work::kEvaluate) + ", at least " +
                   std::to_string(EvaluationsNeeded(step.plan)) + " needed";
  step.Next();
}

void HandleEvaluating(Step& step, const Input& input) {
  RoundState& state = step.state;
  if (!state.evaluation.is_closed) return;
  if (const auto* scored = std::get_if<VersionScored>(&input)) {
    if (scored->round != state.round) return;
    state.candidate = scored->version;
    state.figures.insert(state.figures.end(), scored->figures.begin(), scored->figures.end());
    state.withheld = Brief(scored->withheld);
    step.Next();
  } else if (const auto* failed = std::get_if<SumFailed>(&input)) {
    if (failed->round != state.round || failed->work != job::Work::kEvaluate) return;
    state.withheld = Brief(failed->reason);
    step.Next();
  }
}

}  // namespace florin::round
