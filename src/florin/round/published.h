// What a job published, as a list tells it: all lineages, and which of the models are still there.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "florin/base/status.h"
#include "florin/job/version.h"

namespace florin::round {

// How many published versions of each job a store keeps with their models, at least 1 (ADR-0009).
constexpr uint32_t kKeepAll = std::numeric_limits<uint32_t>::max();

struct PublishedVersion : job::Lineage {
  bool has_model = true;  // else it was dropped, and the lineage is all that is left
};

// Why a listed version cannot be had: [VERSION-DROPPED], with what is still there.
Status ModelDropped(const job::Lineage& asked, const std::vector<PublishedVersion>& versions);

}  // namespace florin::round
