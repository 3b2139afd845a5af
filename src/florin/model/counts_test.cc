#include <gtest/gtest.h>

#include <cmath>

#include "florin/model/backoff.h"
#include "florin/model/metrics/metrics.h"
#include "florin/model/testing.h"

namespace florin::model {
namespace {

constexpr uint32_t kNone = data::kUnknownRow;

ModelSpec Spec(std::vector<size_t> level_rows, size_t classes, bool is_personalised = false) {
  ModelSpec spec;
  spec.kind = "counts";
  spec.classes = classes;
  spec.level_rows = std::move(level_rows);
  spec.is_personalised = is_personalised;
  return spec;
}

Rows Contexts(std::vector<std::vector<uint32_t>> levels, std::vector<float> labels) {
  Rows rows;
  rows.rows = levels.size();
  rows.level_count = levels.front().size();
  for (const auto& row : levels) rows.levels.insert(rows.levels.end(), row.begin(), row.end());
  rows.label = std::move(labels);
  return rows;
}

State SolveOver(const Model& model, const data::Batch& batch) {
  base::SeededRng rng(1);
  const State state = model.NewState(rng);
  auto solved = model.statistics()->Solve(state.Clone(), SumOver(model, state, batch));
  FLORIN_CHECK(solved.ok());
  return std::move(solved).value();
}

PrivateState RememberOf(const Model& model, const data::Batch& batch) {
  PrivateState own;
  model.statistics()->BeginPrivate(own);
  model.statistics()->Remember(batch, own);
  return own;
}

// Destinations 0-2 in countries 0-1, three hotel groups; the last row's destination is unknown.
Rows HandMade() { return Contexts({{0, 0}, {0, 0}, {1, 0}, {2, 1}, {kNone, 1}}, {0, 1, 1, 2, 2}); }

TEST(CountsTest, CountsEveryKnownLevel) {
  const auto model = MustMake(Spec({3, 2}, 3));
  const State state = SolveOver(*model, HandMade().view());
  EXPECT_TRUE(state.is_converged);
  const std::vector<int64_t> expected = {1, 1, 0, 0, 1, 0, 0, 0, 1,  // destinations
                                         1, 2, 0, 0, 0, 2};          // countries
  EXPECT_TRUE(std::ranges::equal(state.parameters.i64(), expected));
}

TEST(CountsTest, ScoresAreTheKnownAnswer) {
  const auto model = MustMake(Spec({3, 2}, 3));
  const Rows rows = HandMade();
  const State state = SolveOver(*model, rows.view());
  const PrivateState own = RememberOf(*model, rows.view());  // prior: 1/5, 2/5, 2/5
  const Rows asked = Contexts({{0, 0}, {kNone, 0}, {1, kNone}, {kNone, kNone}}, {0, 0, 0, 0});
  std::vector<float> scores(12);
  ASSERT_TRUE(model->Predict(state, own, asked.view(), scores).ok());
  const double prior[3] = {0.2, 0.4, 0.4};
  const double country[3] = {1, 2, 0};
  const double destination[3] = {1, 1, 0};
  const double other[3] = {0, 1, 0};
  for (size_t g = 0; g < 3; ++g) {
    const double backed_off = 2 * (country[g] + 20 * prior[g]) / (3 + 20);
    EXPECT_FLOAT_EQ(scores[g], static_cast<float>(destination[g] + backed_off));
    EXPECT_FLOAT_EQ(scores[3 + g], static_cast<float>(backed_off));
    EXPECT_FLOAT_EQ(scores[6 + g], static_cast<float>(other[g] + 2 * prior[g]));
    EXPECT_FLOAT_EQ(scores[9 + g], static_cast<float>(2 * prior[g]));
  }
  EXPECT_EQ(RankOf(Span<const float>(scores).subspan(9, 3), 1), 0U);  // ties by index
  EXPECT_EQ(RankOf(Span<const float>(scores).subspan(9, 3), 2), 1U);
}

TEST(CountsTest, WithoutAnOwnPriorEveryClassIsAlike) {
  const auto model = MustMake(Spec({3, 2}, 3));
  const State state = SolveOver(*model, HandMade().view());
  const Rows asked = Contexts({{kNone, kNone}}, {0});
  std::vector<float> scores(3);
  ASSERT_TRUE(model->Predict(state, {}, asked.view(), scores).ok());
  for (const float score : scores) EXPECT_FLOAT_EQ(score, 2.0F / 3);
}

TEST(CountsTest, AZeroWeightTrustsTheCountsAlone) {
  ModelSpec spec = Spec({3, 2}, 3);
  spec.backoff = {1, 0};
  const auto model = MustMake(spec);
  base::SeededRng rng(1);
  const Rows asked = Contexts({{0, 0}}, {0});
  std::vector<float> scores(3);
  ASSERT_TRUE(model->Predict(model->NewState(rng), {}, asked.view(), scores).ok());
  for (const float score : scores) EXPECT_FLOAT_EQ(score, 1.0F / 3);
}

TEST(CountsTest, RowsOutsideTheTablesAreRefused) {
  const auto model = MustMake(Spec({3, 2}, 3));
  base::SeededRng rng(1);
  const State state = model->NewState(rng);
  num::Values sums = num::Values::Zeros(num::Scalar::kInt64, model->layout().size());
  const Rows outside = Contexts({{3, 0}}, {0});
  EXPECT_EQ(model->statistics()->Accumulate(state, {}, outside.view(), sums).code(), "MODEL-BATCH");
  for (const float label : {-1.0F, 3.0F, std::nanf("")}) {
    const Rows mislabelled = Contexts({{0, 0}}, {label});
    EXPECT_EQ(model->statistics()->Accumulate(state, {}, mislabelled.view(), sums).code(),
              "MODEL-BATCH");
  }
}

TEST(CountsTest, PrivateStateOfAnotherModelIsRefused) {
  const auto model = MustMake(Spec({3, 2}, 3, true));
  base::SeededRng rng(1);
  const State state = model->NewState(rng);
  const Rows rows = HandMade();
  std::vector<float> scores(rows.rows * 3);
  PrivateState own;
  own.values["prior"] = num::Values::Zeros(num::Scalar::kInt64, 4);
  EXPECT_EQ(model->Predict(state, own, rows.view(), scores).code(), "MODEL-STATE");
  EXPECT_EQ(model->Personalise(state, rows.view(), own).code(), "MODEL-STATE");
  own = RememberOf(*model, rows.view());
  own.values["backoff"] = num::Values::Zeros(num::Scalar::kFloat32, 2);
  EXPECT_EQ(model->Predict(state, own, rows.view(), scores).code(), "MODEL-STATE");
}

// MAP@5 of each row when it is taken out and the whole model is counted again.
std::vector<double> LeaveOneOut(const ModelSpec& spec, const Rows& others, const Rows& rows,
                                const std::vector<double>& weights) {
  ModelSpec weighted = spec;
  weighted.backoff = weights;
  weighted.is_personalised = false;
  const auto model = MustMake(weighted);
  data::Table all;
  all.Append(rows.view());
  std::vector<double> values;
  for (size_t left = 0; left < rows.rows; ++left) {
    std::vector<uint32_t> order;
    for (uint32_t r = 0; r < rows.rows; ++r) {
      if (r != left) order.push_back(r);
    }
    const data::Table own_rows = all.Gather(order);
    data::Table kept = all.Gather(order);
    kept.Append(others.view());
    const State state = SolveOver(*model, kept.view());
    const PrivateState own = RememberOf(*model, own_rows.view());
    std::vector<float> scores(spec.classes);
    FLORIN_CHECK(model->Predict(state, own, rows.view().Slice(left, 1), scores).ok());
    const size_t rank = RankOf(scores, static_cast<size_t>(rows.label[left]));
    values.push_back(rank < 5 ? 1 / static_cast<double>(rank + 1) : 0);
  }
  return values;
}

double SumOf(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

// The best sum over the grid, unless its gain over the given weights is within two standard errors.
double BestOfGrid(const ModelSpec& spec, const Rows& others, const Rows& rows) {
  const std::vector<double> given = LeaveOneOut(spec, others, rows, spec.backoff);
  std::vector<double> best = given;
  for (const double finest : {1.0, 2.0, 4.0, 8.0, 16.0, 32.0}) {
    for (const double coarser : {5.0, 10.0, 20.0, 40.0, 80.0, 160.0}) {
      std::vector<double> values = LeaveOneOut(spec, others, rows, {finest, coarser});
      if (SumOf(values) > SumOf(best)) best = std::move(values);
    }
  }
  const double gain = SumOf(best) - SumOf(given);
  double variance = -gain * gain / static_cast<double>(rows.rows);
  for (size_t r = 0; r < rows.rows; ++r) variance += std::pow(best[r] - given[r], 2);
  return gain > 2 * std::sqrt(variance) ? SumOf(best) : SumOf(given);
}

TEST(CountsTest, FittedWeightsAreTheBestOfLeavingEachRowOut) {
  ModelSpec spec = Spec({6, 3}, 12, true);
  int changed = 0;
  for (const double given : {20.0, 1000.0}) {  // a sensible weight, and one that trusts no count
    spec.backoff = {given / 10, given};
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      const Rows others = MakeRows(spec, {.rows = 60, .seed = seed + 10});
      const Rows rows = MakeRows(spec, {.rows = 40, .unknown_share = 0.2, .seed = seed});
      data::Table everyone;
      everyone.Append(rows.view());
      everyone.Append(others.view());
      const auto model = MustMake(spec);
      const State state = SolveOver(*model, everyone.view());
      PrivateState own = RememberOf(*model, rows.view());
      ASSERT_TRUE(model->Personalise(state, rows.view(), own).ok());
      const auto fitted = own.values.at("backoff").f64();
      if (fitted[1] != given) ++changed;
      const double reached = SumOf(LeaveOneOut(spec, others, rows, {fitted[0], fitted[1]}));
      EXPECT_NEAR(reached, BestOfGrid(spec, others, rows), 1e-9) << fitted[0] << ", " << fitted[1];
    }
  }
  EXPECT_GT(changed, 0);
  EXPECT_LT(changed, 6);
}

TEST(CountsTest, FittedWeightsAreUsedOnlyWhereTheJobAsksForThem) {
  const Rows rows = HandMade();
  const auto fitting = MustMake(Spec({3, 2}, 3, true));
  const auto plain = MustMake(Spec({3, 2}, 3, false));
  const State state = SolveOver(*plain, rows.view());
  PrivateState own = RememberOf(*plain, rows.view());
  ASSERT_TRUE(plain->Personalise(state, rows.view(), own).ok());
  EXPECT_FALSE(own.values.contains("backoff"));
  own.values["backoff"] = num::Values::Of(Span<const double>(std::vector<double>{8, 5}));
  std::vector<float> with(rows.rows * 3);
  std::vector<float> without(rows.rows * 3);
  ASSERT_TRUE(fitting->Predict(state, own, rows.view(), with).ok());
  ASSERT_TRUE(plain->Predict(state, own, rows.view(), without).ok());
  EXPECT_NE(with, without);
}

TEST(CountsTest, ASecondPassForgetsTheFirst) {
  const auto model = MustMake(Spec({3, 2}, 3, true));
  const Rows rows = HandMade();
  PrivateState own = RememberOf(*model, rows.view());
  own.values["backoff"] = num::Values::Of(Span<const double>(std::vector<double>{8, 5}));
  model->statistics()->BeginPrivate(own);
  model->statistics()->Remember(rows.view(), own);
  EXPECT_FALSE(own.values.contains("backoff"));
  EXPECT_EQ(own.values.at("prior").i64()[1], 2);
}

}  // namespace
}  // namespace florin::model
