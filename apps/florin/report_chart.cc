#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "florin/base/text.h"
#include "report_parts.h"

namespace florin::apps {
namespace {

using base::Fixed;
using Json = nlohmann::json;

constexpr double kLeft = 150;   // room for names
constexpr double kWidth = 560;  // of the drawing
constexpr double kLineHeight = 34;
constexpr const char* kColours[] = {"var(--amber)", "var(--blue)", "var(--green)", "var(--red)"};

std::string Line(double x1, double y1, double x2, double y2, const std::string& style) {
  return "<line x1=" + Fixed(x1, 1) + " y1=" + Fixed(y1, 1) + " x2=" + Fixed(x2, 1) +
         " y2=" + Fixed(y2, 1) + " style=\"" + style + "\"/>";
}

std::string Text(double x, double y, const std::string& attributes, const std::string& text) {
  return "<text x=" + Fixed(x, 1) + " y=" + Fixed(y, 1) + " " + attributes + ">" + Escape(text) +
         "</text>";
}

std::string Open(double height, const std::string& label) {
  return "<svg viewBox=\"0 0 960 " + Fixed(height, 0) + "\" role=img aria-label=\"" +
         Escape(label) + "\">";
}

std::string ColourOf(const Verdict& verdict) {
  const std::string style = verdict.style;
  return style == "yes" ? "var(--green)" : style == "no" ? "var(--red)" : "var(--amber)";
}

// One federation's released values; NaN for rounds without one.
std::vector<double> Released(const Json& run, const std::string& metric) {
  std::vector<double> values;
  for (const Json& round : run.at("rounds")) {
    values.push_back(round.at("released").value(metric, std::numeric_limits<double>::quiet_NaN()));
  }
  return values;
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void Add(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

}  // namespace

std::string Escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Verdict Judge(const Json& gain) {
  if (gain.at("low").get<double>() > 0) return {"yes", "gains"};
  if (gain.at("high").get<double>() < 0) return {"no", "loses"};
  return {"open", "cannot tell"};
}

std::string GainText(const Json& gain) {
  const auto signed_text = [](double v) { return (v < 0 ? "−" : "+") + Fixed(std::abs(v), 3); };
  return signed_text(gain.at("value")) + " [" + signed_text(gain.at("low")) + ", " +
         signed_text(gain.at("high")) + "]";
}

// The federated cell of the last federation a market belongs to, or null.
const Json* LastFederated(const Json& market) {
  const Json* found = nullptr;
  for (const Json& cell : market.at("cells")) {
    if (cell.at("column") == "federated") found = &cell;
  }
  return found;
}

std::string GainChart(const Json& simulation) {
  Range range{0, 0};
  std::vector<std::pair<std::string, const Json*>> lines;
  for (const Json& market : simulation.at("markets")) {
    const Json* cell = LastFederated(market);
    if (cell == nullptr || !cell->contains("gain_over_local")) continue;
    const Json& gain = cell->at("gain_over_local");
    lines.emplace_back(market.at("site"), &gain);
    range.Add(gain.at("low"));
    range.Add(gain.at("high"));
  }
  if (lines.empty() || range.high <= range.low) return "";
  const double pad = (range.high - range.low) * 0.06;
  const auto x = [&](double v) {
    return kLeft + (v - range.low + pad) / (range.high - range.low + 2 * pad) * kWidth;
  };
  const double height = kLineHeight * static_cast<double>(lines.size()) + 34;
  std::string svg = Open(height, "gain over local-only per market");
  svg += Line(x(0), 4, x(0), height - 24, "stroke:var(--soft);stroke-dasharray:3 3");
  svg += Text(x(0), height - 8, "class=soft text-anchor=middle", "no gain");
  double y = 22;
  for (const auto& [site, gain] : lines) {
    const Verdict verdict = Judge(*gain);
    const std::string colour = ColourOf(verdict);
    svg += Text(0, y + 4, "", site);
    svg += Line(x(gain->at("low")), y, x(gain->at("high")), y,
                "stroke:" + colour + ";stroke-width:3;opacity:.55");
    svg += "<circle r=5.5 cx=" + Fixed(x(gain->at("value")), 1) + " cy=" + Fixed(y, 1) +
           " style=\"fill:" + colour + "\"/>";
    svg += Text(kLeft + kWidth + 24, y + 4, "", GainText(*gain) + " " + verdict.word);
    y += kLineHeight;
  }
  return svg + "</svg>";
}

std::string RoundChart(const Json& simulation) {
  const auto metric = simulation.at("headline").get<std::string>();
  Range range;
  size_t rounds = 0;
  for (const Json& run : simulation.at("federations")) {
    for (const double value : Released(run, metric)) range.Add(value);
    rounds = std::max(rounds, run.at("rounds").size());
  }
  if (rounds < 2 || range.high <= range.low) return "";
  constexpr double kTop = 14;
  constexpr double kHeight = 130;
  const auto x = [&](size_t round) {
    return kLeft + kWidth * static_cast<double>(round) / static_cast<double>(rounds - 1);
  };
  const auto y = [&](double v) {
    return kTop + kHeight * (range.high - v) / (range.high - range.low);
  };
  std::string svg = Open(kTop + kHeight + 34, metric + " by round");
  svg += Text(kLeft - 12, y(range.high) + 4, "class=soft text-anchor=end", Fixed(range.high, 4));
  svg += Text(kLeft - 12, y(range.low) + 4, "class=soft text-anchor=end", Fixed(range.low, 4));
  svg += Text(x(0), kTop + kHeight + 26, "class=soft text-anchor=middle", "round 1");
  svg += Text(x(rounds - 1), kTop + kHeight + 26, "class=soft text-anchor=middle",
              "round " + std::to_string(rounds));
  size_t index = 0;
  for (const Json& run : simulation.at("federations")) {
    const std::string colour = kColours[index % std::size(kColours)];
    std::string points;
    const std::vector<double> values = Released(run, metric);
    for (size_t r = 0; r < values.size(); ++r) {
      if (!std::isfinite(values[r])) continue;
      points.append(Fixed(x(r), 1)).append(",").append(Fixed(y(values[r]), 1)).append(" ");
    }
    svg.append("<polyline points=\"").append(points);
    svg.append("\" style=\"fill:none;stroke:").append(colour).append(";stroke-width:2.2\"/>");
    svg += Text(kLeft + kWidth + 24, kTop + 18 + 22 * static_cast<double>(index),
                "style=\"fill:" + colour + "\"", run.at("name").get<std::string>());
    ++index;
  }
  return svg + "</svg>";
}

}  // namespace florin::apps
