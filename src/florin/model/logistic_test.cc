#include <gtest/gtest.h>

#include <cmath>

#include "florin/base/parallel.h"
#include "florin/model/testing.h"
#include "florin/num/linalg.h"

namespace florin::model {
namespace {

ModelSpec Spec(size_t dense, double l2 = 0, size_t sparse = 0) {
  ModelSpec spec;
  spec.kind = "logistic";
  spec.dense_width = dense;
  spec.sparse_width = sparse;
  spec.l2 = l2;
  return spec;
}

// The minimum of the mean penalised loss by plain gradient descent in double precision.
std::vector<double> Descend(const Rows& rows, double l2) {
  const size_t d = rows.dense_width;
  std::vector<double> params(d + 1);
  for (int step = 0; step < 20000; ++step) {
    std::vector<double> grad(d + 1);
    double weight_sum = 0;
    for (size_t r = 0; r < rows.rows; ++r) {
      double margin = params[d];
      for (size_t i = 0; i < d; ++i) {
        margin += params[i] * static_cast<double>(rows.dense[r * d + i]);
      }
      const double weight = rows.weight.empty() ? 1 : static_cast<double>(rows.weight[r]);
      const double residual =
          weight * (1 / (1 + std::exp(-margin)) - static_cast<double>(rows.label[r]));
      weight_sum += weight;
      for (size_t i = 0; i < d; ++i) {
        grad[i] += residual * static_cast<double>(rows.dense[r * d + i]);
      }
      grad[d] += residual;
    }
    for (size_t i = 0; i <= d; ++i) {
      params[i] -= 0.5 * (grad[i] / weight_sum + (i < d ? l2 * params[i] : 0));
    }
  }
  return params;
}

struct Fit {
  State state;
  int rounds = 0;
};

Fit RunNewton(const Model& model, State state, const data::Batch& batch, int rounds_max = 30) {
  for (int round = 1; round <= rounds_max; ++round) {
    auto next = model.statistics()->Solve(state.Clone(), SumOver(model, state, batch));
    FLORIN_CHECK(next.ok());
    state = std::move(next).value();
    if (state.is_converged) return {std::move(state), round};
  }
  return {std::move(state), rounds_max + 1};
}

class NewtonTest : public testing::TestWithParam<bool> {};

TEST_P(NewtonTest, ReachesTheOptimumOfGradientDescent) {
  const double l2 = 0.02;
  const ModelSpec spec = Spec(5, l2);
  const Rows rows = MakeRows(spec, {.rows = 300, .is_weighted = GetParam(), .seed = 9});
  const auto model = MustMake(spec);
  base::SeededRng rng(1);
  const Fit fit = RunNewton(*model, model->NewState(rng), rows.view());
  EXPECT_LE(fit.rounds, 10);
  const std::vector<double> expected = Descend(rows, l2);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(fit.state.parameters.f32()[i]), expected[i], 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Weights, NewtonTest, testing::Bool());

TEST(NewtonStatisticsTest, MatchTheirDefinition) {
  const ModelSpec spec = Spec(2);
  const Rows rows = MakeRows(spec, {.rows = 9, .is_weighted = true});
  const auto model = MustMake(spec);
  State state;
  state.layout = model->layout();
  state.parameters = num::Values::Of(Span<const float>(std::vector<float>{0.5F, -0.25F, 0.1F}));
  std::vector<double> gradient(3);
  std::vector<double> hessian(9);
  double loss = 0;
  double weight_sum = 0;
  for (size_t r = 0; r < rows.rows; ++r) {
    const double x[3] = {static_cast<double>(rows.dense[2 * r]),
                         static_cast<double>(rows.dense[2 * r + 1]), 1};
    const double p = 1 / (1 + std::exp(-(0.5 * x[0] - 0.25 * x[1] + 0.1 * x[2])));
    const double y = static_cast<double>(rows.label[r]);
    const double w = static_cast<double>(rows.weight[r]);
    loss -= w * (y * std::log(p) + (1 - y) * std::log(1 - p));
    weight_sum += w;
    for (size_t i = 0; i < 3; ++i) {
      gradient[i] += w * (p - y) * x[i];
      for (size_t j = 0; j < 3; ++j) hessian[i * 3 + j] += w * p * (1 - p) * x[i] * x[j];
    }
  }
  std::vector<double> packed(num::PackedSize(3));
  num::PackUpper(hessian, 3, packed);
  const Aggregate aggregate = SumOver(*model, state, rows.view());
  const Span<const double> sums = aggregate.sum.f64();
  const num::Layout& layout = model->statistics()->layout();
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(sums[layout.Find("gradient")->offset + i], gradient[i], 1e-5);
  }
  for (size_t i = 0; i < packed.size(); ++i) {
    EXPECT_NEAR(sums[layout.Find("hessian")->offset + i], packed[i], 1e-5);
  }
  EXPECT_NEAR(sums[layout.Find("loss")->offset], loss, 1e-5);
  EXPECT_NEAR(sums[layout.Find("weight")->offset], weight_sum, 1e-6);
}

TEST(NewtonStatisticsTest, SparseAndDenseRowsGiveTheSameSums) {
  const ModelSpec sparse = Spec(2, 0, 4);
  const Rows rows = MakeRows(sparse, {.rows = 2500, .seed = 4});
  Rows dense = rows;
  dense.dense_width = 6;
  dense.dense.assign(rows.rows * 6, 0);
  dense.sparse_begin.clear();
  for (size_t r = 0; r < rows.rows; ++r) {
    std::copy_n(rows.dense.begin() + static_cast<std::ptrdiff_t>(2 * r), 2,
                dense.dense.begin() + static_cast<std::ptrdiff_t>(6 * r));
    for (uint32_t e = rows.sparse_begin[r]; e < rows.sparse_begin[r + 1]; ++e) {
      dense.dense[6 * r + 2 + rows.sparse_index[e]] += rows.sparse_value[e];
    }
  }
  const auto sparse_model = MustMake(sparse);
  const auto dense_model = MustMake(Spec(6));
  State state;
  state.parameters = num::Values::Of(
      Span<const float>(std::vector<float>{0.5F, -0.2F, 0.1F, 0.3F, -0.1F, 0.2F, 0.4F}));
  const num::Values a = SumOver(*sparse_model, state, rows.view()).sum;
  const num::Values b = SumOver(*dense_model, state, dense.view()).sum;
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(a.f64()[i], b.f64()[i], 1e-5 * (1 + std::abs(b.f64()[i])));
  }
}

TEST(NewtonStatisticsTest, DoNotDependOnTheThreadCount) {
  const ModelSpec spec = Spec(7);
  const Rows rows = MakeRows(spec, {.rows = 30'000});
  const auto model = MustMake(spec);
  base::SeededRng rng(1);
  const State state = model->NewState(rng);
  const size_t threads = base::ThreadCount();
  base::SetThreadCount(1);
  const num::Values alone = SumOver(*model, state, rows.view()).sum;
  base::SetThreadCount(4);
  const num::Values together = SumOver(*model, state, rows.view()).sum;
  base::SetThreadCount(threads);
  EXPECT_EQ(alone, together);
}

TEST(NewtonSolveTest, AStepAfterWhichTheLossRoseIsHalved) {
  const ModelSpec spec = Spec(1);
  const Rows rows = MakeRows(spec, {.rows = 200, .seed = 2});
  const auto model = MustMake(spec);
  base::SeededRng rng(1);
  State state = model->NewState(rng);
  state.parameters.f32()[0] = 8;  // far out, where Newton's full step overshoots
  const State first = state.Clone();
  auto after_one = model->statistics()->Solve(state.Clone(), SumOver(*model, state, rows.view()));
  ASSERT_TRUE(after_one.ok());
  const double jump = static_cast<double>(after_one->parameters.f32()[0]) - 8;
  ASSERT_GT(std::abs(jump), 8);  // it does
  auto after_two =
      model->statistics()->Solve(after_one->Clone(), SumOver(*model, *after_one, rows.view()));
  ASSERT_TRUE(after_two.ok());
  EXPECT_NEAR(static_cast<double>(after_two->parameters.f32()[0]), 8 + jump / 2, 1e-4);
  const Fit fit = RunNewton(*model, state.Clone(), rows.view());
  EXPECT_LE(fit.rounds, 30);
  EXPECT_NEAR(static_cast<double>(fit.state.parameters.f32()[0]), Descend(rows, 0)[0], 1e-4);
}

TEST(NewtonSolveTest, ColumnsThatSayTheSameStillConverge) {
  Rows rows = MakeRows(Spec(1), {.rows = 300, .seed = 5});
  Rows wide = rows;
  wide.dense_width = 4;  // x, one-hot of its sign (two columns that add up to the intercept), zero
  wide.dense.clear();
  for (const float x : rows.dense) {
    wide.dense.insert(wide.dense.end(), {x, x > 0 ? 1.0F : 0.0F, x > 0 ? 0.0F : 1.0F, 0.0F});
  }
  const auto model = MustMake(Spec(4));
  base::SeededRng rng(1);
  const Fit fit = RunNewton(*model, model->NewState(rng), wide.view());
  EXPECT_LE(fit.rounds, 15);
  for (const float value : fit.state.parameters.f32()) EXPECT_LT(std::abs(value), 100);
}

TEST(NewtonSolveTest, RoundsOverOtherRowsAreNotComparedByTheirLoss) {
  const ModelSpec spec = Spec(3, 0.01);
  const auto model = MustMake(spec);
  const Rows a = MakeRows(spec, {.rows = 100, .seed = 1});
  const Rows b = MakeRows(spec, {.rows = 120, .seed = 2});  // a larger cohort, a higher loss
  base::SeededRng rng(1);
  State state = model->NewState(rng);
  for (int round = 0; round < 3; ++round) {
    state = model->statistics()->Solve(state.Clone(), SumOver(*model, state, a.view())).value();
  }
  const State before = state.Clone();
  state = model->statistics()->Solve(state.Clone(), SumOver(*model, state, b.view())).value();
  const std::vector<double> optimum = Descend(b, 0.01);
  double was = 0;
  double is = 0;
  for (size_t i = 0; i < optimum.size(); ++i) {
    was += std::abs(static_cast<double>(before.parameters.f32()[i]) - optimum[i]);
    is += std::abs(static_cast<double>(state.parameters.f32()[i]) - optimum[i]);
  }
  EXPECT_LT(is, was / 2);
}

TEST(NewtonSolveTest, SumsWithoutWeightAreRefused) {
  const auto model = MustMake(Spec(2));
  base::SeededRng rng(1);
  Aggregate aggregate;
  aggregate.sum = num::Values::Zeros(num::Scalar::kFloat64, model->statistics()->layout().size());
  EXPECT_EQ(model->statistics()->Solve(model->NewState(rng), aggregate).status().code(),
            "MODEL-AGGREGATE");
}

TEST(LogisticTest, ManyFeaturesHaveNoHessian) {
  EXPECT_EQ(MustMake(Spec(3000))->statistics(), nullptr);
  EXPECT_NE(MustMake(Spec(120))->statistics(), nullptr);
}

}  // namespace
}  // namespace florin::model
