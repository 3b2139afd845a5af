#include "florin/round/state.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "florin/govern/policy.h"
#include "florin/round/script_testing.h"

namespace florin::round {
namespace {

RoundState Reporting() {
  const job::Plan plan = ScriptPlan("job");
  RoundState state;
  state.job = JobId("j");
  state.plan = plan.hash;
  for (const char* site : {"a", "b", "c"}) {
    state = Decide(plan, std::move(state), SiteArrived{SiteId(site)}, Time{}).state;
  }
  state = Decide(plan, std::move(state), JobStarted{}, Time{}).state;
  state.figures = {{"loss", 0.25}};
  state.reason = "because";
  return state;
}

// A job that waits for an owner: states of this kind have more bytes than those of before.
RoundState Waiting() {
  const job::Plan plan = ScriptPlan("job minimum=3");
  RoundState state = Reporting();
  const auto refuse = [&](const char* site, std::string_view code) {
    const SiteRefused refusal{SiteId(site), state.round, job::Work::kUpdate, std::string(code), ""};
    state = Decide(plan, std::move(state), refusal, Time{1}).state;
  };
  refuse("a", "NO");
  refuse("b", govern::kApprovalRefused);
  refuse("c", govern::kApprovalPending);
  return state;
}

Status StatusOf(const Bytes& bytes) {
  base::Reader reader(bytes);
  return RoundState::Restore(reader).status();
}

TEST(RoundState, SavedAndRestoredIsTheSame) {
  const RoundState state = Reporting();
  const RoundState restored = SavedAndRestored(state);
  EXPECT_EQ(restored.cohort.size(), 3U);
  EXPECT_EQ(restored.phase, Phase::kReporting);
  EXPECT_EQ(restored.deadline, state.deadline);
  EXPECT_EQ(restored.figures[0].value, 0.25);
  EXPECT_EQ(restored.reason, "because");
}

// A change of the bytes is a change of what running coordinators have stored. The file is also the
// fuzz target's seed.
void ExpectStored(const RoundState& state, const std::string& name) {
  const std::string path = FLORIN_SOURCE_DIR "/src/florin/round/testdata/" + name;
  const Bytes bytes = SaveState(state);
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  std::ifstream file(path, std::ios::binary);
  const std::string stored{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(stored, std::string(bytes.begin(), bytes.end())) << name;
}

TEST(RoundState, SavedBytesStayTheSame) {
  ExpectStored(Reporting(), "reporting.state");
  ExpectStored(Waiting(), "waiting.state");
}

TEST(RoundState, WhoIsWaitedForIsSavedAndRestored) {
  const RoundState restored = SavedAndRestored(Waiting());
  EXPECT_EQ(restored.phase, Phase::kPlanned);
  EXPECT_EQ(restored.undecided, std::vector<SiteId>{SiteId("c")});
  EXPECT_EQ(restored.declined, std::vector<SiteId>{SiteId("b")});
  EXPECT_EQ(restored.Willing(), std::vector<SiteId>{SiteId("a")});
  EXPECT_EQ(restored.patience_ends, restored.deadline);
}

// Saved before the bodies of contributions were told apart: site "b" is counted, its body unknown.
TEST(RoundState, StatesOfTheFirstFormatAreRead) {
  std::ifstream file(FLORIN_SOURCE_DIR "/src/florin/round/testdata/reporting-1.state",
                     std::ios::binary);
  const std::string stored{std::istreambuf_iterator<char>(file), {}};
  base::Reader reader(base::AsBytes(std::string_view(stored)));
  auto state = RoundState::Restore(reader);
  ASSERT_TRUE(state.ok()) << state.status().ToString();
  const Turn& turn = state->cohort[state->FindMember(SiteId("b"))].update;
  EXPECT_EQ(turn.standing, Standing::kContributed);
  EXPECT_EQ(turn.id.bytes[31], 0x1d);
  EXPECT_TRUE(turn.body.empty());
  EXPECT_EQ(state->reason, "because");
  ContributionArrived again{SiteId("b"), RoundId{1}, job::Work::kUpdate, state->plan, turn.id, {}};
  again.body.bytes.fill(7);
  const Decision decision = Decide(ScriptPlan("job"), *state, again, Time{});
  ASSERT_EQ(decision.effects.size(), 1U);
  EXPECT_EQ(std::get<SendReceipt>(decision.effects[0]).verdict, job::Verdict::kAccepted);
}

// Saved before protocols had steps.
TEST(RoundState, StatesOfTheSecondFormatAreRead) {
  std::ifstream file(FLORIN_SOURCE_DIR "/src/florin/round/testdata/waiting-2.state",
                     std::ios::binary);
  const std::string stored{std::istreambuf_iterator<char>(file), {}};
  base::Reader reader(base::AsBytes(std::string_view(stored)));
  auto state = RoundState::Restore(reader);
  ASSERT_TRUE(state.ok()) << state.status().ToString();
  EXPECT_EQ(SaveState(*state), SaveState(Waiting()));
  EXPECT_EQ(state->step, 0U);
}

TEST(RoundState, EveryTruncationIsRefused) {
  for (const Bytes& bytes : {SaveState(Reporting()), SaveState(Waiting())}) {
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(
          StatusOf(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size))).ok())
          << size;
    }
  }
}

TEST(RoundState, CountersThatDoNotMatchTheCohortAreRefused) {
  RoundState state = Reporting();
  state.counters.accepted = 1;
  EXPECT_EQ(StatusOf(SaveState(state)).code(), "ROUND-STATE");
}

TEST(RoundState, SitesOutOfOrderAreRefused) {
  RoundState state = Reporting();
  std::swap(state.present[0], state.present[1]);
  EXPECT_EQ(StatusOf(SaveState(state)).code(), "ROUND-STATE");
  state = Reporting();
  state.undecided = {SiteId("b"), SiteId("a")};
  EXPECT_EQ(StatusOf(SaveState(state)).code(), "ROUND-STATE");
  state = Reporting();
  state.cohort[1].site = state.cohort[0].site;
  EXPECT_EQ(StatusOf(SaveState(state)).code(), "ROUND-STATE");
}

TEST(RoundState, AMemberIsFoundByItsSite) {
  const RoundState state = Reporting();
  EXPECT_EQ(state.FindMember(SiteId("b")), 1U);
  EXPECT_EQ(state.FindMember(SiteId("bb")), 3U);
  EXPECT_EQ(state.FindMember(SiteId("z")), 3U);
}

}  // namespace
}  // namespace florin::round
