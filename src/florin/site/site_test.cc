// What a site remembers: the same offer, the same contribution; its private half; its receipts.
#include "florin/site/site.h"

#include <gtest/gtest.h>

#include <set>

#include "florin/site/site_testing.h"

namespace florin::site {
namespace {

std::vector<job::JobSpec> AllSpecs() {
  job::JobSpec newton = LogisticSpec();
  newton.id = JobId("newton");
  newton.strategy.kind = "sum";
  return {LogisticSpec(), newton, CountsSpec(), CountsSpec(true)};
}

TestSite SiteFor(const job::JobSpec& spec, bool keeps) {
  TestSite site("acme", keeps);
  if (spec.model.kind == "counts") {
    site.rows.train = CountTable(300, 12, 5, 4);
    site.rows.test = CountTable(100, 12, 5, 5);
  }
  site.Restart();
  return site;
}

// -- the same offer, the same contribution

TEST(Site, KeptContributionIsGivenAgain) {
  TestSite acme;
  const job::Offer offer = OfferOf(PlanOf(LogisticSpec()), acme.site->id());
  const job::Contribution first = acme.Take(offer);
  acme.rows.train = DenseTable(50, 6, 77);  // the data moved on; the answer was given
  const int open_count = acme.rows.open_count;
  EXPECT_TRUE(IsSame(acme.Take(offer), first));
  EXPECT_EQ(acme.rows.open_count, open_count);
}

TEST(Site, ContributionSurvivesACrash) {
  for (const job::JobSpec& spec : AllSpecs()) {
    TestSite acme = SiteFor(spec, true);
    for (const job::Work work : {job::Work::kUpdate, job::Work::kEvaluate}) {
      const job::Offer offer = OfferOf(PlanOf(spec), acme.site->id(), work);
      const job::Contribution first = acme.Take(offer);
      acme.rows.train = acme.rows.test = {};
      acme.kits = MakeKitCache();
      acme.Restart();
      EXPECT_TRUE(IsSame(acme.Take(offer), first));
      acme.rows = SiteFor(spec, true).rows;
    }
  }
}

TEST(Site, CrashBeforeTheStoreLosesNothing) {
  for (const job::JobSpec& spec : AllSpecs()) {
    TestSite acme = SiteFor(spec, true);
    const job::Offer offer = OfferOf(PlanOf(spec), acme.site->id());
    acme.store.fault = Status(Kind::kFailed, "DISK", "full");
    EXPECT_EQ(acme.Refusal(offer), "DISK");
    EXPECT_TRUE(acme.store.own.empty());
    acme.store.fault.reset();
    acme.Restart();
    TestSite untroubled = SiteFor(spec, true);
    EXPECT_TRUE(IsSame(acme.Take(offer), untroubled.Take(offer)));
  }
}

TEST(Site, DeviceRecomputesTheSameBytes) {
  for (const job::JobSpec& spec : AllSpecs()) {
    TestSite device = SiteFor(spec, false);
    TestSite keeper = SiteFor(spec, true);
    for (const job::Work work : {job::Work::kUpdate, job::Work::kEvaluate}) {
      const job::Offer offer = OfferOf(PlanOf(spec), device.site->id(), work);
      const job::Contribution first = device.Take(offer);
      device.Restart();
      EXPECT_TRUE(IsSame(device.Take(offer), first));
      EXPECT_TRUE(IsSame(keeper.Take(offer), first));
    }
    EXPECT_TRUE(device.store.contributions.empty());
    EXPECT_EQ(device.store.own["next-group"].values, keeper.store.own["next-group"].values);
  }
}

TEST(Site, DeviceWithoutPrivateStateLeavesItsStoreAlone) {
  TestSite device("acme", false);
  const job::Offer offer = OfferOf(PlanOf(LogisticSpec()), device.site->id());
  device.Take(offer);
  EXPECT_TRUE(device.store.own.empty());
  EXPECT_TRUE(device.store.contributions.empty());
  EXPECT_EQ(device.store.save_count, 0);
}

TEST(Site, EveryOtherOfferHasAnotherIdAndOtherRoundingBits) {
  TestSite acme;
  const job::Offer offer = OfferOf(PlanOf(LogisticSpec()), acme.site->id());
  std::set<std::string> ids{acme.Take(offer).id.Hex()};
  const auto is_new = [&](const job::Offer& other, const crypto::SecretKey& secret) {
    return ids.insert(NameContribution(secret, other).Hex()).second;
  };
  job::Offer other = offer;
  other.round = {2};
  EXPECT_TRUE(is_new(other, acme.options.secret));
  const job::Contribution next = acme.Take(other);
  EXPECT_NE(next.message.bulk, acme.Take(offer).message.bulk);
  other = offer;
  other.work = job::Work::kEvaluate;
  EXPECT_TRUE(is_new(other, acme.options.secret));
  other = offer;
  other.self = {4};
  EXPECT_TRUE(is_new(other, acme.options.secret));
  other = offer;
  other.job = JobId("another");
  EXPECT_TRUE(is_new(other, acme.options.secret));
  other = offer;
  other.model_hash.bytes[0] ^= 1;
  EXPECT_TRUE(is_new(other, acme.options.secret));
  other = OfferOf(PlanOf(LogisticSpec(7)), acme.site->id());
  other.model_hash = offer.model_hash;
  EXPECT_TRUE(is_new(other, acme.options.secret));
  crypto::SecretKey secret = acme.options.secret;
  secret[31] ^= 1;
  EXPECT_TRUE(is_new(offer, secret));
  EXPECT_FALSE(is_new(offer, acme.options.secret));
}

// -- the private half

TEST(Site, PrivateStateIsSavedWithTheContribution) {
  for (const bool keeps : {true, false}) {
    TestSite acme = SiteFor(CountsSpec(), keeps);
    acme.Take(OfferOf(PlanOf(CountsSpec()), acme.site->id()));
    const auto& own = acme.store.own["next-group"].values;
    ASSERT_TRUE(own.contains("prior"));
    std::vector<int64_t> expected(5, 0);
    for (const float label : acme.rows.train.view().label) ++expected[static_cast<size_t>(label)];
    EXPECT_TRUE(std::ranges::equal(own.at("prior").i64(), expected));
  }
}

TEST(Site, EvaluationLeavesThePrivateStateAsItWas) {
  for (const bool keeps : {true, false}) {
    TestSite acme = SiteFor(CountsSpec(), keeps);
    const auto plan = PlanOf(CountsSpec());
    acme.Take(OfferOf(plan, acme.site->id()));
    const model::PrivateState before = acme.store.own["next-group"].Clone();
    acme.Take(OfferOf(plan, acme.site->id(), job::Work::kEvaluate));
    EXPECT_EQ(acme.store.own["next-group"].values, before.values);
  }
}

TEST(Site, PersonaliseFitsAndSaves) {
  const auto plan = PlanOf(CountsSpec(true));
  TestSite acme = SiteFor(plan->spec, true);
  const job::Offer offer = OfferOf(plan, acme.site->id());
  acme.Take(offer);
  EXPECT_FALSE(acme.store.own["next-group"].values.contains("backoff"));
  auto kit = acme.kits->Get(plan);
  ASSERT_TRUE(kit.ok());
  ASSERT_TRUE(acme.site->Personalise(**kit, *offer.state).ok());
  EXPECT_TRUE(acme.store.own["next-group"].values.contains("backoff"));
  EXPECT_TRUE(acme.store.own["next-group"].values.contains("prior"));
}

TEST(Site, PersonaliseLeavesOthersAlone) {
  for (const job::JobSpec& spec : AllSpecs()) {
    const auto plan = PlanOf(spec);
    TestSite acme = SiteFor(spec, true);
    if (spec.model.is_personalised) acme.rows.train = {};  // nothing to fit to
    auto kit = acme.kits->Get(plan);
    ASSERT_TRUE(kit.ok());
    ASSERT_TRUE(acme.site->Personalise(**kit, *OfferOf(plan, acme.site->id()).state).ok());
    EXPECT_TRUE(acme.store.own.empty());
  }
}

// -- receipts

job::Receipt ReceiptOf(const job::Contribution& contribution, job::Verdict verdict) {
  return {.job = contribution.job,
          .round = contribution.round,
          .work = contribution.work,
          .site = contribution.site,
          .id = {},
          .verdict = verdict,
          .reason = {}};
}

TEST(Site, EndOfTheRoundDropsWhatWasKeptForIt) {
  for (const job::Verdict verdict : {job::Verdict::kCommitted, job::Verdict::kAbandoned}) {
    TestSite acme;
    const auto plan = PlanOf(LogisticSpec());
    job::Offer offer = OfferOf(plan, acme.site->id());
    offer.round = {2};  // before the first: a newer round would drop what is older
    const job::Contribution second = acme.Take(offer);
    offer.round = {1};
    const job::Contribution first = acme.Take(offer);
    acme.Take(OfferOf(plan, acme.site->id(), job::Work::kEvaluate));
    ASSERT_EQ(acme.store.contributions.size(), 3U);
    ASSERT_TRUE(acme.site->Receive(ReceiptOf(first, verdict)).ok());
    ASSERT_EQ(acme.store.contributions.size(), 1U);
    EXPECT_TRUE(acme.store.contributions.contains(second.id.Hex()));
  }
}

// A site that missed the final receipt of a round must not keep its bytes for ever.
TEST(Site, NewerRoundDropsWhatOlderRoundsOfTheSameWorkLeft) {
  TestSite acme;
  const auto plan = PlanOf(LogisticSpec());
  job::Offer offer = OfferOf(plan, acme.site->id());
  const job::Contribution first = acme.Take(offer);
  const job::Contribution scored = acme.Take(OfferOf(plan, acme.site->id(), job::Work::kEvaluate));
  offer.round = {4};
  const job::Contribution later = acme.Take(offer);
  EXPECT_FALSE(acme.store.contributions.contains(first.id.Hex()));
  EXPECT_TRUE(acme.store.contributions.contains(scored.id.Hex())) << "another work";
  EXPECT_TRUE(acme.store.contributions.contains(later.id.Hex()));

  offer.round = {3};  // asked again for the past: nothing newer is lost
  acme.Take(offer);
  EXPECT_TRUE(acme.store.contributions.contains(later.id.Hex()));
}

TEST(Site, RefusedOfferOfANewerRoundDropsNothing) {
  TestSite acme;
  job::Offer offer = OfferOf(PlanOf(LogisticSpec()), acme.site->id());
  const job::Contribution kept = acme.Take(offer);
  offer.round = {4};
  offer.model_hash = {};
  EXPECT_EQ(acme.Refusal(offer), "OFFER-MODEL");
  EXPECT_TRUE(acme.store.contributions.contains(kept.id.Hex()));
}

TEST(Site, NoticesAndForeignReceiptsDropNothing) {
  TestSite acme;
  const job::Contribution kept = acme.Take(OfferOf(PlanOf(LogisticSpec()), acme.site->id()));
  for (const job::Verdict verdict :
       {job::Verdict::kAccepted, job::Verdict::kRejected, job::Verdict::kDiscarded}) {
    ASSERT_TRUE(acme.site->Receive(ReceiptOf(kept, verdict)).ok());
  }
  job::Receipt receipt = ReceiptOf(kept, job::Verdict::kCommitted);
  receipt.round = {9};
  ASSERT_TRUE(acme.site->Receive(receipt).ok());
  receipt = ReceiptOf(kept, job::Verdict::kCommitted);
  receipt.job = JobId("other");
  ASSERT_TRUE(acme.site->Receive(receipt).ok());
  receipt = ReceiptOf(kept, job::Verdict::kCommitted);
  receipt.site = SiteId("other");
  EXPECT_EQ(acme.site->Receive(receipt).code(), "RECEIPT-SITE");
  EXPECT_EQ(acme.store.contributions.size(), 1U);
}

}  // namespace
}  // namespace florin::site
