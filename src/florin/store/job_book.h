// The coordinator's job book among its records: on disk or in memory, as those are. Adding a job
// inside a transaction of the same thread becomes a part of it.
#pragma once

#include "florin/round/job_book.h"
#include "florin/store/records.h"

namespace florin::store {

class RecordedJobBook final : public round::JobBook {
 public:
  explicit RecordedJobBook(Records& records) : records_(records) {}
  Status Add(const round::JobEntry& entry) override;
  Result<std::vector<round::JobEntry>> Jobs() override;

 private:
  Records& records_;
};

}  // namespace florin::store
