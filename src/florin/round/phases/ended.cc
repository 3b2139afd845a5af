// Committed, Abandoned, Failed: what a round leaves behind, and what the job does next.
#include "florin/round/collect.h"
#include "florin/round/table.h"

namespace florin::round {
namespace {

std::string JobText(const RoundState& state) { return "job \"" + state.job.text() + "\""; }

// Tells every member that was asked that the round is over, so that it may forget.
void GiveReceipts(Step& step, job::Verdict verdict, const std::string& reason) {
  const RoundState& state = step.state;
  for (const job::Work work : {job::Work::kUpdate, job::Work::kEvaluate}) {
    for (const Member& member : state.cohort) {
      const bool is_asked = member.turn(work).standing != Standing::kIdle ||
                            (HasSetup(step) && work == job::Work::kUpdate);
      if (!is_asked) continue;
      step.Do(SendReceipt{member.site, state.round, work, {}, verdict, reason});
    }
  }
}

void EndJob(Step& step, JobStatus status, std::string_view name, std::string text) {
  step.state.status = status;
  step.Record(name, std::move(text),
              {{"committed", step.state.committed_count}, {"rounds", step.plan.spec.rounds}});
}

// Between two rounds: the job ends, pauses, or goes on.
void EndRound(Step& step) {
  RoundState& state = step.state;
  if (state.status == JobStatus::kCancelled) {
    EndJob(step, JobStatus::kCancelled, "job.cancelled", JobText(state) + " cancelled.");
  } else if (state.is_converged && state.phase == Phase::kCommitted) {
    EndJob(step, JobStatus::kDone, "job.done",
           JobText(state) + " done: converged after " + Counted(state.committed_count, "round") +
               ", version " + state.version.Short() + ".");
  } else if (state.committed_count >= step.plan.spec.rounds) {
    EndJob(step, JobStatus::kDone, "job.done",
           JobText(state) + " done: " + Counted(state.committed_count, "round") + ", version " +
               state.version.Short() + ".");
  } else if (state.abandoned_in_a_row >= kAbandonedMax) {
    state.reason = Counted(state.abandoned_in_a_row, "round") +
                   " abandoned in a row, the last: " + state.reason;
    EndJob(step, JobStatus::kFailed, "job.failed", JobText(state) + " failed: " + state.reason);
  } else if (state.is_pausing) {
    Pause(step);
  } else {
    StartRound(step);
  }
}

std::vector<std::pair<std::string, double>> Numbers(const Step& step) {
  const RoundState& state = step.state;
  const Counters& counters = state.counters;
  std::vector<std::pair<std::string, double>> numbers = {{"committed", state.committed_count},
                                                         {"rounds", step.plan.spec.rounds},
                                                         {"asked", counters.asked},
                                                         {"accepted", counters.accepted},
                                                         {"rejected", counters.rejected},
                                                         {"refused", counters.refused},
                                                         {"left", counters.left},
                                                         {"discarded", counters.discarded}};
  if (state.evaluation.asked > 0) {
    numbers.emplace_back("evaluation_asked", state.evaluation.asked);
    numbers.emplace_back("evaluation_accepted", state.evaluation.accepted);
  }
  for (const model::Figure& figure : state.figures) {
    numbers.emplace_back(figure.name, figure.value);
  }
  if (!state.withheld.empty()) numbers.emplace_back("metrics_withheld", 1);
  return numbers;
}

}  // namespace

void StartRound(Step& step) {
  RoundState& state = step.state;
  ++state.round.number;
  state.cohort.clear();
  state.counters = {};
  state.evaluation = {};
  state.step = 0;
  state.aside = {};
  state.is_converged = false;
  state.candidate_model = {};
  state.candidate = {};
  state.figures.clear();
  state.withheld.clear();
  step.Enter(Phase::kPlanned);
}

void PlanAgain(Step& step) {
  const RoundState& state = step.state;
  step.Record("round.replanned", RoundText(state.round) + " is planned anew: " +
                                     Counted(state.counters.accepted, "contribution") + " from " +
                                     Counted(state.counters.asked, "site") + "; nothing opened.");
  step.Do(DropRound{});
  step.state.phase = Phase::kPlanned;
  if (step.state.is_pausing) return Pause(step);
  step.Enter(Phase::kPlanned);
}

void Pause(Step& step) {
  RoundState& state = step.state;
  // What was asked before a round was planned anew: the next round has another number.
  if (state.phase == Phase::kPlanned)
    GiveReceipts(step, job::Verdict::kAbandoned, "the job pauses");
  state.status = JobStatus::kPaused;
  state.patience_ends = kNever;
  state.phase = Phase::kPlanned;
  step.WaitUntil(kNever);
  step.Record("job.paused", JobText(state) + " paused after " +
                                Counted(state.committed_count, "committed round") + ".");
}

void EnterCommitted(Step& step) {
  RoundState& state = step.state;
  state.version = state.candidate;
  state.model = state.candidate_model;
  ++state.committed_count;
  state.abandoned_in_a_row = 0;
  state.patience_ends = kNever;
  state.reason.clear();
  step.Do(Publish{});
  std::string text = RoundText(state.round) +
                     " committed: " + Counted(state.counters.accepted, "contribution") + " from " +
                     Counted(state.counters.asked, "site") + ", version " + state.version.Short();
  if (!state.withheld.empty()) text += "; metrics withheld: " + state.withheld;
  step.Record("round.committed", text + ".", Numbers(step));
  GiveReceipts(step, job::Verdict::kCommitted, {});
  step.Do(DropRound{});
  EndRound(step);
}

void EnterAbandoned(Step& step) {
  RoundState& state = step.state;
  ++state.abandoned_in_a_row;
  step.Record("round.abandoned", state.reason, Numbers(step));
  GiveReceipts(step, job::Verdict::kAbandoned, state.reason);
  step.Do(DropRound{});
  EndRound(step);
}

// No DropRound: the sums stay where they are, for whoever looks into it.
void EnterFailed(Step& step) {
  step.Record("round.failed", step.state.reason, Numbers(step));
  GiveReceipts(step, job::Verdict::kAbandoned, step.state.reason);
  EndJob(step, JobStatus::kFailed, "job.failed",
         JobText(step.state) + " failed: " + step.state.reason);
}

}  // namespace florin::round
