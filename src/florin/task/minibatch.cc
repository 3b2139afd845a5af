#include "florin/task/minibatch.h"

#include <cstring>

namespace florin::task {
namespace {

template <typename T>
Span<const T> Pick(Span<const T> from, size_t width, Span<const uint32_t> rows,
                   std::vector<T>& to) {
  if (from.empty()) return {};
  to.resize(rows.size() * width);
  for (size_t r = 0; r < rows.size(); ++r) {
    std::memcpy(to.data() + r * width, from.data() + rows[r] * width, width * sizeof(T));
  }
  return to;
}

}  // namespace

// A batch is only good until the reader's next one, so whether the first is the only one is found
// out by asking for the second and going back.
Result<AllRows> AllRows::Read(data::BatchReader& reader) {
  AllRows rows;
  FLORIN_ASSIGN(const data::Batch* first, reader.Next());
  if (first == nullptr) return rows;
  FLORIN_ASSIGN(const data::Batch* second, reader.Next());
  const bool is_single = second == nullptr;
  FLORIN_TRY(reader.Rewind());
  if (is_single) {
    FLORIN_ASSIGN(const data::Batch* lent, reader.Next());
    if (lent != nullptr) rows.batch_ = *lent;
    return rows;
  }
  FLORIN_ASSIGN(rows.table_, data::Table::ReadAll(reader));
  rows.batch_ = rows.table_.view();
  return rows;
}

data::Batch Minibatch::Gather(const data::Batch& from, Span<const uint32_t> rows) {
  data::Batch batch;
  batch.rows = rows.size();
  batch.dense_width = from.dense_width;
  batch.dense = Pick(from.dense, from.dense_width, rows, dense_);
  batch.level_count = from.level_count;
  batch.levels = Pick(from.levels, from.level_count, rows, levels_);
  batch.label = Pick(from.label, 1, rows, label_);
  batch.weight = Pick(from.weight, 1, rows, weight_);
  batch.user = Pick(from.user, 1, rows, user_);
  batch.item = Pick(from.item, 1, rows, item_);
  batch.time = Pick(from.time, 1, rows, time_);
  if (from.sparse_begin.empty()) return batch;
  sparse_begin_.assign(1, 0);
  sparse_index_.clear();
  sparse_value_.clear();
  for (const uint32_t row : rows) {
    const uint32_t begin = from.sparse_begin[row];
    const uint32_t count = from.sparse_begin[row + 1] - begin;
    const auto index = from.sparse_index.subspan(begin, count);
    const auto value = from.sparse_value.subspan(begin, count);
    sparse_index_.insert(sparse_index_.end(), index.begin(), index.end());
    sparse_value_.insert(sparse_value_.end(), value.begin(), value.end());
    sparse_begin_.push_back(static_cast<uint32_t>(sparse_index_.size()));
  }
  batch.sparse_begin = sparse_begin_;
  batch.sparse_index = sparse_index_;
  batch.sparse_value = sparse_value_;
  return batch;
}

}  // namespace florin::task
