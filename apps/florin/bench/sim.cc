// A simulated device: softmax regression 784 -> 10, 60 rows, batch 10, one epoch, by the production
// engines. What is not training must stay small: that is what makes thousands of devices cheap.
#include <memory>

#include "bench.h"
#include "florin/base/parallel.h"
#include "florin/base/rng.h"
#include "florin/job/kit.h"
#include "florin/sim/simulator.h"

namespace florin::apps::bench {
namespace {

constexpr size_t kInputs = 784;
constexpr size_t kClasses = 10;
constexpr size_t kRows = 60;

job::JobSpec SoftmaxJob(uint32_t devices, uint32_t rounds) {
  job::JobSpec spec;
  spec.id = JobId("softmax");
  spec.view = "rows";
  spec.schema.label = {data::Label::Kind::kClass, "digit", kClasses, {}};
  for (size_t i = 0; i < kInputs; ++i) {
    data::Feature feature;
    feature.name = feature.field = "pixel" + std::to_string(i);
    spec.schema.features.push_back(std::move(feature));
  }
  spec.model.kind = "multinomial";
  spec.model.dense_width = kInputs;
  spec.model.classes = kClasses;
  spec.strategy.kind = "fedavg";
  spec.strategy.local.batch_size = 10;
  spec.strategy.local.learning_rate = 0.01;
  spec.rounds = rounds;
  spec.cohort.minimum = devices;
  spec.cohort.maximum = devices;
  spec.privacy.clipping_norm = 10;
  return spec;
}

std::vector<sim::SiteRows> Devices(size_t count) {
  std::vector<sim::SiteRows> devices;
  base::SeededRng rng(7);
  std::vector<float> pixels(kRows * kInputs);
  std::vector<float> digits(kRows);
  for (size_t d = 0; d < count; ++d) {
    for (float& pixel : pixels) pixel = static_cast<float>(rng.Uniform());
    for (float& digit : digits) digit = static_cast<float>(rng.Below(kClasses));
    data::Batch batch;
    batch.rows = kRows;
    batch.dense_width = kInputs;
    batch.dense = pixels;
    batch.label = digits;
    devices.push_back({SiteId("device-" + std::to_string(10000 + d)), {}, {}});
    devices.back().train.Append(batch);
  }
  return devices;
}

class Silent final : public job::EventSink {
 public:
  void Emit(const job::Event&) override {}
};

}  // namespace

Result<std::vector<Measurement>> BenchSim(const Options& options) {
  const uint32_t count = options.is_quick ? 50 : 500;
  const uint32_t rounds = options.is_quick ? 4 : 10;
  const std::vector<sim::SiteRows> devices = Devices(count);
  FLORIN_ASSIGN(const auto plan, job::MakePlan(SoftmaxJob(count, rounds)));
  FLORIN_ASSIGN(const auto kit, job::SiteKit::Make(plan));
  const size_t threads = base::ThreadCount();
  base::SetThreadCount(1);

  base::SeededRng rng(1);
  const model::State state = kit->model->NewState(rng);
  const double training =
      Fastest(5,
              [&] {
                for (const sim::SiteRows& device : devices) {
                  data::SingleBatchReader reader(device.train.view());
                  model::PrivateState own;
                  auto yield = kit->update->Run(state, own, reader, plan->spec.strategy.local, rng);
                  FLORIN_CHECK(yield.ok());
                }
              }) /
      count * 1e6;

  Silent silent;
  sim::SimulationOptions simulation;
  simulation.measures_bytes = false;
  Status failure;
  const double whole = Fastest(3,
                               [&] {
                                 auto result = sim::Simulate(plan, devices, simulation, silent);
                                 if (!result.ok()) failure = result.status();
                               }) /
                       count / rounds * 1e6;
  base::SetThreadCount(threads);
  FLORIN_TRY(std::move(failure));
  const std::string sizes = std::to_string(count) + " devices x " + std::to_string(rounds) +
                            " rounds on one core, synthetic rows";
  return std::vector<Measurement>{
      {"sim.client_update", whole, "us", "<= 60",
       "offer to folded contribution, softmax 784 -> 10, 60 rows, batch 10; " + sizes},
      {"sim.client_training", training, "us", "", "the train task alone, same rows"},
      {"sim.client_overhead", whole - training, "us", "<= 15",
       "the difference: selection, offer, checks, contribution id, clip norm, rounding bits, "
       "rounding, party, fold, receipts, events"},
  };
}

}  // namespace florin::apps::bench
