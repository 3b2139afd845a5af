#include "florin/api/audit_log.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "florin/api/chain_log.h"

namespace florin::api {
namespace {

constexpr std::pair<std::string_view, std::string_view> kChains[] = {
    {"calls", kCallsChain}, {"members", kMembersChain}, {"rounds", kRoundsChain}};

}  // namespace

Status AuditLog::Append(Time time, std::string actor, std::string event,
                        govern::AuditFields fields) {
  FLORIN_ASSIGN(const auto change, records_.Begin());
  FLORIN_TRY(AppendNews(*change, kCallsChain, time,
                        {{std::move(actor), std::move(event), std::move(fields)}}));
  return change->Commit();
}

Result<ChainPage> AuditLog::Read(std::string_view chain, uint64_t first, size_t count_max) const {
  const auto* const found = std::find_if(std::begin(kChains), std::end(kChains),
                                         [&](const auto& one) { return one.first == chain; });
  if (found == std::end(kChains)) {
    return Status(
        Kind::kUsage, "AUDIT-CHAIN",
        "expected the chain calls, members or rounds, found \"" + std::string(chain) + "\".");
  }
  FLORIN_ASSIGN(const auto reading, records_.Begin());
  FLORIN_ASSIGN(const auto entries, reading->ReadLog(found->second, first, count_max));
  ChainPage page;
  page.lines.reserve(entries.size());
  for (const Bytes& entry : entries) page.lines.emplace_back(entry.begin(), entry.end());
  FLORIN_ASSIGN(page.head, NewestHead(*reading, found->second));
  return page;
}

}  // namespace florin::api
