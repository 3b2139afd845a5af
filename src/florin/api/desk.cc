#include "florin/api/desk.h"

#include <algorithm>
#include <utility>

#include "florin/api/call.h"

namespace florin::api {
namespace {

constexpr size_t kReasonMax = 500;  // bytes

Result<VersionId> VersionOf(const std::string& bytes) {
  VersionId id;
  if (bytes.size() != id.bytes.size()) {
    return Status(Kind::kNotFound, "VERSION-UNKNOWN", "a version's id has 32 bytes.");
  }
  std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

Status NoVersion(const JobId& job, const VersionId& id) {
  return {Kind::kNotFound, "VERSION-UNKNOWN",
          "job \"" + job.text() + "\" has no version " + id.Short() + "."};
}

}  // namespace

Status Desk::Accept(const Caller& caller, std::string_view method, const std::string& command,
                    ByteView request) {
  FLORIN_ASSIGN(const identity::SignedCommand signed_command,
                identity::SignedCommand::Restore(base::AsBytes(command)));
  if (signed_command.operator_name != caller.name) {
    return {Kind::kDenied, "OPERATOR-MISMATCH",
            "operator \"" + caller.name + "\" calls, but operator \"" +
                signed_command.operator_name + "\" signed the command."};
  }
  FLORIN_TRY(CheckCommand(signed_command.command, method, request));
  FLORIN_ASSIGN(const Bytes verified, members_.AcceptCommand(signed_command, caller.now));
  return CheckCommand(verified, method, request);
}

Status Desk::Note(const Caller& caller, std::string event, govern::AuditFields fields) {
  return audit_.Append(caller.now, "operator " + caller.name, std::move(event), std::move(fields));
}

template <typename Act>
Status Desk::Audited(const Caller& caller, const char* event, govern::AuditFields fields, Act act) {
  FLORIN_TRY(Note(caller, event, fields));
  Status status = act();
  if (status.ok()) return status;
  fields["code"] = std::string(status.code());
  FLORIN_TRY(Note(caller, std::string(event) + "-failed", std::move(fields)));
  return status;
}

Result<const round::Runner*> Desk::Find(const JobId& job) const {
  const round::Runner* runner = engine_.scheduler.Find(job);
  if (runner != nullptr) return runner;
  return Status(Kind::kNotFound, "JOB-UNKNOWN", "there is no job \"" + job.text() + "\" here.");
}

Result<const JobFacts*> Desk::FactsOf(const JobId& job) {
  if (!facts_.contains(job)) {
    FLORIN_ASSIGN(const auto entries, engine_.book.Jobs());
    for (const round::JobEntry& entry : entries) {
      if (facts_.contains(entry.id)) continue;
      FLORIN_ASSIGN(JobFacts facts, JobFacts::Of(entry));
      facts_.emplace(entry.id, std::move(facts));
    }
  }
  return &facts_[job];
}

Result<v1::Job> Desk::Describe(const JobId& job) {
  FLORIN_ASSIGN(const round::Runner* runner, Find(job));
  FLORIN_ASSIGN(const JobFacts* facts, FactsOf(job));
  return DescribeJob(*facts, *runner);
}

Status Desk::Answer(const JobId& job, v1::Job& answer) {
  FLORIN_ASSIGN(answer, Describe(job));
  return {};
}

Status Desk::ListJobs(const v1::ListJobsRequest&, v1::JobList& answer) {
  for (const JobId& job : engine_.scheduler.jobs()) FLORIN_TRY(Answer(job, *answer.add_job()));
  return {};
}

Status Desk::ShowJob(const v1::JobName& request, v1::JobDetail& answer) {
  const JobId job(request.job());
  FLORIN_ASSIGN(const round::Runner* runner, Find(job));
  FLORIN_ASSIGN(const JobFacts* facts, FactsOf(job));
  answer = DescribeRound(*facts, *runner);
  v1::VersionList versions;
  FLORIN_TRY(ListVersions(request, versions));
  answer.mutable_version()->Swap(versions.mutable_version());
  return {};
}

Status Desk::ListVersions(const v1::JobName& request, v1::VersionList& answer) {
  const JobId job(request.job());
  FLORIN_ASSIGN(const round::Runner* runner, Find(job));
  FLORIN_ASSIGN(const auto versions, engine_.store.Versions(job));
  for (const auto& version : versions) *answer.add_version() = DescribeVersion(version);
  // A version that was rolled back to stands there twice: the later place is the current one.
  for (int i = answer.version_size() - 1; i >= 0; --i) {
    if (versions[static_cast<size_t>(i)].id != runner->current().id) continue;
    answer.mutable_version(i)->set_is_current(true);
    break;
  }
  return {};
}

Result<job::Version> Desk::FindVersion(const v1::VersionName& request) {
  const JobId job(request.job());
  FLORIN_ASSIGN(const round::Runner* runner, Find(job));
  if (request.version().empty()) return runner->current();
  FLORIN_ASSIGN(const VersionId id, VersionOf(request.version()));
  FLORIN_ASSIGN(auto version, engine_.store.FindVersion(id));
  if (version && version->job == job) return std::move(*version);
  FLORIN_ASSIGN(const auto versions, engine_.store.Versions(job));
  for (const round::PublishedVersion& published : versions) {
    if (published.id == id) return round::ModelDropped(published, versions);
  }
  return NoVersion(job, id);
}

void Desk::ListMembers(identity::Role role, v1::MemberList& answer) {
  for (const identity::RosterEntry& entry : members_.members()) {
    if (entry.peer.role == role) *answer.add_member() = DescribeMember(entry);
  }
}

Status Desk::ListSites(const v1::ListMembersRequest&, v1::MemberList& answer) {
  ListMembers(identity::Role::kSite, answer);
  for (v1::Member& member : *answer.mutable_member()) {
    member.set_is_connected(engine_.scheduler.present().contains(SiteId(member.name())));
  }
  return {};
}

Status Desk::ListOperators(const v1::ListMembersRequest&, v1::MemberList& answer) {
  ListMembers(identity::Role::kOperator, answer);
  return {};
}

Status Desk::ShowCertificates(const v1::ListMembersRequest&, v1::Certificates& answer) {
  const identity::Trust trust = members_.trust();
  for (const std::string& pem : trust.roots) {
    FLORIN_ASSIGN(const crypto::Certificate root, crypto::ParseCertificate(pem));
    *answer.add_root() = DescribeRoot(root);
  }
  for (const auto& serial : trust.denied) answer.add_denied(serial.data(), serial.size());
  return {};
}

Status Desk::ReadAudit(const v1::AuditRequest& request, v1::AuditPage& answer) {
  const size_t count =
      request.count() == 0 ? kAuditPageMax : std::min(request.count(), kAuditPageMax);
  std::vector<std::string> lines;
  if (request.job().empty()) {
    const std::string chain = request.chain().empty() ? "calls" : request.chain();
    FLORIN_ASSIGN(ChainPage page, audit_.Read(chain, request.first(), count));
    lines = std::move(page.lines);
    answer.set_head(std::move(page.head));
  } else {
    const JobId job(request.job());
    FLORIN_TRY(Find(job).status());
    FLORIN_ASSIGN(lines, engine_.store.AuditTrail(job));
    const size_t first = std::min<size_t>(request.first(), lines.size());
    lines.erase(lines.begin(), lines.begin() + static_cast<ptrdiff_t>(first));
    lines.resize(std::min(lines.size(), count));
  }
  size_t bytes = 0;
  for (std::string& line : lines) {
    bytes += line.size();
    if (bytes > kAuditPageBytes && !answer.line().empty()) break;
    answer.add_line(std::move(line));
  }
  answer.set_next(request.first() + static_cast<uint64_t>(answer.line_size()));
  return {};
}

Status Desk::Submit(const Caller& caller, round::JobEntry entry, v1::Job& answer) {
  const JobId job = entry.id;
  FLORIN_TRY(Audited(caller, "submit-job", {{"job", job.text()}},
                     [&] { return engine_.scheduler.Submit(std::move(entry), caller.now); }));
  return Answer(job, answer);
}

Status Desk::PauseJob(const Caller& caller, const v1::JobName& request, v1::Job& answer) {
  const JobId job(request.job());
  FLORIN_TRY(Find(job).status());
  FLORIN_TRY(Audited(caller, "pause-job", {{"job", job.text()}},
                     [&] { return engine_.scheduler.Pause(job, caller.now); }));
  return Answer(job, answer);
}

Status Desk::ResumeJob(const Caller& caller, const v1::JobName& request, v1::Job& answer) {
  const JobId job(request.job());
  FLORIN_TRY(Find(job).status());
  FLORIN_TRY(Audited(caller, "resume-job", {{"job", job.text()}},
                     [&] { return engine_.scheduler.Resume(job, caller.now); }));
  return Answer(job, answer);
}

Status Desk::CancelJob(const Caller& caller, const v1::Cancellation& request, v1::Job& answer) {
  const JobId job(request.job());
  FLORIN_TRY(Find(job).status());
  if (request.reason().size() > kReasonMax) {
    return {Kind::kUsage, "CANCEL-REASON", "a reason has at most 500 bytes."};
  }
  const std::string reason = "cancelled by operator \"" + caller.name + "\"" +
                             (request.reason().empty() ? "" : ": " + request.reason());
  FLORIN_TRY(Audited(caller, "cancel-job", {{"job", job.text()}, {"reason", request.reason()}},
                     [&] { return engine_.scheduler.Cancel(job, reason, caller.now); }));
  return Answer(job, answer);
}

Status Desk::RollBack(const Caller& caller, const v1::VersionName& request, v1::Job& answer) {
  const JobId job(request.job());
  FLORIN_TRY(Find(job).status());
  FLORIN_ASSIGN(const VersionId version, VersionOf(request.version()));
  FLORIN_TRY(Audited(caller, "roll-back", {{"job", job.text()}, {"version", version.Hex()}},
                     [&] { return engine_.scheduler.RollBack(job, version, caller.now); }));
  return Answer(job, answer);
}

Status Desk::AddSite(const Caller& caller, const v1::NewMember& request, v1::Invitation& answer) {
  FLORIN_TRY(base::CheckName("site", request.name()));
  return Audited(caller, "add-site", {{"site", request.name()}}, [&]() -> Status {
    FLORIN_ASSIGN(*answer.mutable_token(),
                  members_.AddSite(SiteId(request.name()), {request.ttl_micros()}, caller.now));
    return {};
  });
}

Status Desk::RevokeSite(const Caller& caller, const v1::MemberName& request, v1::Done&) {
  FLORIN_TRY(base::CheckName("site", request.name()));
  return Audited(caller, "revoke-site", {{"site", request.name()}}, [&] {
    return members_.Revoke(identity::Peer::Site(SiteId(request.name())), caller.now);
  });
}

Status Desk::AddOperator(const Caller& caller, const v1::NewMember& request,
                         v1::Invitation& answer) {
  FLORIN_TRY(base::CheckName("operator", request.name()));
  return Audited(caller, "add-operator", {{"operator", request.name()}}, [&]() -> Status {
    FLORIN_ASSIGN(*answer.mutable_token(),
                  members_.AddOperator(request.name(), {request.ttl_micros()}, caller.now));
    return {};
  });
}

Status Desk::RemoveOperator(const Caller& caller, const v1::MemberName& request, v1::Done&) {
  FLORIN_TRY(base::CheckName("operator", request.name()));
  return Audited(caller, "remove-operator", {{"operator", request.name()}}, [&] {
    return members_.Revoke({identity::Role::kOperator, request.name()}, caller.now);
  });
}

Status Desk::RenewSite(const Caller& caller, const v1::MemberName& request, v1::Done&) {
  FLORIN_TRY(base::CheckName("site", request.name()));
  return Audited(caller, "renew-site", {{"site", request.name()}}, [&]() -> Status {
    if (present().contains(SiteId(request.name()))) return {};
    return {Kind::kNotFound, "SITE-AWAY",
            "site \"" + request.name() +
                "\" is not connected, so it cannot be asked; at the site, `florin agent renew` "
                "does the same."};
  });
}

Status Desk::DenyCertificate(const Caller& caller, const v1::CertificateName& request, v1::Done&) {
  crypto::CertificateSerial serial{};
  if (request.serial().size() != serial.size()) {
    return {Kind::kUsage, "CERTIFICATE-SERIAL",
            "a certificate's serial has 40 hexadecimal digits, found " +
                std::to_string(2 * request.serial().size()) + "; `florin site list` shows them."};
  }
  std::ranges::copy(request.serial(), serial.begin());
  return Audited(caller, "deny-certificate", {{"serial", crypto::SerialHex(serial)}},
                 [&] { return members_.Deny(serial, caller.now); });
}

Status Desk::RotateRoot(const Caller& caller, const v1::RootChange&, v1::Certificates& answer) {
  FLORIN_TRY(Audited(caller, "rotate-root", {}, [&] { return roots_.rotate(caller.now); }));
  return ShowCertificates({}, answer);
}

Status Desk::EndOldRoot(const Caller& caller, const v1::RootChange&, v1::Certificates& answer) {
  FLORIN_TRY(Audited(caller, "end-old-root", {}, [&] { return roots_.end_old(caller.now); }));
  return ShowCertificates({}, answer);
}

}  // namespace florin::api
