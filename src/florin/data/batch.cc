#include "florin/data/batch.h"

#include "florin/base/check.h"

namespace florin::data {
namespace {

template <typename T>
Span<const T> Rows(Span<const T> values, size_t first, size_t count, size_t width = 1) {
  return values.empty() ? values : values.subspan(first * width, count * width);
}

template <typename T>
void AppendAll(std::vector<T>& values, Span<const T> more) {
  values.insert(values.end(), more.begin(), more.end());
}

// The rows named, each `width` values wide.
template <typename T>
std::vector<T> Pick(const std::vector<T>& values, Span<const uint32_t> rows, size_t width = 1) {
  std::vector<T> picked;
  if (values.empty()) return picked;
  picked.reserve(rows.size() * width);
  for (const uint32_t row : rows) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(row * width);
    picked.insert(picked.end(), first, first + static_cast<std::ptrdiff_t>(width));
  }
  return picked;
}

}  // namespace

Batch Batch::Slice(size_t first, size_t count) const {
  FLORIN_CHECK(first <= rows && count <= rows - first);
  return {
      .rows = count,
      .dense_width = dense_width,
      .dense = Rows(dense, first, count, dense_width),
      .sparse_begin = sparse_begin.empty() ? sparse_begin : sparse_begin.subspan(first, count + 1),
      .sparse_index = sparse_index,
      .sparse_value = sparse_value,
      .level_count = level_count,
      .levels = Rows(levels, first, count, level_count),
      .label = Rows(label, first, count),
      .weight = Rows(weight, first, count),
      .user = Rows(user, first, count),
      .item = Rows(item, first, count),
      .time = Rows(time, first, count)};
}

Result<Table> Table::ReadAll(BatchReader& reader) {
  Table table;
  while (true) {
    FLORIN_ASSIGN(const Batch* batch, reader.Next());
    if (batch == nullptr) return table;
    table.Append(*batch);
  }
}

Batch Table::view() const {
  return {.rows = rows_,
          .dense_width = dense_width_,
          .dense = dense_,
          .sparse_begin = sparse_begin_,
          .sparse_index = sparse_index_,
          .sparse_value = sparse_value_,
          .level_count = level_count_,
          .levels = levels_,
          .label = label_,
          .weight = weight_,
          .user = user_,
          .item = item_,
          .time = time_};
}

void Table::Append(const Batch& batch) {
  if (rows_ == 0) {
    dense_width_ = batch.dense_width;
    level_count_ = batch.level_count;
  }
  if (batch.rows == 0) return;
  FLORIN_CHECK(dense_width_ == batch.dense_width && level_count_ == batch.level_count);
  AppendAll(dense_, batch.dense);
  AppendAll(levels_, batch.levels);
  AppendAll(label_, batch.label);
  AppendAll(weight_, batch.weight);
  AppendAll(user_, batch.user);
  AppendAll(item_, batch.item);
  AppendAll(time_, batch.time);
  if (!batch.sparse_begin.empty()) {
    const uint32_t first = batch.sparse_begin.front();
    const uint32_t count = batch.sparse_begin.back() - first;
    const auto base = static_cast<uint32_t>(sparse_index_.size());
    FLORIN_CHECK(count <= kUnknownRow - base);
    if (sparse_begin_.empty()) sparse_begin_.push_back(0);
    for (const uint32_t end : batch.sparse_begin.subspan(1)) {
      sparse_begin_.push_back(base + (end - first));
    }
    AppendAll(sparse_index_, batch.sparse_index.subspan(first, count));
    AppendAll(sparse_value_, batch.sparse_value.subspan(first, count));
  }
  rows_ += batch.rows;
}

Table Table::Gather(Span<const uint32_t> rows) const {
  for (const uint32_t row : rows) FLORIN_CHECK(row < rows_);
  Table table;
  table.rows_ = rows.size();
  table.dense_width_ = dense_width_;
  table.level_count_ = level_count_;
  table.dense_ = Pick(dense_, rows, dense_width_);
  table.levels_ = Pick(levels_, rows, level_count_);
  table.label_ = Pick(label_, rows);
  table.weight_ = Pick(weight_, rows);
  table.user_ = Pick(user_, rows);
  table.item_ = Pick(item_, rows);
  table.time_ = Pick(time_, rows);
  if (sparse_begin_.empty()) return table;
  table.sparse_begin_.reserve(rows.size() + 1);
  table.sparse_begin_.push_back(0);
  for (const uint32_t row : rows) {
    for (uint32_t at = sparse_begin_[row]; at < sparse_begin_[row + 1]; ++at) {
      table.sparse_index_.push_back(sparse_index_[at]);
      table.sparse_value_.push_back(sparse_value_[at]);
    }
    table.sparse_begin_.push_back(static_cast<uint32_t>(table.sparse_index_.size()));
  }
  return table;
}

Result<const Batch*> SingleBatchReader::Next() {
  if (is_done_ || batch_.rows == 0) return static_cast<const Batch*>(nullptr);
  is_done_ = true;
  return static_cast<const Batch*>(&batch_);
}

Status SingleBatchReader::Rewind() {
  is_done_ = false;
  return {};
}

}  // namespace florin::data
