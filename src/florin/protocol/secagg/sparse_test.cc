// secagg over a sparse graph: each contributor hears of its neighbours alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "florin/protocol/cohort_testing.h"
#include "florin/protocol/secagg/secagg.h"
#include "florin/protocol/secagg/words.h"

namespace florin::protocol::secagg {
namespace {

const ProtocolKind& Secagg() { return *FindProtocol("secagg"); }

ProtocolSetup Sparse(uint32_t count, uint32_t degree, uint32_t threshold) {
  ProtocolSetup setup = SetupOf(count, 6, 3);
  setup.degree = degree;
  setup.threshold = threshold;
  return setup;
}

// In a sparse graph each one hears of its neighbours alone, and the sum is that of all.
TEST(SparseSecagg, SparseGraphsSumWhoeverStays) {
  constexpr uint32_t kMany = 24;
  const auto vectors = RandomVectors(kMany, 6, 60);
  const ProtocolSetup setup = Sparse(kMany, 10, 6);  // of eleven; the rule asks for seven
  for (const uint32_t leavers : {0U, 1U, 3U}) {
    Cohort cohort(Secagg(), setup, vectors);
    cohort.Take(cohort.Everyone());
    ASSERT_TRUE(cohort.Close(cohort.Everyone()).ok());
    EXPECT_EQ(ReadPeers(cohort.aggregator().Ask({1})->header, kMany)->neighbours.size(), 10U);
    Places able = cohort.Everyone();
    Places summed;
    while (cohort.step() < kSteps) {
      if (leavers > 0)
        std::erase_if(able, [&](uint32_t place) {
          return place % 8 == cohort.step() && place / 8 < leavers;
        });
      if (cohort.step() == kMaskedInput) summed = able;
      cohort.Take(able);
      if (HasFatalFailure()) return;
      cohort.RestartAggregator();
      const Status status = cohort.Close(able);
      if (!status.ok()) {
        EXPECT_EQ(status.code(), "PROTO-QUORUM");
        EXPECT_GT(leavers, 1U);
        break;
      }
    }
    if (cohort.step() == kSteps) {
      EXPECT_EQ(cohort.TakeSum(), SumOf(vectors, summed));
    } else {
      EXPECT_GT(leavers, 1U);
    }
  }
}

TEST(SparseSecagg, AGraphThatTooFewShowKeysForIsComplete) {
  const auto vectors = RandomVectors(24, 6, 61);
  Cohort cohort(Secagg(), Sparse(24, 10, 9), vectors);
  const Places few{2, 3, 5, 7, 11, 13};
  ASSERT_TRUE(cohort.Run({few, few, {2, 3, 5, 7, 11}, {2, 3, 5, 7}}).ok());
  EXPECT_EQ(cohort.TakeSum(), SumOf(vectors, {2, 3, 5, 7, 11}));
}

// More neighbours than the plan says would be a plan of the aggregator's own.
TEST(SparseSecagg, MoreNeighboursThanTheDegreeAreRefused) {
  const auto vectors = RandomVectors(24, 6, 62);
  Cohort cohort(Secagg(), Sparse(24, 10, 7), vectors);
  cohort.Take(cohort.Everyone());
  ASSERT_TRUE(cohort.Close(cohort.Everyone()).ok());
  Peers peers = ReadPeers(cohort.aggregator().Ask({1})->header, 24).value();
  const Peers others = ReadPeers(cohort.aggregator().Ask({2})->header, 24).value();
  for (const Introduction& other : others.neighbours) {
    const auto same = [&](const Introduction& one) { return one.who.place == other.who.place; };
    if (other.who.place == PartyId{1} || std::ranges::any_of(peers.neighbours, same)) continue;
    peers.neighbours.push_back(other);
    break;
  }
  ASSERT_EQ(peers.neighbours.size(), 11U);
  std::ranges::sort(peers.neighbours, {}, [](const Introduction& one) { return one.who.place; });
  Message asked = cohort.aggregator().Ask({1}).value();
  asked.header = Write(peers);
  EXPECT_EQ(cohort.AnswerTo(1, std::move(asked)).status().code(), "PROTO-PEERS");
}

}  // namespace
}  // namespace florin::protocol::secagg
