// The byte form of a Schema: its members in order of declaration, after a version. One schema has
// one spelling, because the plan hash covers it.
#include "florin/data/schema.h"

namespace florin::data {
namespace {

constexpr uint8_t kVersion = 1;

void SaveTexts(const std::vector<std::string>& texts, base::Writer& writer) {
  writer.Varint(texts.size());
  for (const std::string& text : texts) writer.Text(text);
}

std::vector<std::string> RestoreTexts(base::Reader& reader) {
  const uint64_t count = reader.Varint();
  if (count > Schema::kVocabularyMax || count > reader.remaining()) {
    reader.Fail("vocabulary longer than its bytes or its bound");
    return {};
  }
  std::vector<std::string> texts;
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    texts.push_back(reader.Text(Schema::kTextMax));
  }
  return texts;
}

template <typename Enum>
Enum RestoreEnum(base::Reader& reader, Enum last) {
  const uint8_t value = reader.U8();
  if (value > static_cast<uint8_t>(last)) reader.Fail("unknown kind");
  return static_cast<Enum>(value);
}

uint32_t RestoreWidth(base::Reader& reader) {
  const uint64_t width = reader.Varint();
  if (width > 0xffffffff) reader.Fail("width over 32 bits");
  return static_cast<uint32_t>(width);
}

void Save(const Feature& feature, base::Writer& writer) {
  writer.Text(feature.name).Text(feature.field).Text(feature.days_from);
  writer.U8(static_cast<uint8_t>(feature.date_part)).U8(static_cast<uint8_t>(feature.encoding));
  writer.Bool(feature.log).F64(feature.mean).F64(feature.deviation).F64(feature.missing);
  writer.Array(Span<const double>(feature.edges));
  SaveTexts(feature.vocabulary, writer);
  writer.Varint(feature.hash_width);
}

Feature RestoreFeature(base::Reader& reader) {
  Feature feature;
  feature.name = reader.Text(Schema::kTextMax);
  feature.field = reader.Text(Schema::kTextMax);
  feature.days_from = reader.Text(Schema::kTextMax);
  feature.date_part = RestoreEnum(reader, DatePart::kDayOfYear);
  feature.encoding = RestoreEnum(reader, Encoding::kHash);
  feature.log = reader.Bool();
  feature.mean = reader.F64();
  feature.deviation = reader.F64();
  feature.missing = reader.F64();
  feature.edges = reader.Array<double>(Schema::kEdgesMax);
  feature.vocabulary = RestoreTexts(reader);
  feature.hash_width = RestoreWidth(reader);
  return feature;
}

// How many parts follow; each takes at least one byte, so a count cannot outgrow its bytes.
size_t RestoreCount(base::Reader& reader) {
  const uint64_t count = reader.Varint();
  if (count <= Schema::kFeaturesMax && count <= reader.remaining()) {
    return static_cast<size_t>(count);
  }
  reader.Fail("list longer than its bytes or its bound");
  return 0;
}

}  // namespace

void Schema::Save(base::Writer& writer) const {
  writer.U8(kVersion).Varint(features.size());
  for (const Feature& feature : features) data::Save(feature, writer);
  writer.Varint(contexts.size());
  for (const Context& context : contexts) {
    writer.Text(context.field);
    SaveTexts(context.vocabulary, writer);
    writer.Varint(context.hash_width);
  }
  writer.U8(static_cast<uint8_t>(label.kind)).Text(label.field).Varint(label.classes);
  SaveTexts(label.vocabulary, writer);
  writer.Text(weight_field).Text(time_field).Text(user_field).Text(item_field);
  writer.U8(static_cast<uint8_t>(split.kind)).I64(split.time);
  writer.F64(split.test_share).U64(split.seed);
}

Result<Schema> Schema::Restore(base::Reader& reader) {
  Schema schema;
  if (reader.U8() != kVersion) reader.Fail("unknown schema version");
  schema.features.resize(RestoreCount(reader));
  for (Feature& feature : schema.features) feature = RestoreFeature(reader);
  schema.contexts.resize(RestoreCount(reader));
  for (Context& context : schema.contexts) {
    context.field = reader.Text(kTextMax);
    context.vocabulary = RestoreTexts(reader);
    context.hash_width = RestoreWidth(reader);
  }
  schema.label.kind = RestoreEnum(reader, Label::Kind::kReal);
  schema.label.field = reader.Text(kTextMax);
  schema.label.classes = RestoreWidth(reader);
  schema.label.vocabulary = RestoreTexts(reader);
  schema.weight_field = reader.Text(kTextMax);
  schema.time_field = reader.Text(kTextMax);
  schema.user_field = reader.Text(kTextMax);
  schema.item_field = reader.Text(kTextMax);
  schema.split.kind = RestoreEnum(reader, Split::Kind::kSeed);
  schema.split.time = reader.I64();
  schema.split.test_share = reader.F64();
  schema.split.seed = reader.U64();
  if (!reader.ok()) return reader.Finish("schema");
  FLORIN_TRY(schema.Check());
  return schema;
}

}  // namespace florin::data
