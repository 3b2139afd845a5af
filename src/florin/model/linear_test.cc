#include <gtest/gtest.h>

#include <cmath>

#include "florin/model/testing.h"

namespace florin::model {
namespace {

ModelSpec Spec(size_t dense, double l2 = 0) {
  ModelSpec spec;
  spec.kind = "linear";
  spec.dense_width = dense;
  spec.l2 = l2;
  return spec;
}

Rows Plane(size_t rows_count, bool is_weighted) {
  Rows rows = MakeRows(Spec(3), {.rows = rows_count, .is_weighted = is_weighted, .seed = 6});
  for (size_t r = 0; r < rows.rows; ++r) {
    const float* x = rows.dense.data() + 3 * r;
    rows.label[r] = 2 * x[0] - 3 * x[1] + 0.5F * x[2] + 7;
  }
  return rows;
}

TEST(LinearTest, NormalEquationsAreSolvedExactlyInOneRound) {
  for (const bool is_weighted : {false, true}) {
    const Rows rows = Plane(500, is_weighted);
    const auto model = MustMake(Spec(3));
    base::SeededRng rng(1);
    const State state = model->NewState(rng);
    const auto solved =
        model->statistics()->Solve(state.Clone(), SumOver(*model, state, rows.view()));
    ASSERT_TRUE(solved.ok());
    EXPECT_TRUE(solved->is_converged);
    const float expected[] = {2, -3, 0.5F, 7};
    for (size_t i = 0; i < 4; ++i) {
      EXPECT_NEAR(solved->parameters.f32()[i], expected[i], 2e-6F * (1 + std::abs(expected[i])));
    }
  }
}

TEST(LinearTest, TwoSitesSolveWhatOneHolderOfAllRowsWould) {
  const Rows rows = MakeRows(Spec(3), {.rows = 200, .seed = 8});
  const auto model = MustMake(Spec(3, 0.1));
  base::SeededRng rng(1);
  const State state = model->NewState(rng);
  Aggregate parts = SumOver(*model, state, rows.view().Slice(0, 50));
  ASSERT_TRUE(
      model->statistics()->Accumulate(state, {}, rows.view().Slice(50, 150), parts.sum).ok());
  const auto federated = model->statistics()->Solve(state.Clone(), parts);
  const auto pooled =
      model->statistics()->Solve(state.Clone(), SumOver(*model, state, rows.view()));
  ASSERT_TRUE(federated.ok() && pooled.ok());
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(federated->parameters.f32()[i], pooled->parameters.f32()[i], 1e-6F);
  }
}

// At the optimum of the penalised mean loss the gradient vanishes: one meaning of l2 for both ways.
TEST(LinearTest, SolutionIsWhereTheGradientVanishes) {
  const ModelSpec spec = Spec(3, 0.3);
  const Rows rows = MakeRows(spec, {.rows = 80, .is_weighted = true, .seed = 3});
  const auto model = MustMake(spec);
  base::SeededRng rng(1);
  const State state = model->NewState(rng);
  const auto solved =
      model->statistics()->Solve(state.Clone(), SumOver(*model, state, rows.view()));
  ASSERT_TRUE(solved.ok());
  std::vector<float> grad(4);
  std::vector<float> scratch;
  model->differentiable()->Gradient(solved->parameters.f32(), {}, rows.view(), grad, scratch);
  for (const float value : grad) EXPECT_NEAR(value, 0, 1e-5F);
}

TEST(LinearTest, ARepeatedColumnSharesItsWeight) {
  Rows rows = Plane(100, false);
  Rows twice = rows;
  twice.dense_width = 4;
  twice.dense.clear();
  for (size_t r = 0; r < rows.rows; ++r) {
    const float* x = rows.dense.data() + 3 * r;
    twice.dense.insert(twice.dense.end(), {x[0], x[1], x[2], x[0]});
  }
  const auto model = MustMake(Spec(4));
  base::SeededRng rng(1);
  const State state = model->NewState(rng);
  const auto solved =
      model->statistics()->Solve(state.Clone(), SumOver(*model, state, twice.view()));
  ASSERT_TRUE(solved.ok());
  EXPECT_NEAR(solved->parameters.f32()[0], 1, 1e-3F);
  EXPECT_NEAR(solved->parameters.f32()[3], 1, 1e-3F);
}

}  // namespace
}  // namespace florin::model
