// Sealed rounds at a site: one step after the other, each answered once, whoever crashes.
#include <gtest/gtest.h>

#include <algorithm>

#include "florin/govern/gate.h"
#include "florin/job/sealing.h"
#include "florin/site/site_testing.h"

namespace florin::site {
namespace {

// Three sites and the aggregating party, without an engine between them.
class SealedRound : public testing::Test {
 protected:
  SealedRound() {
    job::JobSpec spec = LogisticSpec();
    spec.privacy.protocol = "secagg";
    spec.cohort.minimum = 3;
    plan_ = PlanOf(std::move(spec));
    for (const char* name : {"acme", "bolt", "core"}) {
      sites_.push_back(std::make_unique<TestSite>(name, /*keeps=*/false));
      TestSite& site = *sites_.back();
      site.options.identity.fill(static_cast<uint8_t>(name[0]));
      site.Restart();
      cohort_.push_back({.place = {static_cast<uint32_t>(sites_.size())},
                         .name = name,
                         .identity = crypto::PublicKeyOf(site.options.identity)});
    }
    Begin();
  }

  void Begin() {
    protocol::ProtocolSetup setup =
        job::SetupOf(*plan_, {.round = {1},
                              .work = job::Work::kUpdate,
                              .model = OfferOf(plan_, SiteId("acme")).model_hash,
                              .cohort = job::DigestCohort(cohort_),
                              .cohort_size = 3});
    setup.cohort = cohort_;
    aggregator_ = protocol::FindProtocol("secagg")->make_aggregator(setup).value();
    ASSERT_TRUE(aggregator_->Start().ok());
  }
  job::Offer Offer(uint32_t place, uint32_t step) {
    job::Offer offer = OfferOf(plan_, sites_[place - 1]->site->id());
    offer.self = {place};
    offer.cohort_size = 3;
    offer.cohort = job::DigestCohort(cohort_);
    offer.step = step;
    if (step > 0) offer.asked = aggregator_->Ask({place})->header;
    return offer;
  }
  // The same sites in other places: another cohort. Three turns are none.
  void Turn() {
    std::ranges::rotate(sites_, sites_.begin() + 1);
    std::ranges::rotate(cohort_, cohort_.begin() + 1);
    for (uint32_t i = 0; i < 3; ++i) cohort_[i].place = {i + 1};
    Begin();
  }
  // All answer a step, each asked twice, with a crash between.
  void Take(uint32_t step) {
    for (uint32_t place = 1; place <= 3; ++place) {
      TestSite& site = *sites_[place - 1];
      const job::Offer offer = Offer(place, step);
      job::Contribution answer = site.Take(offer);
      EXPECT_EQ(answer.step, step);
      site.Restart();
      EXPECT_TRUE(IsSame(site.Take(offer), answer)) << place << " in step " << step;
      const auto taken = aggregator_->Receive(std::move(answer.message));
      ASSERT_TRUE(taken.ok()) << taken.status().ToString();
    }
    ASSERT_TRUE(aggregator_->Proceed({}).ok());
  }

  std::shared_ptr<const job::Plan> plan_;
  std::vector<std::unique_ptr<TestSite>> sites_;
  std::vector<protocol::Participant> cohort_;
  std::unique_ptr<protocol::Party> aggregator_;
};

TEST_F(SealedRound, EveryStepIsAnsweredAlikeAfterACrash) {
  for (uint32_t step = 0; step < 5; ++step) Take(step);
  num::RingVector expected;
  for (uint32_t place = 1; place <= 3; ++place) {
    job::JobSpec open = plan_->spec;
    open.privacy.protocol = "plain";
    job::Offer offer = OfferOf(PlanOf(open), sites_[place - 1]->site->id());
    offer.self = {place};
    offer.cohort_size = 3;
    const job::Contribution contribution = sites_[place - 1]->Take(offer);
    expected.words.resize(contribution.message.bulk_size());
    contribution.message.AddBulkTo(expected.words);
  }
  EXPECT_EQ(std::move(*aggregator_).TakeResult().value(), expected) << "the sum in the open";
}

TEST_F(SealedRound, StepsOutOfOrderAreRefused) {
  job::Offer early = Offer(1, 0);
  early.step = 1;
  EXPECT_EQ(sites_[0]->Refusal(early), "OFFER-STEP");
  early.step = 9;
  EXPECT_EQ(sites_[0]->Refusal(early), "OFFER-PROTOCOL");
  Take(0);
  job::Offer skipping = Offer(1, 1);
  skipping.step = 2;
  EXPECT_EQ(sites_[0]->Refusal(skipping), "OFFER-STEP");
  // The same step with other words, once it is answered.
  Take(1);
  job::Offer again = Offer(1, 2);
  again.step = 1;
  EXPECT_EQ(sites_[0]->Refusal(again), "OFFER-STEP");
}

// Before its vector has left, a round may be planned anew with another cohort; not after.
TEST_F(SealedRound, ARoundThatBeginsAgainGetsNoSecondVector) {
  Take(0);
  Take(1);
  Turn();
  for (const uint32_t step : {0U, 1U, 2U}) Take(step);
  Turn();
  for (uint32_t place = 1; place <= 3; ++place) {
    EXPECT_EQ(sites_[place - 1]->Refusal(Offer(place, 0)), "OFFER-STEP");
  }
  // As it was planned first: what was said then is said again, and no vector follows.
  Turn();
  Take(0);
  Take(1);
  for (uint32_t place = 1; place <= 3; ++place) {
    EXPECT_EQ(sites_[place - 1]->Refusal(Offer(place, 2)), "OFFER-STEP");
  }
}

TEST_F(SealedRound, AfterTheReceiptNothingOfTheRoundIsLeft) {
  for (uint32_t step = 0; step < 5; ++step) Take(step);
  TestSite& site = *sites_[0];
  EXPECT_FALSE(site.store.contributions.empty());
  EXPECT_FALSE(site.store.parties.empty());
  job::Receipt receipt;
  receipt.job = plan_->spec.id;
  receipt.round = {1};
  receipt.site = site.site->id();
  receipt.verdict = job::Verdict::kCommitted;
  ASSERT_TRUE(site.site->Receive(receipt).ok());
  EXPECT_TRUE(site.store.contributions.empty());
  EXPECT_TRUE(site.store.parties.empty());
}

TEST_F(SealedRound, TheOwnerIsAskedWhoItsPeersAre) {
  govern::SitePolicy policy;
  policy.approve = {{{"*"}, {}, 1}};
  govern::OwnersGate gate(policy, {}, nullptr);
  sites_[0]->options.gate = &gate;
  sites_[0]->Restart();
  Take(0);
  const job::Offer shares = Offer(1, 1);
  EXPECT_EQ(sites_[0]->Refusal(shares), "APPROVAL-PENDING");
  const govern::Approvals asked = gate.approvals();
  ASSERT_EQ(asked.all().size(), 1U);
  EXPECT_EQ(asked.all()[0].summary.size(), 2U) << "its peers, not itself";
  ASSERT_TRUE(gate.Decide(asked.all()[0].job, asked.all()[0].plan, govern::Decision::kApproved,
                          "maria", Time{1}, "")
                  .ok());
  EXPECT_EQ(sites_[0]->Refusal(shares), "");
}

}  // namespace
}  // namespace florin::site
