// The hot loops of the models: the simulated client's update, a Newton pass, count scoring.
#include <benchmark/benchmark.h>

#include "florin/model/metrics/metrics.h"
#include "florin/model/testing.h"

namespace florin::model {
namespace {

// Softmax regression 784 -> 10: one gradient over a batch of 10 rows.
void MultinomialGradient(benchmark::State& run) {
  ModelSpec spec;
  spec.kind = "multinomial";
  spec.dense_width = 784;
  spec.classes = 10;
  const auto model = MustMake(spec);
  const Rows rows = MakeRows(spec, {.rows = 10});
  base::SeededRng rng(1);
  const State state = model->NewState(rng);
  std::vector<float> grad(model->layout().size());
  std::vector<float> scratch;
  for (auto _ : run) {
    benchmark::DoNotOptimize(
        model->differentiable()->Gradient(state.parameters.f32(), {}, rows.view(), grad, scratch));
  }
}
BENCHMARK(MultinomialGradient);

// One site's pass of Newton over 100,000 x 120 rows. flops: of the Hessian alone.
void NewtonAccumulate(benchmark::State& run) {
  ModelSpec spec;
  spec.kind = "logistic";
  spec.dense_width = 120;
  const auto model = MustMake(spec);
  const Rows rows = MakeRows(spec, {.rows = 100'000});
  base::SeededRng rng(1);
  const State state = model->NewState(rng);
  for (auto _ : run) {
    benchmark::DoNotOptimize(SumOver(*model, state, rows.view()).sum.f64()[0]);
  }
  run.counters["flops"] =
      benchmark::Counter(100'000.0 * 120 * 121, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(NewtonAccumulate)->Unit(benchmark::kMillisecond)->UseRealTime();

ModelSpec HotelSpec(bool is_personalised) {
  ModelSpec spec;
  spec.kind = "counts";
  spec.classes = 100;
  spec.level_rows = {8891, 1902};
  spec.is_personalised = is_personalised;
  return spec;
}

struct Hotels {
  explicit Hotels(size_t row_count, bool is_personalised = false)
      : model(MustMake(HotelSpec(is_personalised))),
        rows(MakeRows(HotelSpec(is_personalised), {.rows = row_count})) {
    base::SeededRng rng(1);
    state = model->NewState(rng);
    state = model->statistics()->Solve(state.Clone(), SumOver(*model, state, rows.view())).value();
    model->statistics()->BeginPrivate(own);
    model->statistics()->Remember(rows.view(), own);
  }
  std::unique_ptr<Model> model;
  Rows rows;
  State state;
  PrivateState own;
};

void CountsScore(benchmark::State& run) {
  const Hotels hotels(36'458);
  const MetricSet metrics = MetricSet::Make(Output::kClasses, 100, {"map@5"}).value();
  std::vector<float> scores(size_t{4096} * 100);
  for (auto _ : run) {
    std::vector<int64_t> sums(metrics.layout().size());
    for (size_t first = 0; first < hotels.rows.rows; first += 4096) {
      const size_t count = std::min<size_t>(4096, hotels.rows.rows - first);
      const data::Batch batch = hotels.rows.view().Slice(first, count);
      const Span<float> part = Span<float>(scores).first(count * 100);
      FLORIN_CHECK(hotels.model->Predict(hotels.state, hotels.own, batch, part).ok());
      metrics.Accumulate(batch, part, sums);
    }
    benchmark::DoNotOptimize(sums);
  }
  run.counters["rows"] = benchmark::Counter(36'458, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(CountsScore)->Unit(benchmark::kMillisecond);

void CountsPersonalise(benchmark::State& run) {
  Hotels hotels(static_cast<size_t>(run.range(0)), true);
  for (auto _ : run) {
    FLORIN_CHECK(hotels.model->Personalise(hotels.state, hotels.rows.view(), hotels.own).ok());
  }
}
BENCHMARK(CountsPersonalise)->Arg(388)->Arg(48'533)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace florin::model
