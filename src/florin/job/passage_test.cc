#include "florin/job/passage.h"

#include <algorithm>

#include "florin/job/golden_testing.h"
#include "florin/job/parse.h"

namespace florin::job {
namespace {

JobSpec Good(const std::string& name) {
  auto parsed = ParseJob(ReadText(kTestData + "/good/" + name + ".yaml"), name, ReadTestFile);
  EXPECT_TRUE(parsed.ok()) << parsed.ToStatus().ToString();
  return std::move(parsed.value);
}

govern::Passage Passing(JobSpec spec, Work work = Work::kUpdate) {
  const auto plan = MakePlan(std::move(spec));
  EXPECT_TRUE(plan.ok()) << plan.status().ToString();
  const auto passage = PassageOf(**plan, work);
  EXPECT_TRUE(passage.ok()) << passage.status().ToString();
  return *passage;
}

TEST(PassageOf, SaysWhatThePlanAsks) {
  const JobSpec spec = Good("everything");
  const govern::Passage passage = Passing(spec);
  EXPECT_EQ(passage.job, spec.id);
  EXPECT_EQ(passage.plan, (*MakePlan(spec))->hash);
  EXPECT_EQ(passage.purpose, "unspecified");
  EXPECT_EQ(passage.work, "train");
  EXPECT_EQ(passage.view, spec.view);
  EXPECT_EQ(passage.protocol, "plain");
  EXPECT_EQ(passage.contributors, spec.cohort.minimum);
  EXPECT_EQ(passage.clipping_norm, 10);
  EXPECT_EQ(passage.weight, 5000U);
  EXPECT_EQ(passage.rounds, spec.rounds);
  EXPECT_EQ(passage.epochs, 2U);
  EXPECT_FALSE(passage.rows.has_value());
  EXPECT_EQ(passage.summary.at("training.epochs"), "2");
}

TEST(PassageOf, NamesEveryFieldThatIsRead) {
  const govern::Passage passage = Passing(Good("everything"));
  for (const char* field : {"booked", "searched_at", "arrival"}) {
    EXPECT_EQ(std::ranges::count(passage.fields, field), 1) << field;
  }
  const data::Schema schema = Good("everything").schema;
  EXPECT_EQ(passage.fields.size(), schema.Fields()->size());
}

TEST(PassageOf, PurposeIsThePlans) {
  EXPECT_EQ(Passing(Good("purpose")).purpose, "ad-measurement");
}

TEST(PassageOf, ExactSumsHaveNoClipAndNoEpochs) {
  for (const char* name : {"counts", "newton"}) {
    const govern::Passage passage = Passing(Good(name));
    EXPECT_FALSE(passage.clipping_norm.has_value()) << name;
    EXPECT_EQ(passage.epochs, 0U) << name;
  }
}

TEST(PassageOf, EvaluationReadsWithoutTraining) {
  const govern::Passage passage = Passing(Good("everything"), Work::kEvaluate);
  EXPECT_EQ(passage.work, "evaluate");
  EXPECT_EQ(passage.epochs, 0U);
}

TEST(PassageOf, ChangedPlanShowsWhatChanged) {
  JobSpec other = Good("everything");
  other.strategy.local.epochs = 7;
  other.schema.features[2].name = "lead";
  const govern::Passage before = Passing(Good("everything"));
  const govern::Passage after = Passing(other);
  EXPECT_NE(before.plan, after.plan);
  std::vector<std::string> changed;
  for (const auto& [name, value] : before.summary) {
    if (after.summary.at(name) != value) changed.push_back(name);
  }
  EXPECT_EQ(changed, (std::vector<std::string>{"schema.features", "training.epochs"}));
}

}  // namespace
}  // namespace florin::job
