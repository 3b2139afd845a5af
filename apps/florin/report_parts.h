// The pieces of the report page: charts as inline SVG, and the words an interval allows.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace florin::apps {

std::string Escape(const std::string& text);  // for HTML

// What the interval allows to say: yes, no or open, and in words.
struct Verdict {
  const char* style;
  const char* word;
};
Verdict Judge(const nlohmann::json& gain);
std::string GainText(const nlohmann::json& gain);  // "+0.025 [+0.019, +0.032]"

// The federated cell of the last federation a market belongs to, or null.
const nlohmann::json* LastFederated(const nlohmann::json& market);

// Gains over local-only with their intervals, one line a market, zero marked. "" without any.
std::string GainChart(const nlohmann::json& simulation);
// The headline metric as it was released round by round, one line a federation. "" below 2 rounds.
std::string RoundChart(const nlohmann::json& simulation);

}  // namespace florin::apps
