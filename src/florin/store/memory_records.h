// Records in memory: for simulations and tests, and the reference for what they mean. Durable as
// long as the object. Thread-safe, as every Records.
#pragma once

#include <map>
#include <utility>

#include "florin/store/records.h"

namespace florin::store {

class MemoryRecords final : public Records {
 public:
  Result<std::unique_ptr<Transaction>> Begin() override;

 private:
  friend class MemoryTransaction;
  std::recursive_mutex mutex_;
  class MemoryTransaction* open_ = nullptr;  // the innermost of the thread that holds the mutex
  std::map<std::pair<std::string, std::string>, Bytes> records_;  // by kind and key
  std::map<std::string, std::vector<Bytes>> logs_;                // by kind
};

}  // namespace florin::store
