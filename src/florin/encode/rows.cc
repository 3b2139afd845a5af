#include "florin/encode/rows.h"

#include <algorithm>
#include <string>
#include <utility>

namespace florin::encode {
namespace {

Status NoRowSet(std::string_view table, const std::string& why) {
  return Status(Kind::kConfig, "ENCODE-ROWS", "rows of \"" + std::string(table) + "\": " + why);
}

}  // namespace

Result<RowSet> RowSet::Make(const num::Layout& layout, std::string_view table,
                            std::vector<uint32_t> rows) {
  const num::Slice* slice = layout.Find(table);
  if (slice == nullptr || slice->shape.size() != 2) {
    return NoRowSet(table, "expected a slice of rows and columns, found " +
                               std::string(slice == nullptr ? "none." : "another shape."));
  }
  const size_t table_rows = slice->shape[0];
  for (size_t i = 0; i < rows.size(); ++i) {
    const bool ascends = i == 0 || rows[i - 1] < rows[i];
    if (ascends && rows[i] < table_rows) continue;
    return NoRowSet(table, "expected rows that ascend, below " + std::to_string(table_rows) +
                               "; found " + std::to_string(rows[i]) + " at place " +
                               std::to_string(i) + ". Sort them and leave out doubles.");
  }
  RowSet set;
  set.full_size_ = layout.size();
  set.first_ = slice->offset;
  set.table_size_ = slice->size;
  set.columns_ = slice->shape[1];
  set.rows_ = std::move(rows);
  return set;
}

size_t RowSet::size() const { return full_size_ - table_size_ + rows_.size() * columns_; }

void RowSet::Gather(Span<const float> full, Span<float> out) const {
  FLORIN_CHECK(full.size() == full_size_ && out.size() == size());
  const Span<const float> table = full.subspan(first_, table_size_);
  auto to = std::copy_n(full.begin(), first_, out.begin());
  for (const size_t row : rows_) {
    to = std::ranges::copy(table.subspan(row * columns_, columns_), to).out;
  }
  std::ranges::copy(full.subspan(first_ + table_size_), to);
}

void RowSet::Scatter(Span<const double> gathered, Span<double> full) const {
  FLORIN_CHECK(gathered.size() == size() && full.size() == full_size_);
  const Span<double> table = full.subspan(first_, table_size_);
  std::ranges::copy(gathered.first(first_), full.begin());
  std::ranges::fill(table, 0.0);
  size_t at = first_;
  for (const size_t row : rows_) {
    std::ranges::copy(gathered.subspan(at, columns_), table.subspan(row * columns_).begin());
    at += columns_;
  }
  std::ranges::copy(gathered.subspan(at), full.subspan(first_ + table_size_).begin());
}

}  // namespace florin::encode
