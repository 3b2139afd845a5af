#include "florin/round/scheduler.h"

#include <algorithm>

#include "florin/base/codec.h"

namespace florin::round {

Result<std::unique_ptr<Scheduler>> Scheduler::Make(Ports ports) {
  std::unique_ptr<Scheduler> scheduler(new Scheduler(ports));
  FLORIN_ASSIGN(const std::vector<JobEntry> jobs, ports.book.Jobs());
  for (const JobEntry& entry : jobs) {
    auto runner = scheduler->MakeRunner(entry);
    if (!runner.ok()) return std::move(runner).status().Prefixed("job " + entry.id.text());
    scheduler->runners_.emplace(entry.id, std::move(*runner));
  }
  return scheduler;
}

Result<std::unique_ptr<Runner>> Scheduler::MakeRunner(const JobEntry& entry) {
  base::Reader reader(entry.spec);
  FLORIN_ASSIGN(job::JobSpec spec, job::JobSpec::Restore(reader));
  FLORIN_TRY(reader.Finish("job spec"));
  FLORIN_ASSIGN(auto plan, job::MakePlan(std::move(spec)));
  FLORIN_ASSIGN(auto kit, job::RoundKit::Make(std::move(plan)));
  return Runner::Make(std::move(kit), ports_.store, ports_.transport, ports_.events,
                      ports_.identities);
}

Status Scheduler::Start(Time now) {
  for (const auto& [job, runner] : runners_) {
    if (!runner->is_over() && runner->state().round.number == 0) {
      FLORIN_TRY(runner->Handle(Input(JobStarted{}), now));
    }
  }
  return {};
}

Status Scheduler::Submit(JobEntry entry, Time now) {
  if (runners_.contains(entry.id)) {
    return {Kind::kConflict, "JOB-EXISTS",
            "there is a job \"" + entry.id.text() +
                "\" already: give the new one another name; a job's plan never changes."};
  }
  // The book after the runner: a crash in between leaves a state that no book names, and the same
  // submission finds it again.
  FLORIN_ASSIGN(std::unique_ptr<Runner> made, MakeRunner(entry));
  FLORIN_TRY(ports_.book.Add(entry));
  Runner& runner = *runners_.emplace(entry.id, std::move(made)).first->second;
  for (const SiteId& site : present_)
    FLORIN_TRY(runner.Handle(Input(round::SiteArrived{site}), now));
  return runner.Handle(Input(JobStarted{}), now);
}

Status Scheduler::SiteArrived(const SiteId& site, Time now) {
  present_.insert(site);
  for (const auto& [job, runner] : runners_) {
    if (!runner->is_over()) FLORIN_TRY(runner->Handle(Input(round::SiteArrived{site}), now));
  }
  return {};
}

Status Scheduler::SiteLeft(const SiteId& site, Time now) {
  present_.erase(site);
  for (const auto& [job, runner] : runners_) {
    if (!runner->is_over()) FLORIN_TRY(runner->Handle(Input(round::SiteLeft{site}), now));
  }
  return {};
}

Status Scheduler::Handle(job::Contribution contribution, Time now) {
  const auto found = runners_.find(contribution.job);
  if (found == runners_.end()) return {};
  return found->second->Handle(std::move(contribution), now);
}

Status Scheduler::Handle(const job::Refusal& refusal, Time now) {
  const auto found = runners_.find(refusal.job);
  if (found == runners_.end()) return {};
  return found->second->Handle(refusal, now);
}

Status Scheduler::Tick(Time now) {
  for (const auto& [job, runner] : runners_) {
    if (!runner->is_over() && runner->IsDue(now)) {
      FLORIN_TRY(runner->Handle(Input(DeadlinePassed{}), now));
    }
  }
  return {};
}

Result<Runner*> Scheduler::Get(const JobId& job) {
  const auto found = runners_.find(job);
  if (found != runners_.end()) return found->second.get();
  return Status(Kind::kNotFound, "JOB-UNKNOWN", "there is no job \"" + job.text() + "\" here.");
}

Status Scheduler::Ask(const JobId& job, const Input& input, JobStatus from, const char* what,
                      Time now) {
  FLORIN_ASSIGN(Runner * runner, Get(job));
  if (runner->state().status != from) {
    return {Kind::kConflict, "JOB-STATE",
            "job \"" + job.text() + "\" is " + JobStatusName(runner->state().status) + ": only a " +
                JobStatusName(from) + " one can be " + what + "."};
  }
  return runner->Handle(input, now);
}

Status Scheduler::Pause(const JobId& job, Time now) {
  return Ask(job, PauseAsked{}, JobStatus::kRunning, "paused", now);
}

Status Scheduler::Resume(const JobId& job, Time now) {
  return Ask(job, ResumeAsked{}, JobStatus::kPaused, "resumed", now);
}

Status Scheduler::Cancel(const JobId& job, const std::string& reason, Time now) {
  FLORIN_ASSIGN(Runner * runner, Get(job));
  if (runner->is_over()) {
    return {Kind::kConflict, "JOB-STATE",
            "job \"" + job.text() + "\" is " + JobStatusName(runner->state().status) +
                " already and cannot be cancelled."};
  }
  return runner->Handle(Input(CancelAsked{reason}), now);
}

Status Scheduler::RollBack(const JobId& job, const VersionId& version, Time now) {
  FLORIN_ASSIGN(Runner * runner, Get(job));
  return runner->RollBack(version, now);
}

Time Scheduler::NextDeadline() const {
  Time next = kNever;
  for (const auto& [job, runner] : runners_) {
    if (!runner->is_over()) next = std::min(next, runner->state().deadline);
  }
  return next;
}

std::vector<JobId> Scheduler::jobs() const {
  std::vector<JobId> ids;
  ids.reserve(runners_.size());
  for (const auto& [job, runner] : runners_) ids.push_back(job);
  return ids;
}

const Runner* Scheduler::Find(const JobId& job) const {
  const auto found = runners_.find(job);
  return found == runners_.end() ? nullptr : found->second.get();
}

}  // namespace florin::round
