// Many jobs over one store, one transport and one set of sites; the process dies between any two
// steps. Production engines; only the sites' answers are made up.
#include "florin/round/scheduler.h"

#include <gtest/gtest.h>

#include "florin/job/vector.h"
#include "florin/store/job_book.h"
#include "florin/store/memory.h"
#include "florin/store/memory_records.h"

namespace florin::store {
namespace {

struct Mailbox final : round::Transport {
  void Send(job::Offer offer) override { offers.push_back(std::move(offer)); }
  void Send(job::Receipt) override {}
  std::vector<job::Offer> offers;
};

struct Silence final : job::EventSink {
  void Emit(const job::Event&) override {}
};

job::JobSpec SpecOf(const std::string& name, uint32_t rounds = 2) {
  job::JobSpec spec;
  spec.id = JobId(name);
  spec.view = "rows";
  data::Feature feature;
  feature.name = feature.field = "x";
  spec.schema.features.push_back(feature);
  spec.schema.label.kind = data::Label::Kind::kBinary;
  spec.schema.label.field = "label";
  spec.model.kind = "logistic";
  spec.strategy.kind = "fedavg";
  spec.rounds = rounds;
  spec.cohort.minimum = 2;
  job::ResolveModel(spec);
  return spec;
}

round::JobEntry EntryOf(const job::JobSpec& spec) {
  base::Writer writer;
  spec.Save(writer);
  return {spec.id, std::move(writer).Take(), "job: " + spec.id.text(), "ada", Time{1}};
}

class SchedulerTest : public testing::Test {
 protected:
  SchedulerTest() { Start(); }

  void Start() {
    scheduler_.reset();
    auto made = round::Scheduler::Make({store_, book_, mailbox_, events_, identities_});
    ASSERT_TRUE(made.ok()) << made.status().ToString();
    scheduler_ = std::move(*made);
    Expect(scheduler_->Start(now_));
    for (const SiteId& site : sites_) Expect(scheduler_->SiteArrived(site, now_));
  }
  void Arrive(const std::string& site) {
    sites_.emplace_back(site);
    Expect(scheduler_->SiteArrived(sites_.back(), now_));
  }
  static void Expect(const Status& status) { EXPECT_TRUE(status.ok()) << status.ToString(); }

  // Every site answers what it was asked; false when nobody was asked anything.
  bool Answer() {
    const std::vector<job::Offer> offers = std::exchange(mailbox_.offers, {});
    for (const job::Offer& offer : offers) {
      const size_t size = offer.plan->update.values.size();
      const std::vector<float> ones(size, 0.5F);
      model::Yield yield;
      yield.values = num::Values::Of(Span<const float>(ones));
      yield.weight = 10;
      yield.metrics.assign(offer.plan->update.metric_count, 1.0);
      base::SeededRng rng(7);
      job::Contribution contribution = job::ContributionTo(offer);
      contribution.id.bytes.fill(static_cast<uint8_t>(offer.self.index));
      contribution.message.from = offer.self;
      auto bulk = job::EncodeYield(offer.plan->update, yield, 1.0, rng);
      EXPECT_TRUE(bulk.ok()) << bulk.status().ToString();
      contribution.message.bulk = std::move(*bulk);
      Expect(scheduler_->Handle(std::move(contribution), now_));
    }
    return !offers.empty();
  }
  round::JobStatus StatusOf(const std::string& job) {
    return scheduler_->Find(JobId(job))->state().status;
  }

  MemoryStore store_;
  MemoryRecords records_;
  RecordedJobBook book_{records_};
  round::NoIdentities identities_;
  Mailbox mailbox_;
  Silence events_;
  std::vector<SiteId> sites_;
  Time now_{1'000'000};
  std::unique_ptr<round::Scheduler> scheduler_;
};

TEST_F(SchedulerTest, JobsRunSideBySideToTheirEnd) {
  Arrive("eu");
  Expect(scheduler_->Submit(EntryOf(SpecOf("first")), now_));
  Arrive("latam");
  Expect(scheduler_->Submit(EntryOf(SpecOf("second", 3)), now_));
  while (Answer()) {
  }
  EXPECT_EQ(StatusOf("first"), round::JobStatus::kDone);
  EXPECT_EQ(StatusOf("second"), round::JobStatus::kDone);
  EXPECT_EQ(scheduler_->NextDeadline(), round::kNever);
}

TEST_F(SchedulerTest, EveryJobGoesOnAfterARestartAtAnyStep) {
  Arrive("eu");
  Arrive("latam");
  Expect(scheduler_->Submit(EntryOf(SpecOf("calm")), now_));
  while (Answer()) {
  }
  const ModelHash expected = scheduler_->Find(JobId("calm"))->current().model_hash;
  Expect(scheduler_->Submit(EntryOf(SpecOf("shaken")), now_));
  int steps = 0;
  do {
    mailbox_.offers.clear();  // what was on its way is lost
    Start();
  } while (Answer() && ++steps < 20);
  EXPECT_EQ(StatusOf("shaken"), round::JobStatus::kDone);
  EXPECT_EQ(scheduler_->Find(JobId("shaken"))->current().model_hash, expected);
  EXPECT_EQ(StatusOf("calm"), round::JobStatus::kDone);
}

// One site of three says nothing. The clock is set back by a day, twice, and the process restarted
// under it: the round waits for its own deadline, then goes on with what was counted, once.
TEST_F(SchedulerTest, Case79AClockThatGoesBackHoldsNoRoundUp) {
  for (const char* site : {"eu", "latam", "mute"}) Arrive(site);
  Expect(scheduler_->Submit(EntryOf(SpecOf("first", 1)), now_));
  const auto lose = [&](const char* site) {
    std::erase_if(mailbox_.offers, [&](const auto& offer) { return offer.site.text() == site; });
  };
  lose("mute");
  Answer();
  const round::RoundState& state = scheduler_->Find(JobId("first"))->state();
  const Duration wait = state.deadline - now_;
  for (int times = 0; times < 2; ++times) {
    now_ = now_ + Duration::Seconds(-86'400);
    Expect(scheduler_->Tick(now_));
    EXPECT_EQ(scheduler_->NextDeadline(), now_ + wait) << "not a day later";
  }
  Start();  // asked again, and answers again
  lose("mute");
  Answer();
  now_ = now_ + wait + Duration{-1};
  Expect(scheduler_->Tick(now_));
  const auto counted = [&] { return scheduler_->Find(JobId("first"))->state().counters.accepted; };
  EXPECT_EQ(counted(), 2U);
  EXPECT_EQ(StatusOf("first"), round::JobStatus::kRunning) << "not early";
  now_ = now_ + Duration{1};
  Expect(scheduler_->Tick(now_));
  EXPECT_EQ(StatusOf("first"), round::JobStatus::kDone);
  EXPECT_EQ(scheduler_->Find(JobId("first"))->current().contribution_count, 2U);
}

TEST_F(SchedulerTest, ANameIsTakenOnce) {
  Expect(scheduler_->Submit(EntryOf(SpecOf("first")), now_));
  EXPECT_EQ(scheduler_->Submit(EntryOf(SpecOf("first")), now_).code(), "JOB-EXISTS");
  Start();
  EXPECT_EQ(scheduler_->Submit(EntryOf(SpecOf("first")), now_).code(), "JOB-EXISTS");
}

TEST_F(SchedulerTest, AJobThatCannotRunLeavesNothingBehind) {
  job::JobSpec spec = SpecOf("broken");
  spec.strategy.kind = "unheard-of";
  EXPECT_FALSE(scheduler_->Submit(EntryOf(spec), now_).ok());
  EXPECT_TRUE(scheduler_->jobs().empty());
  EXPECT_TRUE(book_.Jobs()->empty());
}

TEST_F(SchedulerTest, DeadlinesAreTheEarliestOfAllJobs) {
  Arrive("eu");
  job::JobSpec slow = SpecOf("slow");
  slow.cohort.deadline = Duration::Seconds(100);
  job::JobSpec quick = SpecOf("quick");
  quick.cohort.deadline = Duration::Seconds(10);
  Expect(scheduler_->Submit(EntryOf(slow), now_));
  Expect(scheduler_->Submit(EntryOf(quick), now_));
  EXPECT_EQ(scheduler_->NextDeadline(), now_ + Duration::Seconds(10));
  now_ = now_ + Duration::Seconds(11);
  Expect(scheduler_->Tick(now_));
  EXPECT_GT(scheduler_->NextDeadline(), now_);
}

TEST_F(SchedulerTest, OperatorsWordsNeedTheRightStatus) {
  Expect(scheduler_->Submit(EntryOf(SpecOf("first")), now_));
  EXPECT_EQ(scheduler_->Pause(JobId("other"), now_).code(), "JOB-UNKNOWN");
  EXPECT_EQ(scheduler_->Resume(JobId("first"), now_).code(), "JOB-STATE");
  Expect(scheduler_->Cancel(JobId("first"), "not needed", now_));
  EXPECT_EQ(StatusOf("first"), round::JobStatus::kCancelled);
  EXPECT_EQ(scheduler_->Cancel(JobId("first"), "again", now_).code(), "JOB-STATE");
}

}  // namespace
}  // namespace florin::store
