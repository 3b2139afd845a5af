#include "florin/data/profile.h"

#include <algorithm>
#include <cstdio>

#include "florin/base/text.h"
#include "florin/base/time.h"
#include "florin/data/features/fields.h"
#include "florin/data/features/row_rules.h"
#include "florin/data/features/text_index.h"

namespace florin::data {
namespace {

constexpr double kMissingShareNoted = 0.05;

// What one pass over a field's values gathers.
class FieldTally {
 public:
  FieldTally(const ColumnRequest& field, const std::string& column)
      : distinct_(FieldProfile::kDistinctMax) {
    profile_.field = field.column;
    profile_.kind = field.kind;
    profile_.column = column;
  }

  void Expect(const std::vector<std::string>& vocabulary) { vocabulary_ = TextIndex(vocabulary); }
  void Add(const Column& column, size_t rows);
  FieldProfile Report() &&;

 private:
  void AddNumbers(const std::vector<double>& numbers);
  void AddTimes(const std::vector<int64_t>& times);
  void AddTexts(const std::vector<std::string_view>& texts);
  uint64_t present() const { return profile_.rows - profile_.missing; }
  std::string Note() const;

  FieldProfile profile_;
  TextIndex vocabulary_;
  DistinctCounter distinct_;
  double sum_ = 0;
  double least_ = std::numeric_limits<double>::infinity();
  double most_ = -std::numeric_limits<double>::infinity();
  int64_t first_ = std::numeric_limits<int64_t>::max();
  int64_t last_ = std::numeric_limits<int64_t>::min();
};

void FieldTally::Add(const Column& column, size_t rows) {
  profile_.rows += rows;
  switch (profile_.kind) {
    case FieldKind::kNumber:
      return AddNumbers(column.numbers);
    case FieldKind::kTime:
      return AddTimes(column.times);
    case FieldKind::kText:
      return AddTexts(column.texts);
  }
}

void FieldTally::AddNumbers(const std::vector<double>& numbers) {
  for (const double x : numbers) {
    if (x != x) {
      ++profile_.missing;
      continue;
    }
    sum_ += x;
    least_ = std::min(least_, x);
    most_ = std::max(most_, x);
  }
}

void FieldTally::AddTimes(const std::vector<int64_t>& times) {
  for (const int64_t time : times) {
    if (time == kMissingTime) {
      ++profile_.missing;
      continue;
    }
    first_ = std::min(first_, time);
    last_ = std::max(last_, time);
  }
}

void FieldTally::AddTexts(const std::vector<std::string_view>& texts) {
  for (const std::string_view text : texts) {
    if (text.empty()) {
      ++profile_.missing;
      continue;
    }
    distinct_.Add(text);
    profile_.outside += !vocabulary_.empty() && vocabulary_.Find(text) == kUnknownRow;
  }
}

// Six digits: enough to recognise a column by.
std::string Rounded(double x) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.6g", x);
  return text;
}

std::string Seconds(int64_t micros) {
  std::string text = Time{micros}.ToString();
  const size_t fraction = text.rfind(".000000Z");
  return fraction == std::string::npos ? text : text.substr(0, fraction) + "Z";
}

FieldProfile FieldTally::Report() && {
  profile_.distinct = distinct_.count();
  if (present() > 0 && profile_.kind == FieldKind::kNumber) {
    profile_.minimum = Rounded(least_);
    profile_.maximum = Rounded(most_);
    profile_.mean = Rounded(sum_ / static_cast<double>(present()));
  } else if (present() > 0 && profile_.kind == FieldKind::kTime) {
    profile_.minimum = Seconds(first_);
    profile_.maximum = Seconds(last_);
  }
  profile_.note = Note();
  return std::move(profile_);
}

std::string FieldTally::Note() const {
  if (profile_.rows == 0) return "";
  if (present() == 0) return "all missing";
  std::vector<std::string> notes;
  const double missing_share =
      static_cast<double>(profile_.missing) / static_cast<double>(profile_.rows);
  if (missing_share >= kMissingShareNoted) {
    notes.push_back(base::Fixed(100 * missing_share, 0) + " % missing");
  }
  const bool is_constant = profile_.kind == FieldKind::kText   ? profile_.distinct == 1
                           : profile_.kind == FieldKind::kTime ? first_ == last_
                                                               : least_ == most_;
  if (is_constant && profile_.missing == 0) notes.push_back("constant");
  if (profile_.outside > 0) {
    notes.push_back(base::WithCommas(static_cast<int64_t>(profile_.outside)) +
                    (profile_.outside == 1 ? " value" : " values") + " outside the catalogue");
  }
  return base::Join(notes, ", ");
}

// The schema's lists of known values, told to the fields they are about.
void ExpectVocabularies(const Schema& schema, const FieldReader& fields,
                        std::vector<FieldTally>& tallies) {
  for (const Feature& feature : schema.features) {
    if (feature.kind() == FieldKind::kText && !feature.vocabulary.empty()) {
      tallies[fields.Find(feature.field)].Expect(feature.vocabulary);
    }
  }
  for (const Context& context : schema.contexts) {
    if (!context.vocabulary.empty()) tallies[fields.Find(context.field)].Expect(context.vocabulary);
  }
}

}  // namespace

Result<Profile> MakeProfile(Source& source, const View& view, const Schema& schema) {
  FLORIN_TRY(schema.Check());
  FLORIN_ASSIGN(std::vector<ColumnRequest> needed, schema.Fields());
  View tolerant = view;
  tolerant.reject_share_max = 1;
  if (needed.empty()) {
    FLORIN_ASSIGN(const std::vector<SourceColumn> columns, source.Describe());
    for (const SourceColumn& column : columns) needed.push_back({column.name, column.kind});
    tolerant.fields.clear();
  }
  FLORIN_ASSIGN(FieldReader fields, FieldReader::Open(source, tolerant, needed));
  RowRules rules(schema, fields, Part::kAll);
  std::vector<FieldTally> tallies;
  tallies.reserve(needed.size());
  for (size_t i = 0; i < needed.size(); ++i) tallies.emplace_back(needed[i], fields.column_name(i));
  ExpectVocabularies(schema, fields, tallies);

  Profile profile;
  double label_sum = 0;
  while (true) {
    FLORIN_ASSIGN(const bool has_chunk, fields.Next());
    if (!has_chunk) break;
    for (size_t i = 0; i < tallies.size(); ++i) tallies[i].Add(fields.field(i), fields.rows());
    rules.Apply(fields);
    for (const float label : rules.label()) label_sum += static_cast<double>(label);
    profile.rows += rules.kept().size();
  }
  profile.train_rows = rules.train_rows();
  profile.test_rows = rules.test_rows();
  const bool has_rate =
      schema.label.kind == Label::Kind::kBinary || schema.label.kind == Label::Kind::kReal;
  if (has_rate && profile.rows > 0) {
    profile.label_rate = label_sum / static_cast<double>(profile.rows);
  }
  for (FieldTally& tally : tallies) profile.fields.push_back(std::move(tally).Report());
  profile.rejects = fields.rejects();
  return profile;
}

}  // namespace florin::data
