// What a site costs beside its training: Accept of a virtual device whose task answers at once.
// The task's own cost (a copy of a ready vector) is measured beside it; the difference is overhead.
#include <benchmark/benchmark.h>

#include "florin/site/site_testing.h"

namespace florin::site {
namespace {

// Answers with a copy of a ready vector.
class ReadyTask final : public task::Task {
 public:
  ReadyTask(const task::Task& real, num::Values values)
      : layout_(real.layout()), names_(real.metric_names()), values_(std::move(values)) {}
  const num::Layout& layout() const override { return layout_; }
  const std::vector<std::string>& metric_names() const override { return names_; }
  Result<model::Yield> Run(const model::State&, model::PrivateState&, data::BatchReader&,
                           const model::LocalConfig&, Rng&) const override {
    return model::Yield{.values = values_.Clone(),
                        .weight = 60,
                        .metrics = std::vector<double>(names_.size(), 12.5)};
  }

 private:
  num::Layout layout_;
  std::vector<std::string> names_;
  num::Values values_;
};

// The production cache, with the ready task in its kits.
class ReadyKits final : public KitCache {
 public:
  Result<std::shared_ptr<const job::SiteKit>> Get(
      const std::shared_ptr<const job::Plan>& plan) override {
    FLORIN_ASSIGN(auto real, real_->Get(plan));
    if (ready_ == nullptr) {
      const num::Layout& layout = real->update->layout();
      num::Values values = num::Values::Zeros(layout.scalar(), layout.size());
      base::SeededRng rng(3);
      if (layout.scalar() == num::Scalar::kFloat32) {
        for (float& value : values.f32()) value = static_cast<float>(rng.Normal() / 100);
      } else {
        for (int64_t& value : values.i64()) value = rng.Below(20) == 0 ? 3 : 0;
      }
      auto ready = std::make_shared<job::SiteKit>();
      ready->plan = real->plan;
      ready->model = std::move(*model::MakeModel(plan->spec.model));
      ready->update = std::make_unique<ReadyTask>(*real->update, std::move(values));
      ready_ = std::move(ready);
    }
    return std::shared_ptr<const job::SiteKit>(ready_);
  }
  Status CheckState(const std::shared_ptr<const model::State>& state,
                    const ModelHash& hash) override {
    return real_->CheckState(state, hash);
  }

 private:
  std::unique_ptr<KitCache> real_ = MakeKitCache();
  std::shared_ptr<job::SiteKit> ready_;
};

job::JobSpec SoftmaxSpec() {
  job::JobSpec spec = LogisticSpec();
  spec.model.kind = "multinomial";
  spec.model.dense_width = 784;
  spec.model.classes = 10;
  spec.evaluation.metrics.clear();
  spec.privacy.clipping_norm = 1;
  spec.cohort.maximum = 1000;
  return spec;
}

job::JobSpec WideCountsSpec() {
  job::JobSpec spec = CountsSpec();
  spec.model.classes = 100;
  spec.model.level_rows = {8891, 1902};
  spec.evaluation.metrics.clear();
  return spec;
}

void BenchAccept(benchmark::State& state, const job::JobSpec& spec) {
  TestSite device("acme", false);
  ReadyKits kits;
  device.site = std::make_unique<Site>(device.options, device.rows, device.store, kits);
  job::Offer offer = OfferOf(PlanOf(spec), device.site->id());
  for (auto _ : state) {
    ++offer.round.number;
    auto contribution = device.site->Accept(offer);
    FLORIN_CHECK(contribution.ok());
    benchmark::DoNotOptimize(contribution);
  }
}

void BenchTask(benchmark::State& state, const job::JobSpec& spec) {
  TableRows rows;
  ReadyKits kits;
  const job::Offer offer = OfferOf(PlanOf(spec), SiteId("acme"));
  const auto kit = *kits.Get(offer.plan);
  model::PrivateState own;
  base::SeededRng rng(1);
  data::SingleBatchReader reader({});
  for (auto _ : state) {
    auto yield = kit->update->Run(*offer.state, own, reader, offer.local, rng);
    benchmark::DoNotOptimize(yield);
  }
}

void UpdateAccept(benchmark::State& state) { BenchAccept(state, SoftmaxSpec()); }
void UpdateReadyTaskAlone(benchmark::State& state) { BenchTask(state, SoftmaxSpec()); }
void CountsAccept(benchmark::State& state) { BenchAccept(state, WideCountsSpec()); }
void CountsReadyTaskAlone(benchmark::State& state) { BenchTask(state, WideCountsSpec()); }
BENCHMARK(UpdateAccept);
BENCHMARK(UpdateReadyTaskAlone);
BENCHMARK(CountsAccept)->Unit(benchmark::kMicrosecond);
BENCHMARK(CountsReadyTaskAlone)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace florin::site
