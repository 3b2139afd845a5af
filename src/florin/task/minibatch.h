// Rows for training: all of a reader's in memory, then a few at a time. Internal to the room.
#pragma once

#include <vector>

#include "florin/base/span.h"
#include "florin/base/status.h"
#include "florin/data/batch.h"

namespace florin::task {

constexpr size_t kWeightMax = (size_t{1} << 24) - 1;  // rows one yield can count for

// All rows of a reader as one batch. A reader with a single batch lends it, uncopied; the reader
// must outlive the rows and may not be advanced meanwhile.
class AllRows {
 public:
  static Result<AllRows> Read(data::BatchReader& reader);
  const data::Batch& batch() const { return batch_; }

 private:
  data::Table table_;  // empty when the reader lends
  data::Batch batch_;
};

// Copies named rows side by side into memory that is kept between calls.
class Minibatch {
 public:
  // The batch is valid until the next call. rows: indices below from.rows.
  data::Batch Gather(const data::Batch& from, Span<const uint32_t> rows);

 private:
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

}  // namespace florin::task
