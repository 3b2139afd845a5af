// The comparison as tables: for people, and as CSV for scripts.
#pragma once

#include <string>
#include <vector>

#include "florin/sim/compare.h"
#include "output.h"

namespace florin::apps {

// One line a market: rows, every column's headline figure, the gain over local-only.
Table ComparisonTable(const sim::Comparison& comparison);
// One line a federation: what travelled, and the model hash.
Table TrafficTable(const sim::Comparison& comparison, const std::string& protocol);
// What the intervals allow to say, one sentence a market.
std::vector<std::string> Findings(const sim::Comparison& comparison);

}  // namespace florin::apps
