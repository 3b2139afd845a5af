#include "florin/api/membership_log.h"

#include <utility>

#include "florin/govern/audit_file.h"

namespace florin::api {
namespace {

constexpr size_t kHeadsMax = 64;  // signed one after the other with no entry between

// Where the chain stands: behind the last line that is an entry.
Result<govern::Chain> Resume(store::Transaction& change) {
  FLORIN_ASSIGN(const uint64_t size, change.LogSize(kMembershipLog));
  for (uint64_t back = 1; back <= size && back <= kHeadsMax; ++back) {
    FLORIN_ASSIGN(const auto lines, change.ReadLog(kMembershipLog, size - back, 1));
    const std::string line(lines.front().begin(), lines.front().end());
    FLORIN_ASSIGN(const govern::AuditLine parsed, govern::ParseLine(line));
    if (const auto* entry = std::get_if<govern::Entry>(&parsed)) return govern::Chain(*entry);
  }
  if (size == 0) return govern::Chain();
  return Status(Kind::kFailed, "AUDIT-FORM", "membership log: no entry among its last lines.");
}

}  // namespace

Status AppendNews(store::Transaction& change, Time now, std::string actor, std::string event,
                  govern::AuditFields fields) {
  FLORIN_ASSIGN(govern::Chain chain, Resume(change));
  FLORIN_ASSIGN(const govern::Entry entry,
                chain.Append(now, std::move(actor), std::move(event), std::move(fields)));
  return change.Append(kMembershipLog, base::AsBytes(govern::ToLine(entry))).status();
}

}  // namespace florin::api
