// What every way of delivery owes the engines, as one suite. Down it is round::Transport; up, what
// arrives is what the coordinator's loop takes. A Rig holds one of them with its sites, and lets a
// test end and start either side; a new transport adds its rig to
// grpc/transport_conformance_test.cc.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "florin/round/decide.h"
#include "florin/round/ports.h"
#include "florin/transport/grpc/inbox.h"
#include "florin/transport/grpc/transport_testing.h"

namespace florin::transport {

class Rig {
 public:
  virtual ~Rig() = default;
  virtual round::Transport& down() = 0;
  virtual void Flush() {}  // what was sent goes out
  // The next that is there; none when nothing is there yet.
  virtual std::optional<Arrival> TakeArrival() = 0;
  virtual std::optional<job::Offer> TakeOffer(const SiteId& site) = 0;
  virtual std::optional<job::Receipt> TakeReceipt(const SiteId& site) = 0;
  // A site's answer to the offer it took last.
  virtual void Say(const job::Contribution& contribution) = 0;
  virtual void Say(const job::Refusal& refusal) = 0;
  // A site's process, with an empty memory; the coordinator hears that it is there, and left.
  virtual void StartSite(const SiteId& site) = 0;
  virtual void StopSite(const SiteId& site) = 0;
  // The coordinator's process: what it has not taken is lost, and every site arrives anew.
  virtual void RestartCoordinator() = 0;
};
using MakeRig = std::unique_ptr<Rig> (*)();

class TransportConformance : public testing::TestWithParam<MakeRig> {
 protected:
  // Tried until it gives something: a network takes its time.
  template <typename Take>
  static auto Await(const Take& take) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    auto taken = take();
    while (!taken && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      taken = take();
    }
    EXPECT_TRUE(taken) << "waited in vain";
    return taken;
  }
  template <typename Kind>
  std::optional<Kind> NextArrival() {
    const auto arrival = Await([&] { return rig_->TakeArrival(); });
    if (!arrival) return std::nullopt;
    EXPECT_TRUE(std::holds_alternative<Kind>(*arrival)) << "arrival " << arrival->index();
    if (!std::holds_alternative<Kind>(*arrival)) return std::nullopt;
    return std::get<Kind>(*arrival);
  }
  void Start(const SiteId& site) {
    rig_->StartSite(site);
    const auto arrived = NextArrival<round::SiteArrived>();
    ASSERT_TRUE(arrived.has_value());
    EXPECT_EQ(arrived->site, site);
  }
  void Ask(const job::Offer& offer) {
    rig_->down().Send(offer);
    rig_->Flush();
  }
  job::Offer NextOffer(const SiteId& site) {
    return Await([&] { return rig_->TakeOffer(site); }).value_or(job::Offer{});
  }

  std::unique_ptr<Rig> rig_ = GetParam()();
  const SiteId eu_{"eu"};
  const SiteId us_{"us"};
};

TEST_P(TransportConformance, OffersComeWholeAndInOrder) {
  Start(eu_);
  const auto plan = PlanOf(200'000);
  const auto offer_of = [&](uint32_t round) {
    job::Offer offer = OfferOf(plan, eu_, round);
    offer.job = JobId("job-" + std::to_string(round));  // of one job the newest round may be enough
    return offer;
  };
  for (uint32_t round = 1; round <= 5; ++round) rig_->down().Send(offer_of(round));
  rig_->Flush();
  for (uint32_t round = 1; round <= 5; ++round) {
    const job::Offer sent = offer_of(round);
    const job::Offer offer = NextOffer(eu_);
    ASSERT_EQ(offer.round, sent.round);
    EXPECT_EQ(offer.job, sent.job);
    EXPECT_EQ(offer.site, eu_);
    EXPECT_EQ(offer.plan->hash, plan->hash);
    EXPECT_EQ(offer.model_hash, sent.model_hash);
    EXPECT_EQ(offer.state->layout, sent.state->layout);
    EXPECT_TRUE(std::ranges::equal(offer.state->parameters.f32(), sent.state->parameters.f32()));
    EXPECT_EQ(offer.self, sent.self);
    EXPECT_EQ(offer.deadline, sent.deadline);
  }
}

// However a vector travels, dense or sparse, it is the same vector; and each answer comes once.
TEST_P(TransportConformance, ContributionsArriveWholeInOrderAndOnce) {
  Start(eu_);
  const auto plan = PlanOf(100'000);
  std::vector<job::Contribution> sent;
  for (uint32_t round = 1; round <= 4; ++round) {
    Ask(OfferOf(plan, eu_, round));
    sent.push_back(ContributionOf(NextOffer(eu_), round));
    auto& words = sent.back().message.bulk.words;
    if (round % 2 == 0) std::fill(words.begin() + 7, words.end(), 0);
    rig_->Say(sent.back());
  }
  rig_->Say(job::Refusal{plan->spec.id, RoundId{4}, job::Work::kUpdate, eu_, "LAST", "."});
  for (const job::Contribution& expected : sent) {
    const auto came = NextArrival<job::Contribution>();
    ASSERT_TRUE(came.has_value());
    EXPECT_EQ(came->round, expected.round);
    EXPECT_EQ(came->id, expected.id);
    EXPECT_EQ(came->plan_hash, expected.plan_hash);
    EXPECT_EQ(came->message, expected.message);
  }
  EXPECT_TRUE(NextArrival<job::Refusal>().has_value()) << "and nothing in between";
}

TEST_P(TransportConformance, RefusalsCarryTheirCodeAndReason) {
  Start(eu_);
  Ask(OfferOf(PlanOf(3), eu_, 2));
  const job::Offer offer = NextOffer(eu_);
  rig_->Say(job::Refusal{offer.job, offer.round, offer.work, eu_, "POLICY-JOB", "not this one."});
  const auto refusal = NextArrival<job::Refusal>();
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->round, RoundId{2});
  EXPECT_EQ(refusal->code, "POLICY-JOB");
  EXPECT_EQ(refusal->reason, "not this one.");
}

TEST_P(TransportConformance, ReceiptsComeInOrderToWhomTheyAreFor) {
  Start(eu_);
  Start(us_);
  const job::Verdict verdicts[] = {job::Verdict::kAccepted, job::Verdict::kRejected,
                                   job::Verdict::kDiscarded, job::Verdict::kAbandoned,
                                   job::Verdict::kCommitted};
  for (const SiteId& site : {us_, eu_}) {
    for (uint32_t round = 1; const job::Verdict verdict : verdicts) {
      job::Receipt receipt{JobId("job"), RoundId{round++}, job::Work::kEvaluate, site,
                           {},           verdict,          "for " + site.text()};
      receipt.id.bytes.fill(9);
      rig_->down().Send(receipt);
    }
  }
  rig_->Flush();
  for (const SiteId& site : {eu_, us_}) {
    for (uint32_t round = 1; const job::Verdict verdict : verdicts) {
      const auto receipt = Await([&] { return rig_->TakeReceipt(site); });
      ASSERT_TRUE(receipt.has_value());
      EXPECT_EQ(receipt->round, RoundId{round++});
      EXPECT_EQ(receipt->verdict, verdict);
      EXPECT_EQ(receipt->work, job::Work::kEvaluate);
      EXPECT_EQ(receipt->id.bytes[31], 9);
      EXPECT_EQ(receipt->reason, "for " + site.text());
    }
  }
}

// A site keeps few states; one that it has no more comes again before its offer.
TEST_P(TransportConformance, AStateThatTheSiteNoLongerHasComesAgain) {
  Start(eu_);
  const auto plan = PlanOf(10);
  for (const uint32_t round : {1U, 2U, 3U, 4U, 1U}) {
    Ask(OfferOf(plan, eu_, round, static_cast<float>(round)));
    const job::Offer offer = NextOffer(eu_);
    ASSERT_EQ(offer.round, RoundId{round});
    EXPECT_EQ(offer.state->parameters.f32()[0], static_cast<float>(round));
  }
}

TEST_P(TransportConformance, ToASiteThatIsNotThereNothingIsSaidAndNothingIsKept) {
  Start(us_);
  Ask(OfferOf(PlanOf(3), eu_, 1));
  Start(eu_);
  Ask(OfferOf(PlanOf(3), eu_, 2));
  EXPECT_EQ(NextOffer(eu_).round, RoundId{2}) << "what was said before it came is lost";
}

// The coordinator's decisions over the transport: two sites are asked, answer, and are counted.
class Session {
 public:
  Session(Rig& rig, const std::vector<SiteId>& sites) : rig_(rig), sites_(sites) {
    job::JobSpec spec = plan_->spec;
    spec.cohort.minimum = static_cast<uint32_t>(sites.size());
    plan_ = *job::MakePlan(std::move(spec));
    state_.job = plan_->spec.id;
    state_.plan = plan_->hash;
    for (const SiteId& site : sites) rig.StartSite(site);
    Decide(round::JobStarted{});
  }
  bool is_over() const { return state_.phase == round::Phase::kOpening; }
  uint32_t accepted() const { return state_.counters.accepted; }
  const std::map<SiteId, int>& folds() const { return folds_; }
  const SiteId& first() const { return sites_.front(); }
  Rig& rig() { return rig_; }

  // One message, taken wherever one is there; false when none is.
  bool Step() {
    if (auto arrival = rig_.TakeArrival()) {
      Take(*arrival);
      rig_.Flush();
      return true;
    }
    for (const SiteId& site : sites_) {
      if (const auto offer = rig_.TakeOffer(site)) {
        rig_.Say(AnswerTo(*offer));
        return true;
      }
      if (rig_.TakeReceipt(site)) return true;
    }
    return false;
  }
  void RestartSite() {
    rig_.StopSite(first());
    rig_.StartSite(first());
  }
  void RestartCoordinator() {
    rig_.RestartCoordinator();
    base::Writer saved;
    state_.Save(saved);
    base::Reader reader(saved.view());
    state_ = *round::RoundState::Restore(reader);
    Decide(round::CoordinatorRestarted{});
    rig_.Flush();
  }

 private:
  static job::Contribution AnswerTo(const job::Offer& offer) {
    return ContributionOf(offer, static_cast<uint8_t>(offer.site.text()[0]));
  }
  void Take(const Arrival& arrival) {
    if (const auto* arrived = std::get_if<round::SiteArrived>(&arrival)) return Decide(*arrived);
    if (const auto* left = std::get_if<round::SiteLeft>(&arrival)) return Decide(*left);
    const auto& came = std::get<job::Contribution>(arrival);
    Decide(round::ContributionArrived{came.site, came.round, came.work, came.plan_hash, came.id,
                                      came.body});
  }
  void Decide(const round::Input& input) {
    round::Decision decision = round::Decide(*plan_, std::move(state_), input, Time{});
    state_ = std::move(decision.state);
    for (const round::Effect& effect : decision.effects) {
      if (const auto* send = std::get_if<round::SendOffer>(&effect)) {
        job::Offer offer = OfferOf(plan_, state_.cohort[send->member].site, state_.round.number);
        offer.self = {send->member + 1};
        offer.cohort_size = static_cast<uint32_t>(state_.cohort.size());
        rig_.down().Send(std::move(offer));
      } else if (const auto* receipt = std::get_if<round::SendReceipt>(&effect)) {
        rig_.down().Send(job::Receipt{state_.job, receipt->round, receipt->work, receipt->site,
                                      receipt->id, receipt->verdict, receipt->reason});
      } else if (const auto* fold = std::get_if<round::Fold>(&effect)) {
        const SiteId site = state_.cohort[fold->member].site;
        ++folds_[site];
        Decide(round::ContributionFolded{site, state_.round, fold->work});
      }
    }
  }

  Rig& rig_;
  std::vector<SiteId> sites_;
  std::shared_ptr<const job::Plan> plan_ = PlanOf(1000);
  round::RoundState state_;
  std::map<SiteId, int> folds_;
};

// Disturbed once before its n-th message, for every n, a round still counts every site once.
inline void PlayDisturbed(MakeRig make, void (Session::*disturb)()) {
  bool was_disturbed = true;
  size_t at = 0;
  for (; was_disturbed; ++at) {
    SCOPED_TRACE("before message " + std::to_string(at));
    const std::unique_ptr<Rig> rig = make();
    Session session(*rig, {SiteId("eu"), SiteId("us")});
    was_disturbed = false;
    const auto until = std::chrono::steady_clock::now() + kPatience;
    for (size_t step = 0; !session.is_over();) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << "the round does not go on";
      if (step == at && !was_disturbed) {
        (session.*disturb)();
        was_disturbed = true;
      }
      if (session.Step()) {
        ++step;
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
    EXPECT_EQ(session.accepted(), 2U);
    EXPECT_EQ(session.folds(), (std::map<SiteId, int>{{SiteId("eu"), 1}, {SiteId("us"), 1}}));
  }
  EXPECT_GE(at, 7U) << "two arrivals, offers and contributions at least";
}

TEST_P(TransportConformance, ASiteMayRestartBetweenAnyTwoMessages) {
  PlayDisturbed(GetParam(), &Session::RestartSite);
}

TEST_P(TransportConformance, TheCoordinatorMayRestartBetweenAnyTwoMessages) {
  PlayDisturbed(GetParam(), &Session::RestartCoordinator);
}

}  // namespace florin::transport
