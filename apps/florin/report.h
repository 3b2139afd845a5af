// Simulation documents to one self-contained HTML page: no script, no outside request.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace florin::apps {

// Throws nlohmann's exceptions on documents of another shape; the command turns them into errors.
std::string ReportHtml(const std::vector<nlohmann::json>& simulations);

}  // namespace florin::apps
