#include "florin/api/operator_client.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "florin/api/call.h"
#include "florin/api/read_model.h"
#include "florin/api/status_code.h"
#include "florin/identity/operators.h"
#include "florin/job/spec.h"
#include "florin/v1/operator.grpc.pb.h"

namespace florin::api {
namespace {

constexpr int kAnswerMax = 64 << 20;      // bytes: a job of very many versions
constexpr int kKeepaliveMillis = 40'000;  // as sites do

v1::JobName NameOf(const JobId& job) {
  v1::JobName name;
  name.set_job(job.text());
  return name;
}

v1::VersionName NameOf(const JobId& job, const VersionId& version) {
  v1::VersionName name;
  name.set_job(job.text());
  name.set_version(IdBytes(version));
  return name;
}

v1::MemberName NameOf(const std::string& member) {
  v1::MemberName name;
  name.set_name(member);
  return name;
}

v1::NewMember NewMemberOf(const std::string& name, Duration ttl) {
  v1::NewMember member;
  member.set_name(name);
  member.set_ttl_micros(ttl.micros);
  return member;
}

Result<v1::Submission> SubmissionOf(const JobFiles& files) {
  FLORIN_ASSIGN(const job::JobSpec spec, ResolveJob(files));
  base::Writer writer;
  spec.Save(writer);
  v1::Submission submission;
  submission.set_file(files.file);
  submission.set_text(files.text);
  submission.set_spec(writer.view().data(), writer.size());
  for (const auto& [name, text] : files.read) (*submission.mutable_read())[name] = text;
  return submission;
}

}  // namespace

class OperatorClient::Impl {
 public:
  using Stub = v1::Operator::Stub;

  Impl(Options options, base::Clock& clock)
      : options_(std::move(options)), clock_(clock), stub_(v1::Operator::NewStub(Channel())) {}

  Stub& stub() { return *stub_; }

  void SetDeadline(grpc::ClientContext& context) const {
    context.set_deadline(std::chrono::system_clock::now() +  // tidy-ok: gRPC's own clock
                         std::chrono::microseconds(options_.patience.micros));
  }
  Status Explain(const grpc::Status& status) const {
    if (auto own = FromGrpc(status)) return std::move(*own);
    return options_.explain(status.error_code(), status.error_message());
  }

  template <typename Request, typename Answer>
  Result<Answer> Call(grpc::Status (Stub::*call)(grpc::ClientContext*, const Request&, Answer*),
                      const Request& request) {
    grpc::ClientContext context;
    SetDeadline(context);
    Answer answer;
    FLORIN_TRY(Explain((stub_.get()->*call)(&context, request, &answer)));
    return answer;
  }
  template <typename Request, typename Answer>
  Result<Answer> Change(const char* method,
                        grpc::Status (Stub::*call)(grpc::ClientContext*, const v1::Signed&,
                                                   Answer*),
                        const Request& request) {
    v1::Signed given;
    given.set_request(request.SerializeAsString());
    given.set_command(Sign(method, given.request()));
    return Call(call, given);
  }
  std::string Sign(std::string_view method, const std::string& request) const {
    const Bytes command =
        identity::SignCommand(options_.workspace, options_.operator_name, options_.identity_key,
                              CommandOf(method, base::AsBytes(request)), clock_.Now())
            .Save();
    return {command.begin(), command.end()};
  }

 private:
  std::shared_ptr<grpc::Channel> Channel() const {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kAnswerMax);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMillis);  // a watch may be silent
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveMillis);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    return grpc::CreateCustomChannel(options_.address, options_.credentials, arguments);
  }

  Options options_;
  base::Clock& clock_;
  std::unique_ptr<Stub> stub_;
};

OperatorClient::OperatorClient(Options options, base::Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), clock)) {}
OperatorClient::~OperatorClient() = default;

Result<v1::Job> OperatorClient::SubmitJob(const JobFiles& files) {
  FLORIN_ASSIGN(const v1::Submission submission, SubmissionOf(files));
  const std::string bytes = submission.SerializeAsString();
  grpc::ClientContext context;
  impl_->SetDeadline(context);
  v1::Job answer;
  const auto writer = impl_->stub().SubmitJob(&context, &answer);
  v1::SignedPart part;
  part.set_command(impl_->Sign("SubmitJob", bytes));
  for (size_t at = 0; at < bytes.size(); at += kPieceBytes) {
    part.set_piece(bytes.substr(at, kPieceBytes));
    if (!writer->Write(part)) break;  // the answer says why
    part.Clear();
  }
  writer->WritesDone();
  FLORIN_TRY(impl_->Explain(writer->Finish()));
  return answer;
}

Result<v1::JobList> OperatorClient::ListJobs() {
  return impl_->Call(&Impl::Stub::ListJobs, v1::ListJobsRequest());
}

Result<v1::JobDetail> OperatorClient::ShowJob(const JobId& job) {
  return impl_->Call(&Impl::Stub::ShowJob, NameOf(job));
}

Result<v1::Job> OperatorClient::PauseJob(const JobId& job) {
  return impl_->Change("PauseJob", &Impl::Stub::PauseJob, NameOf(job));
}

Result<v1::Job> OperatorClient::ResumeJob(const JobId& job) {
  return impl_->Change("ResumeJob", &Impl::Stub::ResumeJob, NameOf(job));
}

Result<v1::Job> OperatorClient::CancelJob(const JobId& job, const std::string& reason) {
  v1::Cancellation request;
  request.set_job(job.text());
  request.set_reason(reason);
  return impl_->Change("CancelJob", &Impl::Stub::CancelJob, request);
}

Result<v1::VersionList> OperatorClient::ListVersions(const JobId& job) {
  return impl_->Call(&Impl::Stub::ListVersions, NameOf(job));
}

Result<Bytes> OperatorClient::GetVersion(const JobId& job, const VersionId& version) {
  grpc::ClientContext context;
  const auto reader = impl_->stub().GetVersion(&context, NameOf(job, version));
  Bytes bytes;
  v1::Piece piece;
  while (reader->Read(&piece)) bytes.insert(bytes.end(), piece.data().begin(), piece.data().end());
  FLORIN_TRY(impl_->Explain(reader->Finish()));
  return bytes;
}

Result<v1::Job> OperatorClient::RollBack(const JobId& job, const VersionId& version) {
  return impl_->Change("RollBack", &Impl::Stub::RollBack, NameOf(job, version));
}

Result<v1::Invitation> OperatorClient::AddSite(const std::string& name, Duration ttl) {
  return impl_->Change("AddSite", &Impl::Stub::AddSite, NewMemberOf(name, ttl));
}

Result<v1::MemberList> OperatorClient::ListSites() {
  return impl_->Call(&Impl::Stub::ListSites, v1::ListMembersRequest());
}

Status OperatorClient::RevokeSite(const std::string& name) {
  return impl_->Change("RevokeSite", &Impl::Stub::RevokeSite, NameOf(name)).status();
}

Result<v1::Invitation> OperatorClient::AddOperator(const std::string& name, Duration ttl) {
  return impl_->Change("AddOperator", &Impl::Stub::AddOperator, NewMemberOf(name, ttl));
}

Result<v1::MemberList> OperatorClient::ListOperators() {
  return impl_->Call(&Impl::Stub::ListOperators, v1::ListMembersRequest());
}

Status OperatorClient::RemoveOperator(const std::string& name) {
  return impl_->Change("RemoveOperator", &Impl::Stub::RemoveOperator, NameOf(name)).status();
}

Status OperatorClient::RenewSite(const std::string& name) {
  return impl_->Change("RenewSite", &Impl::Stub::RenewSite, NameOf(name)).status();
}

Result<v1::Certificates> OperatorClient::ShowCertificates() {
  return impl_->Call(&Impl::Stub::ShowCertificates, v1::ListMembersRequest());
}

Status OperatorClient::DenyCertificate(ByteView serial) {
  v1::CertificateName request;
  request.set_serial(serial.data(), serial.size());
  return impl_->Change("DenyCertificate", &Impl::Stub::DenyCertificate, request).status();
}

Result<v1::Certificates> OperatorClient::RotateRoot() {
  return impl_->Change("RotateRoot", &Impl::Stub::RotateRoot, v1::RootChange());
}

Result<v1::Certificates> OperatorClient::EndOldRoot() {
  return impl_->Change("EndOldRoot", &Impl::Stub::EndOldRoot, v1::RootChange());
}

Result<v1::AuditPage> OperatorClient::ReadJobAudit(const JobId& job, uint64_t first) {
  v1::AuditRequest request;
  request.set_job(job.text());
  request.set_first(first);
  return impl_->Call(&Impl::Stub::ReadAudit, request);
}

Result<v1::AuditPage> OperatorClient::ReadAudit(const std::string& chain, uint64_t first) {
  v1::AuditRequest request;
  request.set_chain(chain);
  request.set_first(first);
  return impl_->Call(&Impl::Stub::ReadAudit, request);
}

Status OperatorClient::WatchJob(const JobId& job, uint64_t& seen, const Watcher& watcher) {
  v1::WatchRequest request;
  request.set_job(job.text());
  request.set_after(seen);
  grpc::ClientContext context;
  const auto reader = impl_->stub().WatchJob(&context, request);
  v1::WatchItem item;
  while (reader->Read(&item)) {
    if (item.has_job()) watcher.on_job(item.job());
    if (!item.has_event()) continue;
    seen = item.event().number();
    watcher.on_event(item.event());
  }
  return impl_->Explain(reader->Finish());
}

Status OperatorClient::FollowJob(const JobId& job, const Watcher& watcher, int interruptions_max) {
  uint64_t seen = 0;
  int interruptions = 0;
  Watcher counting = watcher;
  counting.on_job = [&](const v1::Job& state) {
    interruptions = 0;
    watcher.on_job(state);
  };
  while (true) {
    Status status = WatchJob(job, seen, counting);
    const bool may_pass = status.kind() == Kind::kUnreachable || status.code() == "WATCH-SLOW";
    if (!may_pass || ++interruptions > interruptions_max) return status;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

}  // namespace florin::api
