// Desk: what each operator call does, without its network. Internal to this room.
//
// All functions are for the engine's thread. A change is audited before it is made, and its failure
// too; so the trail has who asked for what even when the process dies in between.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "florin/api/audit_log.h"
#include "florin/api/members.h"
#include "florin/api/operator_service.h"
#include "florin/api/read_model.h"
#include "florin/round/scheduler.h"

namespace florin::api {

struct Caller {
  std::string name;  // of the operator, by its certificate
  Time now;
};

class Desk {
 public:
  Desk(Engine engine, Members& members, AuditLog& audit, const RootKeeper& roots)
      : engine_(engine), members_(members), audit_(audit), roots_(roots) {}

  const std::set<SiteId>& present() const { return engine_.scheduler.present(); }

  // Takes a signed command for this call, once. Kind::kDenied: [OPERATOR-MISMATCH] another
  // operator signed it, [CALL-COMMAND], what Members::AcceptCommand says; [CODEC].
  Status Accept(const Caller& caller, std::string_view method, const std::string& command,
                ByteView request);
  Status Note(const Caller& caller, std::string event, govern::AuditFields fields);

  // -- reading. [JOB-UNKNOWN], [VERSION-UNKNOWN], [VERSION-DROPPED]
  Status ListJobs(const v1::ListJobsRequest& request, v1::JobList& answer);
  Status ShowJob(const v1::JobName& request, v1::JobDetail& answer);
  Status ListVersions(const v1::JobName& request, v1::VersionList& answer);
  Status ListSites(const v1::ListMembersRequest& request, v1::MemberList& answer);
  Status ListOperators(const v1::ListMembersRequest& request, v1::MemberList& answer);
  Status ShowCertificates(const v1::ListMembersRequest& request, v1::Certificates& answer);
  Status ReadAudit(const v1::AuditRequest& request, v1::AuditPage& answer);
  Result<job::Version> FindVersion(const v1::VersionName& request);
  Result<v1::Job> Describe(const JobId& job);

  // -- changing. What Scheduler and Members say.
  Status Submit(const Caller& caller, round::JobEntry entry, v1::Job& answer);
  Status PauseJob(const Caller& caller, const v1::JobName& request, v1::Job& answer);
  Status ResumeJob(const Caller& caller, const v1::JobName& request, v1::Job& answer);
  Status CancelJob(const Caller& caller, const v1::Cancellation& request, v1::Job& answer);
  Status RollBack(const Caller& caller, const v1::VersionName& request, v1::Job& answer);
  Status AddSite(const Caller& caller, const v1::NewMember& request, v1::Invitation& answer);
  Status RevokeSite(const Caller& caller, const v1::MemberName& request, v1::Done& answer);
  Status AddOperator(const Caller& caller, const v1::NewMember& request, v1::Invitation& answer);
  Status RemoveOperator(const Caller& caller, const v1::MemberName& request, v1::Done& answer);
  // [SITE-AWAY] it is not connected: nobody can be asked.
  Status RenewSite(const Caller& caller, const v1::MemberName& request, v1::Done& answer);
  // [CERTIFICATE-SERIAL] it has not 20 bytes.
  Status DenyCertificate(const Caller& caller, const v1::CertificateName& request,
                         v1::Done& answer);
  Status RotateRoot(const Caller& caller, const v1::RootChange& request, v1::Certificates& answer);
  Status EndOldRoot(const Caller& caller, const v1::RootChange& request, v1::Certificates& answer);

 private:
  Result<const round::Runner*> Find(const JobId& job) const;
  Result<const JobFacts*> FactsOf(const JobId& job);
  Status Answer(const JobId& job, v1::Job& answer);
  void ListMembers(identity::Role role, v1::MemberList& answer);
  // Notes the wish, acts, and notes the failure if it fails.
  template <typename Act>
  Status Audited(const Caller& caller, const char* event, govern::AuditFields fields, Act act);

  Engine engine_;
  Members& members_;
  AuditLog& audit_;
  const RootKeeper& roots_;          // of the service
  std::map<JobId, JobFacts> facts_;  // of entries that never change
};

}  // namespace florin::api
