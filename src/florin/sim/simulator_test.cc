#include "florin/sim/simulator.h"

#include <gtest/gtest.h>

#include "florin/base/parallel.h"
#include "florin/sim/testing.h"

namespace florin::sim {
namespace {

class Silent final : public job::EventSink {
 public:
  void Emit(const job::Event&) override {}
};

Result<SimulationResult> RunJob(const std::shared_ptr<const job::Plan>& plan,
                                const std::vector<SiteRows>& sites,
                                SimulationOptions options = {}) {
  Silent silent;
  return Simulate(plan, sites, options, silent);
}

class EveryStrategy : public ::testing::TestWithParam<const char*> {
 protected:
  job::JobSpec Spec() const {
    job::JobSpec spec = testing::LogisticJob(GetParam(), 4);
    if (spec.strategy.kind == "fedprox") spec.strategy.local.proximal_mu = 0.1;
    if (spec.strategy.kind == "fedadam") spec.strategy.server_learning_rate = 0.1;
    return spec;
  }
};

TEST_P(EveryStrategy, GivesTheSameHashForAnyThreadCountAndArrivalOrder) {
  const auto plan = testing::MustPlan(Spec());
  const auto sites = testing::LogisticSites(7, 60, 5);
  const size_t threads = base::ThreadCount();
  std::vector<ModelHash> hashes;
  for (const size_t count : {1U, 2U, 5U}) {
    for (const int64_t delay_ms : {0, 500}) {
      base::SetThreadCount(count);
      SimulationOptions options;
      options.faults.delay_max = Duration::Millis(delay_ms);
      auto result = RunJob(plan, sites, options);
      ASSERT_TRUE(result.ok()) << result.status().ToString();
      hashes.push_back(result->last().model_hash);
    }
  }
  base::SetThreadCount(threads);
  for (const ModelHash& hash : hashes) EXPECT_EQ(hash, hashes[0]);
}

TEST_P(EveryStrategy, LearnsAndReleasesMetrics) {
  auto result = RunJob(testing::MustPlan(Spec()), testing::LogisticSites(3, 400, 8));
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  ASSERT_FALSE(result->last().metrics.empty());
  EXPECT_EQ(result->last().metrics[0].name, "auc");
  EXPECT_GT(result->last().metrics[0].value, 0.8);
}

INSTANTIATE_TEST_SUITE_P(All, EveryStrategy,
                         ::testing::Values("fedavg", "fedadam", "fedprox", "sum"));

TEST(Simulate, ExactSumsOverSitesEqualPooledNewton) {
  const auto plan = testing::MustPlan(testing::LogisticJob("sum", 12));
  const auto sites = testing::LogisticSites(3, 300, 21);
  auto spec = testing::LogisticJob("sum", 12);
  spec.cohort.minimum = 1;
  spec.evaluation.metrics.clear();
  std::vector<SiteId> members;
  members.reserve(sites.size());
  for (const SiteRows& site : sites) members.push_back(site.id);
  std::vector<SiteRows> pooled;
  pooled.push_back(Pool(sites, members));
  auto federated = RunJob(plan, sites);
  auto central = RunJob(testing::MustPlan(spec), pooled);
  ASSERT_TRUE(federated.ok() && central.ok());
  const auto a = federated->last().state->parameters.f32();
  const auto b = central->last().state->parameters.f32();
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5);
}

// Rounding to sums of 32 bits costs nothing that can be seen, and of 8 bits little, where the
// bounds are close.
TEST(Simulate, FewerBitsLearnTheSame) {
  job::JobSpec spec = testing::LogisticJob("fedavg", 6);
  spec.cohort.maximum = 5;
  spec.privacy.clipping_norm = spec.strategy.local.clipping_norm = 2;
  spec.privacy.weight_max = 1;
  spec.strategy.local.batch_size = 1000;  // no shuffles: they are drawn by the plan
  const auto sites = testing::LogisticSites(5, 200, 9);
  const auto learn = [&](int bits) {
    spec.privacy.bits = bits;
    auto result = RunJob(testing::MustPlan(spec), sites);
    EXPECT_TRUE(result.ok()) << result.status().ToString();
    return std::move(result->last());
  };
  const auto wide = learn(64);
  ASSERT_EQ(wide.metrics[0].name, "auc");
  for (const auto& [bits, tolerance] : {std::pair{32, 1e-6}, {16, 1e-2}, {8, 0.5}}) {
    const auto narrow = learn(bits);
    EXPECT_NE(narrow.model_hash, wide.model_hash);
    EXPECT_NEAR(narrow.metrics[0].value, wide.metrics[0].value, tolerance / 10) << bits;
    const auto a = narrow.state->parameters.f32();
    const auto b = wide.state->parameters.f32();
    for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << bits;
  }
}

TEST(Simulate, TurnedUpdatesLearnTheSame) {
  job::JobSpec spec = testing::LogisticJob("fedadam", 4);
  spec.cohort.maximum = 5;
  spec.privacy.clipping_norm = spec.strategy.local.clipping_norm = 2;
  spec.privacy.weight_max = 1;
  spec.privacy.bits = 32;
  spec.strategy.local.batch_size = 1000;
  const auto sites = testing::LogisticSites(5, 200, 9);
  auto straight = RunJob(testing::MustPlan(spec), sites);
  spec.privacy.rotates = true;
  auto turned = RunJob(testing::MustPlan(spec), sites);
  ASSERT_TRUE(straight.ok() && turned.ok());
  const auto a = turned->last().state->parameters.f32();
  const auto b = straight->last().state->parameters.f32();
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5);
}

TEST(Simulate, CountsEveryRowOnce) {
  auto result = RunJob(testing::MustPlan(testing::BucketJob(9, 2)), testing::BucketSites(9, 11));
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  const auto counts = result->last().state->parameters.i64();
  for (size_t s = 0; s < 9; ++s) {
    for (size_t c = 0; c < 3; ++c) EXPECT_EQ(counts[s * 3 + c], c == s % 3 ? 11 : 0);
  }
  EXPECT_EQ(result->traffic.contributions, 9U);
  EXPECT_GT(result->traffic.bytes_up, 0U);
}

TEST(Simulate, BelowQuorumFailsWithTheReason) {
  auto result = RunJob(testing::MustPlan(testing::BucketJob(5, 3)), testing::BucketSites(2, 4));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), "SIM-FAILED");
  EXPECT_NE(result.status().message().find('3'), std::string::npos);
}

}  // namespace
}  // namespace florin::sim
