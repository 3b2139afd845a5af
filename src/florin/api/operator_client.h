// OperatorClient: the operator calls as plain functions, for a program in an operator's hands.
//
// Each waits for its answer. Errors are those of OperatorService with kind and code, or what
// `explain` makes of the network's own; changes are signed with the operator's identity key.
// Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <grpcpp/security/credentials.h>

#include "florin/api/submission.h"
#include "florin/base/ids.h"
#include "florin/crypto/ed25519.h"
#include "florin/v1/operator.pb.h"

namespace florin::api {

class OperatorClient {
 public:
  struct Options {
    std::string address;
    std::shared_ptr<grpc::ChannelCredentials> credentials;
    std::string workspace;
    std::string operator_name;
    crypto::Ed25519Seed identity_key{};
    // What a call that failed on its way means to a person.
    std::function<Status(int grpc_code, const std::string& message)> explain;
    Duration patience = Duration::Seconds(60);  // of one call; watching has no end
  };

  // The clock outlives the client.
  OperatorClient(Options options, base::Clock& clock);
  ~OperatorClient();

  // Resolves the job first: what is wrong with it is told without a call.
  Result<v1::Job> SubmitJob(const JobFiles& files);
  Result<v1::JobList> ListJobs();
  Result<v1::JobDetail> ShowJob(const JobId& job);
  Result<v1::Job> PauseJob(const JobId& job);
  Result<v1::Job> ResumeJob(const JobId& job);
  Result<v1::Job> CancelJob(const JobId& job, const std::string& reason);
  Result<v1::VersionList> ListVersions(const JobId& job);
  Result<Bytes> GetVersion(const JobId& job, const VersionId& version);  // empty: the current one
  Result<v1::Job> RollBack(const JobId& job, const VersionId& version);

  Result<v1::Invitation> AddSite(const std::string& name, Duration ttl);
  Result<v1::MemberList> ListSites();
  Status RevokeSite(const std::string& name);
  Result<v1::Invitation> AddOperator(const std::string& name, Duration ttl);
  Result<v1::MemberList> ListOperators();
  Status RemoveOperator(const std::string& name);
  Status RenewSite(const std::string& name);
  Result<v1::Certificates> ShowCertificates();
  Status DenyCertificate(ByteView serial);
  Result<v1::Certificates> RotateRoot();
  Result<v1::Certificates> EndOldRoot();
  // A page from entry `first` on, counted from 0: of a job's trail, or of one of the chains that
  // AuditLog::ReadChain names.
  Result<v1::AuditPage> ReadJobAudit(const JobId& job, uint64_t first);
  Result<v1::AuditPage> ReadAudit(const std::string& chain, uint64_t first);

  struct Watcher {
    std::function<void(const v1::Job&)> on_job;  // first, and after each interruption
    std::function<void(const v1::Event&)> on_event;
  };
  // Ends when the job is over (ok) or the stream broke; `seen` is the last number, to go on from.
  Status WatchJob(const JobId& job, uint64_t& seen, const Watcher& watcher);
  // WatchJob again and again over interruptions; gives up after so many in a row, a second apart.
  Status FollowJob(const JobId& job, const Watcher& watcher, int interruptions_max = 60);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace florin::api
