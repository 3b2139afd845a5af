// Random lives of jobs, with what must hold at every step of each of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "florin/base/rng.h"
#include "florin/round/script_testing.h"

namespace florin::round {
namespace {

constexpr const char* kRefusals[] = {"NO", "APPROVAL-PENDING", "APPROVAL-REFUSED"};
constexpr const char* kSites[] = {"a", "b", "c", "d", "e", "f", "g"};

// What a runner and its party know, kept beside the state to check it.
class World {
 public:
  World(const std::string& job_line, uint64_t seed) : plan_(ScriptPlan(job_line)), rng_(seed) {
    state_.job = plan_.spec.id;
    state_.plan = plan_.hash;
  }

  void Live(int steps) {
    for (int i = 0; i < steps; ++i) {
      now_.micros += static_cast<int64_t>(rng_.Below(3'000'000));
      Step(RandomInput());
      while (!answers_.empty()) {
        const Input answer = answers_.front();
        answers_.erase(answers_.begin());
        // Now and then the process dies before the answer is handled.
        if (rng_.Below(60) == 0) {
          answers_.clear();
          Replay(CoordinatorRestarted{});
        } else {
          Step(answer);
        }
      }
      if (testing::Test::HasFatalFailure()) return;
    }
  }

  const RoundState& state() const { return state_; }
  int published() const { return published_; }

 private:
  Input RandomInput() {
    const SiteId site(kSites[rng_.Below(std::size(kSites))]);
    const bool is_update = (state_.phase == Phase::kReporting) == (rng_.Below(5) != 0);
    const job::Work work = is_update ? job::Work::kUpdate : job::Work::kEvaluate;
    RoundId round = state_.round;
    if (rng_.Below(10) == 0) round.number += static_cast<uint32_t>(rng_.Below(3)) - 1;
    switch (rng_.Below(20)) {
      case 0:
        return JobStarted{};
      case 1:
        return SiteLeft{site};
      case 2:
        return SiteRefused{site, round, work, kRefusals[rng_.Below(std::size(kRefusals))], "no"};
      case 3:
        return DeadlinePassed{};
      case 4:
        return rng_.Below(4) == 0 ? Input(PauseAsked{}) : Input(ResumeAsked{});
      case 5:
        return rng_.Below(40) == 0 ? Input(CancelAsked{"x"}) : Input(ResumeAsked{});
      case 6:
        return rng_.Below(4) == 0 ? Input(CoordinatorRestarted{}) : Input(DeadlinePassed{});
      // Answers nobody asked for.
      case 7:
        return ContributionFolded{site, round, work};
      case 8:
        return SumOpened{RoundId{round.number + 1}};
      case 9:
      case 10:
      case 11:
        return SiteArrived{site};
      default:
        break;
    }
    ContributionId id;
    id.bytes[0] = static_cast<uint8_t>(site.text()[0]);
    id.bytes[1] = static_cast<uint8_t>(rng_.Below(8) == 0 ? 2 : 1);
    id.bytes[2] = static_cast<uint8_t>(round.number);
    id.bytes[3] = static_cast<uint8_t>(work);
    BodyDigest body;  // now and then another one under the same id, or one that is not known
    body.bytes[0] = static_cast<uint8_t>(rng_.Below(8) == 0 ? rng_.Below(3) : 1);
    return ContributionArrived{site, round, work, plan_.hash, id, body};
  }

  void Step(const Input& input) {
    const Phase phase = state_.phase;
    const JobStatus status = state_.status;
    const RoundState copy = SavedAndRestored(state_);
    Decision decision = Decide(plan_, std::move(state_), input, now_);
    const Decision again = Decide(plan_, copy, input, now_);
    ASSERT_EQ(SaveState(again.state), SaveState(decision.state));
    ASSERT_EQ(DescribeEffects(again), DescribeEffects(decision));
    state_ = std::move(decision.state);
    bool is_audited = false;
    for (const Effect& effect : decision.effects) {
      is_audited |= std::holds_alternative<Audit>(effect);
      std::visit([&](const auto& one) { Carry(one); }, effect);
    }
    const bool is_changed = state_.phase != phase || state_.status != status;
    ASSERT_TRUE(is_audited || !is_changed);
    CheckWaiting();
  }

  // A crash: the message in hand is lost, what was asked of the runner is asked again.
  void Replay(const Input& input) {
    in_hand_.clear();
    folding_.clear();
    Step(input);
    if (state_.status != JobStatus::kRunning) return;
    if (state_.phase == Phase::kOpening) {
      updates_opened_ = state_.round;
      answers_.push_back(SumOpened{state_.round});
    }
    if (state_.phase == Phase::kApplying) Carry(ApplySum{});
    if (state_.phase == Phase::kEvaluating && state_.evaluation.is_closed) {
      answers_.push_back(SumFailed{state_.round, job::Work::kEvaluate, "lost"});
    }
  }

  // Whoever waits for sites has a deadline, whoever does not has none.
  void CheckWaiting() {
    const bool waits = state_.status == JobStatus::kRunning && state_.round.number > 0 &&
                       (state_.phase == Phase::kPlanned || state_.phase == Phase::kReporting ||
                        (state_.phase == Phase::kEvaluating && !state_.evaluation.is_closed));
    ASSERT_EQ(state_.deadline != kNever, waits) << DescribeState(state_);
  }

  void Carry(const OpenParty& open) {
    counted_.clear();
    in_hand_.clear();
    folding_.clear();
    open_ = open.work;
    is_opened_ = false;
  }
  void Carry(const Fold& fold) {
    ASSERT_EQ(fold.work, open_);
    ASSERT_TRUE(in_hand_.insert(fold.id).second) << "one message twice with the party";
    ASSERT_FALSE(counted_.contains(fold.member)) << "one member counted twice";
    const SiteId& site = state_.cohort[fold.member].site;
    if (rng_.Below(10) == 0) {
      answers_.push_back(ContributionFailed{site, state_.round, fold.work, "malformed"});
    } else {
      folding_[site] = fold.member;
      answers_.push_back(ContributionFolded{site, state_.round, fold.work});
    }
  }
  void Carry(const SendReceipt& receipt) {
    if (receipt.verdict == job::Verdict::kAccepted && folding_.contains(receipt.site)) {
      counted_.insert(folding_.at(receipt.site));
      folding_.erase(receipt.site);
    }
    if (!receipt.id.empty()) return;
    ASSERT_TRUE(ended_.insert({receipt.round.number, receipt.work, receipt.site}).second)
        << "two ends of one round for one site";
  }
  void Carry(const CloseParty& close) {
    ASSERT_EQ(close.work, open_);
    ASSERT_EQ(state_.tally(close.work).accepted, counted_.size());
    ASSERT_EQ(counted_.size() + close.dropouts.size(), state_.cohort.size());
    for (const uint32_t member : close.dropouts) ASSERT_FALSE(counted_.contains(member));
    const bool is_update = close.work == job::Work::kUpdate;
    ASSERT_GE(counted_.size(),
              is_update ? plan_.spec.cohort.minimum : plan_.spec.evaluation.minimum_sites);
    is_opened_ = rng_.Below(8) != 0;
    if (!is_opened_) {
      answers_.push_back(SumFailed{state_.round, close.work, "cannot open"});
    } else if (is_update) {
      updates_opened_ = state_.round;
      answers_.push_back(SumOpened{state_.round});
    } else {
      answers_.push_back(VersionScored{state_.round, NewVersion(), {{"auc", 0.5}}, {}});
    }
  }
  void Carry(const Keep&) {}
  void Carry(const CloseStep& close) {
    ASSERT_EQ(close.work, open_);
    answers_.push_back(StepClosed{state_.round, close.work});
  }
  void Carry(const ApplySum&) {
    ASSERT_EQ(updates_opened_, state_.round);
    if (rng_.Below(50) == 0) {
      answers_.push_back(ApplyFailed{"bug"});
    } else {
      answers_.push_back(StateApplied{ModelHash{}, NewVersion(), rng_.Below(50) == 0, {}});
    }
  }
  void Carry(const Publish&) {
    ++published_;
    ASSERT_EQ(state_.committed_count, static_cast<uint32_t>(published_));
    ASSERT_EQ(versioned_.insert(updates_opened_).second, true) << "two versions of one round";
  }
  void Carry(const SendOffer& offer) {
    ASSERT_LT(offer.member, state_.cohort.size());
    ASSERT_NE(state_.cohort[offer.member].turn(offer.work).standing, Standing::kContributed);
  }
  void Carry(const Audit&) {}
  void Carry(const DropRound&) {}
  void Carry(const SetDeadline&) {}
  void Carry(const Emit&) {}

  VersionId NewVersion() {
    VersionId id;
    id.bytes[0] = static_cast<uint8_t>(++versions_);
    id.bytes[1] = static_cast<uint8_t>(versions_ >> 8);
    return id;
  }

  job::Plan plan_;
  base::SeededRng rng_;
  RoundState state_;
  Time now_;
  std::vector<Input> answers_;
  std::map<SiteId, uint32_t> folding_;
  std::set<uint32_t> counted_;        // members in the party's sum
  std::set<ContributionId> in_hand_;  // messages that the party has seen
  std::set<std::tuple<uint32_t, job::Work, SiteId>> ended_;
  std::set<RoundId> versioned_;
  RoundId updates_opened_;
  job::Work open_ = job::Work::kUpdate;
  bool is_opened_ = false;
  int published_ = 0;
  int versions_ = 0;
};

class PropertyTest : public testing::TestWithParam<const char*> {};

TEST_P(PropertyTest, HoldsForEveryLife) {
  int published = 0;
  int done = 0;
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    World world(GetParam(), seed);
    world.Live(400);
    published += world.published();
    done += world.state().status == JobStatus::kDone;
    if (HasFatalFailure()) return;
  }
  // The lives are not all the same short one.
  EXPECT_GT(published, 150);
  EXPECT_GT(done, 5);
}

INSTANTIATE_TEST_SUITE_P(
    Jobs, PropertyTest,
    testing::Values("job minimum=2 rounds=5", "job minimum=2 rounds=5 evaluation=yes",
                    "job minimum=1 rounds=8 fraction=0.5 over=1.5 evaluation=yes minimum_sites=1",
                    "job minimum=3 rounds=4 maximum=4 deadline=40 evaluation=yes"),
    [](const auto& job) { return "Job" + std::to_string(job.index); });

}  // namespace
}  // namespace florin::round
