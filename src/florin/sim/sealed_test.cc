// Sealed sums in the simulator: a protocol changes how a sum comes about, never the sum.
#include <gtest/gtest.h>

#include <algorithm>

#include "florin/protocol/party.h"
#include "florin/sim/simulator.h"
#include "florin/sim/testing.h"

namespace florin::sim {
namespace {

class Recorder final : public job::EventSink {
 public:
  void Emit(const job::Event& event) override { events.push_back(event); }
  size_t CountOf(std::string_view name) const {
    return static_cast<size_t>(
        std::ranges::count_if(events, [&](const job::Event& event) { return event.name == name; }));
  }
  std::vector<job::Event> events;
};

job::JobSpec Under(const char* protocol, job::JobSpec spec) {
  spec.privacy.protocol = protocol;
  spec.cohort.minimum = std::max(3U, spec.cohort.minimum);
  spec.evaluation.minimum_sites = std::max(3U, spec.evaluation.minimum_sites);
  return spec;
}

struct Sealed {
  const char* protocol;
  const char* strategy;
};

class SealedStrategy : public ::testing::TestWithParam<Sealed> {};

TEST_P(SealedStrategy, GivesTheModelAndTheMetricsOfTheSumInTheOpen) {
  job::JobSpec spec = testing::LogisticJob(GetParam().strategy, 3);
  if (spec.strategy.kind == "fedprox") spec.strategy.local.proximal_mu = 0.1;
  if (spec.strategy.kind == "fedadam") spec.strategy.server_learning_rate = 0.1;
  const auto sites = testing::LogisticSites(5, 60, 5);
  Recorder events;
  const auto open = Simulate(testing::MustPlan(Under("plain", spec)), sites, {}, events);
  const auto sealed =
      Simulate(testing::MustPlan(Under(GetParam().protocol, spec)), sites, {}, events);
  ASSERT_TRUE(open.ok()) << open.status().ToString();
  ASSERT_TRUE(sealed.ok()) << sealed.status().ToString();
  EXPECT_EQ(sealed->last().model_hash, open->last().model_hash);
  ASSERT_FALSE(open->last().metrics.empty());
  ASSERT_EQ(sealed->last().metrics.size(), open->last().metrics.size());
  for (size_t i = 0; i < open->last().metrics.size(); ++i) {
    EXPECT_EQ(sealed->last().metrics[i].name, open->last().metrics[i].name);
    EXPECT_EQ(sealed->last().metrics[i].value, open->last().metrics[i].value);
  }
  EXPECT_EQ(events.CountOf("round.abandoned"), 0U);
  EXPECT_EQ(events.CountOf("contribution.rejected"), 0U);
}

std::vector<Sealed> EveryStrategyUnderEveryProtocol() {
  std::vector<Sealed> all;
  for (const protocol::ProtocolKind& kind : protocol::ProtocolKinds()) {
    if (!kind.is_sealed) continue;
    for (const char* strategy : {"fedavg", "fedadam", "fedprox", "sum"}) {
      all.push_back({kind.name, strategy});
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, SealedStrategy,
                         ::testing::ValuesIn(EveryStrategyUnderEveryProtocol()),
                         [](const auto& all) {
                           return std::string(all.param.protocol) + "_" + all.param.strategy;
                         });

// Few bits are masked in their own ring, also turned; a hundred sites stand in a sparse graph.
TEST(SealedBits, AreThoseOfTheSumInTheOpen) {
  for (const bool rotates : {false, true}) {
    job::JobSpec spec = testing::LogisticJob("fedavg", 2);
    spec.privacy.bits = 16;
    spec.privacy.rotates = rotates;
    spec.privacy.clipping_norm = spec.strategy.local.clipping_norm = 1;
    spec.privacy.weight_max = 60;
    spec.cohort.maximum = 5;
    const auto sites = testing::LogisticSites(5, 60, 5);
    Recorder events;
    const auto open = Simulate(testing::MustPlan(Under("plain", spec)), sites, {}, events);
    const auto sealed = Simulate(testing::MustPlan(Under("secagg", spec)), sites, {}, events);
    ASSERT_TRUE(open.ok() && sealed.ok()) << sealed.status().ToString();
    EXPECT_EQ(sealed->last().model_hash, open->last().model_hash) << rotates;
  }
}

TEST(SealedGraph, OfAHundredSitesIsSparse) {
  job::JobSpec spec = testing::LogisticJob("fedavg", 1);
  spec.cohort.maximum = 100;
  spec.evaluation.metrics.clear();
  const auto plan = testing::MustPlan(Under("secagg", spec));
  EXPECT_GT(plan->graph.degree, 0U);
  EXPECT_LT(plan->graph.degree, 60U);
  const auto sites = testing::LogisticSites(100, 10, 5);
  Recorder events;
  const auto open = Simulate(testing::MustPlan(Under("plain", spec)), sites, {}, events);
  const auto sealed = Simulate(plan, sites, {}, events);
  ASSERT_TRUE(open.ok() && sealed.ok()) << sealed.status().ToString();
  EXPECT_EQ(sealed->last().model_hash, open->last().model_hash);
}

class SealedFaultSeed : public ::testing::TestWithParam<uint64_t> {};

SimulationOptions Faulty(uint64_t seed) {
  base::SeededRng rng(seed, 78);
  SimulationOptions options;
  options.seed = seed;
  options.faults.drop = 0.05 * rng.Uniform();
  options.faults.duplicate = 0.5 * rng.Uniform();
  options.faults.leave = 0.1 * rng.Uniform();
  options.faults.restart = seed % 2 == 0 ? 0.1 * rng.Uniform() : 0;
  options.faults.delay_max = Duration::Seconds(static_cast<int64_t>(rng.Below(50)));
  return options;
}

// The unique-bucket job shows in the published sum itself how often each site was counted.
TEST_P(SealedFaultSeed, EveryContributionIsCountedOnceOrNotAtAll) {
  constexpr size_t kSites = 12;
  const auto plan = testing::MustPlan(Under("secagg", testing::BucketJob(kSites, 4)));
  Recorder events;
  const auto result = Simulate(plan, testing::BucketSites(kSites, 5), Faulty(GetParam()), events);
  EXPECT_EQ(events.CountOf("member.blamed"), 0U);
  if (!result.ok()) {  // too few came through, three times over: nothing was published
    EXPECT_EQ(result.status().code(), "SIM-FAILED");
    EXPECT_EQ(events.CountOf("round.committed"), 0U);
    return;
  }
  const auto counts = result->last().state->parameters.i64();
  uint64_t counted = 0;
  for (size_t s = 0; s < kSites; ++s) {
    const int64_t total = counts[s * 3] + counts[s * 3 + 1] + counts[s * 3 + 2];
    EXPECT_TRUE(total == 0 || total == 5) << "site " << s << " counted " << total << " of 5 rows";
    counted += total == 5;
  }
  EXPECT_EQ(counted, result->last().contribution_count);
  EXPECT_GE(counted, 4U);
}

TEST_P(SealedFaultSeed, CrashesOfTheCoordinatorDoNotChangeTheModel) {
  const auto sites = testing::LogisticSites(5, 40, 3);
  const job::JobSpec spec = testing::LogisticJob("fedavg", 2);
  Recorder events;
  const auto open = Simulate(testing::MustPlan(Under("plain", spec)), sites, {}, events);
  SimulationOptions crashing;
  crashing.faults.restart = 0.02 * static_cast<double>(GetParam() % 40);
  crashing.faults.delay_max = Duration::Seconds(20);
  const auto sealed = Simulate(testing::MustPlan(Under("secagg", spec)), sites, crashing, events);
  ASSERT_TRUE(open.ok() && sealed.ok()) << sealed.status().ToString();
  EXPECT_EQ(sealed->last().model_hash, open->last().model_hash);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SealedFaultSeed, ::testing::Range<uint64_t>(0, 40));

}  // namespace
}  // namespace florin::sim
