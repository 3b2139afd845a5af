// One suite for every rule of the registry.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "florin/model/testing.h"
#include "florin/strategy/strategy.h"

namespace florin::strategy {
namespace {

model::ModelSpec LogisticSpec() {
  model::ModelSpec spec;
  spec.kind = "logistic";
  spec.dense_width = 3;
  return spec;
}

model::ModelSpec CountSpec() {
  model::ModelSpec spec;
  spec.kind = "counts";
  spec.classes = 3;
  spec.level_rows = {4};
  return spec;
}

StrategySpec SpecOf(const std::string& kind) {
  StrategySpec spec;
  spec.kind = kind;
  if (kind == "fedprox") spec.local.proximal_mu = 0.1;
  return spec;
}

class StrategyConformance : public testing::TestWithParam<std::string> {
 protected:
  const StrategyKind& kind() const { return *FindStrategy(GetParam()); }
  std::unique_ptr<Strategy> Make(const StrategySpec& spec) const {
    auto made = MakeStrategy(spec, *model_);
    FLORIN_CHECK(made.ok());
    return std::move(made).value();
  }
  model::State NewState() const {
    base::SeededRng rng(1);
    return model_->NewState(rng);
  }
  // A sum as a cohort's would be: of updates, or of statistics.
  model::Aggregate Sum() const {
    if (kind().sums_statistics) {
      const model::Rows rows = model::MakeRows(LogisticSpec(), {.rows = 50});
      return model::SumOver(*model_, NewState(), rows.view());
    }
    model::Aggregate aggregate;
    aggregate.layout = model_->layout();
    aggregate.sum = num::Values::Of(Span<const double>(std::vector<double>{10, -20, 30, 40}));
    aggregate.weight = 100;
    aggregate.contribution_count = 2;
    return aggregate;
  }

  std::unique_ptr<model::Model> model_ = model::MustMake(LogisticSpec());
};

TEST_P(StrategyConformance, ConfigureGivesAUsableConfig) {
  const auto config = Make(SpecOf(GetParam()))->Configure(NewState(), RoundId{1});
  ASSERT_TRUE(config.ok());
  EXPECT_GE(config->epochs, 1U);
  EXPECT_GE(config->batch_size, 1U);
  EXPECT_GT(config->learning_rate, 0);
  EXPECT_EQ(config->proximal_mu > 0, GetParam() == "fedprox");
}

TEST_P(StrategyConformance, ApplyMovesTheStateAndKeepsItsLayout) {
  const auto strategy = Make(SpecOf(GetParam()));
  const auto next = strategy->Apply(NewState(), Sum());
  ASSERT_TRUE(next.ok()) << next.status().ToString();
  EXPECT_EQ(next->layout, model_->layout());
  EXPECT_FALSE(next->parameters == NewState().parameters);
}

TEST_P(StrategyConformance, ApplyIsAFunctionOfStateAndSum) {
  const auto bytes = [&] {
    const auto strategy = Make(SpecOf(GetParam()));
    model::State state = NewState();
    for (int round = 0; round < 3; ++round) {
      state = strategy->Apply(std::move(state), Sum()).value();
      base::Writer writer;  // a restart between any two rounds changes nothing
      state.Save(writer);
      base::Reader reader(writer.view());
      state = model::State::Restore(reader).value();
    }
    base::Writer writer;
    state.Save(writer);
    return std::move(writer).Take();
  };
  EXPECT_EQ(bytes(), bytes());
}

TEST_P(StrategyConformance, ASumWithoutWeightIsRefused) {
  model::Aggregate sum = Sum();
  for (const double weight : {0.0, -1.0, std::nan("")}) {
    sum.weight = weight;
    EXPECT_EQ(Make(SpecOf(GetParam()))->Apply(NewState(), sum).status().code(), "STRATEGY-EMPTY");
  }
}

TEST_P(StrategyConformance, ASumOfAnotherSizeIsRefused) {
  model::Aggregate sum = Sum();
  sum.sum = num::Values::Zeros(num::Scalar::kFloat64, 2);
  const auto next = Make(SpecOf(GetParam()))->Apply(NewState(), sum);
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(next.status().code(), kind().sums_statistics ? "MODEL-AGGREGATE" : "STRATEGY-SHAPE");
}

TEST_P(StrategyConformance, ASumThatIsNotFiniteIsRefused) {
  model::Aggregate sum = Sum();
  for (const double bad : {std::numeric_limits<double>::infinity(), std::nan(""), 1e300}) {
    sum.sum.f64()[1] = bad;
    EXPECT_FALSE(Make(SpecOf(GetParam()))->Apply(NewState(), sum).ok()) << bad;
  }
}

TEST_P(StrategyConformance, SpecSurvivesSaveAndRestore) {
  StrategySpec spec = SpecOf(GetParam());
  spec.local.epochs = 7;
  spec.local.clipping_norm = 2.5;
  base::Writer writer;
  spec.Save(writer);
  base::Reader reader(writer.view());
  const auto restored = StrategySpec::Restore(reader);
  ASSERT_TRUE(restored.ok());
  EXPECT_TRUE(reader.Finish("strategy").ok());
  EXPECT_EQ(restored->kind, GetParam());
  EXPECT_EQ(restored->local.epochs, 7U);
  base::Writer again;
  restored->Save(again);
  EXPECT_TRUE(std::ranges::equal(again.view(), writer.view()));
  for (size_t size = 0; size < writer.size(); ++size) {
    base::Reader cut(writer.view().first(size));
    EXPECT_FALSE(StrategySpec::Restore(cut).ok());
  }
}

TEST_P(StrategyConformance, ModelsWithoutTheFaceItNeedsAreRefused) {
  model::ModelSpec wide = LogisticSpec();
  wide.dense_width = 5000;  // no Hessian
  const auto model = model::MustMake(kind().sums_statistics ? wide : CountSpec());
  EXPECT_EQ(MakeStrategy(SpecOf(GetParam()), *model).status().code(), "STRATEGY-KIND");
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const StrategyKind& kind : StrategyKinds()) names.emplace_back(kind.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(AllKinds, StrategyConformance, testing::ValuesIn(Names()),
                         [](const auto& test) { return test.param; });

TEST(StrategyRegistryTest, UnknownNamesAreRefusedWithASuggestion) {
  const auto model = model::MustMake(LogisticSpec());
  const Status status = MakeStrategy(SpecOf("fedavgg"), *model).status();
  EXPECT_EQ(status.code(), "STRATEGY-KIND");
  EXPECT_NE(status.message().find("\"fedavg\""), std::string_view::npos);
  EXPECT_EQ(FindStrategy("krum"), nullptr);
}

TEST(StrategyRegistryTest, SpecsOutOfRangeAreRefused) {
  const auto model = model::MustMake(LogisticSpec());
  const auto code = [&](auto change) {
    StrategySpec spec = SpecOf("fedadam");
    change(spec);
    return std::string(MakeStrategy(spec, *model).status().code());
  };
  EXPECT_EQ(code([](StrategySpec&) {}), "");
  EXPECT_EQ(code([](StrategySpec& s) { s.local.learning_rate = 0; }), "STRATEGY-SPEC");
  EXPECT_EQ(code([](StrategySpec& s) { s.local.epochs = 0; }), "STRATEGY-SPEC");
  EXPECT_EQ(code([](StrategySpec& s) { s.local.batch_size = 0; }), "STRATEGY-SPEC");
  EXPECT_EQ(code([](StrategySpec& s) { s.server_learning_rate = std::nan(""); }), "STRATEGY-SPEC");
  EXPECT_EQ(code([](StrategySpec& s) { s.beta1 = 1; }), "STRATEGY-SPEC");
  EXPECT_EQ(code([](StrategySpec& s) { s.beta2 = -0.1; }), "STRATEGY-SPEC");
  EXPECT_EQ(code([](StrategySpec& s) { s.tau = 0; }), "STRATEGY-SPEC");
  EXPECT_EQ(code([](StrategySpec& s) { s.local.proximal_mu = 1; }), "STRATEGY-SPEC");
  EXPECT_EQ(code([](StrategySpec& s) { s.kind = "fedprox"; }), "STRATEGY-SPEC");  // mu is 0
}

}  // namespace
}  // namespace florin::strategy
