// The simulated client's update (docs: the number to reach is 45 us of one core with AVX-512).
#include <benchmark/benchmark.h>

#include "florin/model/testing.h"
#include "florin/task/task.h"

namespace florin::task {
namespace {

void ClientUpdate(benchmark::State& run) {
  model::ModelSpec spec;
  spec.kind = "multinomial";
  spec.dense_width = 784;
  spec.classes = 10;
  const auto model = model::MustMake(spec);
  const auto task = MakeTrainTask(*model);
  const model::Rows rows = model::MakeRows(spec, {.rows = 60});
  base::SeededRng rng(1);
  const model::State state = model->NewState(rng);
  for (auto _ : run) {
    data::SingleBatchReader reader(rows.view());
    model::PrivateState own;
    benchmark::DoNotOptimize(
        task->Run(state, own, reader, {.epochs = 1, .batch_size = 10, .learning_rate = 0.1}, rng)
            .value()
            .weight);
  }
}
BENCHMARK(ClientUpdate)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace florin::task
