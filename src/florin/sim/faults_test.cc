// Deterministic simulation with fault seeds: drops, duplicates, delays, departures. The unique-
// bucket job shows in the published sum itself how often each site was counted.
#include <gtest/gtest.h>

#include "florin/sim/simulator.h"
#include "florin/sim/testing.h"

namespace florin::sim {
namespace {

class Recorder final : public job::EventSink {
 public:
  void Emit(const job::Event& event) override { names.push_back(event.name); }
  std::vector<std::string> names;
};

SimulationOptions Faulty(uint64_t seed) {
  base::SeededRng rng(seed, 77);
  SimulationOptions options;
  options.seed = seed;
  options.faults.drop = 0.3 * rng.Uniform();
  options.faults.duplicate = 0.5 * rng.Uniform();
  options.faults.leave = 0.2 * rng.Uniform();
  options.faults.restart = seed % 2 == 0 ? 0.1 * rng.Uniform() : 0;
  options.faults.delay_max = Duration::Seconds(static_cast<int64_t>(rng.Below(90)));
  return options;
}

class FaultSeed : public ::testing::TestWithParam<uint64_t> {};

TEST_P(FaultSeed, EveryContributionIsCountedOnceOrNotAtAll) {
  constexpr size_t kSites = 12;
  constexpr uint32_t kQuorum = 4;
  const auto plan = testing::MustPlan(testing::BucketJob(kSites, kQuorum));
  const auto sites = testing::BucketSites(kSites, 5);
  Recorder events;
  auto result = Simulate(plan, sites, Faulty(GetParam()), events);
  if (!result.ok()) {  // too few came through, three times over: nothing was published
    EXPECT_EQ(result.status().code(), "SIM-FAILED");
    EXPECT_EQ(std::count(events.names.begin(), events.names.end(), "round.committed"), 0);
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
  EXPECT_GE(counted, kQuorum);
}

TEST_P(FaultSeed, TheSameSeedRepeatsTheRun) {
  const auto plan = testing::MustPlan(testing::LogisticJob("fedavg", 3));
  const auto sites = testing::LogisticSites(6, 40, 3);
  Recorder first;
  Recorder second;
  auto a = Simulate(plan, sites, Faulty(GetParam()), first);
  auto b = Simulate(plan, sites, Faulty(GetParam()), second);
  EXPECT_EQ(first.names, second.names);
  ASSERT_EQ(a.ok(), b.ok());
  if (a.ok()) {
    EXPECT_EQ(a->last().model_hash, b->last().model_hash);
  }
}

TEST_P(FaultSeed, CrashesOfTheCoordinatorDoNotChangeTheModel) {
  const auto plan = testing::MustPlan(testing::LogisticJob("fedavg", 3));
  const auto sites = testing::LogisticSites(6, 40, 3);
  Recorder events;
  SimulationOptions undisturbed;
  auto expected = Simulate(plan, sites, undisturbed, events);
  SimulationOptions crashing;
  crashing.seed = undisturbed.seed;  // the sites' secrets are the same
  crashing.faults.restart = 0.02 * static_cast<double>(GetParam() % 40);
  crashing.faults.delay_max = Duration::Seconds(20);
  auto result = Simulate(plan, sites, crashing, events);
  ASSERT_TRUE(expected.ok() && result.ok()) << result.status().ToString();
  EXPECT_EQ(result->last().model_hash, expected->last().model_hash);
}

INSTANTIATE_TEST_SUITE_P(Seeds, FaultSeed, ::testing::Range<uint64_t>(0, 200));

}  // namespace
}  // namespace florin::sim
