#include "florin/job/parse.h"

#include "florin/job/golden_testing.h"
#include "florin/job/parse_schema.h"

namespace florin::job {
namespace {

template <typename T>
std::string Report(const Parsed<T>& parsed) {
  std::string text;
  for (const Diagnostic& fault : parsed.faults) text.append(fault.ToString()).append("\n");
  return text;
}

Parsed<JobSpec> Parse(std::string_view yaml) { return ParseJob(yaml, "job.yaml", ReadTestFile); }

TEST(ParseJob, EveryGoodFileHasNoFault) {
  const std::string folder = kTestData + "/good/";
  for (const std::string& name : FilesIn(folder, ".yaml")) {
    const auto parsed = ParseJob(ReadText(folder + name), name, ReadTestFile);
    EXPECT_TRUE(parsed.ok()) << Report(parsed);
  }
}

TEST(ParseJob, EveryBadFileTellsAllItsFaultsWithPlaces) {
  const std::string folder = kTestData + "/bad/";
  const auto names = FilesIn(folder, ".yaml");
  EXPECT_GE(names.size(), 10U);
  for (const std::string& name : names) {
    const std::string path = folder + name;
    const auto parsed = ParseJob(ReadText(path), name, ReadTestFile);
    EXPECT_FALSE(parsed.ok()) << name;
    ExpectGolden(path.substr(0, path.size() - 5) + ".txt", Report(parsed));
  }
}

TEST(ParseJob, EverythingIsRead) {
  const auto parsed =
      ParseJob(ReadText(kTestData + "/good/everything.yaml"), "job.yaml", ReadTestFile);
  ASSERT_TRUE(parsed.ok()) << Report(parsed);
  const JobSpec& spec = parsed.value;
  EXPECT_EQ(spec.id.text(), "booking-propensity");
  EXPECT_EQ(spec.model.l2, 0.5);
  EXPECT_EQ(spec.schema.features.size(), 11U);
  EXPECT_EQ(spec.schema.features[2].field, "arrival");
  EXPECT_EQ(spec.schema.features[2].days_from, "searched_at");
  EXPECT_EQ(spec.schema.features[6].missing, 40);
  EXPECT_EQ(spec.schema.features[8].vocabulary, (std::vector<std::string>{"A1", "B,2", "C\"3"}));
  EXPECT_EQ(spec.schema.split.time, 1406851200000000);
  EXPECT_EQ(spec.strategy.local.epochs, 2U);
  EXPECT_EQ(spec.strategy.local.clipping_norm, 10);
  EXPECT_EQ(spec.strategy.tau, 0.01);
  EXPECT_EQ(spec.cohort.fraction, 0.5);
  EXPECT_EQ(spec.cohort.deadline.micros, 1'500'000);
  EXPECT_EQ(spec.privacy.weight_max, 5000U);
  EXPECT_EQ(spec.seed, 7U);
  EXPECT_EQ(spec.model.dense_width, spec.schema.dense_width());
  EXPECT_EQ(spec.model.sparse_width, 3U + 2U + 4096U);
}

TEST(ParseJob, LabelMeansWhatTheModelPredicts) {
  using LabelKind = data::Label::Kind;
  const auto label = [](const std::string& model, const std::string& yaml) {
    return Parse("job: a\nview: b\nmodel: {kind: " + model + "}\nschema: {label: " + yaml +
                 ", features: [x]}\n")
        .value.schema.label;
  };
  EXPECT_EQ(label("logistic", "{field: y}").kind, LabelKind::kBinary);
  EXPECT_EQ(label("linear", "{field: y}").kind, LabelKind::kReal);
  EXPECT_EQ(label("mlp", "{field: y}").kind, LabelKind::kBinary);
  EXPECT_EQ(label("mlp", "{field: y, classes: 3}").kind, LabelKind::kClass);
  EXPECT_EQ(label("multinomial", "{field: y, names: [a, b]}").class_count(), 2U);
}

TEST(ParseJob, SpelledOutDefaultsAreTheDefaults) {
  const std::string head = "job: a\nview: b\nmodel: {kind: logistic";
  const std::string tail = "}\nschema: {label: {field: y}, features: [x]}\n";
  const auto bytes = [](const Parsed<JobSpec>& parsed) {
    EXPECT_TRUE(parsed.ok()) << Report(parsed);
    base::Writer writer;
    parsed.value.Save(writer);
    return std::move(writer).Take();
  };
  const auto spelled = Parse(
      head + ", l2: 0" + tail +
      "training: {strategy: fedavg, rounds: 1, epochs: 1, batch_size: 32, learning_rate: 0.1, "
      "server_learning_rate: 1}\n"
      "cohort: {minimum: 2, maximum: 1000, fraction: 1, over_selection: 1, deadline: 600s}\n"
      "evaluation: {minimum_rows: 100, minimum_sites: 2}\n"
      "privacy: {protocol: plain, clipping_norm: 0, weight_max: 1000000}\nseed: 1\n");
  EXPECT_EQ(bytes(Parse(head + tail)), bytes(spelled));
}

TEST(ParseJob, FaultsAreOneStatusWithTheFirstCode) {
  const Status status = Parse("job: a\n").ToStatus();
  EXPECT_EQ(status.kind(), Kind::kConfig);
  EXPECT_EQ(status.code(), "JOB-MISSING");
  EXPECT_TRUE(status.message().starts_with("job.yaml:1:1: view: is missing"));
}

TEST(ParseView, GoodFilesAreRead) {
  const auto brief = ParseView(ReadText(kTestData + "/views/good_short.yaml"), "v.yaml");
  EXPECT_TRUE(brief.ok()) << Report(brief);
  EXPECT_EQ(brief.value.csv.path, "searches.csv");
  const auto full = ParseView(ReadText(kTestData + "/views/good_full.yaml"), "v.yaml");
  ASSERT_TRUE(full.ok()) << Report(full);
  const data::View& view = full.value;
  EXPECT_EQ(view.csv.delimiter, ';');
  EXPECT_EQ(view.csv.quote, '\'');
  EXPECT_TRUE(view.csv.decimal_comma);
  EXPECT_TRUE(view.csv.latin1);
  EXPECT_EQ(view.fields.at("booked").column, "is_booking");
  EXPECT_EQ(view.fields.at("adults").column, "adults");
  EXPECT_EQ(view.fields.at("nights").values.at("J"), "1");
  EXPECT_EQ(view.fields.at("nights").values.at("-99"), "");
  EXPECT_EQ(view.reject_share_max, 0.001);
}

TEST(ParseView, BadFileTellsAllItsFaults) {
  const auto parsed = ParseView(ReadText(kTestData + "/views/bad.yaml"), "bad.view.yaml");
  ExpectGolden(kTestData + "/views/bad.txt", Report(parsed));
}

TEST(FirstColumn, QuotesHeaderAndLineEndings) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(FirstColumn("\xEF\xBB\xBFid,name\r\n1,a\r\n\r\n2\n"), (Texts{"1", "2"}));
  EXPECT_EQ(FirstColumn("id\n\"a,b\",1\n\"c\"\"d\"\n\"open"), (Texts{"a,b", "c\"d", "open"}));
  EXPECT_EQ(FirstColumn("id"), Texts{});
  EXPECT_EQ(FirstColumn(""), Texts{});
}

}  // namespace
}  // namespace florin::job
