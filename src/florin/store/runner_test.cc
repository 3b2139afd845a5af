// A job from its first round to its end, and what is sent to a round under way.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "florin/job/exchange_codec.h"
#include "florin/store/memory.h"
#include "florin/store/runner_testing.h"

namespace florin::store {
namespace {

double NumberOf(const job::Event& event, std::string_view name) {
  for (const auto& [key, value] : event.numbers) {
    if (key == name) return value;
  }
  return NAN;
}

TEST(Runner, RunsAJobToItsEnd) {
  MemoryStore store;
  Federation federation(PlanOf(LogisticSpec(4)), 4);
  const Status status = federation.Drive(store);
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(federation.runner().state().status, round::JobStatus::kDone);

  const auto versions = *store.Versions(JobId("recovery"));
  ASSERT_EQ(versions.size(), 4U);
  for (size_t i = 1; i < versions.size(); ++i) {
    EXPECT_EQ(versions[i].parent, versions[i - 1].id);
    EXPECT_NE(versions[i].model_hash, versions[i - 1].model_hash);
    EXPECT_EQ(versions[i].contribution_count, 4U);
    EXPECT_EQ(versions[i].round.number, i);
    EXPECT_FALSE(versions[i].metrics.empty());
  }
  EXPECT_EQ(federation.runner().current().id, versions.back().id);
  EXPECT_TRUE(store.LoadCheckpoint(JobId("recovery"))->empty()) << "no sum outlives its round";

  size_t committed = 0;
  for (const job::Event& event : federation.events().events) {
    if (event.name != "round.committed") continue;
    ++committed;
    EXPECT_EQ(NumberOf(event, "accepted"), 4);
    EXPECT_DOUBLE_EQ(NumberOf(event, "loss"), 0.4);
    EXPECT_EQ(NumberOf(event, "rows"), 400);
  }
  EXPECT_EQ(committed, 3U);
}

TEST(Runner, FiguresOverTooFewRowsAreWithheld) {
  MemoryStore store;
  job::JobSpec spec = LogisticSpec(2);
  spec.evaluation.minimum_rows = 150;  // the sites train on 200 rows and test on 100
  spec.rounds = 1;
  Federation federation(PlanOf(spec), 2);
  ASSERT_TRUE(federation.Drive(store).ok());
  EXPECT_TRUE(store.Versions(spec.id)->back().metrics.empty());
  for (const job::Event& event : federation.events().events) {
    if (event.name != "round.committed") continue;
    EXPECT_EQ(NumberOf(event, "metrics_withheld"), 1);
    EXPECT_EQ(NumberOf(event, "rows"), 200);
    EXPECT_NE(event.text.find("100 rows, at least 150 needed"), std::string::npos) << event.text;
  }
}

TEST(Runner, AnotherPlanUnderTheSameJobIdIsRefused) {
  MemoryStore store;
  ASSERT_TRUE(Federation(PlanOf(LogisticSpec(2)), 2).Drive(store).ok());
  job::JobSpec changed = LogisticSpec(2);
  changed.seed = 2;
  EXPECT_EQ(Federation(PlanOf(changed), 2).Drive(store).code(), "ROUND-PLAN");
}

TEST(Runner, RollsBackToAnEarlierVersionAndRemembersIt) {
  MemoryStore store;
  Federation federation(PlanOf(LogisticSpec(2)), 2);
  ASSERT_TRUE(federation.Drive(store).ok());
  const auto versions = *store.Versions(JobId("recovery"));
  ASSERT_EQ(versions.size(), 4U);
  round::Runner& runner = federation.mutable_runner();
  EXPECT_EQ(runner.RollBack(VersionId{}, Time{}).code(), "ROUND-ROLLBACK");
  ASSERT_TRUE(runner.RollBack(versions[1].id, Time{}).ok());
  EXPECT_EQ(runner.current().id, versions[1].id);
  EXPECT_EQ(runner.state().model, versions[1].model_hash);
  EXPECT_EQ(store.Versions(JobId("recovery"))->back().id, versions[1].id);
  EXPECT_NE(store.AuditTrail(JobId("recovery"))->back().find("job.rolled_back"), std::string::npos);

  Federation again(PlanOf(LogisticSpec(2)), 2);  // resumed from the store
  ASSERT_TRUE(again.Drive(store).ok());
  EXPECT_EQ(again.runner().current().id, versions[1].id);
}

TEST(Runner, AVersionWhoseModelWasDroppedIsRefusedWithWhatIsThere) {
  MemoryStore store(2);
  Federation federation(PlanOf(LogisticSpec(2)), 2);
  ASSERT_TRUE(federation.Drive(store).ok());
  const auto versions = *store.Versions(JobId("recovery"));
  ASSERT_EQ(versions.size(), 4U);
  const Status refused = federation.mutable_runner().RollBack(versions[1].id, Time{});
  EXPECT_EQ(refused.code(), "VERSION-DROPPED");
  EXPECT_NE(refused.message().find("one of the 2 newest, the oldest of round 2"), std::string::npos)
      << refused.ToString();
  EXPECT_EQ(federation.runner().current().id, versions[3].id);
  EXPECT_TRUE(federation.mutable_runner().RollBack(versions[2].id, Time{}).ok());
}

// A round under way at three sites; what is sent to it again, late, or to a round that never was.
class OpenRound : public testing::Test {
 protected:
  OpenRound() {
    runner_ = std::move(*round::Runner::Make(kit_, store_, mailbox_, events_, identities_));
    for (const char* site : {"a", "b", "c"}) {
      EXPECT_TRUE(runner_->Handle(round::SiteArrived{SiteId(site)}, Time{}).ok());
    }
    EXPECT_TRUE(runner_->Handle(round::JobStarted{}, Time{}).ok());
    EXPECT_EQ(mailbox_.offers.size(), 3U);
  }
  // The receipt's verdict.
  job::Verdict Send(job::Contribution contribution) {
    mailbox_.receipts.clear();
    EXPECT_TRUE(runner_->Handle(std::move(contribution), Time{}).ok());
    EXPECT_FALSE(mailbox_.receipts.empty());
    return mailbox_.receipts.empty() ? job::Verdict::kAbandoned : mailbox_.receipts[0].verdict;
  }
  void ExpectAccepted(uint32_t count) const {
    EXPECT_EQ(runner_->state().counters.accepted, count);
    EXPECT_EQ(runner_->state().counters.rejected, 0U);
  }

  MemoryStore store_;
  round::NoIdentities identities_;
  Mailbox mailbox_;
  EventList events_;
  std::shared_ptr<const job::RoundKit> kit_ = *job::RoundKit::Make(PlanOf(LogisticSpec(3)));
  std::unique_ptr<round::Runner> runner_;
};

TEST_F(OpenRound, DoesNotRollBack) {
  EXPECT_EQ(runner_->RollBack(runner_->current().id, Time{}).code(), "ROUND-BUSY");
}

TEST_F(OpenRound, MessageOfAnotherPlaceIsRejectedAndNotCounted) {
  job::Contribution forged = Answer(mailbox_.offers[0]);
  forged.message.from = mailbox_.offers[1].self;
  EXPECT_EQ(Send(forged), job::Verdict::kRejected);
  EXPECT_NE(mailbox_.receipts[0].reason.find("PROTO-SENDER"), std::string::npos);
  job::Contribution shortened = Answer(mailbox_.offers[1]);
  shortened.message.bulk.words.pop_back();
  EXPECT_EQ(Send(shortened), job::Verdict::kRejected);
  EXPECT_NE(mailbox_.receipts[0].reason.find("PROTO-LENGTH"), std::string::npos);
  EXPECT_EQ(runner_->state().counters.rejected, 2U);
  EXPECT_EQ(runner_->state().counters.accepted, 0U);
}

TEST_F(OpenRound, Case31TheSameContributionTwice) {
  EXPECT_EQ(Send(Answer(mailbox_.offers[0])), job::Verdict::kAccepted);
  EXPECT_EQ(Send(Answer(mailbox_.offers[0])), job::Verdict::kAccepted) << "the same answer";
  ExpectAccepted(1);
}

// As it comes from the network: with the digest of its bytes.
job::Contribution Travelled(job::Contribution contribution) {
  const protocol::MessageParts parts = job::SaveContribution(contribution);
  contribution.body = job::DigestBody(parts.head, crypto::HashKt128(parts.bulk));
  return contribution;
}

TEST_F(OpenRound, Case32AnotherBodyIsNotCountedUnderWhicheverId) {
  const job::Contribution first = Travelled(Answer(mailbox_.offers[0]));
  EXPECT_EQ(Send(first), job::Verdict::kAccepted);
  const auto checkpoint = *store_.LoadCheckpoint(JobId("recovery"));
  job::Contribution other = first;
  other.message.bulk.words[0] += 1;
  EXPECT_EQ(Send(Travelled(other)), job::Verdict::kRejected);
  EXPECT_NE(mailbox_.receipts[0].reason.find("[ROUND-CONFLICT]"), std::string::npos);
  EXPECT_EQ(mailbox_.receipts[0].id, first.id);
  EXPECT_EQ(Send(first), job::Verdict::kAccepted) << "the one that is counted";
  other.id.bytes[0] ^= 1;
  EXPECT_EQ(Send(Travelled(other)), job::Verdict::kDiscarded);
  ExpectAccepted(1);
  EXPECT_EQ(*store_.LoadCheckpoint(JobId("recovery")), checkpoint) << "the sum is as it was";
}

TEST_F(OpenRound, Case33AfterTheRoundIsClosed) {
  const std::vector<job::Offer> offers = mailbox_.offers;
  for (const job::Offer& offer : offers) Send(Answer(offer));
  const auto model = runner_->current().id;
  job::Contribution late = Answer(offers[0]);
  late.id.bytes[0] ^= 1;
  EXPECT_EQ(Send(late), job::Verdict::kDiscarded);
  EXPECT_EQ(runner_->current().id, model);
}

TEST_F(OpenRound, Case34ForARoundThatWasNeverAsked) {
  job::Contribution early = Answer(mailbox_.offers[0]);
  early.round = RoundId{9};
  EXPECT_EQ(Send(early), job::Verdict::kDiscarded);
  job::Contribution foreign = Answer(mailbox_.offers[0]);
  foreign.site = SiteId("nobody");
  EXPECT_EQ(Send(foreign), job::Verdict::kDiscarded);
  job::Contribution planless = Answer(mailbox_.offers[0]);
  planless.plan_hash.bytes[0] ^= 1;
  EXPECT_EQ(Send(planless), job::Verdict::kDiscarded);
  ExpectAccepted(0);
}

TEST_F(OpenRound, Case58UpdatesOfZerosMoveNothing) {
  for (const job::Offer& offer : std::exchange(mailbox_.offers, {})) {
    job::Contribution zeros = Answer(offer);
    std::ranges::fill(zeros.message.bulk.words, 0);
    EXPECT_EQ(Send(zeros), job::Verdict::kAccepted);
  }
  for (const float parameter : runner_->current().state->parameters.f32()) {
    EXPECT_TRUE(std::isfinite(parameter));
  }
}

}  // namespace
}  // namespace florin::store
