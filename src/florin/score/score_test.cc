#include "florin/score/score.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "florin/model/testing.h"

namespace florin::score {
namespace {

std::vector<uint32_t> Indices(const std::vector<Ranked>& ranked) {
  std::vector<uint32_t> indices;
  indices.reserve(ranked.size());
  for (const Ranked& item : ranked) indices.push_back(item.index);
  return indices;
}

TEST(TopKTest, BestFirstTiesByIndex) {
  std::vector<Ranked> out;
  TopK(std::vector<float>{1, 3, 2, 3, 2}, 3, out);
  EXPECT_EQ(Indices(out), (std::vector<uint32_t>{1, 3, 2}));
  EXPECT_EQ(out[0].score, 3);
  TopK(std::vector<float>{1, 3}, 5, out);
  EXPECT_EQ(Indices(out), (std::vector<uint32_t>{1, 0}));
  TopK(std::vector<float>{1, 3}, 0, out);
  EXPECT_TRUE(out.empty());
  TopK({}, 3, out);
  EXPECT_TRUE(out.empty());
}

TEST(TopKTest, MatchesAFullSort) {
  base::SeededRng rng(1);
  std::vector<Ranked> out;
  for (int run = 0; run < 200; ++run) {
    std::vector<float> scores(1 + rng.Below(60));
    for (float& score : scores) score = static_cast<float>(rng.Below(10));
    std::vector<uint32_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, [&](uint32_t a, uint32_t b) {
      return scores[a] > scores[b] || (scores[a] == scores[b] && a < b);
    });
    const size_t k = rng.Below(70);
    order.resize(std::min(order.size(), k));
    TopK(scores, k, out);
    EXPECT_EQ(Indices(out), order);
  }
}

TEST(TopKTest, WhatIsNotANumberComesLast) {
  std::vector<Ranked> out;
  TopK(std::vector<float>{std::nanf(""), -5, 2}, 3, out);
  EXPECT_EQ(Indices(out), (std::vector<uint32_t>{2, 1, 0}));
}

TEST(ScoreAllTest, HandsOutEveryRowOnceInOrder) {
  model::ModelSpec spec;
  spec.kind = "multinomial";
  spec.dense_width = 2;
  spec.classes = 300;  // few rows a chunk
  const auto model = model::MustMake(spec);
  model::Rows rows = model::MakeRows(spec, {.rows = 5000});
  rows.label.clear();
  base::SeededRng rng(1);
  model::State state = model->NewState(rng);
  for (float& value : state.parameters.f32()) value = static_cast<float>(rng.Normal());
  std::vector<float> expected(size_t{5000} * 300);
  ASSERT_TRUE(model->Predict(state, {}, rows.view(), expected).ok());
  data::SingleBatchReader reader(rows.view());
  size_t next = 0;
  size_t chunks = 0;
  const auto sink = [&](size_t first, const data::Batch& batch, Span<const float> scores) {
    EXPECT_EQ(first, next);
    EXPECT_EQ(scores.size(), batch.rows * 300);
    for (size_t i = 0; i < scores.size(); i += 97) {
      EXPECT_NEAR(scores[i], expected[first * 300 + i], 1e-6F);
    }
    next += batch.rows;
    ++chunks;
    return Status();
  };
  ASSERT_TRUE(ScoreAll(*model, state, {}, reader, sink).ok());
  EXPECT_EQ(next, 5000U);
  EXPECT_GT(chunks, 1U);
}

TEST(ScoreAllTest, StopsAtTheFirstError) {
  model::ModelSpec spec;
  spec.kind = "logistic";
  const auto model = model::MustMake(spec);
  const model::Rows rows = model::MakeRows(spec, {.rows = 9000});
  base::SeededRng rng(1);
  const model::State state = model->NewState(rng);
  data::SingleBatchReader reader(rows.view());
  int calls = 0;
  const auto sink = [&](size_t, const data::Batch&, Span<const float>) {
    ++calls;
    return Status(Kind::kFailed, "FULL", "disk full");
  };
  EXPECT_EQ(ScoreAll(*model, state, {}, reader, sink).code(), "FULL");
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace florin::score
