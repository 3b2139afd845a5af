#include "florin/govern/gate.h"

#include <gtest/gtest.h>

namespace florin::govern {
namespace {

using Key = Peers::value_type;  // two strings in braces would be a range of characters

PlanHash PlanOf(uint8_t byte) {
  PlanHash plan;
  plan.bytes.fill(byte);
  return plan;
}

Passage PassageOf(uint8_t plan, std::string epochs = "1") {
  Passage passage;
  passage.job = JobId("ads");
  passage.plan = PlanOf(plan);
  passage.purpose = "ad-measurement";
  passage.work = "train";
  passage.summary = {{"training.epochs", std::move(epochs)}, {"view", "searches"}};
  return passage;
}

struct Desk {
  Bytes kept;
  Status fault;
  OwnersGate gate;
  explicit Desk(SitePolicy policy = {})
      : gate(std::move(policy), {}, [this](const Approvals& approvals) {
          if (!fault.ok()) return fault;
          base::Writer writer;
          approvals.Save(writer);
          kept = std::move(writer).Take();
          return Status();
        }) {}
  Status Say(uint8_t plan, Decision decision) {
    return gate.Decide(JobId("ads"), PlanOf(plan), decision, "maria", Time{5}, "seen");
  }
};

TEST(OwnersGate, NewPlanIsHeldThenPassesWithAYes) {
  Desk desk;
  EXPECT_EQ(desk.gate.Check(PassageOf(1)).code, "APPROVAL-PENDING");
  EXPECT_EQ(desk.gate.Check(PassageOf(1)).code, "APPROVAL-PENDING");
  EXPECT_EQ(desk.gate.approvals().all().size(), 1U);
  EXPECT_FALSE(desk.kept.empty());
  EXPECT_TRUE(desk.Say(1, Decision::kApproved).ok());
  EXPECT_TRUE(desk.gate.Check(PassageOf(1)).passes());
}

TEST(OwnersGate, ChangedPlanIsHeldAgainAndSaysWhatChanged) {
  Desk desk;
  desk.gate.Check(PassageOf(1));
  ASSERT_TRUE(desk.Say(1, Decision::kApproved).ok());
  EXPECT_EQ(desk.gate.Check(PassageOf(2, "5")).code, "APPROVAL-PENDING");
  const Approvals approvals = desk.gate.approvals();
  const Approval* changed = approvals.Find(JobId("ads"), PlanOf(2));
  ASSERT_NE(changed, nullptr);
  EXPECT_EQ(changed->decision, Decision::kPending);
  EXPECT_EQ(approvals.ChangesSinceApproved(*changed),
            (std::vector<Change>{{"training.epochs", "1", "5"}}));
  EXPECT_TRUE(desk.gate.Check(PassageOf(1)).passes());  // the one that had the yes still has it
}

Passage WithPeers(Peers peers) {
  Passage passage = PassageOf(1);
  passage.peers = std::move(peers);
  return passage;
}

// Plans need no yes of their own.
SitePolicy TrustingPolicy() {
  SitePolicy policy;
  policy.approve = {{{"*"}, {}, 1}};
  return policy;
}

TEST(OwnersGate, PeersWaitForAYesAndAnotherKeyWaitsAgain) {
  Desk desk(TrustingPolicy());
  const Peers two{Key{"graz", "aa"}, Key{"linz", "bb"}};
  EXPECT_EQ(desk.gate.Check(WithPeers(two)).code, "APPROVAL-PENDING");
  EXPECT_EQ(desk.gate.Check(WithPeers(two)).code, "APPROVAL-PENDING");
  Approvals approvals = desk.gate.approvals();
  ASSERT_EQ(approvals.all().size(), 1U);
  const Approval asked = approvals.all()[0];
  EXPECT_EQ(asked.job.text(), "peers");
  EXPECT_EQ(asked.summary, two);
  EXPECT_FALSE(desk.kept.empty());
  ASSERT_TRUE(
      desk.gate.Decide(asked.job, asked.plan, Decision::kApproved, "maria", Time{5}, "").ok());
  EXPECT_TRUE(desk.gate.Check(WithPeers(two)).passes());
  EXPECT_TRUE(desk.gate.Check(WithPeers({Key{"linz", "bb"}})).passes()) << "some of them";
  EXPECT_TRUE(desk.gate.Check(PassageOf(1)).passes()) << "before peers are named";
  // An invented site, and a known one under another key.
  EXPECT_EQ(desk.gate.Check(WithPeers({Key{"linz", "bb"}, Key{"wels", "cc"}})).code,
            "APPROVAL-PENDING");
  EXPECT_EQ(desk.gate.Check(WithPeers({Key{"linz", "dd"}})).code, "APPROVAL-PENDING");
  approvals = desk.gate.approvals();
  EXPECT_EQ(approvals.ChangesSinceApproved(approvals.all()[2]),
            (std::vector<Change>{{"linz", "bb", "dd"}}));
  const PlanHash last = approvals.all()[2].plan;
  ASSERT_TRUE(desk.gate.Decide(asked.job, last, Decision::kRefused, "maria", Time{6}, "no").ok());
  const Verdict no = desk.gate.Check(WithPeers({Key{"linz", "dd"}}));
  EXPECT_EQ(no.code, "APPROVAL-REFUSED");
  EXPECT_EQ(no.kind, Verdict::Kind::kStop);
}

TEST(OwnersGate, PeersInThePolicyNeedNoYes) {
  SitePolicy policy = TrustingPolicy();
  policy.peers = {{.is_any = false, .peers = {Key{"graz", "aa"}}}, 4};
  Desk desk(policy);
  EXPECT_TRUE(desk.gate.Check(WithPeers({Key{"graz", "aa"}})).passes());
  const Verdict stranger = desk.gate.Check(WithPeers({Key{"graz", "ab"}}));
  EXPECT_EQ(stranger.code, "POLICY-PEER");
  EXPECT_EQ(stranger.line, 4U);
  EXPECT_TRUE(desk.gate.approvals().all().empty());
  policy.peers->value = {.is_any = true, .peers = {}};
  desk.gate.Replace(policy);
  EXPECT_TRUE(desk.gate.Check(WithPeers({Key{"graz", "ab"}, Key{"wels", "cc"}})).passes());
}

TEST(OwnersGate, NoJobHasTheNameOfThePeers) {
  Desk desk(TrustingPolicy());
  Passage passage = PassageOf(1);
  passage.job = JobId("peers");
  EXPECT_EQ(desk.gate.Check(passage).code, "POLICY-JOB");
}

TEST(OwnersGate, NoStopsAndAYesMayBeTakenBack) {
  SitePolicy policy;
  policy.approve = {{{"*"}, {}, 1}};
  Desk desk(policy);
  EXPECT_TRUE(desk.gate.Check(PassageOf(1)).passes());
  EXPECT_TRUE(desk.Say(1, Decision::kRefused).ok());  // though nobody had to be asked
  const Verdict verdict = desk.gate.Check(PassageOf(1));
  EXPECT_EQ(verdict.kind, Verdict::Kind::kStop);
  EXPECT_EQ(verdict.code, "APPROVAL-REFUSED");
  EXPECT_EQ(verdict.why.find("seen"), std::string::npos);  // the owner's own words
  EXPECT_TRUE(desk.Say(1, Decision::kApproved).ok());
  EXPECT_TRUE(desk.gate.Check(PassageOf(1)).passes());
}

TEST(OwnersGate, NoYesAllowsWhatThePolicyForbids) {
  Desk desk;
  desk.gate.Check(PassageOf(1));
  ASSERT_TRUE(desk.Say(1, Decision::kApproved).ok());
  SitePolicy policy;
  policy.purposes = {{"fraud-prevention"}, 1};
  desk.gate.Replace(policy);
  EXPECT_EQ(desk.gate.Check(PassageOf(1)).code, "POLICY-PURPOSE");
}

TEST(OwnersGate, DecisionThatCannotBeKeptIsNoDecision) {
  Desk desk;
  desk.gate.Check(PassageOf(1));
  desk.fault = Status(base::Kind::kFailed, "DISK", "full");
  EXPECT_EQ(desk.Say(1, Decision::kApproved).code(), "DISK");
  EXPECT_EQ(desk.gate.Check(PassageOf(1)).code, "APPROVAL-PENDING");
  EXPECT_EQ(desk.gate.Check(PassageOf(2)).code, "APPROVAL-PENDING");
}

TEST(OwnersGate, WhatWasKeptIsInForceAfterARestart) {
  Desk desk;
  desk.gate.Check(PassageOf(1));
  ASSERT_TRUE(desk.Say(1, Decision::kApproved).ok());
  base::Reader reader(desk.kept);
  auto restored = Approvals::Restore(reader);
  ASSERT_TRUE(restored.ok());
  OwnersGate again({}, std::move(restored).value(), nullptr);
  EXPECT_TRUE(again.Check(PassageOf(1)).passes());
  EXPECT_EQ(again.Check(PassageOf(2)).code, "APPROVAL-PENDING");
}

}  // namespace
}  // namespace florin::govern
