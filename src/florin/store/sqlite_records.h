// Records in a Directory, which must outlive them. A round::Store of the same directory that saves
// while this thread has a transaction open becomes part of it.
#pragma once

#include "florin/store/directory.h"
#include "florin/store/records.h"

namespace florin::store {

class SqliteRecords : public Records {
 public:
  explicit SqliteRecords(Directory& directory) : directory_(directory) {}
  Result<std::unique_ptr<Transaction>> Begin() override;

 private:
  Directory& directory_;
};

}  // namespace florin::store
