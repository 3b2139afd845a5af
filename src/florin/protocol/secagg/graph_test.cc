#include "florin/protocol/secagg/graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>

namespace florin::protocol::secagg {
namespace {

using base::SeededRng;

Graph MakeGraph(uint32_t size, uint32_t degree, uint64_t seed = 1) {
  SeededRng rng(seed);
  auto graph = Graph::Make(size, degree, rng);
  EXPECT_TRUE(graph.ok()) << graph.status().ToString();
  return std::move(graph).value();
}

std::vector<uint32_t> Indices(const std::vector<PartyId>& parties) {
  std::vector<uint32_t> indices;
  indices.reserve(parties.size());
  for (const PartyId party : parties) indices.push_back(party.index);
  return indices;
}

class Shapes : public ::testing::TestWithParam<std::pair<uint32_t, uint32_t>> {};

TEST_P(Shapes, EveryoneHasItsNeighboursAndIsTheirs) {
  const auto [size, degree] = GetParam();
  const Graph graph = MakeGraph(size, degree);
  EXPECT_EQ(graph.size(), size);
  EXPECT_EQ(graph.degree(), degree);
  for (uint32_t i = 1; i <= size; ++i) {
    const std::vector<PartyId> neighbours = graph.Neighbours({i});
    ASSERT_EQ(neighbours.size(), degree);
    ASSERT_EQ(std::set<PartyId>(neighbours.begin(), neighbours.end()).size(), degree);
    for (uint32_t slot = 0; slot < degree; ++slot) {
      const PartyId neighbour = neighbours[slot];
      ASSERT_NE(neighbour.index, i);
      ASSERT_GE(neighbour.index, 1U);
      ASSERT_LE(neighbour.index, size);
      ASSERT_EQ(graph.SlotOf({i}, neighbour), slot);
      ASSERT_TRUE(graph.SlotOf(neighbour, {i}).has_value());
    }
    const std::set<PartyId> known(neighbours.begin(), neighbours.end());
    for (uint32_t other = 0; other <= size + 1; ++other) {
      ASSERT_EQ(graph.SlotOf({i}, {other}).has_value(), known.contains({other}));
    }
  }
}

// Nobody can be cut off by fewer than `degree` others (Harary 1962); here: all are in one piece.
TEST_P(Shapes, IsConnected) {
  const auto [size, degree] = GetParam();
  const Graph graph = MakeGraph(size, degree, 9);
  std::set<PartyId> seen{{1}};
  std::vector<PartyId> next{{1}};
  while (!next.empty()) {
    const PartyId party = next.back();
    next.pop_back();
    for (const PartyId neighbour : graph.Neighbours(party)) {
      if (seen.insert(neighbour).second) next.push_back(neighbour);
    }
  }
  EXPECT_EQ(seen.size(), size);
}

INSTANTIATE_TEST_SUITE_P(All, Shapes,
                         ::testing::Values(std::pair{2U, 1U}, std::pair{3U, 2U}, std::pair{4U, 2U},
                                           std::pair{4U, 3U}, std::pair{5U, 4U}, std::pair{6U, 4U},
                                           std::pair{50U, 49U}, std::pair{51U, 50U},
                                           std::pair{300U, 2U}, std::pair{301U, 90U}));

// A change here stops contributors of the old and the new program from summing together.
TEST(Graph, SameStreamSameGraphEverywhere) {
  EXPECT_EQ(Indices(MakeGraph(9, 4).Neighbours({1})), (std::vector<uint32_t>{6, 7, 3, 5}));
  EXPECT_EQ(Indices(MakeGraph(9, 4).Neighbours({5})), (std::vector<uint32_t>{1, 3, 9, 8}));
  EXPECT_EQ(Indices(MakeGraph(4, 3).Neighbours({2})), (std::vector<uint32_t>{1, 4, 3}));
}

TEST(Graph, OrderFollowsTheStream) {
  const auto neighbours = [](uint64_t seed) {
    std::vector<uint32_t> indices = Indices(MakeGraph(1000, 90, seed).Neighbours({17}));
    std::ranges::sort(indices);
    return indices;
  };
  EXPECT_EQ(neighbours(1), neighbours(1));
  EXPECT_NE(neighbours(1), neighbours(2));
}

// Each pair is joined with probability degree / (size - 1): over 4,000 orders within 5 standard
// errors, which one of the 29 pairs misses once in 60,000 runs; the seeds are fixed.
TEST(Graph, EveryPairIsJoinedAlikeOften) {
  constexpr int kDraws = 4000;
  constexpr uint32_t kSize = 30;
  constexpr uint32_t kDegree = 6;
  std::vector<int> joined(kSize + 1, 0);
  for (int draw = 0; draw < kDraws; ++draw) {
    const Graph graph = MakeGraph(kSize, kDegree, 1000 + static_cast<uint64_t>(draw));
    for (const PartyId neighbour : graph.Neighbours({3})) ++joined[neighbour.index];
  }
  for (uint32_t i = 1; i <= kSize; ++i) {
    if (i == 3) continue;
    EXPECT_NEAR(joined[i], 4000.0 * 6 / 29, 128) << i;
  }
}

TEST(Graph, ShapesThatAreNoGraphAreRefused) {
  SeededRng rng(1);
  for (const auto& [size, degree] : {std::pair{0U, 0U},
                                     {1U, 0U},
                                     {2U, 0U},
                                     {2U, 2U},
                                     {5U, 3U},
                                     {5U, 5U},
                                     {6U, 1U},
                                     {1000U, 91U},
                                     {0U, 0xffffffffU}}) {
    const auto graph = Graph::Make(size, degree, rng);
    ASSERT_FALSE(graph.ok()) << size << " " << degree;
    EXPECT_EQ(graph.status().code(), "PROTO-GRAPH");
  }
}

}  // namespace
}  // namespace florin::protocol::secagg
