// Planned: the model version is frozen and the round waits for enough sites to be there, and for
// the owners of those whose plan is not decided yet. Waiting for a site is a matter of a deadline,
// waiting for a person one of days: the job keeps its round, and says for whom it waits.
#include <algorithm>

#include "florin/round/table.h"

namespace florin::round {
namespace {

bool IsEnough(const Step& step) { return step.state.Willing().size() >= UpdatesNeeded(step.plan); }

std::string NeededText(const Step& step) {
  return "at least " + std::to_string(UpdatesNeeded(step.plan)) + " needed";
}

std::string PresentText(const Step& step) {
  const RoundState& state = step.state;
  std::string text = Counted(state.present.size(), "site") + " present";
  const size_t willing = state.Willing().size();
  if (willing == state.present.size()) return text;
  return text + ", " + std::to_string(willing) + " may be asked";
}

// At most ten owners by name, the others by their number.
std::string UndecidedText(const RoundState& state) {
  constexpr size_t kNamed = 10;
  const size_t named = std::min(kNamed, state.undecided.size());
  std::string text = "no yes or no yet by the owner of ";
  for (size_t i = 0; i < named; ++i) {
    text += (i == 0 ? "\"" : ", \"") + state.undecided[i].text() + "\"";
  }
  const size_t more = state.undecided.size() - named;
  return text + (more == 0 ? "" : " and " + std::to_string(more) + " more");
}

// The same wait is recorded once, however often sites come and go.
void WaitForOwners(Step& step) {
  RoundState& state = step.state;
  if (state.patience_ends == kNever) {
    state.patience_ends = step.now + step.plan.spec.cohort.patience;
  }
  step.WaitUntil(state.patience_ends);
  std::string text = RoundText(state.round) + " waits: " + UndecidedText(state) + "; " +
                     NeededText(step) + ". It goes on by itself, until " +
                     state.patience_ends.ToString() + ".";
  if (text == state.reason) return;
  state.reason = text;
  step.Record("round.waiting", std::move(text));
}

}  // namespace

void EnterPlanned(Step& step) {
  if (IsEnough(step)) return step.Next();
  if (!step.state.undecided.empty()) return WaitForOwners(step);
  step.Record("round.waiting", RoundText(step.state.round) + " waits for sites: " +
                                   PresentText(step) + ", " + NeededText(step) + ".");
  step.WaitUntil(step.now + step.plan.spec.cohort.deadline);
}

void HandlePlanned(Step& step, const Input& input) {
  const bool is_waiting = step.state.round.number != 0;
  if (is_waiting && std::holds_alternative<SiteArrived>(input) && IsEnough(step)) step.Next();
}

void ClosePlanned(Step& step) {
  const RoundState& state = step.state;
  if (!state.undecided.empty() && step.now >= state.patience_ends) {
    const std::string why = UndecidedText(state) + ", " + PresentText(step) + ", " +
                            NeededText(step) + "; nothing opened. Ask them, then submit the job " +
                            "under another name";
    return step.End(Phase::kFailed, why, "ROUND-APPROVAL");
  }
  step.Fail(PresentText(step) + " by the deadline, " + NeededText(step) + "; nothing opened",
            "ROUND-SITES");
}

}  // namespace florin::round
