// AuditLog: what operators asked for, appended; and all audit chains of the coordinator, read.
//
// For the engine's thread, with no transaction of that thread open.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "florin/govern/audit.h"
#include "florin/store/records.h"

namespace florin::api {

struct ChainPage {
  std::vector<std::string> lines;  // entries, as lines of an audit file
  std::string head;                // the newest signed head; "" while the chain is empty
};

class AuditLog {
 public:
  explicit AuditLog(store::Records& records) : records_(records) {}  // outlives the log

  // To the chain "calls". Durable when it returns ok. [AUDIT-FORM]
  Status Append(Time time, std::string actor, std::string event, govern::AuditFields fields);
  // Entries `first` (counted from 0) and on, at most count_max, of "calls", "members" or "rounds".
  // Kind::kUsage, [AUDIT-CHAIN] there is no such chain.
  Result<ChainPage> Read(std::string_view chain, uint64_t first, size_t count_max) const;

 private:
  store::Records& records_;
};

}  // namespace florin::api
