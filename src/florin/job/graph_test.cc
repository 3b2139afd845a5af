#include "florin/job/graph.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "florin/base/rng.h"
#include "florin/base/text.h"

namespace florin::job {
namespace {

using protocol::secagg::Graph;

GraphParameters Chosen(uint32_t n, double adversarial, double dropout) {
  const auto graph = ChooseGraph(n, adversarial, dropout);
  EXPECT_TRUE(graph.ok()) << graph.status().ToString();
  return graph.ok() ? *graph : GraphParameters{};
}

// t > (n + adversarial n) / 2.
TEST(ChooseGraph, FewContributorsAreAllNeighbours) {
  const double third = 1.0 / 3;
  EXPECT_EQ(Chosen(2, 0, 0), (GraphParameters{1, 2}));
  EXPECT_EQ(Chosen(3, third, 0.05), (GraphParameters{2, 3}));
  EXPECT_EQ(Chosen(3, 0, 0.05), (GraphParameters{2, 2}));
  EXPECT_EQ(Chosen(5, 0.2, 0.05), (GraphParameters{4, 4}));
  EXPECT_EQ(Chosen(10, 0.2, 0.05), (GraphParameters{9, 7}));
  EXPECT_EQ(Chosen(10, 0.2, 0.3), (GraphParameters{9, 7}));
  EXPECT_EQ(Chosen(50, 0.2, 0.05), (GraphParameters{49, 31}));
  EXPECT_EQ(Chosen(kCompleteMax, 0.2, 0.05).degree, kCompleteMax - 1);
}

// Bell et al. 2020 with 40 bits of safety and one failure in 2^20, as other programs choose.
TEST(ChooseGraph, ManyContributorsHaveFewNeighbours) {
  EXPECT_EQ(Chosen(100, 0.2, 0.05), (GraphParameters{32, 27}));
  EXPECT_EQ(Chosen(1'000, 0.2, 0.05), (GraphParameters{90, 71}));
  EXPECT_EQ(Chosen(10'000, 0.2, 0.05), (GraphParameters{114, 89}));
  EXPECT_EQ(Chosen(100'000, 0.2, 0.05), (GraphParameters{126, 98}));
  EXPECT_EQ(Chosen(1'000, 0.33, 0.1), (GraphParameters{218, 171}));
  EXPECT_EQ(Chosen(10'000, 0.33, 0.1), (GraphParameters{310, 242}));
  EXPECT_EQ(Chosen(100'000, 0.33, 0.1), (GraphParameters{348, 271}));
}

TEST(ChooseGraph, WithoutASparseOneEveryoneIsEveryonesNeighbour) {
  EXPECT_FALSE(FindSparseGraph(70, 0.5, 0.22).has_value());
  EXPECT_EQ(Chosen(70, 0.5, 0.22), (GraphParameters{69, 53}));
}

TEST(ChooseGraph, WhatCannotBeKeptIsRefused) {
  const double nan = std::nan("");
  struct Case {
    uint32_t n;
    double adversarial;
    double dropout;
  };
  for (const auto& [n, adversarial, dropout] :
       {Case{0, 0, 0}, Case{1, 0, 0}, Case{kContributorsMax + 1, 0.1, 0.1}, Case{10, 1, 0},
        Case{10, -0.1, 0}, Case{10, 0, 1}, Case{10, 0, -1}, Case{10, nan, 0}, Case{10, 0, nan},
        Case{10, 0.2, 0.4}, Case{1'000, 0.5, 0.3}, Case{kContributorsMax, 0.4, 0.4}}) {
    const auto graph = ChooseGraph(n, adversarial, dropout);
    ASSERT_FALSE(graph.ok()) << n << " " << adversarial << " " << dropout;
    EXPECT_EQ(graph.status().code(), "JOB-GRAPH");
  }
}

TEST(FindSparseGraph, KnownChoices) {
  const auto path = std::filesystem::path(FLORIN_VECTORS) / "secagg_graph_params.csv";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  ASSERT_EQ(line, "n,adversarial_rate,dropout_rate,semi_malicious,degree_k,threshold_t,t_max");
  int checked = 0;
  while (std::getline(file, line)) {
    std::vector<double> row;
    for (const std::string_view cell : base::Split(line, ',')) {
      row.push_back(base::ParseDouble(cell).value_or(-1));
    }
    ASSERT_EQ(row.size(), 7U) << line;
    if (row[3] != 1) continue;
    const auto n = static_cast<uint32_t>(row[0]);
    const GraphParameters graph = FindSparseGraph(n, row[1], row[2]).value_or(GraphParameters{});
    EXPECT_EQ(graph.degree, row[4]) << line;
    EXPECT_EQ(graph.threshold, row[5]) << line;
    EXPECT_LT(FailureProbability(n, graph, row[2]), 0x1p-20) << line;
    const Collusion collusion = CollusionOf(n, graph, row[1], row[2]);
    EXPECT_LT(collusion.probability, 0x1p-40) << line;
    EXPECT_EQ(collusion.needed, 2 * graph.threshold - graph.degree) << line;
    ++checked;
  }
  EXPECT_GT(checked, 80);
}

// 10 contributors of which 3 leave, 4 neighbours: of the 210 draws of 4 places 7 hold 1 that stays
// and 63 hold 2.
TEST(FailureProbability, IsTheUnionOverContributors) {
  EXPECT_NEAR(FailureProbability(10, {4, 2}, 0.3), 10 * 7.0 / 210, 1e-9);
  EXPECT_EQ(FailureProbability(10, {4, 3}, 0.3), 1);
  EXPECT_EQ(FailureProbability(10, {4, 1}, 0.3), 0);
  EXPECT_EQ(FailureProbability(10, {9, 7}, 0.3), 0);
  EXPECT_EQ(FailureProbability(10, {9, 7}, 0.4), 1);
}

// Drawn graphs of the protocol fail no more often than it says, and not never.
TEST(FailureProbability, BoundsWhatDrawnGraphsDo) {
  constexpr uint32_t kSize = 80;
  constexpr GraphParameters kGraph{.degree = 10, .threshold = 4};
  constexpr int kDraws = 3000;
  int failed = 0;
  for (int draw = 0; draw < kDraws; ++draw) {
    base::SeededRng rng(static_cast<uint64_t>(draw));
    const auto graph = Graph::Make(kSize, kGraph.degree, rng);
    ASSERT_TRUE(graph.ok());
    bool fails = false;
    for (uint32_t i = 1; i <= kSize; ++i) {
      uint32_t staying = 0;
      for (const auto neighbour : graph->Neighbours({i})) staying += neighbour.index > 16 ? 1 : 0;
      fails = fails || staying < kGraph.threshold;
    }
    failed += fails ? 1 : 0;
  }
  EXPECT_GT(failed, 0);
  EXPECT_LT(failed, kDraws * FailureProbability(kSize, kGraph, 0.2));
}

TEST(Collusion, OfTheCompleteGraphIsCertainOrImpossible) {
  const GraphParameters graph = Chosen(10, 0.2, 0.05);
  const Collusion withstood = CollusionOf(10, graph, 0.2, 0.05);
  EXPECT_EQ(withstood.colluders, 2U);
  EXPECT_EQ(withstood.needed, 4U);  // 7 shares of each secret: 4 twice and 3 of the 6 honest once
  EXPECT_EQ(withstood.probability, 0);
  EXPECT_EQ(CollusionOf(10, graph, 0.4, 0.05).probability, 1);
}

}  // namespace
}  // namespace florin::job
