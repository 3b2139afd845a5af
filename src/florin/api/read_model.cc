#include "florin/api/read_model.h"

#include <utility>

#include "florin/base/codec.h"
#include "florin/job/spec.h"

namespace florin::api {
namespace {

const char* StandingName(round::Standing standing) {
  switch (standing) {
    case round::Standing::kIdle:
      return "idle";
    case round::Standing::kOffered:
      return "offered";
    case round::Standing::kArrived:
      return "arrived";
    case round::Standing::kContributed:
      return "contributed";
    case round::Standing::kRefused:
      return "refused";
    case round::Standing::kRejected:
      return "rejected";
    case round::Standing::kLeft:
      return "left";
  }
  return "?";
}

void Fill(const round::Counters& from, v1::Counts& to) {
  to.set_asked(from.asked);
  to.set_goal(from.goal);
  to.set_accepted(from.accepted);
  to.set_rejected(from.rejected);
  to.set_refused(from.refused);
  to.set_left(from.left);
  to.set_discarded(from.discarded);
}

template <typename Range>
std::string RawBytes(const Range& bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

Result<JobFacts> JobFacts::Of(const round::JobEntry& entry) {
  base::Reader reader(entry.spec);
  FLORIN_ASSIGN(const job::JobSpec spec, job::JobSpec::Restore(reader));
  return JobFacts{spec.description, entry.text, entry.submitted_by, entry.submitted_at,
                  spec.rounds};
}

v1::Job DescribeJob(const JobFacts& facts, const round::Runner& runner) {
  const round::RoundState& state = runner.state();
  v1::Job job;
  job.set_job(state.job.text());
  job.set_status(round::JobStatusName(state.status));
  job.set_phase(round::PhaseName(state.phase));
  job.set_round(state.round.number);
  job.set_committed(state.committed_count);
  job.set_rounds(facts.rounds);
  job.set_reason(state.reason);
  job.set_submitted_by(facts.submitted_by);
  job.set_submitted_at_micros(facts.submitted_at.micros);
  job.set_plan(IdBytes(state.plan));
  job.set_version(IdBytes(runner.current().id));
  job.set_model(IdBytes(runner.current().model_hash));
  job.set_description(facts.description);
  job.set_is_over(runner.is_over());
  return job;
}

v1::JobDetail DescribeRound(const JobFacts& facts, const round::Runner& runner) {
  const round::RoundState& state = runner.state();
  v1::JobDetail detail;
  *detail.mutable_job() = DescribeJob(facts, runner);
  Fill(state.counters, *detail.mutable_updates());
  Fill(state.evaluation, *detail.mutable_evaluations());
  for (const round::Member& member : state.cohort) {
    v1::Turn& turn = *detail.add_cohort();
    turn.set_site(member.site.text());
    turn.set_update(StandingName(member.update.standing));
    turn.set_evaluation(StandingName(member.evaluation.standing));
  }
  for (const SiteId& site : state.present) detail.add_present(site.text());
  for (const SiteId& site : state.undecided) detail.add_undecided(site.text());
  if (state.deadline != round::kNever) detail.set_deadline_micros(state.deadline.micros);
  detail.set_text(facts.text);
  return detail;
}

v1::Version DescribeVersion(const round::PublishedVersion& version) {
  v1::Version made;
  made.set_id(IdBytes(version.id));
  made.set_parent(IdBytes(version.parent));
  made.set_round(version.round.number);
  made.set_model(IdBytes(version.model_hash));
  made.set_contributions(version.contribution_count);
  made.set_created_micros(version.created.micros);
  made.set_is_dropped(!version.has_model);
  for (const model::Figure& figure : version.metrics) {
    v1::Figure& metric = *made.add_metric();
    metric.set_name(figure.name);
    metric.set_value(figure.value);
  }
  return made;
}

v1::Event DescribeEvent(const job::Event& event, uint64_t number) {
  v1::Event made;
  made.set_number(number);
  made.set_at_micros(event.at.micros);
  made.set_name(event.name);
  made.set_job(event.job.text());
  made.set_round(event.round.number);
  made.set_site(event.site.text());
  made.set_text(event.text);
  for (const auto& [name, value] : event.numbers) {
    v1::Figure& figure = *made.add_number_of();
    figure.set_name(name);
    figure.set_value(value);
  }
  return made;
}

v1::Root DescribeRoot(const crypto::Certificate& root) {
  v1::Root made;
  made.set_fingerprint(RawBytes(root.fingerprint));
  made.set_begins_micros(root.validity.not_before.micros);
  made.set_ends_micros(root.validity.not_after.micros);
  return made;
}

v1::Member DescribeMember(const identity::RosterEntry& entry) {
  v1::Member member;
  member.set_role(std::string(identity::RoleName(entry.peer.role)));
  member.set_name(entry.peer.name);
  member.set_enrolled_at_micros(entry.enrolled_at.micros);
  if (entry.revoked_at) member.set_revoked_at_micros(entry.revoked_at->micros);
  member.set_fingerprint(RawBytes(entry.fingerprint));
  member.set_identity_key(RawBytes(entry.identity_key));
  member.set_serial(RawBytes(entry.serial));
  return member;
}

}  // namespace florin::api
