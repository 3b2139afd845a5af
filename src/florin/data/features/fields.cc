#include "florin/data/features/fields.h"

#include <algorithm>

#include "florin/base/check.h"
#include "florin/base/text.h"
#include "florin/data/parse.h"

namespace florin::data {
namespace {

Status NoSuchColumn(const View& view, const std::string& field, const std::string& column,
                    const Source& source, Span<const SourceColumn> columns) {
  std::vector<std::string> names;
  for (const SourceColumn& known : columns) names.push_back(known.name);
  return Status(Kind::kConfig, "VIEW-COLUMN",
                "view \"" + view.name + "\": field \"" + field + "\": " + source.name() +
                    " has no column \"" + column + "\"." + base::DidYouMean(column, names));
}

}  // namespace

Result<FieldReader> FieldReader::Open(Source& source, const View& view,
                                      const std::vector<ColumnRequest>& fields) {
  FLORIN_ASSIGN(const std::vector<SourceColumn> columns, source.Describe());
  FieldReader reader;
  reader.source_name_ = source.name();
  reader.decimal_point_ = view.csv.decimal_comma ? ',' : '.';
  reader.reject_share_max_ = view.reject_share_max;
  ScanOptions options{.columns = {}, .reject_share_max = 1};  // Judge() has the last word
  for (const ColumnRequest& field : fields) {
    const auto named = view.fields.find(field.column);
    Bound bound;
    bound.field = bound.column = field.column;
    bound.kind = field.kind;
    if (named != view.fields.end() && !named->second.column.empty()) {
      bound.column = named->second.column;
    }
    const auto is_it = [&](const SourceColumn& column) { return column.name == bound.column; };
    if (std::none_of(columns.begin(), columns.end(), is_it)) {
      return NoSuchColumn(view, bound.field, bound.column, source, columns);
    }
    if (named != view.fields.end() && !named->second.values.empty()) {
      FLORIN_ASSIGN(bound.map, MakeMap(named->second.values, bound, view));
      bound.mapped.kind = bound.kind;
    }
    options.columns.push_back({bound.column, bound.map ? FieldKind::kText : bound.kind});
    reader.bound_.push_back(std::move(bound));
  }
  FLORIN_ASSIGN(reader.reader_, source.Scan(options));
  reader.columns_.resize(reader.bound_.size());
  return reader;
}

Result<std::unique_ptr<FieldReader::ValueMap>> FieldReader::MakeMap(
    const std::map<std::string, std::string>& values, const Bound& bound, const View& view) {
  const char decimal_point = view.csv.decimal_comma ? ',' : '.';
  auto map = std::make_unique<ValueMap>();
  std::vector<std::string> texts;
  for (const auto& [text, value] : values) {
    texts.push_back(text);
    map->targets.push_back(value);
    const double number = ParseNumber(value, decimal_point);
    const int64_t time = ParseTime(value);
    const bool is_readable = value.empty() || bound.kind == FieldKind::kText ||
                             (bound.kind == FieldKind::kNumber && number == number) ||
                             (bound.kind == FieldKind::kTime && time != kMissingTime);
    if (!is_readable) {
      return Status(Kind::kConfig, "VIEW-VALUE",
                    "view \"" + view.name + "\": field \"" + bound.field + "\": value for " +
                        QuoteCell(text) + ": " + WrongKind(bound.field, bound.kind, value));
    }
    map->numbers.push_back(number);
    map->times.push_back(time);
  }
  map->texts = TextIndex(texts);
  return map;
}

Result<bool> FieldReader::Next() {
  first_row_ += rows_;
  rows_ = 0;
  FLORIN_ASSIGN(const Columns* chunk, reader_->Next());
  is_done_ = chunk == nullptr;
  rows_ = is_done_ ? 0 : chunk->rows;
  FLORIN_TRY(Judge());
  if (is_done_) return false;
  is_rejected_.assign(rows_, 0);
  for (size_t i = 0; i < bound_.size(); ++i) {
    columns_[i] = &chunk->columns[i];
    if (bound_[i].map) ApplyMap(i, chunk->columns[i]);
  }
  return true;
}

Status FieldReader::Rewind() {
  rows_ = 0;
  first_row_ = 0;
  is_done_ = false;
  own_rejects_ = {};
  return reader_->Rewind();
}

size_t FieldReader::Find(std::string_view field) const {
  const auto is_it = [&](const Bound& bound) { return bound.field == field; };
  const auto at = std::find_if(bound_.begin(), bound_.end(), is_it);
  FLORIN_CHECK(at != bound_.end());
  return static_cast<size_t>(at - bound_.begin());
}

void FieldReader::ApplyMap(size_t index, const Column& column) {
  Bound& bound = bound_[index];
  const ValueMap& map = *bound.map;
  columns_[index] = &bound.mapped;
  const auto refuse = [&](size_t row) {
    const std::string reason = WrongKind("", bound.kind, column.texts[row]);
    Refuse(row, index, std::string_view(reason).substr(2));  // without the name's ": "
  };
  if (bound.kind == FieldKind::kText) {
    bound.mapped.texts.resize(rows_);
    for (size_t row = 0; row < rows_; ++row) {
      const uint32_t at = map.texts.Find(column.texts[row]);
      bound.mapped.texts[row] = at == kUnknownRow ? column.texts[row] : map.targets[at];
    }
  } else if (bound.kind == FieldKind::kNumber) {
    bound.mapped.numbers.resize(rows_);
    for (size_t row = 0; row < rows_; ++row) {
      const uint32_t at = map.texts.Find(column.texts[row]);
      const bool is_mapped = at != kUnknownRow;
      const double value =
          is_mapped ? map.numbers[at] : ParseNumber(column.texts[row], decimal_point_);
      bound.mapped.numbers[row] = value;
      if (value != value && !is_mapped && !base::Trim(column.texts[row]).empty()) refuse(row);
    }
  } else {
    bound.mapped.times.resize(rows_);
    for (size_t row = 0; row < rows_; ++row) {
      const uint32_t at = map.texts.Find(column.texts[row]);
      const bool is_mapped = at != kUnknownRow;
      const int64_t value = is_mapped ? map.times[at] : ParseTime(column.texts[row]);
      bound.mapped.times[row] = value;
      if (value == kMissingTime && !is_mapped && !base::Trim(column.texts[row]).empty()) {
        refuse(row);
      }
    }
  }
}

void FieldReader::Refuse(size_t row, size_t field, std::string_view expectation) {
  if (is_rejected_[row] != 0) return;
  is_rejected_[row] = 1;
  if (!own_rejects_.WantsMore()) {
    ++own_rejects_.rows;
    return;
  }
  const Place place = reader_->Locate(row, field);
  own_rejects_.Add({.line = place.line,
                    .column = place.column,
                    .reason = bound_[field].column + ": " + std::string(expectation)});
}

Status FieldReader::Judge() const {
  if (reject_share_max_ > 0 && !is_done_) return {};
  const RejectReport& unread = reader_->rejects();
  if (unread.rows == 0 && own_rejects_.rows == 0) return {};
  return CheckRejects(rejects(), first_row_ + rows_ + unread.rows, reject_share_max_, source_name_);
}

RejectReport FieldReader::rejects() const {
  RejectReport both = reader_->rejects();
  for (const Reject& reject : own_rejects_.first) both.Add(reject);
  both.rows = reader_->rejects().rows + own_rejects_.rows;
  return both;
}

}  // namespace florin::data
