// florin agent run: a site's agent, until it is told to stop.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <memory>

#include "agent_process.h"
#include "agent_rows.h"
#include "agent_verbs.h"
#include "enrol.h"
#include "florin/base/clock.h"
#include "florin/store/sqlite_records.h"
#include "florin/store/sqlite_store.h"
#include "heartbeat.h"
#include "owner.h"
#include "secrets.h"
#include "serving_log.h"
#include "signals.h"

namespace florin::apps {
namespace {

struct Options {
  std::string folder;
  std::string views;  // "" = FOLDER/views
  bool logs_json = false;
  int64_t retry_ms = 1000;
};

// What changes slowly, beside the site's work: decisions, plans, the certificate.
class Caretaker {
 public:
  Caretaker(const PeerFolder& folder, OwnersDesk& desk, AgentProcess& process, job::EventSink& log,
            base::Clock& clock)
      : folder_(folder),
        desk_(desk),
        process_(process),
        log_(log),
        clock_(clock),
        beat_(std::chrono::milliseconds(500), [this] { Beat(); }) {}

 private:
  static constexpr int kRenewalBeats = 1200;  // ten minutes
  static constexpr int kRetryBeats = 120;     // a minute

  void Beat() {
    const OwnersDesk::Taken taken = desk_.TakeDecisions(clock_.Now());
    for (const std::string& fault : taken.faults) Tell("owner.decision", fault);
    if (taken.decisions > 0) process_.OwnerDecided();
    if (const Status status = desk_.WritePlans(); !status.ok()) {
      Tell("owner.plans", status.ToString());
    }
    if (const Status status = folder_.live->Refresh(); !status.ok()) {
      Tell("site.renewal", status.ToString());
    }
    is_asked_ = process_.TakeRenewalAsked() || is_asked_;
    const bool is_due = beats_++ % kRenewalBeats == 0 && NeedsRenewal(folder_.tls, clock_.Now());
    if (is_due || (is_asked_ && beats_ >= next_try_)) Renew();
  }
  void Renew() {
    const Status status = RenewPeer(folder_, clock_);
    Tell("site.renewal", status.ok() ? "a new certificate" : status.ToString());
    if (!status.ok()) next_try_ = beats_ + kRetryBeats;
    if (status.ok() && std::exchange(is_asked_, false)) process_.DialAnew();
  }
  void Tell(const char* name, std::string text) {
    log_.Emit({clock_.Now(), name, {}, {}, {}, std::move(text), {}});
  }

  const PeerFolder& folder_;
  OwnersDesk& desk_;
  AgentProcess& process_;
  job::EventSink& log_;
  base::Clock& clock_;
  int beats_ = 0;
  int next_try_ = 0;       // beat from which a renewal that failed is tried again
  bool is_asked_ = false;  // by the coordinator, and not done yet
  Heartbeat beat_;         // last: it uses all of the above
};

Status Run(const Options& options) {
  base::SystemClock clock;
  FLORIN_ASSIGN(const PeerFolder folder, LoadPeer(options.folder));
  if (folder.settings.peer.role != identity::Role::kSite) {
    return {Kind::kConfig, "AGENT-ROLE",
            options.folder + " is the folder of " + folder.settings.peer.ToString() +
                ", not of a site."};
  }
  std::atomic<AgentProcess*> running = nullptr;
  std::atomic<bool> is_stopped = false;
  const StopSignal signal([&] {
    is_stopped = true;
    if (AgentProcess* process = running) process->Stop();
  });
  ServingLog log(std::cerr, options.logs_json);
  FLORIN_ASSIGN(const auto directory, store::Directory::Open(folder.store));
  store::SqliteRecords records(*directory);
  FLORIN_ASSIGN(const store::Vault vault, SealFolder(options.folder, clock.Now()));
  store::SqliteSiteStore store(*directory, &vault);
  FLORIN_ASSIGN(const auto desk,
                OwnersDesk::Open(options.folder, records, folder.identity_key, clock.Now()));
  AgentRows rows(options.views.empty() ? options.folder + "/views" : options.views);
  const auto kits = site::MakeKitCache();
  const SiteId id(folder.settings.peer.name);
  site::Site::Options site;
  site.id = id;
  site.secret = folder.site_secret;
  site.identity = folder.identity_key;
  site.gate = &desk->gate();
  FLORIN_ASSIGN(const crypto::Certificate root_certificate,
                crypto::ParseCertificate(folder.trust.roots[0]));
  const std::string root = base::Hex(root_certificate.fingerprint);
  site.coordinator = root;
  AgentProcess process(site, rows, store, *kits, log);
  process.OnAnswer([&](const job::Offer& offer, const Status& answer) {
    return desk->Note(clock.Now(), "coordinator " + root.substr(0, 16),
                      answer.ok() ? "offer-answered" : "offer-refused",
                      {{"job", offer.job.text()},
                       {"round", std::to_string(offer.round.number)},
                       {"plan", offer.plan->hash.Hex()},
                       {"code", std::string(answer.code())}});
  });
  running = &process;
  if (is_stopped) return {};
  const Caretaker caretaker(folder, *desk, process, log, clock);
  transport::ClientOptions client;
  client.address = folder.settings.address;
  client.site = id;
  client.tls = folder.live->Mutual();
  client.check_coordinator = CheckCoordinatorOf(folder.path, clock);
  client.retry_min = Duration::Millis(options.retry_ms);
  client.retry_max = std::max(client.retry_max, client.retry_min);
  return process.Run(client);
}

}  // namespace

void AddAgentRun(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App& run = AddVerb(app, "run", "serve this site's rows to the rounds its owner allows",
                          "  florin agent run --dir sites/eu");
  run.add_option("--dir", options->folder, "The agent's folder, made by florin agent join")
      ->required();
  run.add_option("--views", options->views, "Folder of the views; default DIR/views");
  run.add_option("--retry-ms", options->retry_ms,
                 "First wait before dialling again, in milliseconds; doubled up to a minute")
      ->capture_default_str()
      ->check(CLI::Range(10, 60'000));
  run.add_flag("--log-json", options->logs_json, "One JSON object a line instead of text");
  OnChosen(run, context, [options] { return Run(*options); });
}

}  // namespace florin::apps
