#include "florin/job/parse_policy.h"

#include "florin/job/golden_testing.h"

namespace florin::job {
namespace {

const std::string kPolicies = kTestData + "/policies/";

std::string Report(const Parsed<govern::SitePolicy>& parsed) {
  std::string text;
  for (const Diagnostic& fault : parsed.faults) text += fault.ToString() + "\n";
  return text;
}

Parsed<govern::SitePolicy> Parse(const std::string& name) {
  return ParsePolicy(ReadText(kPolicies + name + ".yaml"), name + ".yaml");
}

TEST(ParsePolicy, EveryRuleIsReadWithItsLine) {
  const auto parsed = Parse("good_full");
  ASSERT_TRUE(parsed.ok()) << Report(parsed);
  const govern::SitePolicy& policy = parsed.value;
  EXPECT_EQ(policy.name, "acme-eu");
  EXPECT_EQ(policy.file, "good_full.yaml");
  EXPECT_EQ(policy.coordinator->value,
            "9f3100000000000000000000000000000000000000000000000000000000c0de");
  EXPECT_EQ(policy.coordinator->line, 3U);
  EXPECT_EQ(policy.jobs->value, (govern::Names{"ads-*", "booking-propensity"}));
  EXPECT_EQ(policy.jobs->line, 5U);
  EXPECT_EQ(policy.purposes->value.size(), 2U);
  EXPECT_EQ(policy.purposes->line, 6U);
  EXPECT_EQ(policy.work->value, (govern::Names{"train", "evaluate"}));
  EXPECT_EQ(policy.work->line, 7U);
  EXPECT_EQ(policy.views->line, 10U);
  ASSERT_EQ(policy.views->value.size(), 2U);
  EXPECT_EQ(policy.views->value[0].view, "searches");
  EXPECT_EQ(policy.views->value[0].line, 11U);
  EXPECT_EQ(policy.views->value[0].fields->size(), 4U);
  EXPECT_EQ(policy.views->value[1].view, "visits");
  EXPECT_EQ(policy.views->value[1].line, 13U);
  EXPECT_FALSE(policy.views->value[1].fields.has_value());
  EXPECT_EQ(policy.protocol_min->value, "secagg");
  EXPECT_EQ(policy.protocol_min->line, 15U);
  EXPECT_EQ(policy.contributors_min->value, 5U);
  EXPECT_EQ(policy.peers->line, 17U);
  EXPECT_FALSE(policy.peers->value.is_any);
  ASSERT_EQ(policy.peers->value.peers.size(), 2U);
  EXPECT_EQ(policy.peers->value.peers.at("acme-latam"),
            "3b00000000000000000000000000000000000000000000000000000000000001");
  EXPECT_EQ(policy.clipping_norm_max->value, 2.5);
  EXPECT_EQ(policy.weight_max->value, 5000U);
  EXPECT_EQ(policy.rounds_max->value, 100U);
  EXPECT_EQ(policy.epochs_max->value, 3U);
  EXPECT_EQ(policy.rows_min->value, 1000U);
  EXPECT_EQ(policy.rows_min->line, 24U);
  EXPECT_EQ(policy.approve_line, 26U);
  ASSERT_EQ(policy.approve.size(), 2U);
  EXPECT_EQ(policy.approve[0].jobs, (govern::Names{"ads-*"}));
  EXPECT_EQ(policy.approve[0].purposes, (govern::Names{"ad-measurement"}));
  EXPECT_EQ(policy.approve[0].line, 28U);
  EXPECT_EQ(policy.approve[1].line, 29U);
  EXPECT_TRUE(policy.approve[1].jobs.empty());
}

TEST(ParsePolicy, NameAloneAsksAboutEverything) {
  const auto parsed = Parse("good_short");
  ASSERT_TRUE(parsed.ok()) << Report(parsed);
  EXPECT_EQ(govern::Check(parsed.value, {}).kind, govern::Verdict::Kind::kHold);
  EXPECT_FALSE(parsed.value.jobs || parsed.value.views || parsed.value.rows_min);
}

TEST(ParsePolicy, EveryBadFileTellsAllItsFaultsWithPlaces) {
  size_t count = 0;
  for (const std::string& file : FilesIn(kTestData + "/policies", ".yaml")) {
    if (!file.starts_with("bad_")) continue;
    const std::string name = file.substr(0, file.size() - 5);
    const auto parsed = Parse(name);
    EXPECT_FALSE(parsed.ok()) << name;
    ExpectGolden(kPolicies + name + ".txt", Report(parsed));
    ++count;
  }
  EXPECT_GE(count, 5U);
}

TEST(ParsePolicy, FaultsAreOneStatusForTheProgram) {
  const Status status = Parse("bad_keys").ToStatus();
  EXPECT_EQ(status.kind(), Kind::kConfig);
  EXPECT_EQ(status.code(), "POLICY-KEY");
}

}  // namespace
}  // namespace florin::job
