// Known answers of each averaging rule.
#include <gtest/gtest.h>

#include <cmath>

#include "florin/model/testing.h"
#include "florin/strategy/strategy.h"

namespace florin::strategy {
namespace {

std::unique_ptr<model::Model> OneFeature() {
  model::ModelSpec spec;
  spec.kind = "logistic";
  spec.dense_width = 1;
  return model::MustMake(spec);
}

model::State StateOf(const model::Model& model, std::vector<float> params) {
  model::State state;
  state.layout = model.layout();
  state.parameters = num::Values::Of(Span<const float>(params));
  return state;
}

model::Aggregate SumOf(std::vector<double> sum, double weight) {
  model::Aggregate aggregate;
  aggregate.sum = num::Values::Of(Span<const double>(sum));
  aggregate.weight = weight;
  return aggregate;
}

TEST(FedAvgTest, OneSiteGivesItsLocalParameters) {
  const auto model = OneFeature();
  const auto strategy = MakeStrategy({}, *model).value();
  const double n = 37;  // rows: the update counts n times and is divided by n
  const auto next = strategy->Apply(StateOf(*model, {1, 2}), SumOf({n * 0.5, n * -0.25}, n));
  ASSERT_TRUE(next.ok());
  EXPECT_FLOAT_EQ(next->parameters.f32()[0], 1.5F);
  EXPECT_FLOAT_EQ(next->parameters.f32()[1], 1.75F);
}

TEST(FedAvgTest, SitesCountByTheirRows) {
  const auto model = OneFeature();
  StrategySpec spec;
  spec.server_learning_rate = 0.5;
  const auto strategy = MakeStrategy(spec, *model).value();
  // 30 rows moved by +1, 10 rows by -1: the average is +0.5, half of it is taken.
  const auto next = strategy->Apply(StateOf(*model, {0, 0}), SumOf({30 - 10, 0}, 40));
  ASSERT_TRUE(next.ok());
  EXPECT_FLOAT_EQ(next->parameters.f32()[0], 0.25F);
}

TEST(FedProxTest, TellsSitesItsMuAndAveragesLikeFedAvg) {
  const auto model = OneFeature();
  StrategySpec spec;
  spec.kind = "fedprox";
  spec.local.proximal_mu = 0.3;
  const auto prox = MakeStrategy(spec, *model).value();
  const auto avg = MakeStrategy({}, *model).value();
  EXPECT_EQ(prox->Configure(StateOf(*model, {0, 0}), RoundId{1})->proximal_mu, 0.3);
  EXPECT_EQ(prox->Apply(StateOf(*model, {1, 2}), SumOf({3, 4}, 5))->parameters,
            avg->Apply(StateOf(*model, {1, 2}), SumOf({3, 4}, 5))->parameters);
}

// Reddi et al. 2021, Alg. 2, by hand: beta1 0.9, beta2 0.99, tau 0.1, step 0.01, v starts at tau^2.
TEST(FedAdamTest, TwoStepsMatchAHandComputation) {
  const auto model = OneFeature();
  StrategySpec spec;
  spec.kind = "fedadam";
  spec.server_learning_rate = 0.01;
  spec.tau = 0.1;
  const auto strategy = MakeStrategy(spec, *model).value();
  model::State state = StateOf(*model, {1, 2});
  // Step 1, updates 0.5 and 0: m = 0.05, v = 0.99 x 0.01 + 0.01 x 0.25 = 0.0124.
  state = strategy->Apply(std::move(state), SumOf({5, 0}, 10)).value();
  EXPECT_NEAR(state.memory.at("adam_m").f32()[0], 0.05, 1e-7);
  EXPECT_NEAR(state.memory.at("adam_v").f32()[0], 0.0124, 1e-8);
  EXPECT_NEAR(state.parameters.f32()[0], 1 + 0.01 * 0.05 / (std::sqrt(0.0124) + 0.1), 1e-6);
  EXPECT_FLOAT_EQ(state.parameters.f32()[1], 2);
  // Step 2, updates -0.2 and 1: m = 0.045 - 0.02 = 0.025, v = 0.012276 + 0.0004 = 0.012676;
  // second entry: v was 0.99 x 0.01, m = 0.1, v = 0.009801 + 0.01 = 0.019801.
  const float before = state.parameters.f32()[0];
  state = strategy->Apply(std::move(state), SumOf({-2, 10}, 10)).value();
  EXPECT_NEAR(state.memory.at("adam_m").f32()[0], 0.025, 1e-7);
  EXPECT_NEAR(state.memory.at("adam_v").f32()[0], 0.012676, 1e-8);
  EXPECT_NEAR(state.parameters.f32()[0],
              static_cast<double>(before) + 0.01 * 0.025 / (std::sqrt(0.012676) + 0.1), 1e-6);
  EXPECT_NEAR(state.parameters.f32()[1], 2 + 0.01 * 0.1 / (std::sqrt(0.019801) + 0.1), 1e-6);
}

TEST(FedAdamTest, MemoryOfAnotherModelIsRefused) {
  const auto model = OneFeature();
  StrategySpec spec;
  spec.kind = "fedadam";
  const auto strategy = MakeStrategy(spec, *model).value();
  model::State state = StateOf(*model, {1, 2});
  state.memory["adam_v"] = num::Values::Zeros(num::Scalar::kFloat32, 3);
  EXPECT_EQ(strategy->Apply(std::move(state), SumOf({1, 1}, 1)).status().code(), "STRATEGY-SHAPE");
}

TEST(SumStrategyTest, IsTheModelsOwnSolution) {
  const auto model = OneFeature();
  StrategySpec spec;
  spec.kind = "sum";
  const auto strategy = MakeStrategy(spec, *model).value();
  model::ModelSpec rows_spec;
  rows_spec.dense_width = 1;
  const model::Rows rows = model::MakeRows(rows_spec, {.rows = 60});
  const model::State state = StateOf(*model, {0, 0});
  const model::Aggregate sum = model::SumOver(*model, state, rows.view());
  EXPECT_EQ(strategy->Apply(state.Clone(), sum)->parameters,
            model->statistics()->Solve(state.Clone(), sum)->parameters);
}

}  // namespace
}  // namespace florin::strategy
