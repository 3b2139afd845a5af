#include <gtest/gtest.h>

#include "florin/base/parallel.h"
#include "florin/site/site_testing.h"

namespace florin::site {
namespace {

std::string CodeOf(const Status& status) { return std::string(status.code()); }

TEST(KitCache, OnePlanHasOneKit) {
  const auto kits = MakeKitCache();
  const auto plan = PlanOf(LogisticSpec());
  const auto kit = kits->Get(plan);
  ASSERT_TRUE(kit.ok());
  EXPECT_EQ(*kits->Get(plan), *kit);
  EXPECT_EQ(*kits->Get(std::make_shared<job::Plan>(*plan)), *kit);  // equal, another object
  EXPECT_NE(*kits->Get(PlanOf(CountsSpec())), *kit);
}

// The kit stands on the plan as resolved here: whatever else the offered one says does not count.
TEST(KitCache, ResolvedPartsOfAnOfferedPlanAreNotTrusted) {
  const auto kits = MakeKitCache();
  const auto plan = PlanOf(LogisticSpec());
  auto forged = std::make_shared<job::Plan>(*plan);
  forged->update.value_grid = *encode::Grid::Make(1, 2);
  forged->update.metric_count = 99;
  const auto kit = kits->Get(forged);
  ASSERT_TRUE(kit.ok());
  EXPECT_EQ((*kit)->plan->update.value_grid, plan->update.value_grid);
  EXPECT_EQ((*kit)->plan->update.metric_count, plan->update.metric_count);
}

TEST(KitCache, PlanWithoutItsHashIsRefusedEvenNextToTheRealOne) {
  const auto kits = MakeKitCache();
  const auto plan = PlanOf(LogisticSpec());
  ASSERT_TRUE(kits->Get(plan).ok());
  auto forged = std::make_shared<job::Plan>(*plan);
  forged->spec.seed += 1;
  EXPECT_EQ(CodeOf(kits->Get(forged).status()), "OFFER-PLAN");
  forged = std::make_shared<job::Plan>(*plan);
  forged->spec.model.kind = "oracle";
  EXPECT_EQ(CodeOf(kits->Get(forged).status()), "OFFER-PLAN");
  EXPECT_EQ(CodeOf(kits->Get(nullptr).status()), "OFFER-PLAN");
}

TEST(KitCache, StateIsCheckedAgainstItsHash) {
  const auto kits = MakeKitCache();
  const job::Offer offer = OfferOf(PlanOf(LogisticSpec()), SiteId("acme"));
  EXPECT_TRUE(kits->CheckState(offer.state, offer.model_hash).ok());
  EXPECT_TRUE(kits->CheckState(offer.state, offer.model_hash).ok());
  ModelHash other = offer.model_hash;
  other.bytes[5] ^= 1;
  EXPECT_EQ(CodeOf(kits->CheckState(offer.state, other)), "OFFER-MODEL");
  EXPECT_EQ(CodeOf(kits->CheckState(nullptr, offer.model_hash)), "OFFER-MODEL");
  auto shorter = std::make_shared<model::State>(offer.state->Clone());
  shorter->parameters = num::Values::Zeros(num::Scalar::kFloat32, 3);
  EXPECT_EQ(CodeOf(kits->CheckState(shorter, job::HashModel(*shorter))), "OFFER-MODEL");
}

// A state that went away must not vouch for one that took its place in memory.
TEST(KitCache, NewStateAtAnOldAddressIsCheckedAgain) {
  const auto kits = MakeKitCache();
  job::Offer offer = OfferOf(PlanOf(LogisticSpec()), SiteId("acme"));
  for (int i = 0; i < 100; ++i) {
    auto state = std::make_shared<model::State>(offer.state->Clone());
    state->parameters.f32()[0] = static_cast<float>(i + 1);
    EXPECT_EQ(CodeOf(kits->CheckState(state, offer.model_hash)), "OFFER-MODEL") << i;
    EXPECT_TRUE(kits->CheckState(state, job::HashModel(*state)).ok());
    state.reset();
  }
}

TEST(KitCache, ManyThreadsShareOneKit) {
  const auto kits = MakeKitCache();
  const job::Offer offer = OfferOf(PlanOf(LogisticSpec()), SiteId("acme"));
  base::SetThreadCount(4);
  std::vector<std::shared_ptr<const job::SiteKit>> found(64);
  base::ParallelFor(found.size(), [&](size_t i, size_t) {
    auto kit = kits->Get(offer.plan);
    if (kit.ok() && kits->CheckState(offer.state, offer.model_hash).ok()) found[i] = *kit;
  });
  ASSERT_NE(found[0], nullptr);
  for (const auto& kit : found) EXPECT_EQ(kit, found[0]);
}

}  // namespace
}  // namespace florin::site
