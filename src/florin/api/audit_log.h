// AuditLog: the coordinator's audit chain among its records, one line an entry.
//
// The lines are those of an audit file (docs/spec/files.md), so a reader verifies them as one. For
// the engine's thread, with no transaction of that thread open.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "florin/govern/audit.h"
#include "florin/store/records.h"

namespace florin::api {

class AuditLog {
 public:
  // Goes on behind the last entry. The records outlive the log. [AUDIT-FORM] that entry cannot be
  // read.
  static Result<AuditLog> Open(store::Records& records);

  // Durable when it returns ok. [AUDIT-FORM]
  Status Append(Time time, std::string actor, std::string event, govern::AuditFields fields);
  // Entries `first` (counted from 0) and on, at most count_max.
  Result<std::vector<std::string>> Read(uint64_t first, size_t count_max) const;
  // The same of any chain among these records: "calls" (this one), "members", "rounds".
  // Kind::kUsage, [AUDIT-CHAIN] there is no such one.
  Result<std::vector<std::string>> ReadChain(std::string_view chain, uint64_t first,
                                             size_t count_max) const;
  const govern::Chain& chain() const { return chain_; }

 private:
  explicit AuditLog(store::Records& records) : records_(&records) {}

  store::Records* records_;
  govern::Chain chain_;
};

}  // namespace florin::api
