#include "florin/job/vector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

namespace florin::job {
namespace {

using base::SeededRng;

VectorPlan PlanOf(num::Scalar scalar, size_t size, size_t metric_count) {
  VectorPlan plan;
  auto layout = num::Layout::Make(scalar, {{.name = "values", .shape = {size}}});
  EXPECT_TRUE(layout.ok());
  plan.values = *layout;
  plan.metric_count = metric_count;
  auto values = scalar == num::Scalar::kInt64 ? encode::Grid::MakeExact(1'000'000, 1000)
                                              : encode::Grid::Make(1000, 1000);
  EXPECT_TRUE(values.ok());
  plan.value_grid = *values;
  auto metrics = encode::Grid::Make(0x1p30, 1000);
  EXPECT_TRUE(metrics.ok());
  plan.metric_grid = *metrics;
  return plan;
}

template <typename T>
model::Yield YieldOf(const std::vector<T>& values, double weight,
                     const std::vector<double>& metrics) {
  return {.values = num::Values::Of(Span<const T>(values)), .weight = weight, .metrics = metrics};
}

model::Aggregate SumOf(const VectorPlan& plan, const std::vector<model::Yield>& yields,
                       double factor = 1) {
  num::RingVector sum;
  sum.words.assign(plan.size(), 0);
  SeededRng rng(1);
  for (const model::Yield& yield : yields) {
    auto vector = EncodeYield(plan, yield, factor, rng);
    EXPECT_TRUE(vector.ok()) << vector.status().ToString();
    num::RingAdd(sum.words, vector->words);
  }
  auto aggregate = DecodeSum(plan, sum, yields.size());
  EXPECT_TRUE(aggregate.ok());
  return std::move(aggregate).value();
}

TEST(Vector, UpdatesAreWeightedAndScaled) {
  const VectorPlan plan = PlanOf(num::Scalar::kFloat32, 3, 1);
  std::vector<model::Yield> yields;
  yields.push_back(YieldOf<float>({1, -2, 0.1F}, 60, {5.5}));
  yields.push_back(YieldOf<float>({3, 0, -0.3F}, 20, {-1.25}));
  const model::Aggregate sum = SumOf(plan, yields, 0.5);
  const double steps = 2 * std::ldexp(1.0, -plan.value_grid.fraction_bits());
  ASSERT_EQ(sum.sum.size(), 3U);
  EXPECT_EQ(sum.sum.f64()[0], 60.0);
  EXPECT_EQ(sum.sum.f64()[1], -60.0);
  EXPECT_NEAR(sum.sum.f64()[2], 0.5 * (60 * double{0.1F} - 20 * double{0.3F}), steps);
  EXPECT_EQ(sum.weight, 80);
  EXPECT_EQ(sum.metrics, std::vector<double>{4.25});
  EXPECT_EQ(sum.contribution_count, 2U);
  EXPECT_EQ(sum.layout, plan.values);
}

TEST(Vector, RealSumsAreNotWeightedAndKeepTheirStep) {
  const VectorPlan plan = PlanOf(num::Scalar::kFloat64, 2, 0);
  std::vector<model::Yield> yields;
  yields.push_back(YieldOf<double>({1.0 / 3, -999.5}, 1, {}));
  yields.push_back(YieldOf<double>({1.0 / 7, 0.25}, 1, {}));
  const model::Aggregate sum = SumOf(plan, yields);
  EXPECT_NEAR(sum.sum.f64()[0], 1.0 / 3 + 1.0 / 7,
              std::ldexp(1.0, -plan.value_grid.fraction_bits()));
  EXPECT_EQ(sum.sum.f64()[1], -999.25);
  EXPECT_EQ(sum.weight, 2);
}

TEST(Vector, CountsAreExact) {
  const VectorPlan plan = PlanOf(num::Scalar::kInt64, 3, 2);
  std::vector<model::Yield> yields;
  yields.reserve(1000);
  for (int i = 0; i < 1000; ++i) {
    yields.push_back(YieldOf<int64_t>({1'000'000, -7, 0}, 1, {3, 0.5}));
  }
  const model::Aggregate sum = SumOf(plan, yields);
  EXPECT_EQ(sum.sum.i64()[0], 1'000'000'000);
  EXPECT_EQ(sum.sum.i64()[1], -7000);
  EXPECT_EQ(sum.sum.i64()[2], 0);
  EXPECT_EQ(sum.metrics, (std::vector<double>{3000, 500}));
}

TEST(Vector, WeightZeroAddsNothing) {
  const VectorPlan plan = PlanOf(num::Scalar::kFloat32, 2, 0);
  std::vector<model::Yield> yields;
  yields.push_back(YieldOf<float>({5, 6}, 0, {}));
  const model::Aggregate sum = SumOf(plan, yields);
  EXPECT_EQ(sum.sum.f64()[0], 0);
  EXPECT_EQ(sum.weight, 0);
}

TEST(Vector, RefusalsSayWhichPart) {
  const VectorPlan plan = PlanOf(num::Scalar::kFloat32, 2, 1);
  const double nan = std::nan("");
  SeededRng rng(2);
  const auto expect = [&](const model::Yield& yield, std::string_view part) {
    const auto vector = EncodeYield(plan, yield, 1, rng);
    ASSERT_FALSE(vector.ok());
    EXPECT_NE(vector.status().ToString().find(part), std::string::npos)
        << vector.status().ToString();
  };
  expect(YieldOf<float>({0, 501}, 2, {0}), "values: entry 1 of 2");
  expect(YieldOf<float>({0, NAN}, 2, {0}), "values: entry 1 of 2");
  expect(YieldOf<float>({0, 1}, 2, {nan}), "metrics: entry 0");
  expect(YieldOf<float>({0, 1}, nan, {0}), "weight: expected");
  expect(YieldOf<float>({0, 1}, -1, {0}), "weight: expected");
  expect(YieldOf<float>({0, 1}, 0x1p31, {0}), "[ENCODE-RANGE]");
  expect(YieldOf<float>({0}, 1, {0}), "[PROTO-LENGTH]");
  expect(YieldOf<float>({0, 1}, 1, {}), "[PROTO-LENGTH]");
  expect(YieldOf<double>({0, 1}, 1, {0}), "[PROTO-LENGTH]");
}

// What a sum in Z_2^bits leaves of each entry, its sign extended, decodes as the sum of 64 bits.
TEST(Vector, NarrowSumsDecodeToTheSameAggregate) {
  VectorPlan plan = PlanOf(num::Scalar::kFloat32, 40, 1);
  plan.value_grid = *encode::Grid::Make(30, 9, 16);
  ASSERT_EQ(plan.narrow_size(), 40U);
  num::RingVector sum;
  sum.words.assign(plan.size(), 0);
  SeededRng rng(7);
  std::vector<double> exact(40, 0);
  for (int site = 0; site < 9; ++site) {
    std::vector<float> values(40);
    for (float& value : values) value = static_cast<float>(20 * rng.Uniform() - 10);
    for (size_t i = 0; i < 40; ++i) exact[i] += 3 * double{values[i]};
    auto vector = EncodeYield(plan, YieldOf<float>(values, 3, {1}), 1, rng);
    ASSERT_TRUE(vector.ok()) << vector.status().ToString();
    num::RingAdd(sum.words, vector->words);
  }
  const auto wide = DecodeSum(plan, sum, 9);
  for (size_t i = 0; i < plan.narrow_size(); ++i) {
    sum.words[i] = static_cast<uint64_t>(int64_t{static_cast<int16_t>(sum.words[i])});
  }
  const auto narrow = DecodeSum(plan, sum, 9);
  ASSERT_TRUE(wide.ok() && narrow.ok());
  EXPECT_TRUE(std::ranges::equal(narrow->sum.f64(), wide->sum.f64()));
  const double steps = 9 * std::ldexp(1.0, -plan.value_grid.fraction_bits());
  for (size_t i = 0; i < 40; ++i) EXPECT_NEAR(narrow->sum.f64()[i], exact[i], steps);
  EXPECT_EQ(narrow->weight, 27);
}

// Turned, rounded, summed and turned back: the sum, off by no more than rounding costs; and honest
// contributions at the clipping norm pass as claims.
TEST(Vector, TurnedUpdatesSumToTheSame) {
  constexpr size_t kSize = 2500;
  VectorPlan plan = PlanOf(num::Scalar::kFloat32, kSize, 1);
  plan.rotation.emplace(kSize, 11);
  PrivacySpec privacy;
  privacy.clipping_norm = 2;
  for (const auto& [bits, error] : {std::pair{32, 1e-5}, {16, 0.01}}) {
    plan.value_grid = *encode::Grid::Make(6 * encode::Rotation::EntryMax(kSize), 5, bits);
    num::RingVector sum;
    sum.words.assign(plan.size(), 0);
    SeededRng rng(3);
    std::vector<double> exact(kSize, 0);
    for (int site = 0; site < 5; ++site) {
      std::vector<float> values(kSize);
      for (float& value : values) value = static_cast<float>(rng.Normal());
      const double squares = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
      const double factor = 2 / std::sqrt(squares);
      for (size_t i = 0; i < kSize; ++i) exact[i] += 3 * factor * double{values[i]};
      auto vector = EncodeYield(plan, YieldOf<float>(values, 3, {1}), factor, rng);
      ASSERT_TRUE(vector.ok()) << vector.status().ToString();
      num::RingAdd(sum.words, vector->words);
      protocol::Message message;
      message.bulk = *std::move(vector);
      EXPECT_EQ(CheckClaims(plan, privacy, message).ToString(), Status().ToString());
    }
    const auto aggregate = DecodeSum(plan, sum, 5);
    ASSERT_TRUE(aggregate.ok());
    for (size_t i = 0; i < kSize; ++i) ASSERT_NEAR(aggregate->sum.f64()[i], exact[i], error) << i;
  }
}

// Under a protocol that shows contributions, an entry that would break the grid's proof.
TEST(Vector, EntriesOverANarrowGridAreClaimsToo) {
  VectorPlan plan = PlanOf(num::Scalar::kFloat32, 3, 0);
  plan.value_grid = *encode::Grid::Make(1, 10, 8);  // 10 x 9 steps < 128
  const auto most = static_cast<int64_t>(plan.value_grid.steps_max());
  ASSERT_EQ(most, 9);
  const auto code = [&](int64_t entry) {
    protocol::Message message;
    const auto word = static_cast<uint64_t>(entry);
    message.bulk.words = {0, 0 - word, word, 0};
    return std::string(CheckClaims(plan, {}, message).code());
  };
  EXPECT_EQ(code(0), "");
  EXPECT_EQ(code(most), "");
  EXPECT_EQ(code(most + 1), "ENCODE-RANGE");
  EXPECT_EQ(code(int64_t{1} << 40), "ENCODE-RANGE");
  EXPECT_EQ(code(std::numeric_limits<int64_t>::min()), "ENCODE-RANGE");
}

TEST(Vector, SumOfTheWrongSizeIsRefused) {
  const VectorPlan plan = PlanOf(num::Scalar::kInt64, 4, 2);
  for (const size_t size : {0U, 6U, 8U}) {
    const auto aggregate = DecodeSum(plan, {std::vector<uint64_t>(size, 0)}, 1);
    ASSERT_FALSE(aggregate.ok());
    EXPECT_EQ(aggregate.status().code(), "PROTO-LENGTH");
  }
}

// A job that evaluates nothing has no layout there: one entry, the weight.
TEST(Vector, PlanWithoutValuesCarriesTheWeightAlone) {
  VectorPlan plan;
  plan.metric_grid = *encode::Grid::Make(16, 4);
  std::vector<model::Yield> yields(1);
  yields[0].weight = 3;
  const model::Aggregate sum = SumOf(plan, yields);
  EXPECT_EQ(sum.weight, 3);
  EXPECT_EQ(sum.sum.size(), 0U);
}

}  // namespace
}  // namespace florin::job
