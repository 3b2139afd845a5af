// florin coordinator: serves a workspace until it is told to stop.
#include <atomic>
#include <iostream>
#include <memory>

#include "commands.h"
#include "coordinator_process.h"
#include "enrol.h"
#include "florin/api/membership.h"
#include "florin/api/operator_service.h"
#include "florin/telemetry/tee.h"
#include "serving_log.h"
#include "signals.h"

namespace florin::apps {
namespace {

struct Options {
  std::string folder;
  bool logs_json = false;
};

transport::ServerOptions ServerOf(const CoordinatorFolder& folder, api::Membership& members,
                                  job::EventSink& log, base::Clock& clock) {
  transport::ServerOptions server;
  server.listen = folder.settings.listen;
  server.tls = folder.tls;
  server.authorise = [&members](std::string_view pem, Time now) -> Result<SiteId> {
    FLORIN_ASSIGN(const identity::Peer peer, members.Authorise(pem, now));
    if (peer.role == identity::Role::kSite) return SiteId(peer.name);
    return Status(Kind::kDenied, "PEER-ROLE", peer.ToString() + " is not a site.");
  };
  server.on_event = [&log, &clock](const transport::ConnectionEvent& event) {
    std::string text = event.peer;
    if (!event.reason.empty()) text += ": " + event.reason + " [" + event.code + "]";
    log.Emit({clock.Now(), event.name, {}, {}, event.site, std::move(text), {}});
  };
  return server;
}

// fault: what broke under an operator's change; the process ends with it.
api::OperatorOptions OperatorsOf(CoordinatorProcess& process, Status& fault) {
  api::OperatorOptions options;
  options.post = [&process](std::function<void()> work) { process.Post(std::move(work)); };
  options.disconnect = [&process](const SiteId& site, const Status& why) {
    process.server().Disconnect(site, why);
  };
  options.on_fault = [&process, &fault](const Status& status) {
    fault = status;
    process.Stop();
  };
  return options;
}

Status Run(const Options& options) {
  base::SystemClock clock;
  FLORIN_ASSIGN(const CoordinatorFolder folder, LoadCoordinator(options.folder));
  std::atomic<CoordinatorProcess*> running = nullptr;
  std::atomic<bool> is_stopped = false;
  const StopSignal signal([&] {
    is_stopped = true;
    if (CoordinatorProcess* process = running) process->Stop();
  });
  ServingLog log(std::cerr, options.logs_json);
  api::EventHub hub({.first = static_cast<uint64_t>(clock.Now().micros)});
  telemetry::Tee events({&log, &hub});
  FLORIN_ASSIGN(const auto directory, store::Directory::Open(folder.store));
  FLORIN_ASSIGN(const auto process, CoordinatorProcess::Open(*directory, events));
  FLORIN_ASSIGN(const auto members, api::Membership::Load(process->records()));
  if (NeedsRenewal(folder.tls, clock.Now())) {
    FLORIN_TRY(RenewCoordinator(folder, *members, clock.Now()));
  }
  FLORIN_ASSIGN(
      const auto enrolment,
      ServeEnrolment(folder, *members, clock, [&](const transport::EnrolmentEvent& event) {
        log.Emit({clock.Now(),
                  event.name,
                  {},
                  {},
                  {},
                  event.member.ToString() + " from " + event.peer +
                      (event.code.empty() ? "" : ": " + event.reason + " [" + event.code + "]"),
                  {}});
      }));
  FLORIN_ASSIGN(api::AuditLog audit, api::AuditLog::Open(process->records()));
  Status fault;
  api::OperatorService operators({process->scheduler(), process->store(), process->book()},
                                 *members, audit, hub, clock, OperatorsOf(*process, fault));
  transport::ServerOptions server = ServerOf(folder, *members, log, clock);
  server.services = {operators.service()};
  FLORIN_TRY(process->Listen(std::move(server)));
  log.Emit({clock.Now(),
            "coordinator.serving",
            {},
            {},
            {},
            "sites and operators at " + folder.settings.listen + ", joiners at " +
                folder.settings.enrol_listen,
            {}});
  running = process.get();
  if (is_stopped) process->Stop();
  FLORIN_TRY(process->Run());
  return fault;
}

}  // namespace

void SetupCoordinator(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  SetExamples(app, "  florin coordinator --dir workspace");
  app.add_option("--dir", options->folder, "The workspace, made by florin init")->required();
  app.add_flag("--log-json", options->logs_json, "One JSON object a line instead of text");
  OnChosen(app, context, [options] { return Run(*options); });
}

}  // namespace florin::apps
