#include "florin/api/audit_log.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "florin/api/chained_store.h"
#include "florin/api/membership_log.h"
#include "florin/govern/audit_file.h"

namespace florin::api {
namespace {

constexpr std::string_view kLog = "audit";

constexpr std::pair<std::string_view, std::string_view> kChains[] = {
    {"calls", kLog}, {"members", kMembershipLog}, {"rounds", kRoundsLog}};

std::string TextOf(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

Result<AuditLog> AuditLog::Open(store::Records& records) {
  AuditLog log(records);
  FLORIN_ASSIGN(const auto reading, records.Begin());
  FLORIN_ASSIGN(const uint64_t size, reading->LogSize(kLog));
  if (size == 0) return log;
  FLORIN_ASSIGN(const auto last, reading->ReadLog(kLog, size - 1, 1));
  FLORIN_ASSIGN(const govern::AuditLine line, govern::ParseLine(TextOf(last.at(0))));
  const auto* entry = std::get_if<govern::Entry>(&line);
  if (entry == nullptr) {
    return Status(Kind::kFailed, "AUDIT-FORM", "the audit log does not end with an entry.");
  }
  log.chain_ = govern::Chain(*entry);
  return log;
}

Status AuditLog::Append(Time time, std::string actor, std::string event,
                        govern::AuditFields fields) {
  govern::Chain chain = chain_;  // goes on when the entry is durable
  FLORIN_ASSIGN(const govern::Entry entry,
                chain.Append(time, std::move(actor), std::move(event), std::move(fields)));
  FLORIN_ASSIGN(const auto change, records_->Begin());
  const std::string line = govern::ToLine(entry);
  const auto index = change->Append(kLog, base::AsBytes(line));
  if (!index.ok()) return index.status();
  FLORIN_TRY(change->Commit());
  chain_ = chain;
  return {};
}

Result<std::vector<std::string>> AuditLog::Read(uint64_t first, size_t count_max) const {
  return ReadChain("calls", first, count_max);
}

Result<std::vector<std::string>> AuditLog::ReadChain(std::string_view chain, uint64_t first,
                                                     size_t count_max) const {
  const auto* const found = std::find_if(std::begin(kChains), std::end(kChains),
                                         [&](const auto& one) { return one.first == chain; });
  if (found == std::end(kChains)) {
    return Status(
        Kind::kUsage, "AUDIT-CHAIN",
        "expected the chain calls, members or rounds, found \"" + std::string(chain) + "\".");
  }
  FLORIN_ASSIGN(const auto reading, records_->Begin());
  FLORIN_ASSIGN(const auto entries, reading->ReadLog(found->second, first, count_max));
  std::vector<std::string> lines;
  lines.reserve(entries.size());
  for (const Bytes& entry : entries) lines.push_back(TextOf(entry));
  return lines;
}

}  // namespace florin::api
