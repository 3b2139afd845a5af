// Rounds between processes on loopback. The agents' work is next to nothing, so what is measured is
// the way there and back.
#include <sys/resource.h>

#include <algorithm>
#include <cmath>

#include "../agent_rows.h"
#include "../files.h"
#include "bench.h"
#include "deployment.h"

namespace florin::apps::bench {
namespace {

constexpr const char* kWhere = "processes on loopback, TLS on, SQLite; ";

// A regression with `inputs` inputs: softmax with so many classes, logistic with 2.
job::JobSpec JobOf(const char* name, size_t inputs, uint32_t classes, uint32_t rounds) {
  job::JobSpec spec;
  spec.id = JobId(name);
  spec.view = "rows";
  spec.schema.label.field = "label";
  spec.schema.label.kind = data::Label::Kind::kBinary;
  spec.model.kind = "logistic";
  if (classes > 2) {
    spec.schema.label = {data::Label::Kind::kClass, "label", classes, {}};
    spec.model.kind = "multinomial";
    spec.model.classes = classes;
  }
  spec.schema.features.resize(1);
  data::Feature& feature = spec.schema.features[0];
  feature.name = feature.field = "x";
  feature.encoding = data::Encoding::kHash;
  feature.hash_width = static_cast<uint32_t>(inputs);
  spec.strategy.kind = "fedavg";
  spec.rounds = rounds;
  spec.privacy.clipping_norm = spec.strategy.local.clipping_norm = 10;
  job::ResolveModel(spec);
  return spec;
}

// One row of norm 1 whose features are all not zero, so that no entry of a contribution is.
class OneRow final : public site::Rows {
 public:
  explicit OneRow(size_t inputs)
      : begin_{0, static_cast<uint32_t>(inputs)},
        value_(inputs, 1 / std::sqrt(static_cast<float>(inputs))) {
    for (uint32_t i = 0; i < inputs; ++i) index_.push_back(i);
  }
  Result<std::unique_ptr<data::BatchReader>> Open(const std::string&, const data::Schema&,
                                                  data::Part) override {
    data::Batch batch;
    batch.rows = 1;
    batch.sparse_begin = begin_;
    batch.sparse_index = index_;
    batch.sparse_value = value_;
    batch.label = label_;
    return std::unique_ptr<data::BatchReader>(std::make_unique<data::SingleBatchReader>(batch));
  }

 private:
  std::vector<uint32_t> begin_;
  std::vector<uint32_t> index_;
  std::vector<float> value_;
  std::vector<float> label_ = {1};
};

Deployment DeploymentOf(job::JobSpec spec, size_t inputs, uint32_t agents, uint32_t processes) {
  Deployment deployment;
  spec.cohort.minimum = spec.cohort.maximum = agents;
  deployment.spec = std::move(spec);
  for (uint32_t i = 0; i < agents; ++i) deployment.sites.emplace_back("site-" + std::to_string(i));
  deployment.processes = processes;
  deployment.rows = [inputs](const SiteId&) { return std::make_unique<OneRow>(inputs); };
  return deployment;
}

double Quantile(const std::vector<double>& sorted, double q) {
  return sorted[static_cast<size_t>(q * static_cast<double>(sorted.size() - 1))];
}

using Measurements = std::vector<Measurement>;

// Growth of what a process holds, in a thousand rounds.
void AddGrowth(const std::string& who, const Holding& from, const Holding& to, double rounds,
               double processes, Measurements& all) {
  const double scale = 1000 / rounds / processes;
  all.push_back({"deploy." + who + "_growth", (to.megabytes - from.megabytes) * scale, "MB", "<= 1",
                 "resident, in 1,000 rounds"});
  all.push_back({"deploy." + who + "_descriptors", (to.descriptors - from.descriptors) * scale, "",
                 "<= 0", "open files, in 1,000 rounds"});
  all.push_back({"deploy." + who + "_disk", (to.disk - from.disk) * scale, "MB", "<= 1",
                 "its folder, in 1,000 rounds: audit entries and lineage"});
}

Status MeasureRounds(bool is_quick, Measurements& all) {
  const uint32_t rounds = is_quick ? 50 : 1200;
  Deployment deployment = DeploymentOf(JobOf("few", 784, 10, rounds), 784, 10, 10);
  deployment.first_sample = rounds / 6;
  FLORIN_ASSIGN(const Outcome few, Deploy(deployment));
  all.push_back({"deploy.round_p50", Quantile(few.laps, 0.5), "ms", "<= 10",
                 kWhere + std::string("10 agents, d = 7,850, ") + std::to_string(rounds) +
                     " rounds, contributions kept on disk by both sides"});
  all.push_back({"deploy.round_p99", Quantile(few.laps, 0.99), "ms", "<= 50", "the same"});
  all.push_back({"deploy.coordinator_idle", few.idle_coordinator.megabytes, "MB", "<= 40",
                 "resident, 10 agents connected"});
  all.push_back(
      {"deploy.agent_idle", few.idle_agents.megabytes / 10, "MB", "<= 30", "resident, connected"});
  const double between = rounds - deployment.first_sample;
  AddGrowth("coordinator", few.first_coordinator, few.last_coordinator, between, 1, all);
  AddGrowth("agent", few.first_agents, few.last_agents, between, 10, all);
  return {};
}

Status MeasureCrowd(bool is_quick, Measurements& all) {
  const uint32_t agents = is_quick ? 100 : 1000;
  Deployment deployment = DeploymentOf(JobOf("many", 784, 10, is_quick ? 10 : 60), 784, agents, 4);
  deployment.is_on_disk = false;
  deployment.first_sample = deployment.spec.rounds / 2;
  FLORIN_ASSIGN(const Outcome many, Deploy(deployment));
  all.push_back({"deploy.crowd_p50", Quantile(many.laps, 0.5), "ms", "<= 100",
                 kWhere + std::to_string(agents) +
                     " agents in 4 processes, a stream each, a thread a process for their work, d "
                     "= 7,850, their own "
                     "stores in memory"});
  all.push_back({"deploy.crowd_p99", Quantile(many.laps, 0.99), "ms", "<= 300", "the same"});
  all.push_back({"deploy.crowd_coordinator", many.first_coordinator.megabytes, "MB", "<= 200",
                 "resident, in the middle of the job"});
  return {};
}

Status MeasureUploads(bool is_quick, Measurements& all) {
  const size_t inputs = is_quick ? 1'000'000 : 10'000'000;
  Deployment deployment = DeploymentOf(JobOf("big", inputs, 2, 8), inputs, 3, 3);
  deployment.is_on_disk = false;
  FLORIN_ASSIGN(const Outcome big, Deploy(deployment));
  const double megabytes = 3 * 4e-6 * static_cast<double>(inputs);
  all.push_back({"deploy.upload", megabytes / Quantile(big.uploads, 0.5) * 1e3, "MB/s", ">= 400",
                 kWhere + std::string("3 agents, d = ") + std::to_string(inputs) +
                     " floats of 4 bytes, from a round's first answer until its sum is opened; "
                     "median"});
  all.push_back({"deploy.upload_rounds",
                 megabytes * static_cast<double>(big.laps.size()) / big.seconds, "MB/s", "",
                 "the same bytes over whole rounds: training, states down and commits included"});
  all.push_back({"deploy.upload_coordinator", big.last_coordinator.megabytes, "MB", "",
                 "resident, after the last round"});
  return {};
}

// Ten agents on disk, d = inputs + 1, entries of 32 bits.
Result<Outcome> DeploySealed(const char* protocol, size_t inputs, uint32_t rounds) {
  job::JobSpec spec = JobOf(protocol, inputs, 2, rounds);
  spec.privacy.protocol = protocol;
  spec.privacy.bits = 32;
  spec.privacy.weight_max = 1;
  return Deploy(DeploymentOf(std::move(spec), inputs, 10, 10));
}

Status MeasureSealed(bool is_quick, Measurements& all) {
  FLORIN_ASSIGN(const Outcome small, DeploySealed("secagg", 100'000, is_quick ? 5 : 60));
  all.push_back({"deploy.sealed_p50", Quantile(small.laps, 0.5), "ms", "<= 60",
                 kWhere + std::string("10 agents under secagg, d = 100,001, whole rounds")});
  const size_t inputs = is_quick ? 100'000 : 1'000'000;
  const uint32_t rounds = is_quick ? 3 : 20;
  FLORIN_ASSIGN(const Outcome open, DeploySealed("plain", inputs, rounds));
  FLORIN_ASSIGN(const Outcome sealed, DeploySealed("secagg", inputs, rounds));
  all.push_back({"deploy.sealed_ratio", Quantile(sealed.laps, 0.5) / Quantile(open.laps, 0.5), "",
                 "<= 1.3",
                 "10 agents, d = " + std::to_string(inputs + 1) +
                     ": a round under secagg over one under plain, medians"});
  all.push_back({"deploy.sealed_large_p50", Quantile(sealed.laps, 0.5), "ms", "",
                 "of these, a round under secagg"});
  return {};
}

Status MeasureCounts(const Options& options, Measurements& all) {
  if (options.data.empty() || options.jobs.empty()) return {};
  FLORIN_ASSIGN(job::JobSpec spec, LoadJob(options.jobs + "/next-hotel.job.yaml"));
  spec.evaluation = {};
  Deployment deployment;
  deployment.spec = std::move(spec);
  for (const char* market : {"asia-pacific", "europe", "latin-america", "north-america"}) {
    deployment.sites.emplace_back(market);
  }
  deployment.spec.cohort.minimum = deployment.processes = 4;
  deployment.rows = [&](const SiteId& site) {
    return std::make_unique<AgentRows>(options.data + "/" + site.text());
  };
  std::vector<double> times;
  for (int i = 0; i < 5; ++i) {
    FLORIN_ASSIGN(const Outcome outcome, Deploy(deployment));
    times.push_back(outcome.submitted / 1e3);
  }
  std::ranges::sort(times);
  all.push_back({"deploy.counts", Quantile(times, 0.5), "s", "<= 0.3",
                 kWhere + std::string("job next-hotel: from submit to published version, four "
                                      "markets that read their CSV; median of 5")});
  return {};
}

}  // namespace

Result<std::vector<Measurement>> BenchDeploy(const Options& options) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  Measurements all;
  FLORIN_TRY(MeasureRounds(options.is_quick, all));
  FLORIN_TRY(MeasureCrowd(options.is_quick, all));
  FLORIN_TRY(MeasureUploads(options.is_quick, all));
  FLORIN_TRY(MeasureSealed(options.is_quick, all));
  FLORIN_TRY(MeasureCounts(options, all));
  return all;
}

}  // namespace florin::apps::bench
