#include "florin/api/operator_service.h"

#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "florin/api/call.h"
#include "florin/api/desk.h"
#include "florin/api/status_code.h"
#include "florin/api/streams.h"
#include "florin/api/submission.h"
#include "florin/base/tally.h"

namespace florin::api {

namespace {

using Context = grpc::CallbackServerContext;
using Unary = grpc::ServerUnaryReactor;

// The certificate that the TLS handshake proved, or nothing.
std::string PeerCertificate(const Context& context) {
  const auto found = context.auth_context()->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  return found.empty() ? std::string() : std::string(found[0].data(), found[0].size());
}

constexpr uint32_t kDeniedMax = 16;  // calls of a connection in kDeniedFor; then none is looked at
constexpr Duration kDeniedFor = Duration::Seconds(60);
constexpr size_t kPeersCounted = 1024;

Status Malformed(std::string_view method) {
  return {Kind::kUsage, "CALL-FORM", std::string(method) + ": the bytes are no request of this."};
}

// A stream that is refused before anything is read.
class SubmitRefusal final : public grpc::ServerReadReactor<v1::SignedPart> {
 public:
  explicit SubmitRefusal(const Status& why) { Finish(ToGrpc(why)); }
  void OnDone() override { delete this; }
};

}  // namespace

class OperatorService::Impl final : public v1::Operator::CallbackService {
 public:
  class SubmitStream;

  Impl(Engine engine, Members& members, AuditLog& audit, EventHub& hub, base::Clock& clock,
       OperatorOptions options)
      : options_(std::move(options)),
        desk_(engine, members, audit, options_.roots),
        members_(members),
        hub_(hub),
        clock_(clock) {}

  Unary* ListJobs(Context* c, const v1::ListJobsRequest* q, v1::JobList* a) override {
    return Read(c, q, a, &Desk::ListJobs);
  }
  Unary* ShowJob(Context* c, const v1::JobName* q, v1::JobDetail* a) override {
    return Read(c, q, a, &Desk::ShowJob);
  }
  Unary* ListVersions(Context* c, const v1::JobName* q, v1::VersionList* a) override {
    return Read(c, q, a, &Desk::ListVersions);
  }
  Unary* ListSites(Context* c, const v1::ListMembersRequest* q, v1::MemberList* a) override {
    return Read(c, q, a, &Desk::ListSites);
  }
  Unary* ListOperators(Context* c, const v1::ListMembersRequest* q, v1::MemberList* a) override {
    return Read(c, q, a, &Desk::ListOperators);
  }
  Unary* ShowCertificates(Context* c, const v1::ListMembersRequest* q,
                          v1::Certificates* a) override {
    return Read(c, q, a, &Desk::ShowCertificates);
  }
  Unary* ReadAudit(Context* c, const v1::AuditRequest* q, v1::AuditPage* a) override {
    return Read(c, q, a, &Desk::ReadAudit);
  }

  Unary* PauseJob(Context* c, const v1::Signed* q, v1::Job* a) override {
    return Change(c, q, a, "PauseJob", &Desk::PauseJob);
  }
  Unary* ResumeJob(Context* c, const v1::Signed* q, v1::Job* a) override {
    return Change(c, q, a, "ResumeJob", &Desk::ResumeJob);
  }
  Unary* CancelJob(Context* c, const v1::Signed* q, v1::Job* a) override {
    return Change(c, q, a, "CancelJob", &Desk::CancelJob);
  }
  Unary* RollBack(Context* c, const v1::Signed* q, v1::Job* a) override {
    return Change(c, q, a, "RollBack", &Desk::RollBack);
  }
  Unary* AddSite(Context* c, const v1::Signed* q, v1::Invitation* a) override {
    return Change(c, q, a, "AddSite", &Desk::AddSite);
  }
  Unary* RevokeSite(Context* c, const v1::Signed* q, v1::Done* a) override {
    return Change(c, q, a, "RevokeSite", &Desk::RevokeSite,
                  [this](const v1::MemberName& site) { Disconnect(site.name()); });
  }
  Unary* RenewSite(Context* c, const v1::Signed* q, v1::Done* a) override {
    return Change(c, q, a, "RenewSite", &Desk::RenewSite, [this](const v1::MemberName& site) {
      options_.disconnect(SiteId(site.name()), RenewAsked());
    });
  }
  // An open connection may stand on what is trusted no more: all are looked at anew.
  Unary* DenyCertificate(Context* c, const v1::Signed* q, v1::Done* a) override {
    return Change(c, q, a, "DenyCertificate", &Desk::DenyCertificate,
                  [this](const v1::CertificateName&) { DisconnectAll(DialAnew()); });
  }
  Unary* RotateRoot(Context* c, const v1::Signed* q, v1::Certificates* a) override {
    return Change(c, q, a, "RotateRoot", &Desk::RotateRoot,
                  [this](const v1::RootChange&) { DisconnectAll(RenewAsked()); });
  }
  Unary* EndOldRoot(Context* c, const v1::Signed* q, v1::Certificates* a) override {
    return Change(c, q, a, "EndOldRoot", &Desk::EndOldRoot,
                  [this](const v1::RootChange&) { DisconnectAll(DialAnew()); });
  }
  Unary* AddOperator(Context* c, const v1::Signed* q, v1::Invitation* a) override {
    return Change(c, q, a, "AddOperator", &Desk::AddOperator);
  }
  Unary* RemoveOperator(Context* c, const v1::Signed* q, v1::Done* a) override {
    return Change(c, q, a, "RemoveOperator", &Desk::RemoveOperator,
                  [this](const v1::MemberName& one) { EndWatches(one.name()); });
  }

  grpc::ServerReadReactor<v1::SignedPart>* SubmitJob(Context* context, v1::Job* answer) override;
  grpc::ServerWriteReactor<v1::Piece>* GetVersion(Context* context,
                                                  const v1::VersionName* request) override;
  grpc::ServerWriteReactor<v1::WatchItem>* WatchJob(Context* context,
                                                    const v1::WatchRequest* request) override;

 private:
  // Who calls: an operator. Kind::kDenied
  Result<std::string> Authorise(const Context& context);
  void Disconnect(const std::string& site) {
    options_.disconnect(SiteId(site), {Kind::kDenied, "PEER-REVOKED",
                                       "site \"" + site + "\" was revoked by an operator."});
  }
  // An agent that reads this code renews, then dials again.
  static Status RenewAsked() {
    return {Kind::kConflict, "RENEW-ASKED", "an operator asks the site to renew its certificate."};
  }
  static Status DialAnew() {
    return {Kind::kConflict, "DIAL-ANEW", "the workspace's certificates have changed: dial again."};
  }
  void DisconnectAll(const Status& why) {
    for (const SiteId& site : desk_.present()) options_.disconnect(site, why);
  }
  // The engine's thread, as all that is done in closures.
  void EndWatches(const std::string& watcher) {
    for (const auto& [name, weak] : watches_) {
      const auto stream = name == watcher ? weak.lock() : nullptr;
      if (stream == nullptr) continue;
      stream->End({Kind::kDenied, "PEER-REVOKED",
                   "operator \"" + watcher + "\" was removed by an operator."});
    }
  }
  void Watch(const std::string& watcher, const std::shared_ptr<WatchStream>& stream, v1::Job job,
             uint64_t after) {
    std::erase_if(watches_, [](const auto& watch) { return watch.second.expired(); });
    watches_.emplace_back(watcher, stream);
    stream->Begin(hub_, std::move(job), after);
  }
  // Passes a change's outcome on, and a broken store to the program.
  Status Outcome(Status status) {
    if (status.code().starts_with("STORE-")) options_.on_fault(status);
    return status;
  }

  // The request and the answer are gRPC's until the call ends.
  template <typename Request, typename Answer>
  Unary* Read(Context* context, const Request* request, Answer* answer,
              Status (Desk::*call)(const Request&, Answer&)) {
    Unary* const reactor = context->DefaultReactor();
    const auto pending = std::make_shared<Pending<Unary>>(*reactor);
    const auto caller = Authorise(*context);
    if (!caller.ok()) {
      pending->Finish(caller.status());
      return reactor;
    }
    options_.post([this, pending, request, answer, call] {
      pending->Finish((desk_.*call)(*request, *answer));
    });
    return reactor;
  }

  template <typename Request, typename Answer>
  Unary* Change(
      Context* context, const v1::Signed* given, Answer* answer, const char* method,
      Status (Desk::*call)(const Caller&, const Request&, Answer&),
      std::type_identity_t<std::function<void(const Request&)>> then = [](const Request&) {}) {
    Unary* const reactor = context->DefaultReactor();
    const auto pending = std::make_shared<Pending<Unary>>(*reactor);
    const auto caller = Authorise(*context);
    Request request;
    if (!caller.ok()) {
      pending->Finish(caller.status());
    } else if (!request.ParseFromString(given->request())) {
      pending->Finish(Malformed(method));
    } else {
      options_.post([this, pending, request = std::move(request), given, answer, method, call,
                     name = *caller, then = std::move(then)] {
        const Caller who{name, clock_.Now()};
        Status status =
            desk_.Accept(who, method, given->command(), base::AsBytes(given->request()));
        if (status.ok()) status = Outcome((desk_.*call)(who, request, *answer));
        if (status.ok()) then(request);
        pending->Finish(status);
      });
    }
    return reactor;
  }

  OperatorOptions options_;
  Desk desk_;  // this and watches_: the engine's thread alone
  std::vector<std::pair<std::string, std::weak_ptr<WatchStream>>> watches_;  // by operator
  Members& members_;
  EventHub& hub_;
  base::Clock& clock_;
  std::mutex lock_;                                // of denied_
  base::Tally denied_{kDeniedFor, kPeersCounted};  // calls of each peer's address and port
};

// Collects the parts, checks the job on this thread, and submits it on the engine's.
class OperatorService::Impl::SubmitStream final : public grpc::ServerReadReactor<v1::SignedPart> {
 public:
  SubmitStream(Impl& service, std::string caller, v1::Job& answer)
      : service_(service), caller_(std::move(caller)), answer_(answer) {
    StartRead(&part_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return Check();
    if (command_.empty()) command_ = part_.command();
    if (bytes_.size() + part_.piece().size() > kSubmissionMax) {
      return Finish(ToGrpc({Kind::kUsage, "SUBMIT-SIZE",
                            "a job with its files has at most 32 MiB; shorten its vocabularies."}));
    }
    bytes_ += part_.piece();
    part_.Clear();
    StartRead(&part_);
  }
  void OnDone() override { delete this; }

 private:
  void Check() {
    const auto pending = std::make_shared<Pending<grpc::ServerReadReactor<v1::SignedPart>>>(*this);
    v1::Submission submission;
    if (!submission.ParseFromString(bytes_)) return pending->Finish(Malformed("SubmitJob"));
    JobFiles files{submission.file(), submission.text(), {}};
    for (const auto& [name, text] : submission.read()) files.read.emplace(name, text);
    const Time now = service_.clock_.Now();
    auto entry = CheckSubmission(files, base::AsBytes(submission.spec()), caller_, now);
    if (!entry.ok()) return pending->Finish(entry.status());
    service_.options_.post([this, pending, entry = std::move(*entry)]() mutable {
      pending->Finish(Submit(std::move(entry)));
    });
  }
  Status Submit(round::JobEntry entry) {
    const Caller who{caller_, service_.clock_.Now()};
    FLORIN_TRY(service_.desk_.Accept(who, "SubmitJob", command_, base::AsBytes(bytes_)));
    return service_.Outcome(service_.desk_.Submit(who, std::move(entry), answer_));
  }

  Impl& service_;
  std::string caller_;
  v1::Job& answer_;
  v1::SignedPart part_;
  std::string command_;
  std::string bytes_;
};

Result<std::string> OperatorService::Impl::Authorise(const Context& context) {
  const std::string from = context.peer();
  const Time now = clock_.Now();
  {
    const std::lock_guard guard(lock_);
    if (denied_.CountOf(from, now) >= kDeniedMax) {
      return Status(Kind::kRefused, "WIRE-STREAMS", "a connection was denied too often.");
    }
  }
  auto peer = members_.Authorise(PeerCertificate(context), now);
  if (peer.ok() && peer->role == identity::Role::kOperator) return std::move(peer->name);
  const std::lock_guard guard(lock_);
  denied_.Count(from, now);
  if (!peer.ok()) return std::move(peer).status();
  return Status(Kind::kDenied, "OPERATOR-ONLY",
                peer->ToString() + " asks what only an operator may ask.");
}

grpc::ServerReadReactor<v1::SignedPart>* OperatorService::Impl::SubmitJob(Context* context,
                                                                          v1::Job* answer) {
  const auto caller = Authorise(*context);
  if (!caller.ok()) return new SubmitRefusal(caller.status());
  return new SubmitStream(*this, *caller, *answer);
}

grpc::ServerWriteReactor<v1::Piece>* OperatorService::Impl::GetVersion(
    Context* context, const v1::VersionName* request) {
  auto* const stream = new VersionStream();
  const auto pending = std::make_shared<Pending<VersionStream>>(*stream);
  const auto caller = Authorise(*context);
  if (!caller.ok()) {
    pending->Finish(caller.status());
    return stream;
  }
  options_.post([this, pending, request] {
    auto version = desk_.FindVersion(*request);
    if (!version.ok()) return pending->Finish(version.status());
    pending->Release().Begin(std::move(*version));
  });
  return stream;
}

grpc::ServerWriteReactor<v1::WatchItem>* OperatorService::Impl::WatchJob(
    Context* context, const v1::WatchRequest* request) {
  const std::shared_ptr<WatchStream> stream = WatchStream::Make();
  const auto pending = std::make_shared<Pending<WatchStream>>(*stream);
  const auto caller = Authorise(*context);
  if (!caller.ok()) {
    pending->Finish(caller.status());
    return stream.get();
  }
  // The request may be gone when the closure runs: a watch that is cancelled ends at once.
  options_.post(
      [this, stream, pending, name = *caller, job = request->job(), after = request->after()] {
        auto described = desk_.Describe(JobId(job));
        if (!described.ok()) return pending->Finish(described.status());
        pending->Release();
        Watch(name, stream, std::move(*described), after);
      });
  return stream.get();
}

OperatorService::OperatorService(Engine engine, Members& members, AuditLog& audit, EventHub& hub,
                                 base::Clock& clock, OperatorOptions options)
    : impl_(std::make_unique<Impl>(engine, members, audit, hub, clock, std::move(options))) {}
OperatorService::~OperatorService() = default;

grpc::Service* OperatorService::service() { return impl_.get(); }

}  // namespace florin::api
