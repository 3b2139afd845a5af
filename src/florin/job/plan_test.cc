#include "florin/job/plan.h"

#include "florin/base/text.h"
#include "florin/job/golden_testing.h"
#include "florin/job/kit.h"
#include "florin/job/parse.h"
#include "florin/job/round_kit.h"
#include "florin/job/sealing.h"

namespace florin::job {
namespace {

JobSpec Good(const std::string& name) {
  auto parsed = ParseJob(ReadText(kTestData + "/good/" + name + ".yaml"), name, ReadTestFile);
  EXPECT_TRUE(parsed.ok()) << parsed.ToStatus().ToString();
  return std::move(parsed.value);
}

std::shared_ptr<const Plan> PlanOf(JobSpec spec) {
  auto plan = MakePlan(std::move(spec));
  EXPECT_TRUE(plan.ok()) << plan.status().ToString();
  return plan.ok() ? *plan : nullptr;
}

// A change here breaks every running federation: sites of the old and new program disagree.
TEST(Plan, HashesAreTheSameEverywhere) {
  std::string text;
  for (const std::string& file : FilesIn(kTestData + "/good", ".yaml")) {
    const std::string name = file.substr(0, file.size() - 5);
    const auto plan = PlanOf(Good(name));
    ASSERT_NE(plan, nullptr);
    text += name + " " + plan->hash.Hex() + " update=" + std::to_string(plan->update.size()) +
            " step=2^-" + std::to_string(plan->update.value_grid.fraction_bits()) +
            " evaluation=" + std::to_string(plan->evaluation.size()) + "\n";
  }
  ExpectGolden(kTestData + "/plans.txt", text);
}

TEST(Plan, EveryNumberOfTheJobChangesTheHash) {
  const PlanHash hash = PlanOf(Good("everything"))->hash;
  const auto differs = [&](auto change) {
    JobSpec spec = Good("everything");
    change(spec);
    EXPECT_NE(PlanOf(std::move(spec))->hash, hash);
  };
  differs([](JobSpec& spec) { spec.seed = 8; });
  differs([](JobSpec& spec) { spec.purpose = "ad-measurement"; });
  differs([](JobSpec& spec) { spec.rounds += 1; });
  differs([](JobSpec& spec) { spec.schema.features[0].mean = 1e-9; });
  differs([](JobSpec& spec) { spec.schema.features[8].vocabulary[0] = "A2"; });
  differs([](JobSpec& spec) { spec.strategy.tau *= 2; });
  differs([](JobSpec& spec) { spec.evaluation.minimum_rows = 51; });
  differs([](JobSpec& spec) { spec.privacy.weight_max = 5001; });
  differs([](JobSpec& spec) { spec.privacy.bits = 32; });
  differs([](JobSpec& spec) { spec.privacy.rotates = true; });
  EXPECT_EQ(PlanOf(Good("everything"))->hash, hash);
}

TEST(Plan, VectorsHaveValuesWeightAndMetrics) {
  const auto plan = PlanOf(Good("everything"));
  EXPECT_EQ(plan->update.values.scalar(), num::Scalar::kFloat32);
  EXPECT_EQ(plan->update.metric_count, 2U);
  EXPECT_EQ(plan->update.size(), plan->update.values.size() + 3);
  EXPECT_EQ(plan->evaluation.values.scalar(), num::Scalar::kInt64);
  const auto counts = PlanOf(Good("counts"));
  EXPECT_EQ(counts->update.values.scalar(), num::Scalar::kInt64);
  EXPECT_EQ(counts->update.values.size(), (3 + 512) * 100U);
  EXPECT_EQ(counts->update.value_grid.fraction_bits(), 0);
  EXPECT_EQ(PlanOf(Good("newton"))->update.values.scalar(), num::Scalar::kFloat64);
  EXPECT_EQ(PlanOf(Good("minimal"))->evaluation.size(), 1U);
}

// What a transport lets in, before the party looks at it.
TEST(Plan, BulksAreBoundedByTheirProtocol) {
  for (const char* protocol : {"plain", "secagg"}) {
    JobSpec spec = Good("everything");
    spec.privacy.protocol = protocol;
    const auto plan = PlanOf(std::move(spec));
    ASSERT_NE(plan, nullptr);
    EXPECT_EQ(BulkMax(*plan, Work::kUpdate, 5), plan->update.size());
    EXPECT_EQ(BulkMax(*plan, Work::kEvaluate, 5), plan->evaluation.size());
    EXPECT_NE(plan->update.size(), plan->evaluation.size());
  }
}

TEST(Plan, GridFollowsTheBounds) {
  JobSpec spec = Good("minimal");
  spec.privacy.clipping_norm = spec.strategy.local.clipping_norm = 4;
  spec.privacy.weight_max = 1000;
  EXPECT_EQ(PlanOf(spec)->update.value_grid.entry_max(), 4000);
  spec.privacy.entry_max = 10;
  EXPECT_EQ(PlanOf(spec)->update.value_grid.entry_max(), 10);
}

TEST(Plan, FewerBitsAreForTheValuesOfUpdatesAlone) {
  JobSpec spec = Good("everything");
  EXPECT_EQ(PlanOf(spec)->update.narrow_size(), 0U);
  spec.privacy.bits = 16;
  const auto plan = PlanOf(spec);
  EXPECT_EQ(plan->update.bits(), 16);
  EXPECT_EQ(plan->update.narrow_size(), plan->update.values.size());
  EXPECT_EQ(plan->update.value_grid.fraction_bits(), -6);  // 50 sites of 626 steps < 2^15
  EXPECT_EQ(plan->update.metric_grid.bits(), 64);
  EXPECT_EQ(plan->evaluation.bits(), 64);
  EXPECT_EQ(plan->evaluation.narrow_size(), 0U);
  spec.cohort.maximum = 40'000;
  const auto crowd = MakePlan(spec);
  ASSERT_FALSE(crowd.ok());
  EXPECT_EQ(crowd.status().code(), "ENCODE-OVERFLOW");
  EXPECT_NE(crowd.status().message().find("15 bits of a sum"), std::string_view::npos);
  EXPECT_NE(crowd.status().message().find("raise privacy.bits"), std::string_view::npos);
}

TEST(Plan, RotationBoundsEntriesByTheNorm) {
  JobSpec spec = Good("everything");
  spec.privacy.entry_max = 0;
  spec.privacy.bits = 16;
  const auto plain = PlanOf(spec);
  EXPECT_FALSE(plain->update.rotation.has_value());
  spec.privacy.rotates = true;
  const auto turned = PlanOf(spec);
  const size_t size = turned->update.values.size();
  EXPECT_TRUE(turned->update.rotation && turned->update.rotation->size() == size);
  EXPECT_FALSE(turned->evaluation.rotation.has_value());
  EXPECT_EQ(turned->update.value_grid.entry_max(), 5000.0 * 10 * encode::Rotation::EntryMax(size));
  EXPECT_EQ(turned->update.value_grid.fraction_bits(),
            plain->update.value_grid.fraction_bits() + 3);
}

TEST(Plan, OverflowNamesTheKeysToChange) {
  JobSpec spec = Good("minimal");
  spec.privacy.entry_max = 1e18;
  const auto plan = MakePlan(spec);
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.status().code(), "ENCODE-OVERFLOW");
  EXPECT_NE(plan.status().message().find("privacy.entry_max"), std::string_view::npos);
  JobSpec wide = Good("newton");
  wide.cohort.maximum = 1'000'000;
  const auto widest = MakePlan(wide);
  ASSERT_FALSE(widest.ok());
  EXPECT_NE(widest.status().message().find("cohort.maximum"), std::string_view::npos);
}

TEST(Kit, BothHalvesAreBuiltFromAPlan) {
  for (const char* name : {"minimal", "everything", "counts", "newton", "names"}) {
    const auto plan = PlanOf(Good(name));
    const bool evaluates = !plan->spec.evaluation.metrics.empty();
    const auto site = SiteKit::Make(plan);
    ASSERT_TRUE(site.ok()) << name;
    EXPECT_EQ((*site)->task(Work::kUpdate)->layout(), plan->update.values);
    EXPECT_EQ((*site)->task(Work::kEvaluate) != nullptr, evaluates);
    const auto round = RoundKit::Make(plan);
    ASSERT_TRUE(round.ok()) << name;
    EXPECT_EQ((*round)->metrics.has_value(), evaluates);
    if (evaluates) {
      EXPECT_EQ((*round)->metrics->layout(), plan->evaluation.values);
    }
  }
}

}  // namespace
}  // namespace florin::job
