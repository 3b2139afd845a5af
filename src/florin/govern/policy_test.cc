#include "florin/govern/policy.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace florin::govern {
namespace {

using Key = Peers::value_type;  // two strings in braces would be a range of characters

Passage SomePassage() {
  Passage passage;
  passage.coordinator = "9f31";
  passage.job = JobId("ads-spring");
  passage.plan.bytes.fill(7);
  passage.purpose = "ad-measurement";
  passage.work = "train";
  passage.view = "searches";
  passage.fields = {"nights", "booked"};
  passage.protocol = "secagg";
  passage.contributors = 5;
  passage.clipping_norm = 2.5;
  passage.weight = 1000;
  passage.rounds = 10;
  passage.epochs = 2;
  passage.peers = {Key{"graz", "aa"}};
  return passage;
}

// Every rule is given, and SomePassage keeps them all.
SitePolicy FullPolicy() {
  SitePolicy policy;
  policy.name = "acme";
  policy.file = "acme.policy.yaml";
  policy.coordinator = {"9f31", 2};
  policy.jobs = {{"crm-*", "ads-*"}, 3};
  policy.purposes = {{"ad-measurement"}, 4};
  policy.work = {{"train"}, 5};
  policy.views = {{{"searches", Names{"nights", "booked", "adults"}, 7}, {"visits", {}, 8}}, 6};
  policy.protocol_min = {"secagg", 9};
  policy.contributors_min = {5, 10};
  policy.peers = {{.is_any = false, .peers = {Key{"graz", "aa"}}}, 18};
  policy.clipping_norm_max = {2.5, 11};
  policy.weight_max = {1000, 12};
  policy.rounds_max = {10, 13};
  policy.epochs_max = {2, 14};
  policy.rows_min = {100, 15};
  policy.approve = {{{"ads-*"}, {"ad-measurement"}, 17}};
  policy.approve_line = 16;
  return policy;
}

TEST(Check, PassageThatKeepsEveryRulePasses) {
  const Verdict verdict = Check(FullPolicy(), SomePassage());
  EXPECT_TRUE(verdict.passes()) << verdict.why;
  EXPECT_EQ(verdict.line, 17U);
  EXPECT_TRUE(verdict.ToStatus().ok());
}

struct Case {
  const char* code;
  size_t line;
  void (*change)(Passage&);
};

TEST(Check, EachRuleStopsWhatItForbidsAndNamesItsLine) {
  const Case kCases[] = {
      {"POLICY-COORDINATOR", 2, [](Passage& p) { p.coordinator = "aaaa"; }},
      {"POLICY-COORDINATOR", 2, [](Passage& p) { p.coordinator = ""; }},
      {"POLICY-JOB", 3, [](Passage& p) { p.job = JobId("bads-spring"); }},
      {"POLICY-PURPOSE", 4, [](Passage& p) { p.purpose = "ad-profiles"; }},
      {"POLICY-PURPOSE", 4, [](Passage& p) { p.purpose = "unspecified"; }},
      {"POLICY-WORK", 5, [](Passage& p) { p.work = "evaluate"; }},
      {"POLICY-COLUMN", 6, [](Passage& p) { p.view = "customers"; }},
      {"POLICY-COLUMN", 7, [](Passage& p) { p.fields.emplace_back("age_band"); }},
      {"POLICY-PROTOCOL", 9, [](Passage& p) { p.protocol = "plain"; }},
      {"POLICY-PROTOCOL", 9, [](Passage& p) { p.protocol = "telepathy"; }},
      {"POLICY-CONTRIBUTORS", 10, [](Passage& p) { p.contributors = 4; }},
      {"POLICY-PEER", 18, [](Passage& p) { p.peers = {Key{"graz", "ab"}}; }},
      {"POLICY-PEER", 18, [](Passage& p) { p.peers = {Key{"graz", "aa"}, Key{"wels", "bb"}}; }},
      {"POLICY-CLIP", 11, [](Passage& p) { p.clipping_norm = 2.6; }},
      {"POLICY-CLIP", 11, [](Passage& p) { p.clipping_norm.reset(); }},
      {"POLICY-LIMIT", 12, [](Passage& p) { p.weight = 1001; }},
      {"POLICY-LIMIT", 13, [](Passage& p) { p.rounds = 11; }},
      {"POLICY-LIMIT", 14, [](Passage& p) { p.epochs = 3; }},
      {"POLICY-ROWS", 15, [](Passage& p) { p.rows = 99; }},
  };
  for (const Case& one : kCases) {
    Passage passage = SomePassage();
    one.change(passage);
    const Verdict verdict = Check(FullPolicy(), passage);
    EXPECT_EQ(verdict.kind, Verdict::Kind::kStop) << one.code;
    EXPECT_EQ(verdict.code, one.code) << verdict.why;
    EXPECT_EQ(verdict.line, one.line) << verdict.why;
    EXPECT_NE(verdict.why.find("acme.policy.yaml:" + std::to_string(one.line) + ": "),
              std::string::npos)
        << verdict.why;
    EXPECT_NE(verdict.why.find("expected "), std::string::npos) << verdict.why;
    EXPECT_NE(verdict.why.find(", found "), std::string::npos) << verdict.why;
    EXPECT_EQ(verdict.ToStatus().exit_code(), 8);
  }
}

TEST(Check, SentenceOfAVerdict) {
  Passage passage = SomePassage();
  passage.fields.emplace_back("age_band");
  EXPECT_EQ(Check(FullPolicy(), passage).why,
            "job \"ads-spring\": acme.policy.yaml:7: views: expected only these fields of view "
            "searches: nights, booked, adults, found \"age_band\". Leave them out of the job, or "
            "ask the owner to allow them.");
}

TEST(Check, StrongerProtocolIsEnough) {
  Passage passage = SomePassage();
  passage.protocol = "threshold_he";
  EXPECT_TRUE(Check(FullPolicy(), passage).passes());
}

TEST(Check, ViewWithoutAListGivesAllItsFields) {
  Passage passage = SomePassage();
  passage.view = "visits";
  passage.fields = {"anything"};
  EXPECT_TRUE(Check(FullPolicy(), passage).passes());
}

TEST(Check, ClipIsAskedOfWhatTrainsOnly) {
  SitePolicy policy = FullPolicy();
  policy.work.reset();
  Passage passage = SomePassage();
  passage.work = "evaluate";
  passage.clipping_norm.reset();
  EXPECT_TRUE(Check(policy, passage).passes());
}

TEST(Check, RowsAreJudgedOnceTheyAreCounted) {
  Passage passage = SomePassage();
  EXPECT_TRUE(Check(FullPolicy(), passage).passes());
  passage.rows = 100;
  EXPECT_TRUE(Check(FullPolicy(), passage).passes());
  passage.rows = 0;
  EXPECT_EQ(Check(FullPolicy(), passage).code, "POLICY-ROWS");
}

TEST(Check, EmptyPolicyLimitsNothingAndAsksAboutEverything) {
  SitePolicy policy;
  policy.name = "acme";
  const Verdict verdict = Check(policy, SomePassage());
  EXPECT_EQ(verdict.kind, Verdict::Kind::kHold);
  EXPECT_EQ(verdict.code, "APPROVAL-PENDING");
  EXPECT_EQ(verdict.ToStatus().kind(), base::Kind::kRefused);
  EXPECT_EQ(verdict.why,
            "job \"ads-spring\": policy acme: approve: expected the owner's yes to plan "
            "070707070707, found none yet. The owner decides at the site.");
}

TEST(Check, ApprovalRuleTakesJobsAndPurposesTogether) {
  const SitePolicy policy = [] {
    SitePolicy p;
    p.approve = {{{"crm-*"}, {}, 1}, {{"ads-*"}, {"audience-statistics"}, 2}};
    return p;
  }();
  Passage passage = SomePassage();
  EXPECT_EQ(Check(policy, passage).kind, Verdict::Kind::kHold);
  passage.purpose = "audience-statistics";
  EXPECT_EQ(Check(policy, passage).line, 2U);
  passage.job = JobId("crm-churn");
  EXPECT_EQ(Check(policy, passage).line, 1U);
}

TEST(Review, TellsEveryRuleInTheOrderOfThePolicy) {
  Passage passage = SomePassage();
  passage.protocol = "plain";
  passage.epochs = 9;
  const std::vector<Finding> findings = Review(FullPolicy(), passage);
  ASSERT_EQ(findings.size(), 13U);
  std::vector<std::string> broken;
  for (const Finding& finding : findings) {
    if (finding.outcome == Finding::Outcome::kBroken) broken.emplace_back(finding.rule);
    EXPECT_NE(finding.outcome, Finding::Outcome::kUnlimited) << finding.rule;
  }
  EXPECT_EQ(broken, (std::vector<std::string>{"minimum_protocol", "epochs_max"}));
  EXPECT_EQ(findings.back().outcome, Finding::Outcome::kUnknown);
  for (const Finding& finding : Review({}, passage)) {
    EXPECT_EQ(finding.outcome, Finding::Outcome::kUnlimited) << finding.rule;
  }
}

}  // namespace
}  // namespace florin::govern
