// The field table: every key of a job file, a view file and a policy file, once.
//
// The parser reads types, bounds and choices from it, refuses keys that are not in it, and prints
// it as `florin job explain`; docs/spec/job.md and docs/spec/policy.md are generated from it and
// held to it by a test.
//
// A path is the keys from the top joined by dots; `[]` stands for any item of a list and `*` for
// any key of a mapping whose keys the writer chooses: "schema.features[].log", "fields.*.column".
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/span.h"

namespace florin::job {

enum class FieldType {
  kSection,  // a mapping of further keys
  kMapping,  // a mapping whose keys the writer chooses
  kList,     // of mappings
  kName,     // 1-64 of a-z, 0-9 and '-'
  kText,
  kTexts,  // a list of texts or numbers, kept as written
  kNumber,
  kNumbers,
  kWhole,  // a whole number
  kWholes,
  kFlag,      // true or false
  kDuration,  // "60s"
  kShare,     // "0.1%" or 0.001
  kTime,      // "2014-08-01" or "2014-08-01T12:00:00", UTC
  kChoice,    // one of choices()
  kChoices,   // a list of them
};

struct Bound {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool excludes_low = false;
  bool excludes_high = false;

  bool Holds(double value) const;
  std::string ToString() const;  // "> 0", "0 to 1", "" when there is none
};

struct Field {
  std::string_view path;
  FieldType type;
  std::string_view standard = {};  // what holds when the key is not given; "" = nothing
  bool is_required = false;        // wherever its section is given
  Bound bound = {};                // of a number, each number of a list, a duration in seconds
  std::string_view unit = {};      // "rows", "sites"
  std::string_view applies = {};   // "counts": read only by this model or strategy; commas between
  std::vector<std::string> (*choices)() = nullptr;
  std::string_view help;  // one or two sentences

  std::string_view key() const;     // the last part of the path
  std::string_view parent() const;  // the path without it; "" at the top
  std::string TypeText() const;     // "a number > 0", "one of: a, b"
};

Span<const Field> JobFields();
Span<const Field> ViewFields();
Span<const Field> PolicyFields();

// nullptr when the table has no such path.
const Field* FindField(Span<const Field> fields, std::string_view path);
// The keys right below `parent`, in the table's order.
std::vector<std::string> ChildKeys(Span<const Field> fields, std::string_view parent);

// The reference as Markdown: docs/spec/job.md.
std::string FieldReference();
// docs/spec/policy.md.
std::string PolicyReference();

}  // namespace florin::job
