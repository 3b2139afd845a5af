#include "florin/data/schema.h"

#include <gtest/gtest.h>

#include <functional>

#include "florin/base/rng.h"

namespace florin::data {
namespace {

Feature Named(std::string name, std::string field) {
  Feature feature;
  feature.name = std::move(name);
  feature.field = std::move(field);
  return feature;
}

Schema Travel() {
  Schema schema;
  Feature distance = Named("distance", "distance");
  distance.log = true;
  distance.mean = 5.5;
  distance.deviation = 2;
  distance.missing = 10;
  Feature lead = Named("lead", "check_in");
  lead.days_from = "when";
  lead.encoding = Encoding::kBucket;
  lead.edges = {1, 7.5};
  Feature hour = Named("hour", "when");
  hour.date_part = DatePart::kHour;
  Feature channel = Named("channel", "channel");
  channel.encoding = Encoding::kOneHot;
  channel.vocabulary = {"ads", "mail"};
  Feature city = Named("city", "city");
  city.encoding = Encoding::kHash;
  city.hash_width = 3;
  Feature market = Named("market", "market");
  market.encoding = Encoding::kVocabulary;
  market.vocabulary = {"eu", "la"};
  schema.features = {distance, lead, hour, channel, city, market};
  schema.contexts = {{.field = "market", .vocabulary = {"eu", "la"}, .hash_width = 0},
                     {.field = "city", .vocabulary = {}, .hash_width = 16}};
  schema.label.kind = Label::Kind::kBinary;
  schema.label.field = "booked";
  schema.weight_field = "nights";
  schema.time_field = "when";
  schema.user_field = "user";
  schema.item_field = "city";
  schema.split = {.kind = Split::Kind::kTime, .time = 1'406'851'200'000'000};
  return schema;
}

TEST(Schema, WidthsAndNamesAgree) {
  const Schema schema = Travel();
  EXPECT_TRUE(schema.Check().ok());
  EXPECT_EQ(schema.dense_width(), 1U + 3 + 1 + 2);
  EXPECT_EQ(schema.sparse_width(), 3U + 2);
  EXPECT_EQ(schema.ColumnNames(),
            (std::vector<std::string>{"distance", "lead<1", "lead<7.5", "lead>=7.5", "hour",
                                      "channel=ads", "channel=mail", "city#0", "city#1", "city#2",
                                      "market=eu", "market=la"}));
}

TEST(Schema, FieldsAreNamedOnceInOrderOfUse) {
  const Result<std::vector<ColumnRequest>> fields = Travel().Fields();
  ASSERT_TRUE(fields.ok());
  std::string names;
  for (const ColumnRequest& field : *fields) {
    names += field.column + (field.kind == FieldKind::kNumber ? ":n "
                             : field.kind == FieldKind::kTime ? ":t "
                                                              : ":x ");
  }
  EXPECT_EQ(names,
            "distance:n check_in:t when:t channel:x city:x market:x booked:n nights:n user:x ");
}

TEST(Schema, OneFieldNeededAsTwoKindsIsRefused) {
  Schema schema = Travel();
  schema.weight_field = "city";
  EXPECT_EQ(schema.Fields().status().ToString(),
            "field \"city\": needed both as a text and as a number; name a second field for one of "
            "them [SCHEMA-FIELD-KIND]");
}

TEST(Schema, ComesBackFromItsBytes) {
  const Schema schema = Travel();
  base::Writer writer;
  schema.Save(writer);
  base::Reader reader(writer.view());
  const Result<Schema> restored = Schema::Restore(reader);
  ASSERT_TRUE(restored.ok()) << restored.status().ToString();
  EXPECT_TRUE(reader.Finish("schema").ok());
  EXPECT_EQ(*restored, schema);
}

TEST(Schema, EveryTruncationIsRefused) {
  base::Writer writer;
  Travel().Save(writer);
  for (size_t size = 0; size < writer.size(); ++size) {
    base::Reader reader(writer.view().first(size));
    EXPECT_EQ(Schema::Restore(reader).status().code(), "CODEC") << size;
  }
}

TEST(Schema, MutatedBytesAreRefusedOrComeBackTheSame) {
  base::Writer writer;
  Travel().Save(writer);
  const Bytes bytes(writer.view().begin(), writer.view().end());
  base::SeededRng rng(3);
  for (int i = 0; i < 20'000; ++i) {
    Bytes mutated = bytes;
    mutated[rng.Below(mutated.size())] = static_cast<uint8_t>(rng.Next());
    base::Reader reader(mutated);
    const Result<Schema> restored = Schema::Restore(reader);
    if (!restored.ok() || reader.remaining() > 0) continue;
    base::Writer again;
    restored->Save(again);
    EXPECT_EQ(Bytes(again.view().begin(), again.view().end()), mutated);
  }
}

struct BadSchema {
  const char* expected;
  std::function<void(Schema&)> change;
};

TEST(Schema, ContradictionsAreRefused) {
  const std::vector<BadSchema> cases = {
      {"feature \"\": bad name [SCHEMA-FEATURE]", [](Schema& s) { s.features[0].name = ""; }},
      {"feature \"distance\": no field [SCHEMA-FEATURE]",
       [](Schema& s) { s.features[0].field = ""; }},
      {"feature \"lead\": days_from and date_part exclude each other [SCHEMA-FEATURE]",
       [](Schema& s) { s.features[1].date_part = DatePart::kHour; }},
      {"feature \"distance\": deviation must be greater than 0 [SCHEMA-FEATURE]",
       [](Schema& s) { s.features[0].deviation = 0; }},
      {"feature \"distance\": mean and missing must be finite [SCHEMA-FEATURE]",
       [](Schema& s) { s.features[0].missing = kMissingNumber; }},
      {"feature \"lead\": edges must ascend [SCHEMA-FEATURE]",
       [](Schema& s) { s.features[1].edges = {1, 1}; }},
      {"feature \"lead\": buckets need at least one edge [SCHEMA-FEATURE]",
       [](Schema& s) { s.features[1].edges = {}; }},
      {"feature \"channel\": a vocabulary is needed [SCHEMA-FEATURE]",
       [](Schema& s) { s.features[3].vocabulary = {}; }},
      {"feature \"channel\": vocabulary names a value twice [SCHEMA-FEATURE]",
       [](Schema& s) { s.features[3].vocabulary = {"a", "a"}; }},
      {"feature \"channel\": vocabulary holds an empty value; empty means missing "
       "[SCHEMA-FEATURE]",
       [](Schema& s) { s.features[3].vocabulary = {"a", ""}; }},
      {"feature \"city\": hash_width must be at least 1 [SCHEMA-FEATURE]",
       [](Schema& s) { s.features[4].hash_width = 0; }},
      {"feature \"lead\": days_from gives a number; use number or bucket [SCHEMA-FEATURE]",
       [](Schema& s) { s.features[1].encoding = Encoding::kHash; }},
      {"feature \"distance\": name used twice [SCHEMA-FEATURE]",
       [](Schema& s) { s.features[1].name = "distance"; }},
      {"context \"city\": a context has a vocabulary or a hash_width, not both [SCHEMA-CONTEXT]",
       [](Schema& s) { s.contexts[1].vocabulary = {"x"}; }},
      {"context \"city\": a vocabulary or a hash_width is needed [SCHEMA-CONTEXT]",
       [](Schema& s) { s.contexts[1].hash_width = 0; }},
      {"label: no field [SCHEMA-LABEL]", [](Schema& s) { s.label.field = ""; }},
      {"label: a class label needs at least two classes [SCHEMA-LABEL]",
       [](Schema& s) { s.label.kind = Label::Kind::kClass; }},
      {"label: classes and vocabulary disagree [SCHEMA-LABEL]",
       [](Schema& s) {
         s.label.kind = Label::Kind::kClass;
         s.label.classes = 3;
         s.label.vocabulary = {"a", "b"};
       }},
      {"split: a split by time needs a time field [SCHEMA-SPLIT]",
       [](Schema& s) { s.time_field = ""; }},
      {"split: test_share must be from 0 to 1 [SCHEMA-SPLIT]",
       [](Schema& s) { s.split = {.kind = Split::Kind::kSeed, .test_share = 1.5}; }},
  };
  for (const BadSchema& bad : cases) {
    Schema schema = Travel();
    bad.change(schema);
    EXPECT_EQ(schema.Check().ToString(), bad.expected);
  }
}

}  // namespace
}  // namespace florin::data
