// Schema: what a job asks of every site's rows, in the job's own words.
//
// A view (at the site) says which column feeds each field; the schema (in the job, hashed into the
// plan) says how fields become numbers. So every site computes the same features, and a site never
// has to rename a column of its database. ADR-0003.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "florin/base/codec.h"
#include "florin/base/status.h"
#include "florin/data/source.h"

namespace florin::data {

enum class Encoding : uint8_t {
  kNumber,      // one dense column: value, log1p, standardised
  kBucket,      // dense one-hot over edges.size() + 1 intervals
  kOneHot,      // dense one-hot over a short vocabulary; unknown values give all zeros
  kVocabulary,  // one sparse entry over a vocabulary; unknown values give none
  kHash,        // one sparse entry over hash_width buckets; an empty value gives none
};

// In UTC: 0-23, 0 (Monday)-6, 1-12, 1-366. Categorical encodings see the number's digits: "6".
enum class DatePart : uint8_t { kNone, kHour, kWeekday, kMonth, kDayOfYear };

struct Feature {
  std::string name;       // unique in the schema; defaults to the field
  std::string field;      // the field of the view that feeds it
  std::string days_from;  // when set: field and days_from are times, the value is their difference
                          // field - days_from in days and parts of a day
  DatePart date_part = DatePart::kNone;  // when set: field is a time, the value is this part of it
  Encoding encoding = Encoding::kNumber;
  bool log = false;  // sign(x) log(1 + |x|), before standardising
  double mean = 0;   // dense value = (x - mean) / deviation
  double deviation = 1;
  double missing = 0;         // stands in for a missing number, before log
  std::vector<double> edges;  // kBucket, ascending; a value belongs before the first edge above it
  std::vector<std::string> vocabulary;  // kOneHot, kVocabulary; distinct
  uint32_t hash_width = 0;              // kHash

  FieldKind kind() const;  // what the field must be readable as
  size_t dense_width() const;
  size_t sparse_width() const;
  bool operator==(const Feature&) const = default;
};

// One level of a count model: a context value names a row of a table of counts.
struct Context {
  std::string field;
  std::vector<std::string> vocabulary;  // the public catalogue, or
  uint32_t hash_width = 0;              // a hashed table of this width
  size_t rows() const { return hash_width > 0 ? hash_width : vocabulary.size(); }
  bool operator==(const Context&) const = default;
};

struct Label {
  enum class Kind : uint8_t { kNone, kBinary, kClass, kReal };
  Kind kind = Kind::kNone;
  std::string field;
  uint32_t classes = 0;                 // kClass: labels are 0 .. classes - 1, or
  std::vector<std::string> vocabulary;  // kClass: the class names, in order
  size_t class_count() const { return vocabulary.empty() ? classes : vocabulary.size(); }
  bool operator==(const Label&) const = default;
};

// Which rows train and which test: by time, or by a seeded draw over users (or rows without one).
struct Split {
  enum class Kind : uint8_t { kNone, kTime, kSeed };
  Kind kind = Kind::kNone;
  int64_t time = 0;       // kTime: rows before it train, the others test
  double test_share = 0;  // kSeed
  uint64_t seed = 0;      // kSeed
  bool operator==(const Split&) const = default;
};

struct Schema {
  static constexpr size_t kFeaturesMax = 4096;       // and contexts
  static constexpr size_t kVocabularyMax = 1 << 22;  // values of one list
  static constexpr size_t kEdgesMax = 1 << 16;
  static constexpr size_t kTextMax = 1024;  // bytes of one name or value
  static constexpr size_t kDenseWidthMax = 1 << 20;
  static constexpr size_t kSparseWidthMax = 0xfffffffe;  // indices are 32 bits; one is kUnknownRow

  std::vector<Feature> features;
  std::vector<Context> contexts;
  Label label;
  std::string weight_field;  // each of these may be empty
  std::string time_field;
  std::string user_field;
  std::string item_field;
  Split split;

  size_t dense_width() const;
  size_t sparse_width() const;
  // [SCHEMA-FEATURE], [SCHEMA-CONTEXT], [SCHEMA-LABEL], [SCHEMA-FIELD], [SCHEMA-SPLIT] when a part
  // contradicts itself or a bound above. Restore and Featurise check; a parser of jobs should.
  Status Check() const;
  // Every field the schema needs, once, with the kind it must have. [SCHEMA-FIELD-KIND] when one
  // field is needed as two kinds.
  Result<std::vector<ColumnRequest>> Fields() const;
  // Names of the dense columns then the sparse ones ("channel=3", "lead_days"), for reports.
  std::vector<std::string> ColumnNames() const;
  void Save(base::Writer& writer) const;  // canonical: part of the plan hash
  // [CODEC]; errors of Check().
  static Result<Schema> Restore(base::Reader& reader);
  bool operator==(const Schema&) const = default;
};

}  // namespace florin::data
