// A finished simulation as one JSON document: what `florin sim --output json` prints and
// `florin report` reads. Keys are stable (docs/spec/files.md).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "florin/job/plan.h"
#include "florin/sim/compare.h"

namespace florin::apps {

// `origin`: where the rows come from and under which terms, as told by the user; may be empty.
nlohmann::ordered_json SimulationJson(const job::Plan& plan, const sim::Comparison& comparison,
                                      const std::string& origin);

}  // namespace florin::apps
