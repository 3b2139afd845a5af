#include "florin/data/schema.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "florin/base/text.h"

namespace florin::data {
namespace {

Status Fault(std::string_view code, std::string subject, std::string_view message) {
  return Status(Kind::kConfig, code, std::move(subject) + ": " + std::string(message));
}

bool IsDistinct(const std::vector<std::string>& texts) {
  std::unordered_set<std::string_view> seen;
  seen.reserve(texts.size());
  for (const std::string& text : texts) {
    if (!seen.insert(text).second) return false;
  }
  return true;
}

// What is wrong with a list of values, or "".
std::string_view VocabularyFault(const std::vector<std::string>& texts) {
  if (texts.size() > Schema::kVocabularyMax) return "vocabulary longer than 4,194,304 values";
  if (!IsDistinct(texts)) return "vocabulary names a value twice";
  for (const std::string& text : texts) {
    if (text.size() > Schema::kTextMax) return "vocabulary value longer than 1,024 bytes";
    if (text.empty()) return "vocabulary holds an empty value; empty means missing";
  }
  return "";
}

std::string_view FeatureFault(const Feature& feature) {
  if (feature.name.empty() || feature.name.size() > Schema::kTextMax) return "bad name";
  if (feature.field.empty() || feature.field.size() > Schema::kTextMax) return "no field";
  const bool is_difference = !feature.days_from.empty();
  if (is_difference && feature.date_part != DatePart::kNone) {
    return "days_from and date_part exclude each other";
  }
  if (!std::isfinite(feature.mean) || !std::isfinite(feature.missing)) {
    return "mean and missing must be finite";
  }
  if (!std::isfinite(feature.deviation) || feature.deviation <= 0) {
    return "deviation must be greater than 0";
  }
  if (feature.edges.size() > Schema::kEdgesMax) return "more than 65,536 edges";
  for (size_t i = 0; i < feature.edges.size(); ++i) {
    if (!std::isfinite(feature.edges[i])) return "edges must be finite";
    if (i > 0 && feature.edges[i] <= feature.edges[i - 1]) return "edges must ascend";
  }
  switch (feature.encoding) {
    case Encoding::kNumber:
      return "";
    case Encoding::kBucket:
      return feature.edges.empty() ? "buckets need at least one edge" : "";
    case Encoding::kOneHot:
    case Encoding::kVocabulary:
      if (is_difference) return "days_from gives a number; use number or bucket";
      if (feature.vocabulary.empty()) return "a vocabulary is needed";
      return VocabularyFault(feature.vocabulary);
    case Encoding::kHash:
      if (is_difference) return "days_from gives a number; use number or bucket";
      return feature.hash_width == 0 ? "hash_width must be at least 1" : "";
  }
  return "unknown encoding";
}

std::string_view ContextFault(const Context& context) {
  if (context.field.empty() || context.field.size() > Schema::kTextMax) return "no field";
  if (context.hash_width > 0 && !context.vocabulary.empty()) {
    return "a context has a vocabulary or a hash_width, not both";
  }
  if (context.rows() == 0) return "a vocabulary or a hash_width is needed";
  return VocabularyFault(context.vocabulary);
}

std::string_view LabelFault(const Label& label) {
  if (label.kind == Label::Kind::kNone) return "";
  if (label.field.empty() || label.field.size() > Schema::kTextMax) return "no field";
  if (label.kind != Label::Kind::kClass) return "";
  if (label.class_count() < 2) return "a class label needs at least two classes";
  if (label.classes > Schema::kVocabularyMax) return "more than 4,194,304 classes";
  if (!label.vocabulary.empty() && label.classes != 0 && label.classes != label.vocabulary.size()) {
    return "classes and vocabulary disagree";
  }
  return VocabularyFault(label.vocabulary);
}

// The kind the label's field must have.
FieldKind LabelKind(const Label& label) {
  const bool is_named = label.kind == Label::Kind::kClass && !label.vocabulary.empty();
  return is_named ? FieldKind::kText : FieldKind::kNumber;
}

std::string_view KindName(FieldKind kind) {
  switch (kind) {
    case FieldKind::kNumber:
      return "a number";
    case FieldKind::kText:
      return "a text";
    case FieldKind::kTime:
      return "a time";
  }
  return "?";
}

// The fields in order of first use, each once.
struct FieldList {
  std::vector<ColumnRequest> fields;
  Status status;

  void Need(const std::string& field, FieldKind kind) {
    if (field.empty() || !status.ok()) return;
    const auto same = [&](const ColumnRequest& other) { return other.column == field; };
    const auto at = std::find_if(fields.begin(), fields.end(), same);
    if (at == fields.end()) {
      fields.push_back({field, kind});
    } else if (at->kind != kind) {
      status = Fault("SCHEMA-FIELD-KIND", "field \"" + field + "\"",
                     "needed both as " + std::string(KindName(at->kind)) + " and as " +
                         std::string(KindName(kind)) + "; name a second field for one of them");
    }
  }
};

}  // namespace

FieldKind Feature::kind() const {
  if (date_part != DatePart::kNone || !days_from.empty()) return FieldKind::kTime;
  const bool is_number = encoding == Encoding::kNumber || encoding == Encoding::kBucket;
  return is_number ? FieldKind::kNumber : FieldKind::kText;
}

size_t Feature::dense_width() const {
  switch (encoding) {
    case Encoding::kNumber:
      return 1;
    case Encoding::kBucket:
      return edges.size() + 1;
    case Encoding::kOneHot:
      return vocabulary.size();
    default:
      return 0;
  }
}

size_t Feature::sparse_width() const {
  switch (encoding) {
    case Encoding::kVocabulary:
      return vocabulary.size();
    case Encoding::kHash:
      return hash_width;
    default:
      return 0;
  }
}

size_t Schema::dense_width() const {
  size_t width = 0;
  for (const Feature& feature : features) width += feature.dense_width();
  return width;
}

size_t Schema::sparse_width() const {
  size_t width = 0;
  for (const Feature& feature : features) width += feature.sparse_width();
  return width;
}

Status Schema::Check() const {
  if (features.size() > kFeaturesMax || contexts.size() > kFeaturesMax) {
    return Fault("SCHEMA-FEATURE", "schema", "more than 4,096 features or contexts");
  }
  std::unordered_set<std::string_view> names;
  for (const Feature& feature : features) {
    const std::string subject = "feature \"" + feature.name + "\"";
    const std::string_view fault = FeatureFault(feature);
    if (!fault.empty()) return Fault("SCHEMA-FEATURE", subject, fault);
    if (!names.insert(feature.name).second) {
      return Fault("SCHEMA-FEATURE", subject, "name used twice");
    }
  }
  if (dense_width() > kDenseWidthMax || sparse_width() > kSparseWidthMax) {
    return Fault("SCHEMA-FEATURE", "schema",
                 "more than 1,048,576 dense or 4,294,967,294 sparse columns");
  }
  for (const Context& context : contexts) {
    const std::string_view fault = ContextFault(context);
    if (!fault.empty()) {
      return Fault("SCHEMA-CONTEXT", "context \"" + context.field + "\"", fault);
    }
  }
  const std::string_view label_fault = LabelFault(label);
  if (!label_fault.empty()) return Fault("SCHEMA-LABEL", "label", label_fault);
  for (const std::string* field : {&weight_field, &time_field, &user_field, &item_field}) {
    if (field->size() > kTextMax) return Fault("SCHEMA-FIELD", "schema", "field name too long");
  }
  if (split.kind == Split::Kind::kTime && time_field.empty()) {
    return Fault("SCHEMA-SPLIT", "split", "a split by time needs a time field");
  }
  if (split.kind == Split::Kind::kSeed && !(split.test_share >= 0 && split.test_share <= 1)) {
    return Fault("SCHEMA-SPLIT", "split", "test_share must be from 0 to 1");
  }
  return {};
}

Result<std::vector<ColumnRequest>> Schema::Fields() const {
  FieldList list;
  for (const Feature& feature : features) {
    list.Need(feature.field, feature.kind());
    list.Need(feature.days_from, FieldKind::kTime);
  }
  for (const Context& context : contexts) list.Need(context.field, FieldKind::kText);
  if (label.kind != Label::Kind::kNone) list.Need(label.field, LabelKind(label));
  list.Need(weight_field, FieldKind::kNumber);
  list.Need(time_field, FieldKind::kTime);
  list.Need(user_field, FieldKind::kText);
  list.Need(item_field, FieldKind::kText);
  if (!list.status.ok()) return std::move(list.status);
  return std::move(list.fields);
}

std::vector<std::string> Schema::ColumnNames() const {
  std::vector<std::string> dense;
  std::vector<std::string> sparse;
  for (const Feature& feature : features) {
    const std::string prefix = feature.name + "=";
    switch (feature.encoding) {
      case Encoding::kNumber:
        dense.push_back(feature.name);
        break;
      case Encoding::kBucket:
        for (size_t i = 0; i <= feature.edges.size(); ++i) {
          dense.push_back(i < feature.edges.size()
                              ? feature.name + "<" + base::Shortest(feature.edges[i])
                              : feature.name + ">=" + base::Shortest(feature.edges[i - 1]));
        }
        break;
      case Encoding::kOneHot:
        for (const std::string& value : feature.vocabulary) dense.push_back(prefix + value);
        break;
      case Encoding::kVocabulary:
        for (const std::string& value : feature.vocabulary) sparse.push_back(prefix + value);
        break;
      case Encoding::kHash:
        for (uint32_t i = 0; i < feature.hash_width; ++i) {
          sparse.push_back(feature.name + "#" + std::to_string(i));
        }
        break;
    }
  }
  dense.insert(dense.end(), std::make_move_iterator(sparse.begin()),
               std::make_move_iterator(sparse.end()));
  return dense;
}

}  // namespace florin::data
