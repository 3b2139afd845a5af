#include "florin/round/party_host.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

namespace florin::round {
namespace {

// Two counts, a weight and no metrics: three ring entries.
std::shared_ptr<const job::Plan> PlanOf(uint32_t minimum) {
  auto plan = std::make_shared<job::Plan>();
  plan->spec.cohort.minimum = minimum;
  plan->spec.cohort.maximum = 4;
  plan->update.values = *num::Layout::Make(num::Scalar::kInt64, {{"counts", {2}}});
  plan->update.value_grid = *encode::Grid::MakeExact(1000, 4);
  plan->update.metric_grid = *encode::Grid::Make(1000, 4);
  return plan;
}

protocol::Message MessageOf(uint32_t party, uint64_t first, uint64_t second) {
  return {{party}, protocol::kAggregator, {}, {{first, second, 0}}};
}

PartyHost HostOf(const std::shared_ptr<const job::Plan>& plan) {
  return {plan, [plan](job::Work work) { return OpenSetup(*plan, work); }};
}

// Saves the host and goes on with a new one, as after a crash.
PartyHost Reborn(PartyHost& host, const std::shared_ptr<const job::Plan>& plan) {
  PartyHost reborn = HostOf(plan);
  const Bytes bytes = host.Save();
  const Status status = reborn.Restore(bytes);
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(reborn.Save(), bytes);
  return reborn;
}

TEST(PartyHost, SumsAcrossRestartsBetweenAnyTwoSteps) {
  const auto plan = PlanOf(2);
  PartyHost host = HostOf(plan);
  ASSERT_TRUE(host.Open(job::Work::kUpdate).ok());
  host = Reborn(host, plan);
  ASSERT_TRUE(host.Fold(job::Work::kUpdate, MessageOf(1, 5, 7)).ok());
  host = Reborn(host, plan);
  ASSERT_TRUE(host.Fold(job::Work::kUpdate, MessageOf(3, 10, 20)).ok());
  host = Reborn(host, plan);
  ASSERT_TRUE(host.Close(job::Work::kUpdate, {1, 3}).ok());
  host = Reborn(host, plan);
  ASSERT_TRUE(host.Close(job::Work::kUpdate, {1, 3}).ok()) << "a replay may close again";
  const auto sum = host.Sum(job::Work::kUpdate, 2);
  ASSERT_TRUE(sum.ok()) << sum.status().ToString();
  EXPECT_EQ(sum->sum.i64()[0], 15);
  EXPECT_EQ(sum->sum.i64()[1], 27);
  EXPECT_EQ(sum->contribution_count, 2U);
}

TEST(PartyHost, RejectedMessageLeavesTheSumAlone) {
  const auto plan = PlanOf(1);
  PartyHost host = HostOf(plan);
  ASSERT_TRUE(host.Open(job::Work::kUpdate).ok());
  ASSERT_TRUE(host.Fold(job::Work::kUpdate, MessageOf(1, 5, 7)).ok());
  const Bytes before = host.Save();
  EXPECT_EQ(host.Fold(job::Work::kUpdate, MessageOf(1, 1, 1)).code(), "PROTO-DUPLICATE");
  EXPECT_EQ(host.Fold(job::Work::kUpdate, MessageOf(9, 1, 1)).code(), "PROTO-SENDER");
  EXPECT_EQ(host.Fold(job::Work::kEvaluate, MessageOf(2, 1, 1)).code(), "ROUND-PARTY");
  EXPECT_FALSE(host.is_dirty());
  EXPECT_EQ(host.Save(), before);
}

// Under a protocol that shows contributions: what one says of itself stays within its plan.
TEST(PartyHost, Case59And60ClaimsOutOfBoundsAreRejected) {
  auto plan = std::make_shared<job::Plan>(*PlanOf(1));
  plan->spec.privacy.weight_max = 100;
  plan->update.metric_count = 1;  // rows
  const double scale = std::ldexp(1.0, plan->update.metric_grid.fraction_bits());
  const auto claim = [&](double weight, double rows) {
    PartyHost host = HostOf(plan);
    EXPECT_TRUE(host.Open(job::Work::kUpdate).ok());
    host = Reborn(host, plan);
    const auto on_grid = [&](double real) {
      return static_cast<uint64_t>(std::llrint(real * scale));
    };
    protocol::Message message{{1}, protocol::kAggregator, {}, {{5, 7, on_grid(weight)}}};
    message.bulk.words.push_back(on_grid(rows));
    const Bytes before = host.Save();
    const Status status = host.Fold(job::Work::kUpdate, std::move(message));
    EXPECT_EQ(host.Save() == before, !status.ok());
    return status.ToString();
  };
  EXPECT_EQ(claim(100, 1000), Status().ToString());
  EXPECT_EQ(claim(0, 0), Status().ToString()) << "adds nothing";
  EXPECT_NE(claim(100.5, 10).find("weight: expected 0 to 100, found 100.5"), std::string::npos);
  for (const auto& [weight, rows] :
       {std::pair{101.0, 1.0}, {-1.0, 1.0}, {1.0, -1.0}, {1.0, 1001.0}, {1.0, -0x1p20}}) {
    EXPECT_NE(claim(weight, rows).find("[ROUND-CLAIM]"), std::string::npos)
        << weight << " " << rows;
  }
}

// An update is at most weight times clipping norm long, however it came.
TEST(PartyHost, Case55AnUpdateOverTheClippingNormIsRejected) {
  auto plan = std::make_shared<job::Plan>(*PlanOf(1));
  plan->spec.privacy.clipping_norm = 2;
  plan->update.values = *num::Layout::Make(num::Scalar::kFloat32, {{"w", {2}}});
  plan->update.value_grid = *encode::Grid::Make(1000, 4);
  const auto fold = [&](double first, double second, double weight, bool is_packed) {
    PartyHost host = HostOf(plan);
    EXPECT_TRUE(host.Open(job::Work::kUpdate).ok());
    const auto on = [](const encode::Grid& grid, double real) {
      return static_cast<uint64_t>(std::llrint(std::ldexp(real, grid.fraction_bits())));
    };
    const job::VectorPlan& update = plan->update;
    protocol::Message message =
        MessageOf(1, on(update.value_grid, first), on(update.value_grid, second));
    message.bulk.words[2] = on(update.metric_grid, weight);
    if (is_packed) message = *protocol::DecodeMessage(protocol::EncodeMessage(message), 3);
    const Bytes before = host.Save();
    const Status status = host.Fold(job::Work::kUpdate, std::move(message));
    EXPECT_EQ(host.Save() == before, !status.ok());
    return std::string(status.code());
  };
  for (const bool is_packed : {false, true}) {
    EXPECT_EQ(fold(1.2, -1.6, 1, is_packed), "");
    EXPECT_EQ(fold(12, 16, 10, is_packed), "") << "of ten rows";
    EXPECT_EQ(fold(1.2, -1.601, 1, is_packed), "ROUND-CLAIM");
    EXPECT_EQ(fold(0, 3, 1, is_packed), "ROUND-CLAIM");
    EXPECT_EQ(fold(0.1, 0, 0, is_packed), "ROUND-CLAIM") << "of no weight";
  }
}

TEST(PartyHost, NothingOpensBelowTheMinimum) {
  PartyHost host = HostOf(PlanOf(2));
  ASSERT_TRUE(host.Open(job::Work::kUpdate).ok());
  ASSERT_TRUE(host.Fold(job::Work::kUpdate, MessageOf(1, 5, 7)).ok());
  EXPECT_EQ(host.Close(job::Work::kUpdate, {1, 2, 3}).code(), "PROTO-QUORUM");
  EXPECT_FALSE(host.Sum(job::Work::kUpdate, 1).ok());
}

TEST(PartyHost, DroppedHostHoldsNothing) {
  PartyHost host = HostOf(PlanOf(1));
  ASSERT_TRUE(host.Open(job::Work::kUpdate).ok());
  host.Drop();
  EXPECT_TRUE(host.is_dirty());
  EXPECT_TRUE(host.Save().empty());
  EXPECT_EQ(host.Close(job::Work::kUpdate, {}).code(), "ROUND-PARTY");
}

}  // namespace
}  // namespace florin::round
