// A job survives its store: whichever commit fails, a runner made anew from what was saved brings
// the job to the same model. Production engines and strategies; only the sites are played.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "florin/job/exchange_codec.h"
#include "florin/job/round_kit.h"
#include "florin/job/vector.h"
#include "florin/round/forwarding_store.h"
#include "florin/round/runner.h"
#include "florin/store/memory.h"
#include "florin/store/sqlite_testing.h"

namespace florin::store {
namespace {

// Passes on to a store, and fails the n-th Save: before it reaches the disk, or after it, so that
// the caller does not learn that it was done.
class FaultyStore final : public round::ForwardingStore {
 public:
  enum class Fault { kBefore, kAfter };
  FaultyStore(round::Store& store, uint64_t fails_at, Fault fault)
      : ForwardingStore(store), fails_at_(fails_at), fault_(fault) {}

  Status Save(const JobId& job, round::Commit commit) override {
    const bool fails = ++saves_ == fails_at_;
    if (!fails || fault_ == Fault::kAfter) {
      FLORIN_TRY(ForwardingStore::Save(job, std::move(commit)));
    }
    if (fails) return Status(Kind::kFailed, "STORE-DISK", "disk full");
    return {};
  }
  uint64_t saves() const { return saves_; }

 private:
  uint64_t fails_at_;
  Fault fault_;
  uint64_t saves_ = 0;
};

struct Mailbox final : round::Transport {
  void Send(job::Offer offer) override { offers.push_back(std::move(offer)); }
  void Send(job::Receipt receipt) override { receipts.push_back(std::move(receipt)); }
  std::vector<job::Offer> offers;
  std::vector<job::Receipt> receipts;
};

struct EventList final : job::EventSink {
  void Emit(const job::Event& event) override { events.push_back(event); }
  std::vector<job::Event> events;
};

job::JobSpec LogisticSpec(size_t sites) {
  job::JobSpec spec;
  spec.id = JobId("recovery");
  spec.view = "rows";
  for (const char* name : {"a", "b", "c"}) {
    data::Feature feature;
    feature.name = feature.field = name;
    spec.schema.features.push_back(feature);
  }
  spec.schema.label.kind = data::Label::Kind::kBinary;
  spec.schema.label.field = "label";
  spec.model.kind = "logistic";
  spec.model.dense_width = 3;
  spec.strategy.kind = "fedadam";
  spec.rounds = 3;
  spec.cohort.maximum = static_cast<uint32_t>(sites);
  spec.evaluation.metrics = {"auc"};
  spec.evaluation.minimum_rows = 10;
  return spec;
}

std::shared_ptr<const job::Plan> PlanOf(job::JobSpec spec) {
  auto plan = job::MakePlan(std::move(spec));
  EXPECT_TRUE(plan.ok()) << plan.status().ToString();
  return *plan;
}

// What a site answers depends on the offer alone, as the real one's does.
job::Contribution Answer(const job::Offer& offer) {
  const job::VectorPlan& vector = offer.plan->vector(offer.work);
  const uint64_t site = base::HashText(offer.site.text());
  model::Yield yield;
  if (offer.work == job::Work::kUpdate) {
    std::vector<float> update;
    for (const float parameter : offer.state->parameters.f32()) {
      const auto target = static_cast<float>(site % (update.size() + 5));
      update.push_back(0.1F * (target - parameter));
    }
    yield.values = num::Values::Of(Span<const float>(update));
    yield.weight = 100;
  } else {
    std::vector<int64_t> sums(vector.values.size(), 0);
    const auto add = [&](const char* slice, size_t bin) {
      sums[vector.values.Find(slice)->offset + bin] = 25;
    };
    sums[vector.values.Find("rows")->offset] = 50;
    add("positives", 0);
    add("auc_positives", 600 - site % 200);
    add("auc_negatives", 500);
    yield.values = num::Values::Of(Span<const int64_t>(sums));
    yield.weight = 1;
  }
  yield.metrics.assign(vector.metric_count, 0);
  if (!yield.metrics.empty()) yield.metrics[0] = 100;
  if (yield.metrics.size() > 1) yield.metrics[1] = 40;
  base::SeededRng rng(site, offer.round.number);
  auto encoded = job::EncodeYield(vector, yield, 1, rng);
  EXPECT_TRUE(encoded.ok()) << encoded.status().ToString();
  job::Contribution contribution;
  contribution.job = offer.job;
  contribution.round = offer.round;
  contribution.work = offer.work;
  contribution.site = offer.site;
  contribution.plan_hash = offer.plan->hash;
  base::Writer writer;
  writer.U64(site).U32(offer.round.number).U8(static_cast<uint8_t>(offer.work));
  std::copy(writer.view().begin(), writer.view().end(), contribution.id.bytes.begin());
  contribution.message = {offer.self, protocol::kAggregator, {}, std::move(*encoded)};
  return contribution;
}

// One federation over one store, driven to the end of its job.
class Federation {
 public:
  Federation(std::shared_ptr<const job::Plan> plan, size_t sites) {
    auto kit = job::RoundKit::Make(std::move(plan));
    EXPECT_TRUE(kit.ok()) << kit.status().ToString();
    kit_ = *kit;
    for (size_t i = 0; i < sites; ++i) sites_.emplace_back(std::to_string(1000 + i));
  }

  // Until the job is over, the store broke, or the process died: before input `dies_at`.
  Status Drive(round::Store& store, uint64_t dies_at = 0) {
    mailbox_ = {};
    dies_in_ = dies_at;
    FLORIN_ASSIGN(runner_, round::Runner::Make(kit_, store, mailbox_, events_));
    for (const SiteId& site : sites_) FLORIN_TRY(Handle(round::SiteArrived{site}));
    FLORIN_TRY(Handle(round::JobStarted{}));
    while (!runner_->is_over()) {
      if (mailbox_.offers.empty()) {
        now_ = std::max(now_, runner_->state().deadline);
        FLORIN_TRY(Handle(round::DeadlinePassed{}));
      }
      for (const job::Offer& offer : std::exchange(mailbox_.offers, {})) {
        now_.micros += 1000;
        FLORIN_TRY(Handle(Answer(offer)));
      }
    }
    return {};
  }

  const round::Runner& runner() const { return *runner_; }
  round::Runner& mutable_runner() { return *runner_; }
  const EventList& events() const { return events_; }
  const Mailbox& mailbox() const { return mailbox_; }

 private:
  template <typename Input>
  Status Handle(Input input) {
    if (dies_in_ == 1) {
      dies_in_ = 0;
      return Status(Kind::kFailed, "DIED", "killed");
    }
    if (dies_in_ > 0) --dies_in_;
    return runner_->Handle(std::move(input), now_);
  }

  std::shared_ptr<const job::RoundKit> kit_;
  std::vector<SiteId> sites_;
  uint64_t dies_in_ = 0;
  Mailbox mailbox_;
  EventList events_;
  std::unique_ptr<round::Runner> runner_;
  Time now_;
};

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

TEST(Runner, DoesNotRollBackDuringARound) {
  MemoryStore store;
  Mailbox mailbox;
  EventList events;
  auto kit = job::RoundKit::Make(PlanOf(LogisticSpec(2)));
  auto runner = round::Runner::Make(*kit, store, mailbox, events);
  ASSERT_TRUE(runner.ok());
  for (const char* site : {"a", "b"}) {
    ASSERT_TRUE((*runner)->Handle(round::SiteArrived{SiteId(site)}, Time{}).ok());
  }
  ASSERT_TRUE((*runner)->Handle(round::JobStarted{}, Time{}).ok());
  EXPECT_EQ((*runner)->RollBack((*runner)->current().id, Time{}).code(), "ROUND-BUSY");
}

TEST(Runner, MessageOfAnotherPlaceIsRejectedAndNotCounted) {
  MemoryStore store;
  Mailbox mailbox;
  EventList events;
  auto kit = job::RoundKit::Make(PlanOf(LogisticSpec(3)));
  auto runner = round::Runner::Make(*kit, store, mailbox, events);
  ASSERT_TRUE(runner.ok());
  for (const char* site : {"a", "b", "c"}) {
    ASSERT_TRUE((*runner)->Handle(round::SiteArrived{SiteId(site)}, Time{}).ok());
  }
  ASSERT_TRUE((*runner)->Handle(round::JobStarted{}, Time{}).ok());
  ASSERT_EQ(mailbox.offers.size(), 3U);
  job::Contribution forged = Answer(mailbox.offers[0]);
  forged.message.from = mailbox.offers[1].self;
  job::Contribution shortened = Answer(mailbox.offers[1]);
  shortened.message.bulk.words.pop_back();
  ASSERT_TRUE((*runner)->Handle(std::move(forged), Time{}).ok());
  ASSERT_TRUE((*runner)->Handle(std::move(shortened), Time{}).ok());
  EXPECT_EQ((*runner)->state().counters.rejected, 2U);
  EXPECT_EQ((*runner)->state().counters.accepted, 0U);
  ASSERT_EQ(mailbox.receipts.size(), 2U);
  EXPECT_EQ(mailbox.receipts[0].verdict, job::Verdict::kRejected);
  EXPECT_NE(mailbox.receipts[0].reason.find("PROTO-SENDER"), std::string::npos);
  EXPECT_NE(mailbox.receipts[1].reason.find("PROTO-LENGTH"), std::string::npos);
}

// A round under way at three sites; what is sent to it again, late, or to a round that never was.
class OpenRound : public testing::Test {
 protected:
  OpenRound() {
    runner_ = std::move(*round::Runner::Make(kit_, store_, mailbox_, events_));
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
  Mailbox mailbox_;
  EventList events_;
  std::shared_ptr<const job::RoundKit> kit_ = *job::RoundKit::Make(PlanOf(LogisticSpec(3)));
  std::unique_ptr<round::Runner> runner_;
};

TEST_F(OpenRound, Case31TheSameContributionTwice) {
  EXPECT_EQ(Send(Answer(mailbox_.offers[0])), job::Verdict::kAccepted);
  EXPECT_EQ(Send(Answer(mailbox_.offers[0])), job::Verdict::kAccepted) << "the same answer";
  ExpectAccepted(1);
}

// As it comes from the network: with the digest of its bytes.
job::Contribution Travelled(job::Contribution contribution) {
  const protocol::MessageParts parts = job::SaveContribution(contribution);
  contribution.body = job::DigestBody(parts.head, crypto::HashSha256(parts.bulk));
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

// Restart after every message: killed before its n-th input, the job goes on where it was saved.
TEST(Kill, ProcessKilledBetweenAnyTwoInputsEndsInTheSameModel) {
  const auto plan = PlanOf(LogisticSpec(5));
  MemoryStore untroubled;
  ASSERT_TRUE(Federation(plan, 5).Drive(untroubled).ok());
  const VersionId expected = untroubled.Versions(plan->spec.id)->back().id;
  uint64_t dies_at = 1;
  for (bool has_died = true; has_died; ++dies_at) {
    SCOPED_TRACE(dies_at);
    MemoryStore store(1);  // resuming needs no more
    Federation federation(plan, 5);
    has_died = !federation.Drive(store, dies_at).ok();
    ASSERT_TRUE(!has_died || federation.Drive(store).ok());
    EXPECT_EQ(store.Versions(plan->spec.id)->back().id, expected);
  }
  EXPECT_GT(dies_at, 30U);
}

// The same over a directory, opened anew: what is read back is what was written.
TEST(Kill, ProcessKilledOverADirectoryEndsInTheSameModel) {
  const auto plan = PlanOf(LogisticSpec(5));
  MemoryStore untroubled;
  ASSERT_TRUE(Federation(plan, 5).Drive(untroubled).ok());
  const auto expected = *untroubled.Versions(plan->spec.id);
  uint64_t deaths = 0;
  bool has_died = true;
  for (uint64_t dies_at = 1; has_died; dies_at += 6) {
    SCOPED_TRACE(dies_at);
    const TempFolder folder;
    Federation federation(plan, 5);
    for (const uint64_t when : {dies_at, uint64_t{0}}) {
      const auto directory = MustOpen(folder.At("data"));
      SqliteStore store(*directory, 1);  // resuming needs no more
      const Status status = federation.Drive(store, when);
      if (when != 0) has_died = status.code() == "DIED";
      ASSERT_TRUE(status.ok() || when != 0) << status.ToString();
    }
    deaths += has_died;
    const auto directory = MustOpen(folder.At("data"));
    const auto versions = *SqliteStore(*directory).Versions(plan->spec.id);
    ASSERT_EQ(versions.size(), expected.size());
    for (size_t i = 0; i < versions.size(); ++i) EXPECT_EQ(versions[i].id, expected[i].id);
  }
  EXPECT_GE(deaths, 5U);
}

struct Recovery {
  size_t sites;
  FaultyStore::Fault fault;
};
class RecoveryTest : public testing::TestWithParam<Recovery> {};

// 600 sites make two checkpoints within Reporting, so that a crash loses part of a cohort.
TEST_P(RecoveryTest, AnyFailingCommitEndsInTheSameModel) {
  const auto [sites, fault] = GetParam();
  const auto plan = PlanOf(LogisticSpec(sites));
  MemoryStore untroubled;
  ASSERT_TRUE(Federation(plan, sites).Drive(untroubled).ok());
  const auto expected = *untroubled.Versions(plan->spec.id);

  uint64_t failing = 1;
  for (bool has_failed = true; has_failed; ++failing) {
    SCOPED_TRACE("failing commit " + std::to_string(failing));
    MemoryStore memory(1);
    FaultyStore store(memory, failing, fault);
    Federation federation(plan, sites);
    Status status = federation.Drive(store);
    has_failed = !status.ok();
    if (has_failed) {
      ASSERT_EQ(status.code(), "STORE-DISK");
      status = federation.Drive(store);
    }
    ASSERT_TRUE(status.ok()) << status.ToString();
    ASSERT_EQ(federation.runner().state().status, round::JobStatus::kDone)
        << federation.runner().state().reason;
    const auto versions = *memory.Versions(plan->spec.id);
    ASSERT_EQ(versions.size(), expected.size());
    for (size_t i = 0; i < versions.size(); ++i) EXPECT_EQ(versions[i].id, expected[i].id);
  }
  EXPECT_GT(failing, 15U);
}

INSTANTIATE_TEST_SUITE_P(Crashes, RecoveryTest,
                         testing::Values(Recovery{3, FaultyStore::Fault::kBefore},
                                         Recovery{3, FaultyStore::Fault::kAfter},
                                         Recovery{600, FaultyStore::Fault::kBefore},
                                         Recovery{600, FaultyStore::Fault::kAfter}),
                         [](const auto& test) {
                           const bool is_before = test.param.fault == FaultyStore::Fault::kBefore;
                           return std::to_string(test.param.sites) +
                                  (is_before ? "SitesBeforeTheDisk" : "SitesAfterTheDisk");
                         });

}  // namespace
}  // namespace florin::store
