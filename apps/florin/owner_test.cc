#include "owner.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "florin/store/memory_records.h"

namespace florin::apps {
namespace {

class OwnerTest : public testing::Test {
 protected:
  OwnerTest() {
    char pattern[] = "/tmp/florin-owner-XXXXXX";
    folder_ = mkdtemp(pattern);
    Open();
  }
  ~OwnerTest() override { std::filesystem::remove_all(folder_); }

  void Open() {
    desk_.reset();
    auto desk = OwnersDesk::Open(folder_, records_, seed_, Time{1});
    ASSERT_TRUE(desk.ok()) << desk.status().ToString();
    desk_ = std::move(*desk);
  }
  static PlanHash HashOf(uint8_t value) {
    PlanHash hash;
    hash.bytes.fill(value);
    return hash;
  }
  std::string Offer(uint8_t plan) {
    govern::Passage passage;
    passage.job = JobId("churn");
    passage.plan = HashOf(plan);
    passage.work = "train";
    passage.summary = {{"rounds", std::to_string(plan)}};
    return desk_->gate().Check(passage).code;
  }
  void Say(uint8_t plan, govern::Decision decision) {
    const Status status =
        LeaveDecision(folder_, {JobId("churn"), HashOf(plan), decision, "maria", "because"});
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
  std::vector<OfferedPlan> Plans() {
    EXPECT_TRUE(desk_->WritePlans().ok());
    auto plans = ReadPlans(folder_);
    EXPECT_TRUE(plans.ok()) << plans.status().ToString();
    return *plans;
  }
  std::string Trail() const {
    std::ifstream file(folder_ + "/audit.jsonl");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string folder_;
  store::MemoryRecords records_;
  crypto::Ed25519Seed seed_{};
  std::unique_ptr<OwnersDesk> desk_;
};

TEST_F(OwnerTest, APlanWaitsIsShownAndGetsItsYes) {
  EXPECT_EQ(Offer(1), "APPROVAL-PENDING");
  const auto plans = Plans();
  ASSERT_EQ(plans.size(), 1U);
  EXPECT_EQ(plans[0].decision.plan, HashOf(1));
  EXPECT_EQ(plans[0].decision.decision, govern::Decision::kPending);
  ASSERT_EQ(plans[0].changes.size(), 1U);
  EXPECT_EQ(plans[0].changes[0].after, "1");

  Say(1, govern::Decision::kApproved);
  EXPECT_TRUE(desk_->TakeDecisions(Time{2}).faults.empty());
  EXPECT_EQ(Offer(1), "");
  EXPECT_EQ(Plans()[0].decision.who, "maria");
  EXPECT_TRUE(std::filesystem::is_empty(folder_ + "/decisions"));
  EXPECT_NE(Trail().find("owner maria"), std::string::npos);
}

TEST_F(OwnerTest, DecisionsOutliveTheProcessAndMayComeWhileItIsAway) {
  Offer(1);
  Plans();
  Say(1, govern::Decision::kApproved);
  Open();
  EXPECT_EQ(Offer(1), "APPROVAL-PENDING");
  EXPECT_TRUE(desk_->TakeDecisions(Time{2}).faults.empty());
  Open();
  EXPECT_EQ(Offer(1), "");
}

TEST_F(OwnerTest, AnotherPlanWaitsAgainAndAYesMayBeTakenBack) {
  Offer(1);
  Say(1, govern::Decision::kApproved);
  desk_->TakeDecisions(Time{2});
  EXPECT_EQ(Offer(2), "APPROVAL-PENDING");
  const auto plans = Plans();
  ASSERT_EQ(plans.size(), 2U);
  const auto& waits = plans[0].decision.plan == HashOf(2) ? plans[0] : plans[1];
  ASSERT_EQ(waits.changes.size(), 1U);
  EXPECT_EQ(waits.changes[0].before, "1");
  EXPECT_EQ(waits.changes[0].after, "2");
  Say(1, govern::Decision::kRefused);
  EXPECT_TRUE(desk_->TakeDecisions(Time{3}).faults.empty());
  EXPECT_EQ(Offer(1), "APPROVAL-REFUSED");
}

TEST_F(OwnerTest, AFileThatIsNoDecisionIsPutAside) {
  std::filesystem::create_directory(folder_ + "/decisions");
  for (const char* text :
       {"", "{", "[]", "{\"job\": 3}", "{\"job\": \"churn\"}",
        R"({"job":"churn","plan":"00","decision":"approved","who":"m","why":""})",
        R"({"job":"churn","plan":"00","decision":"maybe","who":"m","why":""})"}) {
    std::ofstream(folder_ + "/decisions/x.json") << text;
    EXPECT_EQ(desk_->TakeDecisions(Time{2}).faults.size(), 1U) << text;
    EXPECT_FALSE(std::filesystem::exists(folder_ + "/decisions/x.json")) << text;
    EXPECT_TRUE(std::filesystem::exists(folder_ + "/decisions/x.json.refused")) << text;
  }
  Say(9, govern::Decision::kApproved);  // never offered
  EXPECT_EQ(desk_->TakeDecisions(Time{2}).faults.size(), 1U);
}

TEST_F(OwnerTest, APolicyThatCannotBeReadStopsTheAgent) {
  std::ofstream(folder_ + "/policy.yaml") << "policy: shop\nnonsense: 3\n";
  EXPECT_EQ(OwnersDesk::Open(folder_, records_, seed_, Time{1}).status().code(), "POLICY-KEY");
}

}  // namespace
}  // namespace florin::apps
