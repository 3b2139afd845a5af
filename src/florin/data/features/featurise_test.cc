#include "florin/data/features/featurise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "florin/base/rng.h"
#include "florin/data/testing.h"

namespace florin::data {
namespace {

Feature Named(std::string name, std::string field) {
  Feature feature;
  feature.name = std::move(name);
  feature.field = std::move(field);
  return feature;
}

Feature OneHot(const std::string& name, std::vector<std::string> vocabulary) {
  Feature feature = Named(name, name);
  feature.encoding = Encoding::kOneHot;
  feature.vocabulary = std::move(vocabulary);
  return feature;
}

using Rows = std::vector<std::vector<std::string>>;

// Columns when, in, out, km, channel, city, user, booked.
TextTableSource Travel(Rows rows, size_t chunk_rows = 2) {
  return TextTableSource({{"when", FieldKind::kTime},
                          {"in", FieldKind::kTime},
                          {"out", FieldKind::kTime},
                          {"km", FieldKind::kNumber},
                          {"channel", FieldKind::kText},
                          {"city", FieldKind::kText},
                          {"user", FieldKind::kText},
                          {"booked", FieldKind::kNumber}},
                         std::move(rows), chunk_rows);
}

const Rows kRows = {
    {"2014-07-31 18:00:00", "2014-08-02", "2014-08-05", "9", "ads", "Lima", "u1", "1"},
    {"2014-08-01 00:00:00", "", "2014-08-05", "", "mail", "Graz", "u2", "0"},
    {"2014-08-03 06:30:00", "2014-08-03", "2014-08-04", "-9", "fax", "", "u1", "0"},
};

Result<Table> Read(Source& source, const Schema& schema, Part part = Part::kAll,
                   const View& view = {}, bool with_label = true) {
  FLORIN_ASSIGN(const std::unique_ptr<BatchReader> reader,
                Featurise(source, view, schema, part, with_label));
  return Table::ReadAll(*reader);
}

// The dense values of a one-feature schema, row after row.
std::vector<float> Dense(const Feature& feature) {
  TextTableSource source = Travel(kRows);
  Schema schema;
  schema.features = {feature};
  const Result<Table> table = Read(source, schema);
  if (!table.ok()) ADD_FAILURE() << table.status().ToString();
  const Batch view = table->view();
  return {view.dense.begin(), view.dense.end()};
}

TEST(Featurise, NumberIsStandardised) {
  Feature km = Named("km", "km");
  km.mean = 1;
  km.deviation = 2;
  km.missing = 5;
  EXPECT_EQ(Dense(km), (std::vector<float>{4, 2, -5}));
}

TEST(Featurise, LogKeepsTheSignAndFollowsTheMissingValue) {
  Feature km = Named("km", "km");
  km.log = true;
  km.missing = std::exp(1) - 1;
  const auto log10 = static_cast<float>(std::log(10.0));
  EXPECT_EQ(Dense(km), (std::vector<float>{log10, 1, -log10}));
}

TEST(Featurise, DaysBetweenTimesAreReal) {
  Feature lead = Named("lead", "in");
  lead.days_from = "when";
  lead.missing = -1;
  EXPECT_EQ(Dense(lead), (std::vector<float>{1.25F, -1, -6.5F / 24}));
}

TEST(Featurise, DatePartsAreInUtc) {
  Feature part = Named("part", "when");
  part.date_part = DatePart::kHour;
  EXPECT_EQ(Dense(part), (std::vector<float>{18, 0, 6}));
  part.date_part = DatePart::kWeekday;
  EXPECT_EQ(Dense(part), (std::vector<float>{3, 4, 6}));  // Thursday, Friday, Sunday
  part.date_part = DatePart::kMonth;
  EXPECT_EQ(Dense(part), (std::vector<float>{7, 8, 8}));
  part.date_part = DatePart::kDayOfYear;
  EXPECT_EQ(Dense(part), (std::vector<float>{212, 213, 215}));
}

TEST(Featurise, DatePartsBefore1970AreRight) {
  TextTableSource source = Travel({{"1969-12-31 23:00:00", "", "", "", "", "", "", ""}});
  Schema schema;
  for (const DatePart part : {DatePart::kHour, DatePart::kWeekday, DatePart::kDayOfYear}) {
    Feature feature = Named("part" + std::to_string(static_cast<int>(part)), "when");
    feature.date_part = part;
    schema.features.push_back(feature);
  }
  const Result<Table> table = Read(source, schema);
  ASSERT_TRUE(table.ok());
  const Batch view = table->view();
  EXPECT_EQ(std::vector<float>(view.dense.begin(), view.dense.end()),
            (std::vector<float>{23, 2, 365}));
}

TEST(Featurise, BucketIsTheFirstEdgeAbove) {
  Feature km = Named("km", "km");
  km.encoding = Encoding::kBucket;
  km.edges = {0, 9};
  EXPECT_EQ(Dense(km), (std::vector<float>{0, 0, 1, 0, 1, 0, 1, 0, 0}));
}

TEST(Featurise, ManyEdgesFindTheSameBucketsAsFew) {
  Feature km = Named("km", "km");
  km.encoding = Encoding::kBucket;
  for (int i = -20; i <= 20; ++i) km.edges.push_back(i);
  const std::vector<float> dense = Dense(km);
  ASSERT_EQ(dense.size(), 3U * 42);
  EXPECT_EQ(dense[30], 1);       // 9 >= 30 edges: -20 .. 9
  EXPECT_EQ(dense[42 + 21], 1);  // 0 >= 21 edges
  EXPECT_EQ(dense[84 + 12], 1);  // -9 >= 12 edges
}

TEST(Featurise, UnknownOneHotValueIsAllZeros) {
  EXPECT_EQ(Dense(OneHot("channel", {"mail", "ads"})), (std::vector<float>{0, 1, 1, 0, 0, 0}));
}

TEST(Featurise, DatePartsMayBeCategories) {
  Feature weekday = OneHot("weekday", {"6", "3"});
  weekday.field = "when";
  weekday.date_part = DatePart::kWeekday;
  EXPECT_EQ(Dense(weekday), (std::vector<float>{0, 1, 0, 0, 1, 0}));
}

TEST(Featurise, SparseEntriesFollowTheFeaturesInOrder) {
  TextTableSource source = Travel(kRows);
  Schema schema;
  Feature channel = Named("channel", "channel");
  channel.encoding = Encoding::kVocabulary;
  channel.vocabulary = {"mail", "ads"};
  Feature city = Named("town", "city");
  city.encoding = Encoding::kHash;
  city.hash_width = 1000;
  schema.features = {Named("km", "km"), channel, city};
  const Result<Table> table = Read(source, schema);
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  const Batch view = table->view();
  const auto bucket = [](std::string_view text) {
    return static_cast<uint32_t>(2 + base::HashText(text, base::HashText("town")) % 1000);
  };
  EXPECT_EQ(std::vector<uint32_t>(view.sparse_begin.begin(), view.sparse_begin.end()),
            (std::vector<uint32_t>{0, 2, 4, 4}));  // "fax" and "" give no entry
  EXPECT_EQ(std::vector<uint32_t>(view.sparse_index.begin(), view.sparse_index.end()),
            (std::vector<uint32_t>{1, bucket("Lima"), 0, bucket("Graz")}));
  EXPECT_EQ(std::vector<float>(view.sparse_value.begin(), view.sparse_value.end()),
            std::vector<float>(4, 1));
}

TEST(Featurise, ContextsNameRowsOfTheirTables) {
  TextTableSource source = Travel(kRows);
  Schema schema;
  schema.contexts = {{.field = "channel", .vocabulary = {"mail", "ads"}, .hash_width = 0},
                     {.field = "city", .vocabulary = {}, .hash_width = 50}};
  const Result<Table> table = Read(source, schema);
  ASSERT_TRUE(table.ok());
  const Batch view = table->view();
  const auto row = [](std::string_view text) {
    return static_cast<uint32_t>(base::HashText(text, base::HashText("city")) % 50);
  };
  EXPECT_EQ(view.level_count, 2U);
  EXPECT_EQ(std::vector<uint32_t>(view.levels.begin(), view.levels.end()),
            (std::vector<uint32_t>{1, row("Lima"), 0, row("Graz"), kUnknownRow, kUnknownRow}));
}

TEST(Featurise, LabelWeightUserItemAndTimeComeAlong) {
  TextTableSource source = Travel(kRows);
  Schema schema;
  schema.label.kind = Label::Kind::kBinary;
  schema.label.field = "booked";
  schema.time_field = "when";
  schema.user_field = "user";
  schema.item_field = "city";
  Result<Table> table = Read(source, schema);
  ASSERT_TRUE(table.ok());
  const Batch view = table->view();
  EXPECT_EQ(std::vector<float>(view.label.begin(), view.label.end()),
            (std::vector<float>{1, 0, 0}));
  EXPECT_TRUE(view.weight.empty());
  EXPECT_EQ(view.user[0], base::HashText("u1"));
  EXPECT_EQ(view.user[2], view.user[0]);
  EXPECT_EQ(view.item[1], base::HashText("Graz"));
  EXPECT_EQ(view.time[1], ParseTime("2014-08-01"));

  schema.weight_field = "km";
  EXPECT_EQ(Read(source, schema).status().ToString(),
            "table:3:31: km: expected a weight greater than 0, found nothing; 1 of 2 rows read so "
            "far rejected, at most 0 % allowed [DATA-REJECTS]");
  table = Read(source, schema, Part::kAll, {}, false);
  ASSERT_TRUE(table.ok());
  EXPECT_TRUE(table->view().label.empty());
  EXPECT_TRUE(table->view().weight.empty());
}

TEST(Featurise, ClassesGoByNumberOrByName) {
  TextTableSource source = Travel(kRows);
  Schema schema;
  schema.label.kind = Label::Kind::kClass;
  schema.label.field = "booked";
  schema.label.classes = 2;
  EXPECT_EQ(Read(source, schema)->view().label[0], 1);
  schema.label.field = "channel";
  schema.label.classes = 0;
  schema.label.vocabulary = {"fax", "mail", "ads"};
  const Result<Table> table = Read(source, schema);
  const Batch view = table->view();
  EXPECT_EQ(std::vector<float>(view.label.begin(), view.label.end()),
            (std::vector<float>{2, 1, 0}));
  schema.label.vocabulary = {"mail", "ads"};
  EXPECT_EQ(Read(source, schema).status().message(),
            "table:4:41: channel: expected one of the label's 2 classes, found \"fax\"; 1 of 3 "
            "rows read so far rejected, at most 0 % allowed");
}

struct BadLabel {
  Label::Kind kind;
  const char* text;
  const char* reason;
};

TEST(Featurise, BadLabelsAreRejectedWithTheirPlace) {
  for (const BadLabel& bad :
       {BadLabel{Label::Kind::kBinary, "2", "booked: expected 0 or 1, found 2"},
        BadLabel{Label::Kind::kBinary, "0.5", "booked: expected 0 or 1, found 0.5"},
        BadLabel{Label::Kind::kBinary, "", "booked: expected 0 or 1, found nothing"},
        BadLabel{Label::Kind::kBinary, "yes", "booked: expected a number, found \"yes\""},
        BadLabel{Label::Kind::kReal, "", "booked: expected a label, found nothing"},
        BadLabel{Label::Kind::kClass, "7", "booked: expected a class from 0 to 6, found 7"},
        BadLabel{Label::Kind::kClass, "-1", "booked: expected a class from 0 to 6, found -1"}}) {
    Rows rows = kRows;
    rows[1][7] = bad.text;
    TextTableSource source = Travel(rows, 3);
    Schema schema;
    schema.label.kind = bad.kind;
    schema.label.field = "booked";
    schema.label.classes = 7;
    const Status status = Read(source, schema).status();
    EXPECT_EQ(status.message(), "table:3:71: " + std::string(bad.reason) +
                                    "; 1 of 3 rows read so far rejected, at most 0 % allowed");
    EXPECT_EQ(status.code(), "DATA-REJECTS");
    View view;
    view.reject_share_max = 0.34;
    EXPECT_EQ(Read(source, schema, Part::kAll, view)->rows(), 2U);
    view.reject_share_max = 0.3;
    EXPECT_EQ(Read(source, schema, Part::kAll, view).status().message(),
              "table:3:71: " + std::string(bad.reason) +
                  "; 1 of 3 rows read so far rejected, at most 30 % allowed");
  }
}

TEST(Featurise, MissingTimeIsRejected) {
  TextTableSource source = Travel(kRows);
  Schema schema;
  schema.time_field = "in";
  EXPECT_EQ(Read(source, schema).status().message(),
            "table:3:11: in: expected a date or time, found nothing; 1 of 2 rows read so far "
            "rejected, at most 0 % allowed");
}

TEST(Featurise, SplitByTimeStartsTheTestAtTheTime) {
  TextTableSource source = Travel(kRows);
  Schema schema;
  schema.features = {Named("km", "km")};
  schema.time_field = "when";
  schema.split = {.kind = Split::Kind::kTime, .time = ParseTime("2014-08-01")};
  EXPECT_EQ(Read(source, schema, Part::kTrain)->rows(), 1U);
  EXPECT_EQ(Read(source, schema, Part::kTest)->rows(), 2U);
  EXPECT_EQ(Read(source, schema, Part::kAll)->rows(), 3U);
  schema.split.time = 0;
  EXPECT_EQ(Read(source, schema, Part::kTrain)->rows(), 0U);
  schema.split = {};
  EXPECT_EQ(Read(source, schema, Part::kTrain)->rows(), 3U);
  EXPECT_EQ(Read(source, schema, Part::kTest)->rows(), 0U);
}

// Rows "u<i mod users>", numbered in km; every 10th has no user.
Rows ManyUsers(size_t rows, size_t users) {
  Rows table;
  for (size_t i = 0; i < rows; ++i) {
    const std::string user = i % 10 == 3 ? "" : "u" + std::to_string(i % users);
    table.push_back({"", "", "", std::to_string(i), "", "", user, "0"});
  }
  return table;
}

TEST(Featurise, SeededPartsAreDisjointCompleteAndKeepUsersTogether) {
  TextTableSource source = Travel(ManyUsers(4000, 501), 64);
  Schema schema;
  schema.features = {Named("row", "km")};
  schema.user_field = "user";
  schema.split = {.kind = Split::Kind::kSeed, .time = 0, .test_share = 0.25, .seed = 9};
  const Result<Table> train = Read(source, schema, Part::kTrain);
  const Result<Table> test = Read(source, schema, Part::kTest);
  std::multiset<float> rows(train->view().dense.begin(), train->view().dense.end());
  rows.insert(test->view().dense.begin(), test->view().dense.end());
  EXPECT_EQ(rows.size(), 4000U);
  EXPECT_EQ(std::set<float>(rows.begin(), rows.end()).size(), 4000U);
  EXPECT_NEAR(static_cast<double>(test->rows()), 1000, 130);
  const uint64_t nobody = base::HashText("");
  std::set<uint64_t> train_users(train->view().user.begin(), train->view().user.end());
  size_t nobody_rows = 0;
  for (const uint64_t user : test->view().user) {
    nobody_rows += user == nobody;
    EXPECT_TRUE(user == nobody || train_users.count(user) == 0);
  }
  EXPECT_NEAR(static_cast<double>(nobody_rows), 100, 40);  // rows without a user draw one by one
  TextTableSource other_chunks = Travel(ManyUsers(4000, 501), 1000);
  EXPECT_EQ(Read(other_chunks, schema, Part::kTest)->rows(), test->rows());
  schema.split.seed = 10;
  const Result<Table> reseeded = Read(source, schema, Part::kTest);
  EXPECT_FALSE(std::equal(test->view().dense.begin(), test->view().dense.end(),
                          reseeded->view().dense.begin(), reseeded->view().dense.end()));
}

TEST(Featurise, RewindGivesTheSameRows) {
  TextTableSource source = Travel(kRows);
  Schema schema;
  schema.features = {Named("km", "km")};
  const Result<std::unique_ptr<BatchReader>> reader = Featurise(source, {}, schema, Part::kAll);
  ASSERT_TRUE(reader.ok());
  for (int pass = 0; pass < 3; ++pass) {
    EXPECT_EQ(Table::ReadAll(**reader)->rows(), 3U);
    ASSERT_TRUE((*reader)->Rewind().ok());
  }
}

TEST(Featurise, ViewNamesColumnsAndRespellsValues) {
  TextTableSource source = Travel(kRows);
  Schema schema;
  Feature reach = Named("reach", "reach");
  Feature start = Named("start", "start");
  start.date_part = DatePart::kMonth;
  schema.features = {reach, start, OneHot("medium", {"paid", "owned"})};
  View view;
  view.fields["reach"] = {.column = "city", .values = {{"Lima", "7"}, {"Graz", "2.5"}}};
  view.fields["start"] = {.column = "in", .values = {{"2014-08-02", "2013-01-01"}}};
  view.fields["medium"] = {.column = "channel", .values = {{"ads", "paid"}, {"mail", "owned"}}};
  const Result<Table> table = Read(source, schema, Part::kAll, view);
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  const Batch batch = table->view();
  EXPECT_EQ(std::vector<float>(batch.dense.begin(), batch.dense.end()),
            (std::vector<float>{7, 1, 1, 0, 2.5, 0, 0, 1, 0, 8, 0, 0}));
}

TEST(Featurise, ValuesOutsideTheOwnersListAreReadAsTheyStand) {
  TextTableSource source = Travel(kRows);
  Schema schema;
  schema.features = {Named("reach", "reach")};
  View view;
  view.fields["reach"] = {.column = "city", .values = {{"Lima", ""}}};
  EXPECT_EQ(Read(source, schema, Part::kAll, view).status().message(),
            "table:3:51: city: expected a number, found \"Graz\"; 1 of 2 rows read so far "
            "rejected, at most 0 % allowed");
  view.fields["reach"].values["Graz"] = "much";
  EXPECT_EQ(Read(source, schema, Part::kAll, view).status().ToString(),
            "view \"\": field \"reach\": value for \"Graz\": reach: expected a number, found "
            "\"much\" [VIEW-VALUE]");
}

TEST(Featurise, UnknownColumnIsNamedWithItsNearest) {
  TextTableSource source = Travel(kRows);
  Schema schema;
  schema.features = {Named("reach", "reach")};
  View view;
  view.name = "eu";
  view.fields["reach"] = {.column = "citty", .values = {}};
  EXPECT_EQ(Read(source, schema, Part::kAll, view).status().ToString(),
            "view \"eu\": field \"reach\": table has no column \"citty\". Did you mean \"city\"? "
            "[VIEW-COLUMN]");
  EXPECT_EQ(Read(source, schema).status().ToString(),
            "view \"\": field \"reach\": table has no column \"reach\". Known: when, in, out, km, "
            "channel, city, user, booked. [VIEW-COLUMN]");
}

TEST(Featurise, ContradictorySchemaIsRefused) {
  TextTableSource source = Travel(kRows);
  Schema schema;
  schema.split.kind = Split::Kind::kTime;
  EXPECT_EQ(Read(source, schema).status().code(), "SCHEMA-SPLIT");
}

}  // namespace
}  // namespace florin::data
