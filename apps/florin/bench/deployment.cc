#include "deployment.h"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "../agent_process.h"
#include "../coordinator_process.h"
#include "../workspace.h"
#include "bench.h"
#include "florin/base/text.h"
#include "florin/identity/authority.h"
#include "florin/store/memory.h"
#include "florin/store/sqlite_store.h"
#include "processes.h"

namespace florin::apps::bench {
namespace {

namespace fs = std::filesystem;

Status Failed(std::string message) { return {Kind::kFailed, "BENCH-CHILD", std::move(message)}; }

std::string Line(const char* name, const std::vector<double>& times) {
  std::string line = name;
  for (const double time : times) line += " " + std::to_string(time * 1e3);
  return line;
}

// The numbers of a line that starts with its name.
Result<std::vector<double>> Numbers(const Result<std::string>& line, std::string_view name) {
  FLORIN_TRY(line.status());
  if (!line->starts_with(name)) return Failed(*line);
  std::vector<double> numbers;
  for (const std::string_view part : base::Split(std::string_view(*line), ' ')) {
    if (const auto number = base::ParseDouble(part)) numbers.push_back(*number);
  }
  return numbers;
}

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

// Times of the job, as the coordinator tells them.
class Laps final : public job::EventSink {
 public:
  // on_sample: after so many rounds, both numbers.
  Laps(uint32_t first, uint32_t end, std::function<void()> on_sample, std::function<void()> on_end)
      : first_(first), last_(end), on_sample_(std::move(on_sample)), on_end_(std::move(on_end)) {}
  void Emit(const job::Event& event) override {
    if (event.name == "round.opening") openings.push_back(Seconds());
    if (event.name == "round.committed") {
      commits.push_back(Seconds());
      if (commits.size() == first_ || commits.size() == last_) on_sample_();
    }
    if (event.name == "job.done" || event.name == "job.failed" || event.name == "job.paused") {
      last = event.text;
      on_end_();
    }
  }
  double submitted = 0;
  std::vector<double> openings;
  std::vector<double> commits;
  std::string last;  // what was said at the end

 private:
  uint32_t first_;
  uint32_t last_;
  std::function<void()> on_sample_;
  std::function<void()> on_end_;
};

transport::ServerOptions OptionsOf(const Certificates& tls) {
  transport::ServerOptions options;
  options.listen = "127.0.0.1:0";
  options.tls = tls.Of("coordinator");
  options.authorise = [&tls](std::string_view pem, Time now) -> Result<SiteId> {
    FLORIN_ASSIGN(const identity::Identified who,
                  identity::Identify(tls.trust(), pem, crypto::CertificateUse::kClient, now));
    return SiteId(who.peer.name);
  };
  return options;
}

// On the coordinator's thread.
void Submit(CoordinatorProcess& process, const job::JobSpec& spec, Laps& laps) {
  base::Writer writer;
  spec.Save(writer);
  laps.submitted = Seconds();
  const round::JobEntry entry{spec.id, std::move(writer).Take(), "", "bench", process.Now()};
  const Status status = process.scheduler().Submit(entry, process.Now());
  if (status.ok()) return;
  laps.last = status.ToString();
  process.Stop();
}

crypto::Ed25519Seed IdentityOf(const SiteId& site) {
  return crypto::HashSha256(base::AsBytes("benchmark identity of " + site.text()));
}

class BenchIdentities final : public round::Identities {
 public:
  std::optional<crypto::Ed25519PublicKey> IdentityOf(const SiteId& site) override {
    return crypto::PublicKeyOf(bench::IdentityOf(site));
  }
};

// The coordinator's process: says its port, that all are there, that it is time for a sample, and
// at the end its times.
Status ServeRounds(const Deployment& deployment, const std::string& folder, const Certificates& tls,
                   int in, int out) {
  FLORIN_ASSIGN(const auto directory, store::Directory::Open(folder));
  FLORIN_TRY(store::MakeFolder(folder + "-keys"));
  FLORIN_ASSIGN(const store::Vault vault, store::Vault::Make(folder + "-keys", Time{}));
  std::unique_ptr<CoordinatorProcess> process;
  Laps laps(
      deployment.first_sample, deployment.spec.rounds,
      [&] {
        WriteLine(out, "sample");
        ReadLine(in);
      },
      [&] { process->Stop(); });
  BenchIdentities identities;
  FLORIN_ASSIGN(process,
                CoordinatorProcess::Open(*directory, vault, CoordinatorSettings{}.kept_versions,
                                         laps, identities));
  FLORIN_TRY(process->Listen(OptionsOf(tls)));
  WriteLine(out, "port " + std::to_string(process->server().port()));
  const std::jthread starter([&] {
    while (process->server().connection_count() < deployment.sites.size()) usleep(5'000);
    usleep(200'000);
    WriteLine(out, "ready");
    ReadLine(in);
    process->Post([&] { Submit(*process, deployment.spec, laps); });
  });
  FLORIN_TRY(process->Run());
  if (laps.commits.size() != deployment.spec.rounds) {
    return Failed("the job ended early: " + laps.last);
  }
  WriteLine(out, Line("submitted", {laps.submitted}));
  WriteLine(out, Line("commits", laps.commits));
  WriteLine(out, Line("openings", laps.openings));
  return {};
}

// Whose turn it is: agents of one process share a thread for their work.
class Turns {
 public:
  void Add(AgentProcess& agent) {
    {
      const std::lock_guard guard(lock_);
      agents_.push_back(&agent);
    }
    ready_.notify_one();
  }
  AgentProcess& Next() {
    std::unique_lock guard(lock_);
    ready_.wait(guard, [&] { return !agents_.empty(); });
    AgentProcess& agent = *agents_.front();
    agents_.pop_front();
    return agent;
  }

 private:
  std::mutex lock_;
  std::condition_variable ready_;
  std::deque<AgentProcess*> agents_;
};

// One agent, as florin agent run has it, but for its gate and log.
class Agent final : public job::EventSink {
 public:
  Agent(const Deployment& deployment, const SiteId& id, const std::string& folder,
        site::KitCache& kits, Turns& turns)
      : id_(id), rows_(deployment.rows(id)) {
    site::Site::Options options;
    options.id = id;
    options.secret = crypto::NewSecretKey();
    options.identity = IdentityOf(id);
    if (deployment.is_on_disk) {
      directory_ = std::move(*store::Directory::Open(folder + "/" + id.text()));
      store_ = std::make_unique<store::SqliteSiteStore>(*directory_);
    } else {
      store_ = std::make_unique<store::MemorySiteStore>();
    }
    process_ = std::make_unique<AgentProcess>(std::move(options), *rows_, *store_, kits, *this);
    process_->OnWork([&turns, this] { turns.Add(*process_); });
    process_->OnAnswer([this](const job::Offer&, const Status& status) {
      const std::lock_guard guard(lock_);
      answers_.push_back(Seconds());
      return status;
    });
  }
  void Start(const std::string& port, const Certificates& tls) {
    transport::ClientOptions options;
    options.address = "127.0.0.1:" + port;
    options.site = id_;
    options.tls = tls.Of(id_.text());
    options.check_coordinator = [](std::string_view) { return Status(); };
    process_->Start(options);
  }
  std::vector<double> answers() {
    const std::lock_guard guard(lock_);
    return answers_;
  }
  void Emit(const job::Event&) override {}

 private:
  SiteId id_;
  std::unique_ptr<site::Rows> rows_;
  std::unique_ptr<store::Directory> directory_;
  std::unique_ptr<site::SiteStore> store_;
  std::unique_ptr<AgentProcess> process_;
  std::mutex lock_;
  std::vector<double> answers_;  // when each was ready to be sent
};

// A process of agents: is told the port, says each round's first answer when asked, ends with its
// input.
void ServeAgents(const Deployment& deployment, size_t first, size_t count,
                 const std::string& folder, const Certificates& tls, int in, int out) {
  const std::string port = ReadLine(in);
  const auto kits = site::MakeKitCache();
  Turns turns;
  std::vector<std::unique_ptr<Agent>> agents;
  for (size_t i = first; i < first + count; ++i) {
    agents.push_back(
        std::make_unique<Agent>(deployment, deployment.sites[i], folder, *kits, turns));
  }
  for (const auto& agent : agents) agent->Start(port, tls);
  std::thread([&turns] {
    while (turns.Next().Step().ok()) {
    }
  }).detach();
  if (!ReadLine(in).empty()) {
    std::vector<double> firsts = agents.front()->answers();
    for (const auto& agent : agents) {
      const std::vector<double> answers = agent->answers();
      firsts.resize(std::min(firsts.size(), answers.size()));
      for (size_t i = 0; i < firsts.size(); ++i) firsts[i] = std::min(firsts[i], answers[i]);
    }
    WriteLine(out, Line("answers", firsts));
    ReadLine(in);
  }
  _exit(0);  // the benchmark is over: nothing here is worth a goodbye
}

double DiskMegabytes(const std::string& folder) {
  uintmax_t bytes = 0;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(folder, ignored)) {
    if (entry.is_regular_file(ignored)) bytes += entry.file_size(ignored);
  }
  return static_cast<double>(bytes) / 1e6;
}

class Federation {
 public:
  explicit Federation(const Deployment& deployment)
      : deployment_(deployment), folder_(MakeFolder()), tls_(folder_ + "/tls", Now()) {}
  Federation(const Federation&) = delete;
  ~Federation() {
    children_.clear();
    fs::remove_all(folder_);
  }

  Result<Outcome> Run() {
    FLORIN_TRY(Start());
    Outcome outcome;
    FLORIN_TRY(coordinator().Hear().status());  // ready
    Look(outcome.idle_coordinator, outcome.idle_agents);
    coordinator().Say("submit");
    if (deployment_.first_sample > 0) {
      FLORIN_TRY(Sample(outcome.first_coordinator, outcome.first_agents));
    }
    FLORIN_TRY(Sample(outcome.last_coordinator, outcome.last_agents));
    FLORIN_ASSIGN(const auto submitted, Numbers(coordinator().Hear(), "submitted"));
    FLORIN_ASSIGN(const auto commits, Numbers(coordinator().Hear(), "commits"));
    FLORIN_ASSIGN(const auto openings, Numbers(coordinator().Hear(), "openings"));
    outcome.submitted = commits.back() - submitted[0];
    outcome.seconds = (commits.back() - commits.front()) / 1e3;
    for (size_t i = 1; i < commits.size(); ++i) {
      outcome.laps.push_back(commits[i] - commits[i - 1]);
    }
    std::ranges::sort(outcome.laps);
    FLORIN_TRY(AskUploads(openings, outcome));
    return outcome;
  }

 private:
  static Time Now() { return base::SystemClock().Now(); }
  static std::string MakeFolder() {
    char pattern[] = "/tmp/florin-bench-XXXXXX";
    return mkdtemp(pattern);
  }
  // The coordinator comes first, its agents behind it.
  Child& coordinator() { return children_.front(); }

  Status Start() {
    for (const SiteId& site : deployment_.sites) tls_.AddSite(site, Now());
    FLORIN_ASSIGN(Child first, Child::Fork([&](int in, int out) {
                    const Status status =
                        ServeRounds(deployment_, folder_ + "/coordinator", tls_, in, out);
                    if (!status.ok()) WriteLine(out, status.ToString());
                  }));
    children_.push_back(std::move(first));
    const size_t share = deployment_.sites.size() / deployment_.processes;
    for (size_t p = 0; p < deployment_.processes; ++p) {
      FLORIN_ASSIGN(Child agents, Child::Fork([&](int in, int out) {
                      ServeAgents(deployment_, p * share, share, folder_ + "/agents", tls_, in,
                                  out);
                    }));
      children_.push_back(std::move(agents));
    }
    FLORIN_ASSIGN(const auto port, Numbers(coordinator().Hear(), "port"));
    for (size_t i = 1; i < children_.size(); ++i) {
      children_[i].Say(std::to_string(static_cast<int>(port[0])));
    }
    return {};
  }

  // The coordinator waits meanwhile.
  Status Sample(Holding& of_coordinator, Holding& of_agents) {
    FLORIN_TRY(Numbers(coordinator().Hear(), "sample").status());
    Look(of_coordinator, of_agents);
    coordinator().Say("go on");
    return {};
  }

  void Look(Holding& of_coordinator, Holding& of_agents) {
    of_coordinator = {coordinator().ResidentMegabytes(), coordinator().Descriptors(),
                      DiskMegabytes(folder_ + "/coordinator")};
    of_agents.disk = DiskMegabytes(folder_ + "/agents");
    for (size_t i = 1; i < children_.size(); ++i) {
      of_agents.megabytes += children_[i].ResidentMegabytes();
      of_agents.descriptors += children_[i].Descriptors();
    }
  }

  Status AskUploads(const std::vector<double>& openings, Outcome& outcome) {
    std::vector<double> firsts(openings.size(), openings.empty() ? 0 : openings.back());
    for (size_t i = 1; i < children_.size(); ++i) {
      children_[i].Say("answers");
      FLORIN_ASSIGN(const auto answers, Numbers(children_[i].Hear(), "answers"));
      for (size_t k = 0; k < std::min(firsts.size(), answers.size()); ++k) {
        firsts[k] = std::min(firsts[k], answers[k]);
      }
    }
    for (size_t i = 0; i < firsts.size(); ++i) outcome.uploads.push_back(openings[i] - firsts[i]);
    std::ranges::sort(outcome.uploads);
    return {};
  }

  const Deployment& deployment_;
  std::string folder_;
  Certificates tls_;
  std::vector<Child> children_;
};

}  // namespace

Result<Outcome> Deploy(const Deployment& deployment) { return Federation(deployment).Run(); }

}  // namespace florin::apps::bench
