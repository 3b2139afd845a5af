// Evaluating: the members that contributed score the candidate on their own test rows. Too few
// answers withhold the metrics, never the version.
#include "florin/round/collect.h"
#include "florin/round/table.h"

namespace florin::round {
namespace {

void Withhold(Step& step, std::string why) {
  step.state.withheld = std::move(why);
  step.WaitUntil(kNever);
  step.Next();
}

std::string NeededText(const Step& step) {
  return ", at least " + std::to_string(EvaluationsNeeded(step.plan)) + " needed";
}

}  // namespace

void EnterEvaluating(Step& step) {
  RoundState& state = step.state;
  if (step.plan.spec.evaluation.metrics.empty()) return step.Next();
  if (HasSetup(step) && state.counters.accepted < EvaluationsNeeded(step.plan)) {
    return Withhold(step, Counted(state.counters.accepted, "site") + NeededText(step));
  }
  Begin(
      step, job::Work::kEvaluate,
      [](const Member& member) { return member.update.standing == Standing::kContributed; }, 0);
  const Counters& counters = TallyOf(step, job::Work::kEvaluate);
  step.Record("round.evaluating", RoundText(state.round) + " asks " +
                                      Counted(counters.asked, "site") + " to evaluate version " +
                                      state.candidate.Short() + ".");
}

void CloseEvaluating(Step& step) {
  const Counters& counters = TallyOf(step, job::Work::kEvaluate);
  if (counters.is_closed) return;
  const bool is_opening = step.state.evaluation.is_closed;  // the sum is what it is
  if (!is_opening && counters.accepted < EvaluationsNeeded(step.plan)) {
    TallyOf(step, job::Work::kEvaluate).is_closed = true;
    return Withhold(step, AnswersText(step, job::Work::kEvaluate) + NeededText(step));
  }
  if (IsContribution(step)) {
    step.Record("round.scoring", RoundText(step.state.round) + " opens the metrics of " +
                                     Counted(counters.accepted, "site") + ".");
  }
  End(step, job::Work::kEvaluate);
}

void HandleEvaluating(Step& step, const Input& input) {
  RoundState& state = step.state;
  if (!TallyOf(step, job::Work::kEvaluate).is_closed) return;
  if (const auto* scored = std::get_if<VersionScored>(&input)) {
    if (scored->round != state.round) return;
    state.candidate = scored->version;
    state.figures.insert(state.figures.end(), scored->figures.begin(), scored->figures.end());
    state.withheld = Brief(scored->withheld);
    step.Next();
  } else if (const auto* failed = std::get_if<SumFailed>(&input)) {
    if (failed->round != state.round || failed->work != job::Work::kEvaluate) return;
    Withhold(step, Brief(failed->reason));
  } else if (const auto* closed = std::get_if<StepClosed>(&input)) {
    if (closed->round != state.round || closed->work != job::Work::kEvaluate) return;
    ++state.step;
    AskNext(step, job::Work::kEvaluate, 0);
  }
}

}  // namespace florin::round
