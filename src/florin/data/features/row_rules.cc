#include "florin/data/features/row_rules.h"

#include <cmath>

#include "florin/base/rng.h"
#include "florin/base/text.h"
#include "florin/data/parse.h"

namespace florin::data {
namespace {

template <typename T>
void Pick(Span<const T> values, Span<const uint32_t> rows, std::vector<T>& picked) {
  picked.resize(values.empty() ? 0 : rows.size());
  for (size_t i = 0; i < picked.size(); ++i) picked[i] = values[rows[i]];
}

void HashTexts(Span<const std::string_view> texts, std::vector<uint64_t>& hashes) {
  hashes.resize(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) hashes[i] = base::HashText(texts[i]);
}

}  // namespace

RowRules::RowRules(const Schema& schema, const FieldReader& fields, Part part)
    : label_rule_(schema.label),
      split_(schema.split),
      part_(part),
      class_index_(schema.label.vocabulary),
      split_key_(base::HashMix(schema.split.seed)) {
  const auto find = [&](const std::string& field) {
    return field.empty() ? kNoField : fields.Find(field);
  };
  if (label_rule_.kind != Label::Kind::kNone) label_field_ = find(label_rule_.field);
  weight_field_ = find(schema.weight_field);
  time_field_ = find(schema.time_field);
  user_field_ = find(schema.user_field);
  item_field_ = find(schema.item_field);
}

void RowRules::Apply(FieldReader& fields) {
  if (label_field_ != kNoField) {
    class_index_.empty() ? ReadLabels(fields) : ReadNamedLabels(fields);
  }
  if (weight_field_ != kNoField) ReadWeights(fields);
  if (time_field_ != kNoField) ReadTimes(fields);
  if (user_field_ != kNoField) HashTexts(fields.field(user_field_).texts, all_users_);
  ChooseRows(fields);
  Pick(Span<const float>(all_labels_), kept_, label_);
  Pick(Span<const float>(all_weights_), kept_, weight_);
  Pick(Span<const uint64_t>(all_users_), kept_, user_);
  if (time_field_ != kNoField) {
    Pick(Span<const int64_t>(fields.field(time_field_).times), kept_, time_);
  }
  if (item_field_ != kNoField) {
    const std::vector<std::string_view>& items = fields.field(item_field_).texts;
    item_.resize(kept_.size());
    for (size_t i = 0; i < kept_.size(); ++i) item_[i] = base::HashText(items[kept_[i]]);
  }
}

void RowRules::ReadLabels(FieldReader& fields) {
  const std::vector<double>& numbers = fields.field(label_field_).numbers;
  const bool is_real = label_rule_.kind == Label::Kind::kReal;
  const bool is_binary = label_rule_.kind == Label::Kind::kBinary;
  const double classes = is_binary ? 2 : static_cast<double>(label_rule_.classes);
  std::string expected = is_binary ? "0 or 1" : "a label";
  if (!is_real && !is_binary) {
    expected = "a class from 0 to " + std::to_string(label_rule_.classes - 1);
  }
  expected = "expected " + expected + ", found ";
  all_labels_.resize(fields.rows());
  for (size_t row = 0; row < fields.rows(); ++row) {
    const double label = numbers[row];
    all_labels_[row] = static_cast<float>(label);
    const bool is_good =
        is_real ? label == label : label >= 0 && label < classes && label == std::floor(label);
    if (is_good) continue;
    const std::string found = label != label ? "nothing" : base::Shortest(label);
    fields.Refuse(row, label_field_, expected + found);
  }
}

void RowRules::ReadNamedLabels(FieldReader& fields) {
  const std::vector<std::string_view>& texts = fields.field(label_field_).texts;
  all_labels_.resize(fields.rows());
  for (size_t row = 0; row < fields.rows(); ++row) {
    const uint32_t index = class_index_.Find(texts[row]);
    all_labels_[row] = static_cast<float>(index);
    if (index != kUnknownRow) continue;
    fields.Refuse(row, label_field_,
                  "expected one of the label's " + std::to_string(label_rule_.vocabulary.size()) +
                      " classes, found " +
                      (texts[row].empty() ? "nothing" : QuoteCell(texts[row])));
  }
}

void RowRules::ReadWeights(FieldReader& fields) {
  const std::vector<double>& numbers = fields.field(weight_field_).numbers;
  all_weights_.resize(fields.rows());
  for (size_t row = 0; row < fields.rows(); ++row) {
    all_weights_[row] = static_cast<float>(numbers[row]);
    if (all_weights_[row] > 0 && std::isfinite(all_weights_[row])) continue;
    const bool is_missing = numbers[row] != numbers[row];
    fields.Refuse(row, weight_field_,
                  "expected a weight greater than 0, found " +
                      (is_missing ? std::string("nothing") : base::Shortest(numbers[row])));
  }
}

void RowRules::ReadTimes(FieldReader& fields) {
  const std::vector<int64_t>& times = fields.field(time_field_).times;
  for (size_t row = 0; row < fields.rows(); ++row) {
    if (times[row] == kMissingTime) {
      fields.Refuse(row, time_field_, "expected a date or time, found nothing");
    }
  }
}

bool RowRules::IsTest(const FieldReader& fields, size_t row) const {
  if (split_.kind == Split::Kind::kNone) return false;
  if (split_.kind == Split::Kind::kTime) return fields.field(time_field_).times[row] >= split_.time;
  const bool has_user = user_field_ != kNoField && !fields.field(user_field_).texts[row].empty();
  const uint64_t drawn = has_user ? all_users_[row] : base::HashMix(fields.first_row() + row);
  const uint64_t draw = base::HashMix(drawn ^ split_key_);
  return static_cast<double>(draw >> 11) * 0x1p-53 < split_.test_share;
}

void RowRules::ChooseRows(const FieldReader& fields) {
  const Span<const uint8_t> is_rejected = fields.is_rejected();
  kept_.clear();
  for (size_t row = 0; row < fields.rows(); ++row) {
    if (is_rejected[row] != 0) continue;
    const bool is_test = IsTest(fields, row);
    ++(is_test ? test_rows_ : train_rows_);
    if (part_ == Part::kAll || is_test == (part_ == Part::kTest)) {
      kept_.push_back(static_cast<uint32_t>(row));
    }
  }
}

}  // namespace florin::data
