// One iteration of exact Newton: gradient, Hessian and loss of every row, one core.
#include "bench.h"
#include "florin/base/parallel.h"
#include "florin/base/rng.h"
#include "florin/model/model.h"

namespace florin::apps::bench {

Result<std::vector<Measurement>> BenchNewton(const Options& options) {
  const size_t rows = options.is_quick ? 10'000 : 100'000;
  constexpr size_t kWidth = 120;
  model::ModelSpec spec;
  spec.kind = "logistic";
  spec.dense_width = kWidth;
  spec.l2 = 1;
  FLORIN_ASSIGN(const auto model, model::MakeModel(spec));
  base::SeededRng rng(11);
  std::vector<float> dense(rows * kWidth);
  std::vector<float> label(rows);
  for (float& x : dense) x = static_cast<float>(rng.Uniform() - 0.5);
  for (float& y : label) y = rng.Uniform() < 0.3 ? 1.0F : 0.0F;
  data::Batch batch;
  batch.rows = rows;
  batch.dense_width = kWidth;
  batch.dense = dense;
  batch.label = label;
  const model::State state = model->NewState(rng);
  num::Values sums =
      num::Values::Zeros(num::Scalar::kFloat64, model->statistics()->layout().size());
  const size_t threads = base::ThreadCount();
  base::SetThreadCount(1);
  Status failure;
  const double seconds =
      Fastest(5, [&] { failure = model->statistics()->Accumulate(state, {}, batch, sums); });
  base::SetThreadCount(threads);
  FLORIN_TRY(std::move(failure));
  // A multiply and an add for each of: d margins, the d (d + 1) / 2 entries of the upper triangle
  // of X'WX, its d entries beside the intercept, and d entries of the gradient.
  constexpr double kPairs = kWidth * (kWidth + 1) / 2.0 + 3.0 * kWidth;
  const double gflops = 2 * kPairs * static_cast<double>(rows) / seconds / 1e9;
  return std::vector<Measurement>{
      {"newton.iteration", seconds * 1e3, "ms", "",
       std::to_string(rows) + " x 120 dense rows, gradient and Hessian, one core, synthetic rows"},
      {"newton.fma_share", gflops / FmaPeak(), "share", ">= 0.6",
       "arithmetic of the iteration against the measured FMA peak of one core"},
  };
}

}  // namespace florin::apps::bench
