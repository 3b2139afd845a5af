// Readiness: what a site's rows look like through a view, before anything travels.
#pragma once

#include <string>
#include <vector>

#include "florin/data/schema.h"
#include "florin/data/source.h"
#include "florin/data/view.h"

namespace florin::data {

struct FieldProfile {
  std::string field;
  std::string column;
  FieldKind kind = FieldKind::kText;
  uint64_t rows = 0;
  uint64_t missing = 0;
  std::string minimum;  // numbers and times
  std::string maximum;
  std::string mean;       // numbers only
  uint64_t distinct = 0;  // texts only, counted up to kDistinctMax
  uint64_t outside = 0;   // rows whose value is outside the schema's vocabulary
  std::string note;       // what the owner should look at, or ""

  static constexpr size_t kDistinctMax = 100'000;
};

struct Profile {
  uint64_t rows = 0;  // readable; the rejected ones are in rejects
  uint64_t train_rows = 0;
  uint64_t test_rows = 0;
  double label_rate = 0;  // mean label of binary and real labels
  std::vector<FieldProfile> fields;
  RejectReport rejects;
};

// With a schema: its fields and its checks. With an empty schema: every column of the source, by
// its own name and the kind its first rows suggest. Rejects never fail it: it is there to show
// them.
Result<Profile> MakeProfile(Source& source, const View& view, const Schema& schema);

}  // namespace florin::data
