#include "florin/round/published.h"

#include <algorithm>
#include <set>
#include <string>

namespace florin::round {

Status ModelDropped(const job::Lineage& asked, const std::vector<PublishedVersion>& versions) {
  std::set<VersionId> kept;
  RoundId oldest{std::numeric_limits<uint32_t>::max()};
  for (const PublishedVersion& version : versions) {
    if (!version.has_model) continue;
    kept.insert(version.id);
    oldest.number = std::min(oldest.number, version.round.number);
  }
  const std::string job = asked.job.text();
  return Status(Kind::kNotFound, "VERSION-DROPPED",
                "job \"" + job + "\": the model of version " + asked.id.Short() + " of round " +
                    std::to_string(asked.round.number) + " was dropped; expected one of the " +
                    std::to_string(kept.size()) + " newest, the oldest of round " +
                    std::to_string(oldest.number) + " (florin model list --from " + job +
                    "), or restore a backup of that time; kept_versions in coordinator.yaml says "
                    "how many are kept");
}

}  // namespace florin::round
