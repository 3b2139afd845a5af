// Batch is what models and statistics see: numbers only, column groups laid out for kernels.
//
// A Batch borrows; the reader that handed it out keeps the memory until its next Next(). A Table
// owns the same shape, for sites that train in several epochs and for virtual sites.
#pragma once

#include <cstdint>
#include <vector>

#include "florin/base/span.h"
#include "florin/base/status.h"

namespace florin::data {

constexpr uint32_t kUnknownRow = 0xffffffff;  // a context value outside the public catalogue

struct Batch {
  size_t rows = 0;
  size_t dense_width = 0;
  Span<const float> dense;  // [rows x dense_width], row-major

  // Sparse features in CSR: row r has entries [sparse_begin[r], sparse_begin[r + 1]).
  Span<const uint32_t> sparse_begin;  // [rows + 1] or empty
  Span<const uint32_t> sparse_index;  // below the schema's sparse_width
  Span<const float> sparse_value;

  size_t level_count = 0;
  Span<const uint32_t> levels;  // [rows x level_count]: row of each context table, or kUnknownRow

  Span<const float> label;    // [rows]: 0/1, a class index, or a real value; empty when scoring
  Span<const float> weight;   // [rows] or empty for ones
  Span<const uint64_t> user;  // [rows] or empty; site-local hash, never leaves
  Span<const uint64_t> item;  // [rows] or empty
  Span<const int64_t> time;   // [rows] or empty; microseconds since 1970 UTC

  // Rows [first, first + count) of this batch.
  Batch Slice(size_t first, size_t count) const;
};

class BatchReader {
 public:
  virtual ~BatchReader() = default;
  virtual Result<const Batch*> Next() = 0;  // nullptr after the last batch
  virtual Status Rewind() = 0;
};

class Table {
 public:
  // Reads everything that is left in `reader`.
  static Result<Table> ReadAll(BatchReader& reader);

  size_t rows() const { return rows_; }
  Batch view() const;  // all rows
  void Append(const Batch& batch);
  // The rows named by `rows`, in that order.
  Table Gather(Span<const uint32_t> rows) const;

 private:
  size_t rows_ = 0;
  size_t dense_width_ = 0;
  size_t level_count_ = 0;
  std::vector<float> dense_;
  std::vector<uint32_t> sparse_begin_;
  std::vector<uint32_t> sparse_index_;
  std::vector<float> sparse_value_;
  std::vector<uint32_t> levels_;
  std::vector<float> label_;
  std::vector<float> weight_;
  std::vector<uint64_t> user_;
  std::vector<uint64_t> item_;
  std::vector<int64_t> time_;
};

// Hands out one borrowed batch, whole: no copy. The batch's memory must outlive the reader.
class SingleBatchReader final : public BatchReader {
 public:
  explicit SingleBatchReader(const Batch& batch) : batch_(batch) {}
  Result<const Batch*> Next() override;
  Status Rewind() override;

 private:
  Batch batch_;
  bool is_done_ = false;
};

}  // namespace florin::data
