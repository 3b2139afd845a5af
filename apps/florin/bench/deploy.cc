// Rounds between processes on loopback: a coordinator on SQLite, agents that dial in, mutual TLS.
// The agents' work is next to nothing, so what is measured is the way there and back.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "../agent_process.h"
#include "../coordinator_process.h"
#include "bench.h"
#include "florin/base/text.h"
#include "florin/identity/authority.h"
#include "florin/store/memory.h"
#include "processes.h"

namespace florin::apps::bench {
namespace {

namespace fs = std::filesystem;

struct Setting {
  const char* name;
  uint32_t agents;
  uint32_t processes;  // that the agents are spread over
  size_t inputs;       // of a softmax regression with 10 classes, or of a logistic one
  uint32_t classes;
  uint32_t rounds;
};

job::JobSpec JobOf(const Setting& setting) {
  job::JobSpec spec;
  spec.id = JobId(setting.name);
  spec.view = "rows";
  spec.schema.label.field = "label";
  spec.schema.label.kind = data::Label::Kind::kBinary;
  spec.model.kind = "logistic";
  if (setting.classes > 2) {
    spec.schema.label = {data::Label::Kind::kClass, "label", setting.classes, {}};
    spec.model.kind = "multinomial";
    spec.model.classes = setting.classes;
  }
  spec.schema.features.resize(1);
  data::Feature& feature = spec.schema.features[0];
  feature.name = feature.field = "x";
  feature.encoding = data::Encoding::kHash;
  feature.hash_width = static_cast<uint32_t>(setting.inputs);
  spec.strategy.kind = "fedavg";
  spec.rounds = setting.rounds;
  spec.cohort.minimum = spec.cohort.maximum = setting.agents;
  spec.privacy.clipping_norm = spec.strategy.local.clipping_norm = 10;
  job::ResolveModel(spec);
  return spec;
}

// One row with one feature that is not zero.
class OneRow final : public site::Rows {
 public:
  Result<std::unique_ptr<data::BatchReader>> Open(const std::string&, const data::Schema&,
                                                  data::Part) override {
    static const std::vector<uint32_t> begin = {0, 1};
    static const std::vector<uint32_t> index = {0};
    static const std::vector<float> value = {1};
    static const std::vector<float> label = {1};
    data::Batch batch;
    batch.rows = 1;
    batch.sparse_begin = begin;
    batch.sparse_index = index;
    batch.sparse_value = value;
    batch.label = label;
    return std::unique_ptr<data::BatchReader>(std::make_unique<data::SingleBatchReader>(batch));
  }
};

struct Silent final : public job::EventSink {
  void Emit(const job::Event&) override {}
};

// Certificates of a workspace that lives as long as the benchmark.
class Certificates {
 public:
  Certificates(std::string folder, Time now)
      : folder_(std::move(folder)), authority_(*identity::Authority::Make("bench", now)) {
    fs::create_directories(folder_);
    Write("roots.pem", authority_.trust().roots[0]);
    const std::string key = crypto::NewTlsKey();
    Keep("coordinator", key,
         *authority_.IssueCoordinator(PublicKeyOf(key), {"localhost"}, {"127.0.0.1"}, now));
  }
  void AddSite(const SiteId& site, Time now) const {
    const std::string key = crypto::NewTlsKey();
    Keep(site.text(), key, *authority_.Issue(identity::Peer::Site(site), PublicKeyOf(key), now));
  }
  const identity::Trust& trust() const { return authority_.trust(); }
  transport::TlsFiles Of(const std::string& member) const {
    return {folder_ + "/" + member + ".key", folder_ + "/" + member + ".pem",
            folder_ + "/roots.pem"};
  }

 private:
  static Bytes PublicKeyOf(const std::string& key) {
    return crypto::ParseCsr(*crypto::MakeCsr(key, "bench"))->public_key;
  }
  void Keep(const std::string& member, const std::string& key,
            const identity::Issued& issued) const {
    Write(member + ".key", key);
    Write(member + ".pem", issued.certificate_pem);
  }
  void Write(const std::string& file, const std::string& text) const {
    std::ofstream(folder_ + "/" + file) << text;
  }
  std::string folder_;
  identity::Authority authority_;
};

// When each round was committed, and the end of the job.
class Laps final : public job::EventSink {
 public:
  explicit Laps(std::function<void()> on_end) : on_end_(std::move(on_end)) {}
  void Emit(const job::Event& event) override {
    if (event.name == "round.committed") times.push_back(Seconds());
    if (event.name == "job.done" || event.name == "job.failed" || event.name == "job.paused") {
      last = event.text;
      on_end_();
    }
  }
  std::vector<double> times;
  std::string last;  // what was said at the end

 private:
  std::function<void()> on_end_;
};

// The coordinator's process: says its port, is told when all are there, says the lap times.
void ServeRounds(const Setting& setting, const std::string& folder, const Certificates& tls, int in,
                 int out) {
  auto directory = store::Directory::Open(folder + "/coordinator");
  std::unique_ptr<CoordinatorProcess> process;
  Laps laps([&] { process->Stop(); });
  if (!directory.ok()) return WriteLine(out, directory.status().ToString());
  auto opened = CoordinatorProcess::Open(**directory, laps);
  if (!opened.ok()) return WriteLine(out, opened.status().ToString());
  process = std::move(*opened);
  transport::ServerOptions options;
  options.listen = "127.0.0.1:0";
  options.tls = tls.Of("coordinator");
  options.authorise = [&tls](std::string_view pem, Time now) -> Result<SiteId> {
    FLORIN_ASSIGN(const identity::Identified who,
                  identity::Identify(tls.trust(), pem, crypto::CertificateUse::kClient, now));
    return SiteId(who.peer.name);
  };
  const Status listening = process->Listen(std::move(options));
  WriteLine(out, listening.ok() ? std::to_string(process->server().port()) : listening.ToString());
  std::jthread starter([&] {
    ReadLine(in);  // the agents are on their way
    while (process->server().connection_count() < setting.agents) usleep(5'000);
    usleep(200'000);
    WriteLine(out, "ready");
    ReadLine(in);
    const job::JobSpec spec = JobOf(setting);
    base::Writer writer;
    spec.Save(writer);
    process->Post(
        [&process, &laps,
         entry = round::JobEntry{spec.id, std::move(writer).Take(), "", "bench", process->Now()}] {
          const Status status = process->scheduler().Submit(entry, process->Now());
          if (status.ok()) return;
          laps.last = status.ToString();
          process->Stop();
        });
  });
  const double start = Seconds();
  const Status status = process->Run();
  if (!status.ok() || laps.times.size() != setting.rounds) {
    return WriteLine(out, status.ok() ? "the job ended early: " + laps.last : status.ToString());
  }
  std::string line = "laps";
  for (const double time : laps.times) line += " " + std::to_string((time - start) * 1e3);
  WriteLine(out, line);
}

// A process of agents; it ends with its input.
void ServeAgents(uint32_t first, uint32_t count, const Certificates& tls, int in) {
  const std::string port = ReadLine(in);
  OneRow rows;
  Silent silent;
  const auto kits = site::MakeKitCache();
  std::vector<std::unique_ptr<store::MemorySiteStore>> stores;
  std::vector<std::unique_ptr<AgentProcess>> agents;
  std::vector<std::jthread> threads;
  const auto options_of = [](const SiteId& id) {
    site::Site::Options options;
    options.id = id;
    options.secret = crypto::NewSecretKey();
    return options;
  };
  for (uint32_t i = 0; i < count; ++i) {
    const SiteId id("site-" + std::to_string(first + i));
    stores.push_back(std::make_unique<store::MemorySiteStore>());
    agents.push_back(
        std::make_unique<AgentProcess>(options_of(id), rows, *stores.back(), *kits, silent));
    transport::ClientOptions options;
    options.address = "127.0.0.1:" + port;
    options.site = id;
    options.tls = tls.Of(id.text());
    options.check_coordinator = [](std::string_view) { return Status(); };
    threads.emplace_back(
        [agent = agents.back().get(), options] { static_cast<void>(agent->Run(options)); });
  }
  ReadLine(in);
  _exit(0);  // the benchmark is over: nothing here is worth a goodbye
}

struct Outcome {
  std::vector<double> laps;     // ms of each round but the first
  double coordinator_idle = 0;  // MB resident, all agents connected
  double coordinator = 0;       // and when the job was over
  double agents_idle = 0;       // of all agent processes
  double seconds = 0;           // of all rounds
};

Result<Outcome> Deploy(const Setting& setting) {
  char pattern[] = "/tmp/florin-bench-XXXXXX";
  const std::string folder = mkdtemp(pattern);
  const Time now = base::SystemClock().Now();
  Certificates tls(folder + "/tls", now);
  std::vector<Child> agents;
  for (uint32_t i = 0; i < setting.agents; ++i) {
    tls.AddSite(SiteId("site-" + std::to_string(i)), now);
  }
  const uint32_t share = setting.agents / setting.processes;
  for (uint32_t p = 0; p < setting.processes; ++p) {
    FLORIN_ASSIGN(Child child,
                  Child::Fork([&](int in, int) { ServeAgents(p * share, share, tls, in); }));
    agents.push_back(std::move(child));
  }
  Outcome outcome;
  std::string line;
  {
    FLORIN_ASSIGN(Child coordinator, Child::Fork([&](int in, int out) {
                    ServeRounds(setting, folder, tls, in, out);
                  }));
    FLORIN_ASSIGN(const std::string port, coordinator.Hear());
    for (const Child& child : agents) child.Say(port);
    coordinator.Say("go");
    FLORIN_TRY(coordinator.Hear().status());
    outcome.coordinator_idle = coordinator.ResidentMegabytes();
    for (const Child& child : agents) outcome.agents_idle += child.ResidentMegabytes();
    coordinator.Say("submit");
    FLORIN_ASSIGN(line, coordinator.Hear());
    outcome.coordinator = coordinator.ResidentMegabytes();
  }
  agents.clear();
  fs::remove_all(folder);
  if (!line.starts_with("laps")) return Status(Kind::kFailed, "BENCH-CHILD", line);
  std::vector<double> ends;
  for (const std::string_view part : base::Split(std::string_view(line).substr(4), ' ')) {
    if (const auto end = base::ParseDouble(part)) ends.push_back(*end);
  }
  if (ends.size() != setting.rounds) {
    return Status(Kind::kFailed, "BENCH-CHILD",
                  "expected " + std::to_string(setting.rounds) + " rounds, found " +
                      std::to_string(ends.size()) + ".");
  }
  for (size_t i = 1; i < ends.size(); ++i) outcome.laps.push_back(ends[i] - ends[i - 1]);
  std::ranges::sort(outcome.laps);
  outcome.seconds = (ends.back() - ends.front()) / 1e3;
  return outcome;
}

double Quantile(const std::vector<double>& sorted, double q) {
  return sorted[static_cast<size_t>(q * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

Result<std::vector<Measurement>> BenchDeploy(const Options& options) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const bool quick = options.is_quick;
  const std::string where = "processes on loopback, TLS on, SQLite; ";
  FLORIN_ASSIGN(const Outcome few, Deploy({"few", 10, 10, 784, 10, quick ? 50U : 1000U}));
  std::vector<Measurement> all{
      {"deploy.round_p50", Quantile(few.laps, 0.5), "ms", "<= 10",
       where + "10 agents, d = 7,850, " + std::to_string(few.laps.size() + 1) + " rounds"},
      {"deploy.round_p99", Quantile(few.laps, 0.99), "ms", "<= 50", "the same"},
      {"deploy.coordinator_idle", few.coordinator_idle, "MB", "<= 40",
       "resident, 10 agents connected"},
      {"deploy.agent_idle", few.agents_idle / 10, "MB", "<= 30", "resident, connected"},
      {"deploy.coordinator_after", few.coordinator, "MB", "", "resident, after the rounds"},
  };
  const uint32_t crowd = quick ? 100 : 1000;
  FLORIN_ASSIGN(const Outcome many, Deploy({"many", crowd, 4, 784, 10, quick ? 10U : 60U}));
  all.push_back(
      {"deploy.crowd_p50", Quantile(many.laps, 0.5), "ms", "<= 100",
       where + std::to_string(crowd) + " agents in 4 processes, a stream each, d = 7,850"});
  all.push_back({"deploy.crowd_p99", Quantile(many.laps, 0.99), "ms", "<= 300", "the same"});
  all.push_back({"deploy.crowd_coordinator", many.coordinator, "MB", "<= 200", "resident"});
  const size_t wide = quick ? 1'000'000 : 10'000'000;
  FLORIN_ASSIGN(const Outcome big, Deploy({"big", 3, 3, wide, 2, 6}));
  const double bytes = 3.0 * 8.0 * static_cast<double>(wide) * static_cast<double>(big.laps.size());
  all.push_back(
      {"deploy.upload", bytes / big.seconds / 1e6, "MB/s", ">= 400",
       where + "contributions of d = " + std::to_string(wide) +
           " from 3 agents, over whole rounds: training, states down and commits included"});
  all.push_back({"deploy.upload_coordinator", big.coordinator, "MB", "", "resident"});
  return all;
}

}  // namespace florin::apps::bench
