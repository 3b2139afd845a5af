#include <gtest/gtest.h>

#include <cmath>

#include "florin/model/testing.h"

namespace florin::model {
namespace {

Rows Xor() {
  Rows rows;
  rows.rows = 4;
  rows.dense_width = 2;
  rows.dense = {0, 0, 0, 1, 1, 0, 1, 1};
  rows.label = {0, 1, 1, 0};
  return rows;
}

class MlpTest : public testing::TestWithParam<size_t> {};

TEST_P(MlpTest, LearnsExclusiveOr) {
  ModelSpec spec;
  spec.kind = "mlp";
  spec.dense_width = 2;
  spec.classes = GetParam();
  spec.hidden = {8};
  const auto model = MustMake(spec);
  const Rows rows = Xor();
  base::SeededRng rng(3);
  State state = model->NewState(rng);
  const Span<float> params = state.parameters.f32();
  std::vector<float> grad(params.size());
  std::vector<float> scratch;
  for (int step = 0; step < 2000; ++step) {
    model->differentiable()->Gradient(params, {}, rows.view(), grad, scratch);
    for (size_t i = 0; i < grad.size(); ++i) params[i] -= 0.3F * grad[i];
  }
  const size_t width = model->output_count();
  std::vector<float> scores(4 * width);
  ASSERT_TRUE(model->Predict(state, {}, rows.view(), scores).ok());
  for (size_t r = 0; r < 4; ++r) {
    EXPECT_NEAR(scores[r * width + width - 1], rows.label[r], 0.1F) << "row " << r;
  }
}

INSTANTIATE_TEST_SUITE_P(Outputs, MlpTest, testing::Values(size_t{0}, size_t{2}));

TEST(MlpInitTest, WeightsHaveTheDeviationOfHe) {
  ModelSpec spec;
  spec.kind = "mlp";
  spec.dense_width = 200;
  spec.hidden = {100};
  const auto model = MustMake(spec);
  base::SeededRng rng(1);
  const State state = model->NewState(rng);
  const num::Slice& weights = *model->layout().Find("layer0_weights");
  double squares = 0;
  for (const float w : state.parameters.f32().subspan(weights.offset, weights.size)) {
    squares += static_cast<double>(w) * static_cast<double>(w);
  }
  EXPECT_NEAR(squares / static_cast<double>(weights.size), 2.0 / 200, 5e-4);
  const num::Slice& bias = *model->layout().Find("layer0_bias");
  for (const float b : state.parameters.f32().subspan(bias.offset, bias.size)) EXPECT_EQ(b, 0);
}

}  // namespace
}  // namespace florin::model
