// RowSet: the rows of one table of a model that a round is about.
//
// A recommender's table has far more rows than a round touches. The rows are chosen and told to all
// before the round, so which of them a site touched stays in its update: a list of a site's own
// rows beside a sealed vector would give away what the seal hides. What a site did to other rows is
// left out: gather before the update is clipped and turned.
//
// A gathered vector is the model's layout with that table cut down to its chosen rows, in ascending
// order. Immutable, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "florin/base/span.h"
#include "florin/base/status.h"
#include "florin/num/layout.h"

namespace florin::encode {

class RowSet {
 public:
  // table: a slice of shape [rows, columns]; rows: ascending, none twice, each below the table's.
  // [ENCODE-ROWS]
  static Result<RowSet> Make(const num::Layout& layout, std::string_view table,
                             std::vector<uint32_t> rows);

  size_t full_size() const { return full_size_; }
  size_t size() const;  // of a gathered vector
  const std::vector<uint32_t>& rows() const { return rows_; }

  // full: of full_size(); out: of size() (FLORIN_CHECK).
  void Gather(Span<const float> full, Span<float> out) const;
  // The way back, of a sum: rows that are not in the set become zero.
  void Scatter(Span<const double> gathered, Span<double> full) const;

 private:
  size_t full_size_ = 0;
  size_t first_ = 0;  // entries before the table
  size_t table_size_ = 0;
  size_t columns_ = 0;
  std::vector<uint32_t> rows_;
};

}  // namespace florin::encode
