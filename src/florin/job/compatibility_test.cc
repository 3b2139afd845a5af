#include "florin/job/compatibility.h"

#include <algorithm>

#include "florin/job/golden_testing.h"
#include "florin/job/parse.h"

namespace florin::job {
namespace {

JobSpec Logistic() {
  JobSpec spec;
  spec.id = JobId("a");
  spec.view = "b";
  spec.model.kind = "logistic";
  spec.schema.label = {
      .kind = data::Label::Kind::kBinary, .field = "y", .classes = 0, .vocabulary = {}};
  data::Feature feature;
  feature.name = feature.field = "x";
  spec.schema.features = {feature};
  ResolveModel(spec);
  return spec;
}

JobSpec Counts() {
  JobSpec spec = Logistic();
  spec.model.kind = "counts";
  spec.model.backoff = {2};
  spec.strategy.kind = "sum";
  spec.schema.features.clear();
  spec.schema.label = {
      .kind = data::Label::Kind::kClass, .field = "y", .classes = 5, .vocabulary = {}};
  data::Context context;
  context.field = "place";
  context.hash_width = 16;
  spec.schema.contexts = {context};
  ResolveModel(spec);
  return spec;
}

std::vector<std::string> Codes(const JobSpec& spec) {
  std::vector<std::string> codes;
  for (const Conflict& conflict : FindConflicts(spec)) codes.push_back(conflict.code);
  return codes;
}

using Texts = std::vector<std::string>;

TEST(Compatibility, GoodJobsHaveNoConflict) {
  EXPECT_EQ(Codes(Logistic()), Texts{});
  EXPECT_EQ(Codes(Counts()), Texts{});
}

TEST(Compatibility, Rule01SumNeedsStatistics) {
  JobSpec spec = Logistic();
  spec.model.kind = "mlp";
  spec.model.hidden = {4};
  spec.strategy.kind = "sum";
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-01"});
}

TEST(Compatibility, Rule02GradientNeedsDifferentiable) {
  JobSpec spec = Counts();
  spec.strategy.kind = "fedavg";
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-02"});
}

TEST(Compatibility, Rule04FedProxNeedsMu) {
  JobSpec spec = Logistic();
  spec.strategy.kind = "fedprox";
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-04"});
  spec.strategy.local.proximal_mu = 0.1;
  EXPECT_EQ(Codes(spec), Texts{});
}

TEST(Compatibility, Rule05MetricsFitOutput) {
  JobSpec spec = Logistic();
  spec.schema.split = {.kind = data::Split::Kind::kSeed, .test_share = 0.2};
  spec.evaluation.metrics = {"auc"};
  EXPECT_EQ(Codes(spec), Texts{});
  spec.evaluation.metrics = {"map@5"};
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-05"});
}

TEST(Compatibility, Rule06ClippingNeedsUpdates) {
  JobSpec spec = Logistic();
  spec.strategy.kind = "sum";
  EXPECT_EQ(Codes(spec), Texts{});
  spec.privacy.clipping_norm = 1;
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-06"});
}

TEST(Compatibility, Rule07CountsNeedContexts) {
  JobSpec spec = Counts();
  spec.schema.contexts.clear();
  spec.model.backoff.clear();
  ResolveModel(spec);
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-07"});
  JobSpec logistic = Logistic();
  logistic.schema.contexts = Counts().schema.contexts;
  EXPECT_EQ(Codes(logistic), Texts{"JOB-COMPAT-07"});
}

TEST(Compatibility, Rule08LabelFitsModel) {
  JobSpec spec = Logistic();
  spec.schema.label.kind = data::Label::Kind::kReal;
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-08"});
  spec.model.kind = "linear";
  EXPECT_EQ(Codes(spec), Texts{});
  spec.model.kind = "multinomial";
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-08"});
}

TEST(Compatibility, Rule09BackoffPerContext) {
  JobSpec spec = Counts();
  spec.model.backoff = {2, 20};
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-09"});
}

TEST(Compatibility, Rule10MetricsNeedSplit) {
  JobSpec spec = Logistic();
  spec.evaluation.metrics = {"auc"};
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-10"});
}

TEST(Compatibility, Rule11TimeSplitNeedsTime) {
  JobSpec spec = Logistic();
  spec.schema.split = {.kind = data::Split::Kind::kTime, .time = 1};
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-11"});
  spec.schema.time_field = "t";
  EXPECT_EQ(Codes(spec), Texts{});
}

TEST(Compatibility, Rule12CohortIsARange) {
  JobSpec spec = Logistic();
  spec.cohort.minimum = 11;
  spec.cohort.maximum = 10;
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-12"});
}

TEST(Compatibility, Rule13CountsTakeOneRound) {
  JobSpec spec = Counts();
  spec.rounds = 2;
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-13"});
}

TEST(Compatibility, Rule14FeaturesFitModel) {
  JobSpec spec = Counts();
  spec.schema.features = Logistic().schema.features;
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-14"});
  JobSpec empty = Logistic();
  empty.schema.features.clear();
  ResolveModel(empty);
  EXPECT_EQ(Codes(empty), Texts{"JOB-COMPAT-14"});
}

TEST(Compatibility, Rule15MetricsCanBeReleased) {
  JobSpec spec = Logistic();
  spec.schema.split = {.kind = data::Split::Kind::kSeed, .test_share = 0.2};
  spec.evaluation.metrics = {"auc"};
  spec.evaluation.minimum_sites = 5;
  spec.cohort.maximum = 4;
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-15"});
}

TEST(Compatibility, Rule16CountsCountRows) {
  JobSpec spec = Counts();
  spec.schema.weight_field = "copies";
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-16"});
}

TEST(Compatibility, Rule17FewerBitsNeedUpdates) {
  JobSpec spec = Logistic();
  for (const char* strategy : {"fedavg", "fedadam", "sum"}) {
    spec.strategy.kind = strategy;
    spec.privacy.bits = 64;
    EXPECT_EQ(Codes(spec), Texts{}) << strategy;
    spec.privacy.bits = 16;
    EXPECT_EQ(Codes(spec), spec.strategy.kind == "sum" ? Texts{"JOB-COMPAT-17"} : Texts{})
        << strategy;
  }
  spec = Logistic();
  spec.privacy.rotates = true;
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-17"});
  spec.privacy.bits = 16;
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-17"});
  spec.privacy.clipping_norm = 1;
  EXPECT_EQ(Codes(spec), Texts{});
  spec = Counts();
  spec.privacy.rotates = true;
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-17"});
  spec.privacy.bits = 32;
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-17"});
}

TEST(Compatibility, Rule18SealedNeedsThree) {
  JobSpec spec = Logistic();
  spec.privacy.protocol = "secagg";
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-18"});
  spec.cohort.minimum = 3;
  EXPECT_EQ(Codes(spec), Texts{});
}

TEST(Compatibility, Rule19ThresholdCanBeMet) {
  JobSpec spec = Logistic();
  spec.privacy.threshold = 2;
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-19"});
  spec.privacy.protocol = "secagg";
  spec.cohort.minimum = 5;
  spec.privacy.threshold = 6;
  EXPECT_EQ(Codes(spec), Texts{"JOB-COMPAT-19"});
  spec.privacy.threshold = 5;
  EXPECT_EQ(Codes(spec), Texts{});
}

// Rule 03 waits for the first strategy that needs individual updates and the first sealed protocol.

TEST(Compatibility, UnknownNamesAreConflictsToo) {
  JobSpec spec = Logistic();
  spec.privacy.protocol = "nothing";
  EXPECT_EQ(Codes(spec), Texts{"PROTO-KIND"});
  spec.strategy.kind = "nothing";
  EXPECT_EQ(Codes(spec), Texts{"STRATEGY-KIND"});
}

}  // namespace
}  // namespace florin::job
