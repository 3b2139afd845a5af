// florin coordinator: serves a workspace until it is told to stop.
#include <atomic>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>

#include "commands.h"
#include "coordinator_process.h"
#include "enrol.h"
#include "florin/api/audit_log.h"
#include "florin/api/event_hub.h"
#include "florin/api/membership.h"
#include "florin/api/operator_service.h"
#include "florin/telemetry/http/metrics_http.h"
#include "florin/telemetry/metrics.h"
#include "florin/telemetry/tee.h"
#include "heartbeat.h"
#include "serving_log.h"
#include "signals.h"

namespace florin::apps {
namespace {

struct Options {
  std::string folder;
  std::string metrics;  // "" = not served
  bool logs_json = false;
};

// Everything that serves a workspace, in the order in which it must go again.
class Serving {
 public:
  Serving(const CoordinatorFolder& folder, bool logs_json)
      : folder_(folder),
        log_(std::cerr, logs_json),
        hub_({.first = static_cast<uint64_t>(clock_.Now().micros)}),
        events_({&log_, &hub_, &metrics_}) {}

  // Resumes the workspace; nothing is open yet.
  Status Open();
  Status Listen(const std::string& metrics);
  Status Run();
  CoordinatorProcess& process() { return *process_; }

 private:
  transport::ServerOptions ServerOf();
  void Tell(const char* name, std::string text) {
    log_.Emit({clock_.Now(), name, {}, {}, {}, std::move(text), {}});
  }
  void KeepCertificate();
  // Changes the root, with nobody else at the certificate's files.
  std::function<Status(Time)> Keeping(Status (*change)(const CoordinatorFolder&, api::Membership&,
                                                       Time)) {
    return [this, change](Time now) {
      const std::lock_guard guard(certificate_lock_);
      return change(folder_, *membership_, now);
    };
  }

  const CoordinatorFolder& folder_;
  base::SystemClock clock_;
  ServingLog log_;
  api::EventHub hub_;
  telemetry::Metrics metrics_;
  telemetry::Tee events_;
  std::unique_ptr<store::Directory> directory_;
  store::Vault vault_;
  std::optional<store::SqliteRecords> plain_;
  std::optional<store::SealedRecords> records_;
  std::unique_ptr<api::Membership> membership_;
  std::unique_ptr<CoordinatorProcess> process_;
  std::optional<api::AuditLog> audit_;
  std::unique_ptr<api::OperatorService> operators_;
  std::unique_ptr<transport::EnrolmentListener> enrolment_;
  std::unique_ptr<telemetry::MetricsHttp> metrics_http_;
  std::mutex certificate_lock_;
  Status fault_;  // of the store, under an operator's change
};

Status Serving::Open() {
  FLORIN_ASSIGN(directory_, store::Directory::Open(folder_.store));
  FLORIN_ASSIGN(vault_, SealWorkspace(folder_.path, clock_.Now()));
  plain_.emplace(*directory_);
  records_.emplace(*plain_, vault_);
  FLORIN_TRY(records_->SealAll());
  FLORIN_ASSIGN(membership_, api::Membership::Load(*records_));
  FLORIN_ASSIGN(process_,
                CoordinatorProcess::Open(*directory_, vault_, folder_.settings.kept_versions,
                                         events_, *membership_));
  audit_.emplace(process_->records());
  api::OperatorOptions options;
  options.post = [this](std::function<void()> work) { process_->Post(std::move(work)); };
  options.disconnect = [this](const SiteId& site, const Status& why) {
    process_->server().Disconnect(site, why);
  };
  options.roots = {Keeping(RotateRoot), Keeping(EndOldRoot)};
  options.on_fault = [this](const Status& why) {
    fault_ = why;
    process_->Stop();
  };
  operators_ = std::make_unique<api::OperatorService>(
      api::Engine{process_->scheduler(), process_->store(), process_->book()}, *membership_,
      *audit_, hub_, clock_, std::move(options));
  return {};
}

transport::ServerOptions Serving::ServerOf() {
  transport::ServerOptions server;
  server.listen = folder_.settings.listen;
  server.tls = folder_.live->Mutual();
  server.services = {operators_->service()};
  server.authorise = [this](std::string_view pem, Time now) -> Result<SiteId> {
    FLORIN_ASSIGN(const identity::Peer peer, membership_->Authorise(pem, now));
    if (peer.role == identity::Role::kSite) return SiteId(peer.name);
    return Status(Kind::kDenied, "PEER-ROLE", peer.ToString() + " is not a site.");
  };
  server.on_event = [this](const transport::ConnectionEvent& event) {
    std::string text = event.peer;
    if (!event.reason.empty()) text += ": " + event.reason + " [" + event.code + "]";
    if (event.name == "site.refused") metrics_.ConnectionRefused(event.code);
    log_.Emit({clock_.Now(), event.name, {}, {}, event.site, std::move(text), {}});
  };
  return server;
}

// At its half-life, now and whenever the process runs.
void Serving::KeepCertificate() {
  const std::lock_guard guard(certificate_lock_);
  const Status status = KeepCoordinatorFresh(folder_, *membership_, clock_.Now());
  if (!status.ok()) Tell("coordinator.renewal", status.ToString());
  if (const auto certificate = CurrentCertificate(folder_.tls); certificate.ok()) {
    metrics_.SetCertificateEnd(certificate->validity.not_after);
  }
}

Status Serving::Listen(const std::string& metrics) {
  KeepCertificate();
  FLORIN_ASSIGN(
      enrolment_,
      ServeEnrolment(folder_, *membership_, clock_, [this](const transport::EnrolmentEvent& event) {
        std::string text = event.member.ToString() + " from " + event.peer;
        if (!event.code.empty()) {
          text += ": " + event.reason + " [" + event.code + "]";
        }
        Tell(event.name.c_str(), std::move(text));
      }));
  if (!metrics.empty()) {
    FLORIN_ASSIGN(metrics_http_, telemetry::MetricsHttp::Start(metrics, [this] {
                    metrics_.SetSitesConnected(process_->connection_count());
                    return metrics_.Render(clock_.Now());
                  }));
  }
  return process_->Listen(ServerOf());
}

Status Serving::Run() {
  Tell("coordinator.serving", "sites and operators at " + folder_.settings.listen +
                                  ", joiners at " + folder_.settings.enrol_listen);
  const Heartbeat renewal(std::chrono::minutes(10), [this] { KeepCertificate(); });
  FLORIN_TRY(process_->Run());
  return std::move(fault_);
}

Status Run(const Options& options) {
  FLORIN_ASSIGN(const CoordinatorFolder folder, LoadCoordinator(options.folder));
  std::atomic<Serving*> running = nullptr;
  std::atomic<bool> is_stopped = false;
  const StopSignal signal([&] {
    is_stopped = true;
    if (Serving* serving = running) serving->process().Stop();
  });
  Serving serving(folder, options.logs_json);
  FLORIN_TRY(serving.Open());
  FLORIN_TRY(serving.Listen(options.metrics));
  running = &serving;
  if (is_stopped) serving.process().Stop();
  return serving.Run();
}

}  // namespace

void SetupCoordinator(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  SetExamples(app, "  florin coordinator --dir workspace");
  app.add_option("--dir", options->folder, "The workspace, made by florin init")->required();
  app.add_option("--metrics", options->metrics,
                 "Serve /metrics and /healthz as plain HTTP at this ADDRESS:PORT");
  app.add_flag("--log-json", options->logs_json, "One JSON object a line instead of text");
  OnChosen(app, context, [options] { return Run(*options); });
}

}  // namespace florin::apps
