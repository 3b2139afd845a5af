#include "florin/round/decide.h"

#include "florin/round/collect.h"
#include "florin/round/table.h"

namespace florin::round {
namespace {

constexpr Duration kClockSlack = Duration::Seconds(1);  // clocks are nudged all the time

bool WaitsForOwners(const RoundState& state) {
  return state.deadline != kNever && state.deadline == state.patience_ends;
}

Duration LongestWait(const job::Plan& plan, const RoundState& state) {
  return WaitsForOwners(state) ? plan.spec.cohort.patience : plan.spec.cohort.deadline;
}

// Inputs that mean the same in every phase. What a phase answers by itself goes to its row.
class Dispatch {
 public:
  explicit Dispatch(Step& step) : step_(step), state_(step.state) {}

  void operator()(const JobStarted&) {
    if (state_.round.number != 0 || !IsRunning()) return;
    step_.Record("job.started", "job \"" + state_.job.text() + "\" started.");
    StartRound(step_);
  }

  void operator()(const SiteArrived& input) {
    if (!base::CheckName("site", input.site.text()).ok()) return;  // it could not be restored
    Insert(state_.present, input.site);
    Collect(step_, input);
    ToPhase(input);
  }

  void operator()(const SiteLeft& input) {
    Erase(state_.present, input.site);
    Collect(step_, input);
  }

  // Whoever is still there will say so again.
  void operator()(const CoordinatorRestarted& input) {
    state_.present.clear();
    Collect(step_, input);
  }

  void operator()(const DeadlinePassed&) {
    const Row& row = RowOf(state_.phase);
    if (IsRunning() && IsTooFar(step_.plan, state_, step_.now)) return BringNearer();
    if (IsRunning() && step_.now >= state_.deadline && row.close != nullptr) row.close(step_);
  }

  void operator()(const PauseAsked&) {
    if (!IsRunning() || state_.is_pausing || state_.round.number == 0) return;
    state_.is_pausing = true;
    if (state_.phase == Phase::kPlanned) return Pause(step_);
    step_.Record("job.pausing",
                 "job \"" + state_.job.text() + "\" pauses after " + RoundText(state_.round) + ".");
  }

  void operator()(const ResumeAsked&) {
    if (state_.is_over() || !state_.is_pausing) return;
    state_.is_pausing = false;
    step_.Record("job.resumed", "job \"" + state_.job.text() + "\" goes on.");
    if (state_.status != JobStatus::kPaused) return;
    state_.status = JobStatus::kRunning;
    StartRound(step_);
  }

  void operator()(const CancelAsked& input) {
    if (state_.is_over()) return;
    const bool is_between = state_.status == JobStatus::kPaused || state_.round.number == 0;
    state_.status = JobStatus::kCancelled;
    const std::string why = "the job was cancelled: " + Brief(input.reason);
    if (!is_between) {
      const bool is_opened = state_.phase >= Phase::kOpening;
      step_.End(Phase::kAbandoned, why + (is_opened ? "; no version made" : "; nothing opened"),
                "ROUND-CANCELLED");
    } else {
      state_.reason = why + ".";
      step_.Record("job.cancelled",
                   "job \"" + state_.job.text() + "\" cancelled: " + Brief(input.reason) + ".");
    }
  }

  // The next round builds on the version chosen; what came after it stays in the store.
  void operator()(const RollbackAsked& input) {
    const bool is_between =
        state_.status == JobStatus::kPaused || state_.status == JobStatus::kDone;
    if (!is_between || input.version == state_.version) return;
    const std::string from = state_.version.Short();
    state_.version = input.version;
    state_.model = input.model;
    step_.Do(Publish{});
    step_.Record("job.rolled_back", "job \"" + state_.job.text() + "\" goes back from version " +
                                        from + " to version " + state_.version.Short() + ".");
  }

  void operator()(const ApplyFailed& input) {
    if (!IsRunning() || state_.round.number == 0) return;
    step_.Fail(Brief(input.reason), "ROUND-APPLY");
  }

  void operator()(const ContributionArrived& input) { Collect(step_, input); }
  void operator()(const ContributionFolded& input) { Collect(step_, input); }
  void operator()(const ContributionFailed& input) { Collect(step_, input); }
  void operator()(const SiteRefused& input) { Collect(step_, input); }
  void operator()(const MemberBlamed& input) { Collect(step_, input); }
  void operator()(const StepClosed& input) { ToPhase(input); }
  void operator()(const SumOpened& input) { ToPhase(input); }
  void operator()(const SumFailed& input) { ToPhase(input); }
  void operator()(const StateApplied& input) { ToPhase(input); }
  void operator()(const VersionScored& input) { ToPhase(input); }

 private:
  bool IsRunning() const { return state_.status == JobStatus::kRunning; }
  // As long as a phase may take from now on, and no longer.
  void BringNearer() {
    const Time nearer = step_.now + LongestWait(step_.plan, state_);
    if (WaitsForOwners(state_)) state_.patience_ends = nearer;
    step_.WaitUntil(nearer);
    step_.Record("round.clock", RoundText(state_.round) +
                                    ": the coordinator's clock went back; the deadline is now " +
                                    state_.deadline.ToString() + ".");
  }
  void ToPhase(const Input& input) {
    const Row& row = RowOf(state_.phase);
    if (IsRunning() && row.handle != nullptr) row.handle(step_, input);
  }

  Step& step_;
  RoundState& state_;
};

}  // namespace

bool IsTooFar(const job::Plan& plan, const RoundState& state, Time now) {
  return state.deadline != kNever && state.deadline > now + LongestWait(plan, state) + kClockSlack;
}

Decision Decide(const job::Plan& plan, RoundState state, const Input& input, Time now) {
  Step step{plan, std::move(state), now, {}};
  std::visit(Dispatch(step), input);
  return {std::move(step.state), std::move(step.effects)};
}

}  // namespace florin::round
