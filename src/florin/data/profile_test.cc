#include "florin/data/profile.h"

#include <gtest/gtest.h>

#include "florin/base/text.h"
#include "florin/data/testing.h"

namespace florin::data {
namespace {

TextTableSource Travel() {
  return TextTableSource({{"when", FieldKind::kTime},
                          {"km", FieldKind::kNumber},
                          {"rooms", FieldKind::kNumber},
                          {"city", FieldKind::kText},
                          {"fax", FieldKind::kText},
                          {"booked", FieldKind::kNumber}},
                         {{"2014-07-31 18:00:00", "9", "1", "Lima", "", "1"},
                          {"2014-08-01", "", "1", "Graz", "", "0"},
                          {"2014-08-03 06:30:00.5", "0.25", "1", "Oslo", "", "0"},
                          {"2014-08-03", "three", "1", "Graz", "", "0"},
                          {"2014-08-04", "1e6", "1", "", "", "2"}});
}

// A profile as lines of text, to compare whole.
std::string Print(const Profile& profile) {
  std::string text = std::to_string(profile.rows) + " rows, " + std::to_string(profile.train_rows) +
                     " train, " + std::to_string(profile.test_rows) + " test, label " +
                     base::Fixed(profile.label_rate, 4) + "\n";
  for (const FieldProfile& field : profile.fields) {
    text += field.field + " <- " + field.column + ": " + std::to_string(field.rows) + " rows, " +
            std::to_string(field.missing) + " missing, [" + field.minimum + ", " + field.maximum +
            "], mean " + field.mean + ", " + std::to_string(field.distinct) + " distinct, " +
            std::to_string(field.outside) + " outside: " + field.note + "\n";
  }
  text += std::to_string(profile.rejects.rows) + " rejected\n";
  for (const Reject& reject : profile.rejects.first) {
    text += std::to_string(reject.line) + ":" + std::to_string(reject.column) + ": " +
            reject.reason + "\n";
  }
  return text;
}

TEST(Profile, WithASchemaShowsItsFieldsPartsAndRejects) {
  TextTableSource source = Travel();
  Schema schema;
  Feature km;
  km.name = "distance";
  km.field = "distance";
  Feature town;
  town.name = "town";
  town.field = "town";
  town.encoding = Encoding::kOneHot;
  town.vocabulary = {"Lima", "Graz"};
  schema.features = {km, town};
  schema.label.kind = Label::Kind::kBinary;
  schema.label.field = "booked";
  schema.time_field = "when";
  schema.split = {.kind = Split::Kind::kTime, .time = ParseTime("2014-08-01")};
  View view;
  view.fields["distance"] = {.column = "km", .values = {}};
  view.fields["town"] = {.column = "city", .values = {}};
  const Result<Profile> profile = MakeProfile(source, view, schema);
  ASSERT_TRUE(profile.ok()) << profile.status().ToString();
  EXPECT_EQ(Print(*profile),
            "3 rows, 1 train, 2 test, label 0.3333\n"
            "distance <- km: 4 rows, 1 missing, [0.25, 1e+06], mean 333336, 0 distinct, 0 outside: "
            "25 % missing\n"
            "town <- city: 4 rows, 1 missing, [, ], mean , 3 distinct, 1 outside: 25 % missing, 1 "
            "value outside the catalogue\n"
            "booked <- booked: 4 rows, 0 missing, [0, 2], mean 0.75, 0 distinct, 0 outside: \n"
            "when <- when: 4 rows, 0 missing, [2014-07-31T18:00:00Z, 2014-08-04T00:00:00Z], mean , "
            "0 distinct, 0 outside: \n"
            "2 rejected\n"
            "5:11: km: expected a number, found \"three\"\n"
            "6:51: booked: expected 0 or 1, found 2\n");
}

TEST(Profile, WithoutASchemaShowsEveryColumn) {
  TextTableSource source = Travel();
  const Result<Profile> profile = MakeProfile(source, {}, {});
  ASSERT_TRUE(profile.ok()) << profile.status().ToString();
  EXPECT_EQ(Print(*profile),
            "4 rows, 4 train, 0 test, label 0.0000\n"
            "when <- when: 4 rows, 0 missing, [2014-07-31T18:00:00Z, 2014-08-04T00:00:00Z], mean , "
            "0 distinct, 0 outside: \n"
            "km <- km: 4 rows, 1 missing, [0.25, 1e+06], mean 333336, 0 distinct, 0 outside: 25 % "
            "missing\n"
            "rooms <- rooms: 4 rows, 0 missing, [1, 1], mean 1, 0 distinct, 0 outside: constant\n"
            "city <- city: 4 rows, 1 missing, [, ], mean , 3 distinct, 0 outside: 25 % missing\n"
            "fax <- fax: 4 rows, 4 missing, [, ], mean , 0 distinct, 0 outside: all missing\n"
            "booked <- booked: 4 rows, 0 missing, [0, 2], mean 0.75, 0 distinct, 0 outside: \n"
            "1 rejected\n"
            "5:11: km: expected a number, found \"three\"\n");
}

TEST(Profile, EmptySourceHasNoRows) {
  TextTableSource source({{"km", FieldKind::kNumber}}, {});
  const Result<Profile> profile = MakeProfile(source, {}, {});
  ASSERT_TRUE(profile.ok());
  EXPECT_EQ(Print(*profile),
            "0 rows, 0 train, 0 test, label 0.0000\n"
            "km <- km: 0 rows, 0 missing, [, ], mean , 0 distinct, 0 outside: \n"
            "0 rejected\n");
}

TEST(Profile, UnknownColumnIsRefused) {
  TextTableSource source = Travel();
  Schema schema;
  schema.user_field = "user";
  EXPECT_EQ(MakeProfile(source, {}, schema).status().code(), "VIEW-COLUMN");
}

}  // namespace
}  // namespace florin::data
