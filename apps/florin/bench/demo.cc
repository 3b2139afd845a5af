// Both demonstration jobs from files to tables: reading, training, evaluation and bootstrap.
#include "../files.h"
#include "bench.h"
#include "florin/job/parse.h"
#include "florin/sim/compare.h"

namespace florin::apps::bench {
namespace {

class Silent final : public job::EventSink {
 public:
  void Emit(const job::Event&) override {}
};

Status RunJob(const Options& options, const std::string& name) {
  FLORIN_ASSIGN(const job::JobSpec spec, LoadJob(options.jobs + "/" + name + ".job.yaml"));
  FLORIN_ASSIGN(const auto sites, sim::LoadSites(options.data, spec.view, spec.schema));
  sim::Federation all{"all", {}};
  for (const sim::SiteRows& site : sites) all.members.push_back(site.id);
  Silent silent;
  return sim::Compare(spec, sites, {all}, {}, {}, silent).status();
}

}  // namespace

Result<std::vector<Measurement>> BenchDemo(const Options& options) {
  if (options.data.empty() || options.jobs.empty()) {
    return Status(Kind::kUsage, "BENCH-DATA",
                  "bench demo: expected --data and --jobs, the markets and job files that ./demo "
                  "writes to demo-output/markets and demo-output/jobs; found none");
  }
  double total = 0;
  std::vector<Measurement> measurements;
  for (const std::string name : {"next-hotel", "booking-propensity.fedavg"}) {
    const double start = Seconds();
    FLORIN_TRY(RunJob(options, name));
    const double seconds = Seconds() - start;
    total += seconds;
    measurements.push_back({"demo." + name, seconds, "s", "", "files to bootstrap intervals"});
  }
  measurements.push_back({"demo.both", total, "s", "<= 5",
                          "four markets: reading, local-only, one-shot, federated, pooled, "
                          "1,000 bootstrap replicates a market and column"});
  return measurements;
}

}  // namespace florin::apps::bench
