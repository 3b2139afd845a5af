#include "florin/data/source.h"

#include <algorithm>
#include <tuple>

#include "florin/base/text.h"

namespace florin::data {

void RejectReport::Add(Reject reject) {
  ++rows;
  const auto earlier = [](const Reject& a, const Reject& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  };
  const auto at = std::upper_bound(first.begin(), first.end(), reject, earlier);
  first.insert(at, std::move(reject));
  if (first.size() > kKeptMax) first.pop_back();
}

Status CheckRejects(const RejectReport& rejects, uint64_t rows_read, double share_max,
                    std::string_view name) {
  const auto rejected = static_cast<double>(rejects.rows);
  if (rejects.rows == 0 || rejected <= share_max * static_cast<double>(rows_read)) return {};
  const std::string allowed = base::Shortest(share_max * 100) + " % allowed";
  const std::string counted = base::WithCommas(static_cast<int64_t>(rejects.rows)) + " of " +
                              base::WithCommas(static_cast<int64_t>(rows_read)) +
                              " rows read so far rejected, at most " + allowed;
  if (rejects.first.empty()) {
    return Status(Kind::kFailed, "DATA-REJECTS", std::string(name) + ": " + counted);
  }
  const Reject& reject = rejects.first.front();
  std::string message(name);
  if (reject.line > 0) {
    message.append(":").append(std::to_string(reject.line));
    message.append(":").append(std::to_string(reject.column));
  }
  message.append(": ").append(reject.reason).append("; ").append(counted);
  return Status(Kind::kFailed, "DATA-REJECTS", std::move(message));
}

}  // namespace florin::data
