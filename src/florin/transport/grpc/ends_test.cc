// Both ends of a connection, without a network between them: frames are carried by hand.
#include <gtest/gtest.h>

#include "florin/round/decide.h"
#include "florin/transport/grpc/ends_testing.h"

namespace florin::transport {
namespace {

TEST_F(EndsTest, OfferGoesDownAndContributionComesUpWhole) {
  Carry();
  EXPECT_EQ(coordinator_events_.arrivals, 1);
  EXPECT_EQ(agent_events_.welcomes, 1);
  const auto plan = PlanOf(300'000);  // an update of 2.4 MB: ten chunks
  const job::Offer offer = OfferOf(plan, kSite, 1);
  coordinator_->Send(Loaded(offer));
  Carry();
  ASSERT_EQ(agent_events_.offers.size(), 1U);
  const job::Offer& got = agent_events_.offers[0];
  EXPECT_EQ(got.plan->hash, plan->hash);
  EXPECT_EQ(got.model_hash, offer.model_hash);
  EXPECT_EQ(got.state->parameters.f32()[7], 0.25F);
  EXPECT_EQ(got.round, RoundId{1});

  const job::Contribution contribution = ContributionOf(got, 5);
  SendContribution(contribution);
  Carry();
  ASSERT_EQ(coordinator_events_.contributions.size(), 1U);
  EXPECT_EQ(coordinator_events_.contributions[0].message, contribution.message);
  EXPECT_EQ(coordinator_events_.contributions[0].id, contribution.id);

  job::Receipt receipt{
      offer.job, offer.round, offer.work, kSite, contribution.id, job::Verdict::kAccepted, ""};
  coordinator_->Send(receipt);
  Carry();
  ASSERT_EQ(agent_events_.receipts.size(), 1U);
  EXPECT_EQ(agent_events_.receipts[0].verdict, job::Verdict::kAccepted);
}

TEST_F(EndsTest, PlanAndStateTravelOnceEvenOverConnections) {
  const LoadedOffer offer = Loaded(OfferOf(PlanOf(10), kSite, 1));
  Carry();
  coordinator_->Send(offer);
  EXPECT_EQ(Carry(), 5U);  // two parcels of a chunk each, and the offer
  coordinator_->Send(offer);
  EXPECT_EQ(Carry(), 1U);
  Connect();
  Carry();
  coordinator_->Send(offer);
  EXPECT_EQ(Carry(), 1U) << "the site said what it holds";
  EXPECT_EQ(agent_events_.offers.size(), 3U);
}

TEST_F(EndsTest, AStateThatTheSiteLostComesAgain) {
  Carry();
  const auto plan = PlanOf(10);
  const LoadedOffer first = Loaded(OfferOf(plan, kSite, 1, 1.0F));
  const LoadedOffer second = Loaded(OfferOf(plan, kSite, 2, 2.0F));
  const LoadedOffer third = Loaded(OfferOf(plan, kSite, 3, 3.0F));  // the site keeps two states
  for (const LoadedOffer* offer : {&first, &second, &third, &first}) {
    coordinator_->Send(*offer);
    Carry();
  }
  ASSERT_EQ(agent_events_.offers.size(), 4U);
  EXPECT_EQ(agent_events_.offers[3].state->parameters.f32()[0], 1.0F);
}

// Broken off after every possible number of frames, both ways; then it goes on where it stopped.
TEST_F(EndsTest, WhatBrokeOffGoesOnWhereItStopped) {
  const auto plan = PlanOf(150'000);
  const LoadedOffer offer = Loaded(OfferOf(plan, kSite, 1));
  for (size_t broken_after = 1; broken_after < 14; ++broken_after) {
    memory_ = AgentMemory(kParcelMax);
    bulk_ = Assembler();
    agent_events_.offers.clear();
    coordinator_events_.contributions.clear();
    Connect();
    Carry();
    coordinator_->Send(offer);
    Carry(broken_after);
    const bool had_all = !agent_events_.offers.empty();
    const auto partial = memory_.incoming().partial();
    Connect();
    Carry();
    if (!had_all) {
      coordinator_->Send(offer);
      Carry();
    }
    ASSERT_EQ(agent_events_.offers.size(), 1U) << broken_after;
    const job::Contribution contribution = ContributionOf(offer.offer, broken_after);
    if (had_all) coordinator_->Send(offer);
    Carry();
    SendContribution(contribution);
    Carry(broken_after);
    if (coordinator_events_.contributions.empty()) {
      Connect();
      const uint64_t stood = bulk_.partial() ? bulk_.partial()->offset() : 0;
      Carry();
      coordinator_->Send(offer);
      Carry();
      SendContribution(contribution);
      v1::Frame announcement;
      ASSERT_TRUE(NextFrame(agent_->outbox(), announcement));
      EXPECT_EQ(announcement.contribution().offset(), stood) << broken_after;
      ASSERT_EQ(CoordinatorCodeAfter(announcement), "");
      Carry();
    }
    ASSERT_EQ(coordinator_events_.contributions.size(), 1U) << broken_after;
    EXPECT_EQ(coordinator_events_.contributions[0].message, contribution.message);
  }
}

TEST_F(EndsTest, CriticalFeaturesThatAreMissingAreNamed) {
  v1::Frame hello;
  *hello.mutable_hello() = MakeHello(Time{});
  hello.mutable_hello()->add_features("unknown-and-optional");
  EXPECT_EQ(CoordinatorCodeAfter(hello), "");
  hello.mutable_hello()->add_critical("sealed-sums");
  EXPECT_EQ(AgentCodeAfter(hello), "WIRE-CRITICAL");
  Connect();
  const Status status = coordinator_->Receive(hello, Time{});
  EXPECT_EQ(status.code(), "WIRE-CRITICAL");
  EXPECT_NE(status.message().find("sealed-sums"), std::string::npos);
  v1::Frame goodbye;
  ASSERT_TRUE(NextFrame(coordinator_->outbox(), goodbye));
  EXPECT_EQ(goodbye.goodbye().code(), "WIRE-CRITICAL");
  Connect();
  hello.mutable_hello()->set_version(2);
  EXPECT_EQ(CoordinatorCodeAfter(hello), "WIRE-VERSION");
}

TEST_F(EndsTest, FieldsOfALaterVersionArePassedOver) {
  Carry();
  v1::Frame later;
  later.GetReflection()->MutableUnknownFields(&later)->AddLengthDelimited(77, "new");
  EXPECT_EQ(CoordinatorCodeAfter(later), "");
  EXPECT_EQ(AgentCodeAfter(later), "");
}

TEST_F(EndsTest, NothingIsTakenBeforeTheHandshake) {
  v1::Frame refusal;
  refusal.set_refusal("x");
  EXPECT_EQ(CoordinatorCodeAfter(refusal), "WIRE-ORDER");
  v1::Frame receipt;
  receipt.set_receipt("x");
  EXPECT_EQ(AgentCodeAfter(receipt), "WIRE-ORDER");
}

// What a hostile site may try with a contribution: the code, and nothing reaches the engine.
class HostileSite : public EndsTest {
 protected:
  HostileSite() : offer_(OfferOf(PlanOf(100'000), kSite, 3)) {
    Carry();
    coordinator_->Send(Loaded(offer_));
    Carry();
    SendContribution(ContributionOf(offer_, 1));
    NextFrame(agent_->outbox(), announcement_);
    NextFrame(agent_->outbox(), chunk_);
  }
  std::string Announce() { return CoordinatorCodeAfter(announcement_); }
  std::string AnnounceAs(const job::Contribution& contribution) {
    SendContribution(contribution);
    while (NextFrame(agent_->outbox(), announcement_) && !announcement_.has_contribution()) {
    }
    return Announce();
  }
  void TearDown() override { EXPECT_TRUE(coordinator_events_.contributions.empty()); }

  job::Offer offer_;
  v1::Frame announcement_;
  v1::Frame chunk_;
};

TEST_F(HostileSite, Case39ChunksOutOfPlace) {
  ASSERT_EQ(Announce(), "");
  chunk_.mutable_chunk()->set_offset(1);  // a gap; an overlap is the same fault
  EXPECT_EQ(CoordinatorCodeAfter(chunk_), "WIRE-OFFSET");
  Connect();
  Carry();
  EXPECT_EQ(CoordinatorCodeAfter(chunk_), "WIRE-ORDER") << "a chunk of nothing";
}

TEST_F(HostileSite, Case39OffsetOfNoPartialUpload) {
  announcement_.mutable_contribution()->set_offset(4096);
  EXPECT_EQ(Announce(), "WIRE-OFFSET");
}

TEST_F(HostileSite, Case40SizeAgainstThePlan) {
  announcement_.mutable_contribution()->set_size(uint64_t{1} << 40);
  EXPECT_EQ(Announce(), "WIRE-SIZE");
}

TEST_F(HostileSite, Case40MoreBytesThanAnnounced) {
  announcement_.mutable_contribution()->set_size(1000);
  ASSERT_EQ(Announce(), "");
  EXPECT_EQ(CoordinatorCodeAfter(chunk_), "WIRE-SIZE");
}

TEST_F(HostileSite, Case41DamagedChunk) {
  ASSERT_EQ(Announce(), "");
  chunk_.mutable_chunk()->mutable_data()->at(7) ^= 1;
  EXPECT_EQ(CoordinatorCodeAfter(chunk_), "WIRE-CRC");
}

TEST_F(HostileSite, Case42AnotherDigest) {
  announcement_.mutable_contribution()->mutable_digest()->at(0) ^= 1;
  ASSERT_EQ(Announce(), "");
  ASSERT_EQ(CoordinatorCodeAfter(chunk_), "");
  std::string code;
  for (v1::Frame frame; code.empty() && NextFrame(agent_->outbox(), frame);) {
    code = CoordinatorCodeAfter(frame);
  }
  EXPECT_EQ(code, "WIRE-DIGEST");
}

// The coordinator was restarted: nothing of the half is left there, and the whole comes again.
TEST_F(EndsTest, Case43ResumeAfterARestart) {
  Carry();
  const LoadedOffer offer = Loaded(OfferOf(PlanOf(150'000), kSite, 1));
  const job::Contribution contribution = ContributionOf(offer.offer, 1);
  coordinator_->Send(offer);
  Carry();
  SendContribution(contribution);
  Carry(3);
  ASSERT_TRUE(bulk_.is_active() && coordinator_events_.contributions.empty());
  bulk_ = Assembler();
  Connect();
  Carry();
  coordinator_->Send(offer);
  Carry();
  SendContribution(contribution);
  Carry();
  ASSERT_EQ(coordinator_events_.contributions.size(), 1U);
  EXPECT_EQ(coordinator_events_.contributions[0].message, contribution.message);
}

// The engine behind the coordinator's end: the first body counts, the second is told apart.
TEST_F(EndsTest, Case32AnotherBodyIsToldApart) {
  const auto plan = PlanOf(10);
  round::RoundState state;
  state.job = plan->spec.id;
  state.plan = plan->hash;
  const auto decide = [&](const round::Input& input) {
    round::Decision decision = round::Decide(*plan, std::move(state), input, Time{});
    state = std::move(decision.state);
    for (const round::Effect& effect : decision.effects) {
      const auto* send = std::get_if<round::SendReceipt>(&effect);
      if (send == nullptr) continue;
      coordinator_->Send(job::Receipt{state.job, send->round, send->work, send->site, send->id,
                                      send->verdict, send->reason});
    }
  };
  decide(round::SiteArrived{kSite});
  decide(round::JobStarted{});
  Carry();
  const job::Offer offer = OfferOf(plan, kSite, 1);
  coordinator_->Send(Loaded(offer));
  Carry();
  const job::Contribution first = ContributionOf(offer, 1);
  job::Contribution second = first;
  second.message.bulk.words[3] ^= 1;
  for (const job::Contribution& contribution : {first, second, first})
    SendContribution(contribution);
  Carry();
  for (const job::Contribution& came : coordinator_events_.contributions) {
    decide(round::ContributionArrived{came.site, came.round, came.work, came.plan_hash, came.id,
                                      came.body});
    decide(round::ContributionFolded{came.site, came.round});
  }
  Carry();
  EXPECT_EQ(state.counters.accepted, 1U);
  ASSERT_EQ(agent_events_.receipts.size(), 3U);
  EXPECT_EQ(agent_events_.receipts[0].verdict, job::Verdict::kAccepted);
  EXPECT_EQ(agent_events_.receipts[1].verdict, job::Verdict::kRejected);
  EXPECT_NE(agent_events_.receipts[1].reason.find("ROUND-CONFLICT"), std::string::npos);
  EXPECT_EQ(agent_events_.receipts[2].verdict, job::Verdict::kAccepted);
}

TEST_F(HostileSite, Case44ResumeOfAnUploadThatIsGone) {
  ASSERT_EQ(Announce(), "");
  ASSERT_EQ(CoordinatorCodeAfter(chunk_), "");
  bulk_ = Assembler();  // the coordinator was restarted
  Connect();
  Carry();
  coordinator_->Send(Loaded(offer_));
  announcement_.mutable_contribution()->set_offset(kChunkBytes);
  EXPECT_EQ(Announce(), "WIRE-OFFSET");
}

TEST_F(HostileSite, Case45ASecondUploadInsideTheFirst) {
  ASSERT_EQ(Announce(), "");
  EXPECT_EQ(Announce(), "WIRE-ORDER");
}

TEST_F(HostileSite, Case34AnAnswerToNoOffer) {
  job::Contribution contribution = ContributionOf(offer_, 2);
  contribution.round = RoundId{9};
  EXPECT_EQ(AnnounceAs(contribution), "WIRE-UNASKED");
}

TEST_F(HostileSite, Case06InAnotherSitesName) {
  job::Contribution contribution = ContributionOf(offer_, 2);
  contribution.site = SiteId("latam");
  EXPECT_EQ(AnnounceAs(contribution), "WIRE-SITE");
}

TEST_F(HostileSite, Case52MoreEntriesThanThePlan) {
  job::Contribution contribution = ContributionOf(offer_, 2);
  contribution.message.bulk.words.push_back(uint64_t{1} << 63);
  EXPECT_EQ(AnnounceAs(contribution), "WIRE-ENVELOPE");
}

TEST_F(HostileSite, Case49BulkCutOrWithATail) {
  announcement_.mutable_contribution()->mutable_header()->pop_back();
  EXPECT_EQ(Announce(), "WIRE-ENVELOPE");
  announcement_.mutable_contribution()->mutable_header()->append("\0\0", 2);
  EXPECT_EQ(Announce(), "WIRE-ENVELOPE");
}

TEST_F(HostileSite, Case50FieldsThatNoWriterMakes) {
  v1::Frame parcel;  // what only a coordinator sends, of a kind that does not exist
  parcel.mutable_parcel()->set_kind(static_cast<v1::Parcel::Kind>(99));
  EXPECT_EQ(CoordinatorCodeAfter(parcel), "WIRE-ORDER");
  Connect();
  Carry();
  EXPECT_EQ(AgentCodeAfter(parcel), "WIRE-DIGEST");
  parcel.mutable_parcel()->set_digest(std::string(32, 'd'));
  EXPECT_EQ(AgentCodeAfter(parcel), "WIRE-ORDER");
  announcement_.mutable_contribution()->set_digest("short");
  coordinator_->Send(Loaded(offer_));
  EXPECT_EQ(Announce(), "WIRE-DIGEST");
  v1::Frames frames;
  const std::string endless("\x0a\xff\xff\xff\xff\x07", 6);  // a field of 2^31 - 1 bytes
  EXPECT_FALSE(frames.ParseFromString(endless));
}

TEST_F(HostileSite, Case51AnotherVersionOfTheEnvelope) {
  announcement_.mutable_contribution()->mutable_header()->at(1) = 9;
  EXPECT_EQ(Announce(), "WIRE-ENVELOPE");
}

TEST_F(HostileSite, AsksForTheSameStateForEver) {
  v1::Frame want;
  want.mutable_want()->add_digest(ToField(Loaded(offer_).state.digest));
  std::string code;
  for (int i = 0; i < 100 && code.empty(); ++i) code = CoordinatorCodeAfter(want);
  EXPECT_EQ(code, "WIRE-WANT");
}

// And what a hostile coordinator may try: the site is as strict.
TEST_F(EndsTest, Case69AModelLargerThanTheSiteTakes) {
  Carry();
  v1::Frame parcel;
  parcel.mutable_parcel()->set_kind(v1::Parcel::STATE);
  parcel.mutable_parcel()->set_digest(std::string(32, 'd'));
  parcel.mutable_parcel()->set_size(uint64_t{10} << 30);
  EXPECT_EQ(AgentCodeAfter(parcel), "WIRE-SIZE");
}

TEST_F(EndsTest, Case68AStateWithAnotherDigest) {
  Carry();
  LoadedOffer offer = Loaded(OfferOf(PlanOf(10), kSite, 1));
  offer.state.digest[0] ^= 1;
  coordinator_->Send(offer);
  Carry();
  EXPECT_EQ(agent_status_.code(), "WIRE-DIGEST");
  EXPECT_TRUE(agent_events_.offers.empty());
}

TEST_F(EndsTest, Case66AnOfferToAnotherSite) {
  Carry();
  LoadedOffer offer = Loaded(OfferOf(PlanOf(10), SiteId("latam"), 1));
  coordinator_->Send(offer);
  Carry();
  EXPECT_EQ(agent_status_.code(), "WIRE-SITE");
}

TEST_F(EndsTest, APlanThatDoesNotResolveIsRefusedAndTheConnectionLives) {
  Carry();
  LoadedOffer offer = Loaded(OfferOf(PlanOf(10), kSite, 1));
  offer.plan = MakeLoad(std::make_shared<const Bytes>(Bytes{1, 2, 3}));
  coordinator_->Send(offer);
  Carry();
  ASSERT_EQ(coordinator_events_.refusals.size(), 1U);
  EXPECT_EQ(coordinator_events_.refusals[0].code, "OFFER-PLAN");
  EXPECT_TRUE(agent_status_.ok());
}

// The site takes frame by frame, rounds open faster: of the states not yet begun only the newest
// goes out, and nothing holds the others.
TEST_F(EndsTest, ASlowSiteIsOfferedTheNewestRound) {
  Carry();
  const auto plan = PlanOf(200'000);  // a state of four chunks
  std::weak_ptr<const void> replaced;
  for (uint32_t round = 1; round <= 4; ++round) {
    const LoadedOffer offer = Loaded(OfferOf(plan, kSite, round, static_cast<float>(round)));
    coordinator_->Send(offer);
    if (round == 1) {
      EXPECT_EQ(Carry(4), 4U);  // the plan and the first chunk of the state
    }
    if (round == 2) replaced = offer.state.owner;
  }
  EXPECT_TRUE(replaced.expired());
  Carry();
  std::vector<uint32_t> rounds;
  rounds.reserve(agent_events_.offers.size());
  for (const job::Offer& offer : agent_events_.offers) rounds.push_back(offer.round.number);
  EXPECT_EQ(rounds, (std::vector<uint32_t>{1, 4}));
}

TEST_F(EndsTest, AnOfferOfARoundThatIsOverIsNotSaid) {
  Carry();
  const job::Offer offer = OfferOf(PlanOf(10), kSite, 1);
  coordinator_->Send(Loaded(offer));
  coordinator_->Send(
      job::Receipt{offer.job, offer.round, offer.work, kSite, {}, job::Verdict::kAbandoned, ""});
  Carry();
  EXPECT_TRUE(agent_events_.offers.empty());
  EXPECT_EQ(agent_events_.receipts.size(), 1U);
}

TEST_F(EndsTest, NothingFollowsAGoodbye) {
  Carry();
  for (const char* job : {"one", "two", "three"}) {
    job::Offer offer = OfferOf(PlanOf(10), kSite, 1);
    offer.job = JobId(job);
    coordinator_->Send(Loaded(offer));
  }
  coordinator_->outbox().Push(Goodbye({Kind::kDenied, "PEER-REVOKED", "the site was revoked."}));
  bool has_parted = false;
  for (v1::Frame frame; NextFrame(coordinator_->outbox(), frame);) {
    EXPECT_FALSE(has_parted);
    has_parted = frame.has_goodbye();
  }
  EXPECT_TRUE(has_parted);
}

TEST_F(EndsTest, GoodbyeCarriesItsReason) {
  Carry();
  coordinator_->outbox().Push(Goodbye({Kind::kDenied, "PEER-REVOKED", "the site was revoked."}));
  Carry();
  EXPECT_EQ(agent_status_.code(), "WIRE-GOODBYE");
  EXPECT_NE(agent_status_.message().find("PEER-REVOKED"), std::string::npos);
}

}  // namespace
}  // namespace florin::transport
