// Readers for tests.
#pragma once

#include <algorithm>

#include "florin/data/batch.h"

namespace florin::task {

// Hands rows out a few at a time, from memory that the next batch overwrites, as readers may.
class ChunkReader final : public data::BatchReader {
 public:
  ChunkReader(const data::Batch& rows, size_t batch_rows) : batch_rows_(batch_rows) {
    rows_.Append(rows);
  }

  Result<const data::Batch*> Next() override {
    const size_t count = std::min(batch_rows_, rows_.rows() - next_);
    if (count == 0) return static_cast<const data::Batch*>(nullptr);
    std::vector<uint32_t> order;
    order.reserve(count);
    for (size_t r = 0; r < count; ++r) order.push_back(static_cast<uint32_t>(next_ + r));
    next_ += count;
    chunk_ = rows_.Gather(order);
    batch_ = chunk_.view();
    return static_cast<const data::Batch*>(&batch_);
  }
  Status Rewind() override {
    next_ = 0;
    return {};
  }

 private:
  data::Table rows_;
  size_t batch_rows_;
  size_t next_ = 0;
  data::Table chunk_;
  data::Batch batch_;
};

class BrokenReader final : public data::BatchReader {
 public:
  Result<const data::Batch*> Next() override { return Status(Kind::kFailed, "BROKEN", "broken"); }
  Status Rewind() override { return {}; }
};

}  // namespace florin::task
