// Scheduler: all jobs of a coordinator over one store, one transport and one set of sites.
//
// It hands each input to the runners it concerns and tells when the next deadline is; it decides
// nothing itself. Jobs are resumed from the book and the store, so a process that dies anywhere
// goes on where it was. The caller owns time and delivery. Not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "florin/round/job_book.h"
#include "florin/round/runner.h"

namespace florin::round {

class Scheduler {
 public:
  struct Ports {
    Store& store;
    JobBook& book;
    Transport& transport;
    job::EventSink& events;
    Identities& identities;
  };

  // Resumes every job of the book. The ports outlive the scheduler. [ROUND-PLAN] a job of the book
  // resolves to another plan than it was started with, and what Runner::Make says.
  static Result<std::unique_ptr<Scheduler>> Make(Ports ports);

  // Once, after Make: jobs that were submitted but not begun when the process died begin now.
  Status Start(Time now);

  // A new job; its first round is planned at once. Resolving it comes first, so a job that cannot
  // run is refused and nothing is kept. [JOB-EXISTS], and what MakePlan and RoundKit::Make say.
  Status Submit(JobEntry entry, Time now);

  // A broken store is the only error of these: the process ends, and resumes.
  Status SiteArrived(const SiteId& site, Time now);
  Status SiteLeft(const SiteId& site, Time now);
  Status Handle(job::Contribution contribution, Time now);  // of a job unknown here: passed over
  Status Handle(const job::Refusal& refusal, Time now);
  Status Tick(Time now);  // deadlines that have passed, or that a clock gone back left too far

  // [JOB-UNKNOWN]; [JOB-STATE] the job's status does not allow it
  Status Pause(const JobId& job, Time now);
  Status Resume(const JobId& job, Time now);
  Status Cancel(const JobId& job, const std::string& reason, Time now);
  Status RollBack(const JobId& job, const VersionId& version, Time now);

  // The earliest deadline of all jobs; kNever when none is waited for.
  Time NextDeadline() const;
  std::vector<JobId> jobs() const;
  // nullptr when there is no such job.
  const Runner* Find(const JobId& job) const;
  const std::set<SiteId>& present() const { return present_; }

 private:
  explicit Scheduler(Ports ports) : ports_(ports) {}
  Result<std::unique_ptr<Runner>> MakeRunner(const JobEntry& entry);
  Result<Runner*> Get(const JobId& job);
  Status Ask(const JobId& job, const Input& input, JobStatus from, const char* what, Time now);

  Ports ports_;
  std::map<JobId, std::unique_ptr<Runner>> runners_;
  std::set<SiteId> present_;
};

}  // namespace florin::round
