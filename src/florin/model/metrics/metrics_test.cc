#include "florin/model/metrics/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "florin/base/rng.h"

namespace florin::model {
namespace {

struct Scored {
  std::vector<float> scores;
  std::vector<float> labels;
  data::Batch view() const {
    data::Batch batch;
    batch.rows = labels.size();
    batch.label = labels;
    return batch;
  }
};

std::map<std::string, double> FiguresOf(const MetricSet& set, const Scored& rows) {
  std::vector<int64_t> sums(set.layout().size());
  set.Accumulate(rows.view(), rows.scores, sums);
  std::map<std::string, double> figures;
  for (const Figure& figure : set.Figures(sums)) figures[figure.name] = figure.value;
  return figures;
}

MetricSet Must(Output output, size_t output_count, const std::vector<std::string>& names) {
  auto made = MetricSet::Make(output, output_count, names);
  FLORIN_CHECK(made.ok());
  return std::move(made).value();
}

Scored Probabilities(size_t rows, double base_logit, uint64_t seed) {
  base::SeededRng rng(seed);
  Scored made;
  for (size_t r = 0; r < rows; ++r) {
    const double p = 1 / (1 + std::exp(-(base_logit + rng.Normal())));
    made.scores.push_back(static_cast<float>(p));
    made.labels.push_back(rng.Uniform() < p ? 1.0F : 0.0F);
  }
  return made;
}

double CountedAuc(const Scored& rows) {
  double won = 0;
  double pairs = 0;
  for (size_t i = 0; i < rows.labels.size(); ++i) {
    for (size_t j = 0; j < rows.labels.size(); ++j) {
      if (!(rows.labels[i] > 0.5F && rows.labels[j] < 0.5F)) continue;
      pairs += 1;
      won += rows.scores[i] > rows.scores[j] ? 1 : rows.scores[i] == rows.scores[j] ? 0.5 : 0;
    }
  }
  return won / pairs;
}

TEST(AucTest, ExactAucCountsPairs) {
  Scored rows = Probabilities(300, -1, 1);
  for (float& score : rows.scores) score = std::round(score * 20) / 20;  // many ties
  EXPECT_NEAR(ExactAuc(rows.scores, rows.labels), CountedAuc(rows), 1e-12);
}

TEST(AucTest, HistogramIsNearExact) {
  for (const double base_logit : {0.0, -2.5, -7.0}) {
    const Scored rows = Probabilities(30000, base_logit, 2);
    const auto set = Must(Output::kProbability, 1, {"auc"});
    EXPECT_NEAR(FiguresOf(set, rows).at("auc"), ExactAuc(rows.scores, rows.labels), 2e-3);
  }
}

TEST(AucTest, OneClassAloneHasNoAuc) {
  const auto set = Must(Output::kProbability, 1, {"auc", "rig", "calibration", "logloss"});
  const Scored rows{.scores = {0.2F, 0.7F}, .labels = {0, 0}};
  const auto figures = FiguresOf(set, rows);
  EXPECT_FALSE(figures.contains("auc"));
  EXPECT_FALSE(figures.contains("rig"));
  EXPECT_FALSE(figures.contains("calibration_ratio"));
  EXPECT_TRUE(figures.contains("ece"));
  EXPECT_TRUE(figures.contains("logloss"));
  EXPECT_TRUE(std::isnan(ExactAuc(rows.scores, rows.labels)));
}

TEST(MetricSetTest, NoRowsNoFigures) {
  for (const Output output : {Output::kProbability, Output::kClasses, Output::kReal}) {
    const char* name = output == Output::kProbability ? "auc"
                       : output == Output::kClasses   ? "map@5"
                                                      : "mse";
    const auto set = Must(output, output == Output::kClasses ? 3 : 1, {name});
    EXPECT_TRUE(FiguresOf(set, {}).empty());
  }
}

TEST(MetricSetTest, ProbabilityFiguresMatchTheirDefinitions) {
  const Scored rows = Probabilities(5000, -1, 3);
  const auto set = Must(Output::kProbability, 1, {"logloss", "rig", "calibration"});
  double loss = 0;
  double positives = 0;
  double predicted = 0;
  double bins[10][2] = {};
  for (size_t r = 0; r < rows.labels.size(); ++r) {
    const double p = static_cast<double>(rows.scores[r]);
    loss -= std::log(rows.labels[r] > 0.5F ? p : 1 - p);
    positives += static_cast<double>(rows.labels[r]);
    predicted += p;
    const auto bin = static_cast<size_t>(p * 10);
    bins[bin][0] += p;
    bins[bin][1] += static_cast<double>(rows.labels[r]);
  }
  const auto n = static_cast<double>(rows.labels.size());
  const double rate = positives / n;
  const double entropy = -rate * std::log(rate) - (1 - rate) * std::log(1 - rate);
  double ece = 0;
  for (const auto& bin : bins) ece += std::abs(bin[0] - bin[1]) / n;
  const auto figures = FiguresOf(set, rows);
  EXPECT_NEAR(figures.at("logloss"), loss / n, 1e-6);
  EXPECT_NEAR(figures.at("rig"), 1 - loss / n / entropy, 1e-6);
  EXPECT_NEAR(figures.at("calibration_ratio"), predicted / positives, 1e-6);
  EXPECT_NEAR(figures.at("ece"), ece, 1e-6);
}

TEST(MetricSetTest, CertainMistakesCostAFiniteLoss) {
  const auto set = Must(Output::kProbability, 1, {"logloss", "calibration", "auc"});
  const Scored rows{.scores = {0, 1, std::nanf(""), 1}, .labels = {1, 0, 1, 1}};
  const auto figures = FiguresOf(set, rows);
  EXPECT_NEAR(figures.at("logloss"), 3 * -std::log(1e-15) / 4, 1e-6);
}

TEST(MetricSetTest, RankingFiguresMatchTheirDefinitions) {
  base::SeededRng rng(4);
  Scored rows;
  constexpr size_t kClasses = 20;
  double map = 0;
  double hits = 0;
  double ndcg = 0;
  double accurate = 0;
  double loss = 0;
  for (size_t r = 0; r < 500; ++r) {
    std::vector<float> row(kClasses);
    for (float& score : row) score = static_cast<float>(rng.Below(8));  // ties
    row[0] += 1;
    const auto label = static_cast<size_t>(rng.Below(kClasses));
    std::vector<size_t> order(kClasses);
    for (size_t c = 0; c < kClasses; ++c) order[c] = c;
    std::ranges::sort(
        order, [&](size_t a, size_t b) { return row[a] > row[b] || (row[a] == row[b] && a < b); });
    const auto rank = static_cast<size_t>(std::ranges::find(order, label) - order.begin());
    EXPECT_EQ(RankOf(row, label), rank);
    double sum = 0;
    for (const float score : row) sum += static_cast<double>(score);
    loss -= std::log(std::max(static_cast<double>(row[label]) / sum, 1e-15));
    if (rank == 0) accurate += 1;
    if (rank < 5) {
      map += 1 / static_cast<double>(rank + 1);
      hits += 1;
      ndcg += 1 / std::log2(static_cast<double>(rank + 2));
    }
    rows.scores.insert(rows.scores.end(), row.begin(), row.end());
    rows.labels.push_back(static_cast<float>(label));
  }
  const auto set =
      Must(Output::kClasses, kClasses, {"map@5", "hr@5", "ndcg@5", "accuracy", "logloss"});
  const auto figures = FiguresOf(set, rows);
  EXPECT_NEAR(figures.at("map@5"), map / 500, 1e-6);
  EXPECT_NEAR(figures.at("hr@5"), hits / 500, 1e-9);
  EXPECT_NEAR(figures.at("ndcg@5"), ndcg / 500, 1e-6);
  EXPECT_NEAR(figures.at("accuracy"), accurate / 500, 1e-9);
  EXPECT_NEAR(figures.at("logloss"), loss / 500, 1e-6);
}

TEST(MetricSetTest, RealFiguresMatchTheirDefinitionsWhateverTheUnit) {
  for (const double unit : {1e-2, 1.0, 1e6}) {  // a rate, a count, yearly revenue
    base::SeededRng rng(5);
    Scored rows;
    double squares = 0;
    double absolutes = 0;
    double label_sum = 0;
    double label_squares = 0;
    for (size_t r = 0; r < 2000; ++r) {
      const auto label = static_cast<float>(unit * (3 + rng.Normal()));
      const auto score = static_cast<float>(static_cast<double>(label) + unit * rng.Normal() / 2);
      const double error = static_cast<double>(score) - static_cast<double>(label);
      rows.labels.push_back(label);
      rows.scores.push_back(score);
      squares += error * error;
      absolutes += std::abs(error);
      label_sum += static_cast<double>(label);
      label_squares += static_cast<double>(label) * static_cast<double>(label);
    }
    const auto set = Must(Output::kReal, 1, {"mse", "mae", "r2"});
    const auto figures = FiguresOf(set, rows);
    const double spread = label_squares - label_sum * label_sum / 2000;
    EXPECT_NEAR(figures.at("mse"), squares / 2000, 1e-6 * (1 + squares / 2000));
    EXPECT_NEAR(figures.at("mae"), absolutes / 2000, 1e-6 * (1 + absolutes / 2000));
    EXPECT_NEAR(figures.at("r2"), 1 - squares / spread, 1e-3);
  }
}

TEST(MetricSetTest, SumsOfHalvesAreTheSumsOfTheWhole) {
  const Scored whole = Probabilities(1001, -2, 6);
  const auto set = Must(Output::kProbability, 1, {"auc", "logloss", "rig", "calibration"});
  std::vector<int64_t> at_once(set.layout().size());
  set.Accumulate(whole.view(), whole.scores, at_once);
  std::vector<int64_t> in_parts(set.layout().size());
  const Span<const float> scores(whole.scores);
  set.Accumulate(whole.view().Slice(300, 701), scores.subspan(300), in_parts);
  set.Accumulate(whole.view().Slice(0, 300), scores.first(300), in_parts);
  EXPECT_EQ(in_parts, at_once);
  EXPECT_EQ(set.Rows(at_once), 1001U);
}

TEST(MetricSetTest, RowValuesAverageToTheFigure) {
  base::SeededRng rng(7);
  Scored rows;
  for (size_t r = 0; r < 100; ++r) {
    for (size_t c = 0; c < 6; ++c) rows.scores.push_back(static_cast<float>(rng.Uniform()));
    rows.labels.push_back(static_cast<float>(rng.Below(6)));
  }
  for (const char* name : {"map@3", "hr@2", "ndcg@4", "accuracy", "logloss"}) {
    const auto set = Must(Output::kClasses, 6, {name});
    double sum = 0;
    for (size_t r = 0; r < 100; ++r) {
      sum += set.RowValue(Span<const float>(rows.scores).subspan(6 * r, 6), rows.labels[r]);
    }
    EXPECT_NEAR(sum / 100, FiguresOf(set, rows).at(name), 1e-6) << name;
  }
  EXPECT_TRUE(
      std::isnan(Must(Output::kProbability, 1, {"auc"}).RowValue(std::vector<float>{0.5F}, 1)));
}

TEST(MetricSetTest, RowsThatCannotBeMeasuredAreNotAccepted) {
  const auto set = Must(Output::kClasses, 3, {"map@5"});
  Scored rows{.scores = {}, .labels = {0, 1, 2}};
  EXPECT_TRUE(set.Accepts(rows.view()).ok());
  for (const float label : {-1.0F, 3.0F, std::nanf("")}) {
    rows.labels[1] = label;
    EXPECT_EQ(set.Accepts(rows.view()).code(), "METRIC-LABEL");
  }
  data::Batch unlabelled;
  unlabelled.rows = 2;
  EXPECT_EQ(set.Accepts(unlabelled).code(), "METRIC-LABEL");
  EXPECT_EQ(Must(Output::kReal, 1, {"mse"}).Accepts(unlabelled).code(), "METRIC-LABEL");
}

TEST(MetricSetTest, BadNamesAreRefusedWithASuggestion) {
  const Status slip = MetricSet::Make(Output::kProbability, 1, {"acu"}).status();
  EXPECT_EQ(slip.code(), "METRIC-NAME");
  EXPECT_NE(slip.message().find("auc"), std::string_view::npos);
  for (const char* name : {"map", "map@", "map@0", "map@-1", "map@five", "accuracy@5", "auc", ""}) {
    EXPECT_EQ(MetricSet::Make(Output::kClasses, 10, {name}).status().code(), "METRIC-NAME") << name;
  }
  EXPECT_EQ(MetricSet::Make(Output::kReal, 1, {"mse", "mse"}).status().code(), "METRIC-NAME");
}

TEST(RankingTest, WhatIsNotANumberRanksLast) {
  const std::vector<float> scores = {0.1F, std::nanf(""), 0.2F};
  EXPECT_EQ(RankOf(scores, 1), 2U);
}

}  // namespace
}  // namespace florin::model
