#include <algorithm>
#include <map>

#include "florin/base/text.h"
#include "report.h"
#include "report_parts.h"

namespace florin::apps {
namespace {

using base::Fixed;
using base::HumanBytes;
using base::WithCommas;
using Json = nlohmann::json;

constexpr char kStyle[] = R"(
:root{--ink:#1d2733;--soft:#5d6b7a;--line:#e3e8ee;--paper:#fff;--wash:#f6f8fa;--blue:#1f6feb;
--green:#1a7f4b;--amber:#b45309;--red:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa7b4;--line:#30363d;--paper:#0d1117;
--wash:#161b22;--blue:#6cb0ff;--green:#56d390;--amber:#f0b45a;--red:#ff8a80}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);
font:15px/1.55 system-ui,sans-serif}main{max-width:1180px;margin:0 auto;padding:2.2rem 1.2rem 4rem}
h1{font-size:1.7rem;margin:0 0 .3rem}h2{font-size:1.25rem;margin:2.6rem 0 .4rem;
border-top:1px solid var(--line);padding-top:1.6rem}h3{font-size:1rem;margin:1.4rem 0 .4rem}
p{margin:.4rem 0 .8rem}.soft{color:var(--soft)}.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.38rem .5rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}th{font-weight:600;color:var(--soft);font-size:.84rem}
.note{background:var(--wash);border-left:3px solid var(--amber);padding:.55rem .9rem;margin:1rem 0}
code{font:.86em ui-monospace,monospace;background:var(--wash);padding:.1em .3em;border-radius:3px;
overflow-wrap:anywhere}svg{display:block;max-width:100%;height:auto}
svg text{font:12px system-ui,sans-serif;fill:var(--ink)}svg .soft{fill:var(--soft)}
)";

std::string ColumnTitle(const Json& cell, bool has_several_federations) {
  auto column = cell.at("column").get<std::string>();
  if (column == "federated" && has_several_federations) {
    return "federated: " + cell.at("federation").get<std::string>();
  }
  return column;
}

std::vector<std::string> Columns(const Json& simulation) {
  const bool several = simulation.at("federations").size() > 1;
  std::vector<std::string> columns;
  for (const Json& market : simulation.at("markets")) {
    for (size_t i = 0; i < market.at("cells").size(); ++i) {
      const std::string title = ColumnTitle(market.at("cells")[i], several);
      if (std::find(columns.begin(), columns.end(), title) == columns.end()) {
        // Federations a small market joined earlier come before later columns.
        const auto at = std::min(columns.size(), i);
        columns.insert(columns.begin() + static_cast<std::ptrdiff_t>(at), title);
      }
    }
  }
  return columns;
}

std::string Table(const Json& simulation) {
  const bool several = simulation.at("federations").size() > 1;
  const auto headline = simulation.at("headline").get<std::string>();
  const std::vector<std::string> columns = Columns(simulation);
  std::string html = "<div class=scroll><table><tr><th>market<th>rows train / test";
  for (const std::string& column : columns) html += "<th>" + Escape(column);
  html += "</tr>";
  for (const Json& market : simulation.at("markets")) {
    std::map<std::string, double> values;
    for (const Json& cell : market.at("cells")) {
      if (cell.at("figures").contains(headline)) {
        values[ColumnTitle(cell, several)] = cell.at("figures").at(headline);
      }
    }
    html += "<tr><td>" + Escape(market.at("site")) + "<td>" + WithCommas(market.at("train_rows")) +
            " / " + WithCommas(market.at("test_rows"));
    for (const std::string& column : columns) {
      const auto value = values.find(column);
      html += value == values.end() ? "<td class=soft>–" : "<td>" + Fixed(value->second, 4);
    }
    html += "</tr>";
  }
  return html + "</table></div>";
}

std::string Travelled(const Json& simulation) {
  std::string html =
      "<div "
      "class=scroll><table><tr><th>federation<th>protocol<th>sites<th>rounds<th>offers<th>"
      "contributions"
      "<th>sent to sites<th>sent by sites<th>model hash</tr>";
  const auto add = [&](const Json& run, const Json& sums, const std::string& title) {
    const Json& traffic = sums.at("traffic");
    html += "<tr><td>" + Escape(run.at("name")) + "<td>" + Escape(title) + "<td>" +
            std::to_string(run.at("members").size()) + "<td>" +
            std::to_string(run.at("rounds").size()) + "<td>" + WithCommas(traffic.at("offers")) +
            "<td>" + WithCommas(traffic.at("contributions")) + "<td>" +
            HumanBytes(traffic.at("bytes_down")) + "<td>" + HumanBytes(traffic.at("bytes_up")) +
            "<td><code>" + Escape(sums.at("model_hash").get<std::string>().substr(0, 16)) +
            "</code></tr>";
  };
  const std::string protocol = simulation.at("job").at("protocol");
  for (const Json& run : simulation.at("federations")) {
    const bool is_sealed = run.contains("plain");
    if (is_sealed) add(run, run.at("plain"), "federated");
    add(run, run, is_sealed ? "federated + " + protocol : "federated");
  }
  return html + "</table></div>";
}

std::string Section(const Json& simulation) {
  const Json& job = simulation.at("job");
  std::string html = "<h2>" + Escape(job.at("id")) + "</h2><p>" + Escape(job.at("description")) +
                     "</p><p class=soft>Model " + Escape(job.at("model")) + ", strategy " +
                     Escape(job.at("strategy")) + ", protocol " + Escape(job.at("protocol")) +
                     ", seed " + job.at("seed").dump() + ", plan <code>" +
                     Escape(job.at("plan_hash").get<std::string>().substr(0, 16)) + "</code>.</p>";
  html +=
      "<h3>" + Escape(simulation.at("headline")) + " on rows no model saw</h3>" + Table(simulation);
  html += "<h3>Gains over the market's own model [95 % interval]</h3>" + GainChart(simulation);
  html +=
      "<p class=note>Local-only and pooled models are only possible because this is a "
      "demonstration: they need the rows of every market in one process. Intervals: paired "
      "bootstrap by user, 95 %.</p>";
  const std::string curve = RoundChart(simulation);
  if (!curve.empty()) html += "<h3>Round by round, as released</h3>" + curve;
  html += "<h3>What would travel</h3>" + Travelled(simulation);
  const auto origin = simulation.value("origin", std::string());
  if (!origin.empty()) html += "<h3>Origin of the rows</h3><p>" + Escape(origin) + "</p>";
  return html;
}

}  // namespace

std::string ReportHtml(const std::vector<Json>& simulations) {
  std::string html =
      "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport "
      "content=\"width=device-width\"><title>Florin: simulation report</title><style>";
  html += kStyle;
  html +=
      "</style><main><h1>Markets that learn together</h1><p class=soft>Each market kept its rows. "
      "Bounded contributions moved and only their sum was used; under protocol plain the "
      "coordinator sees each of them. Written by the program from its own measurements.</p>";
  for (const Json& simulation : simulations) html += Section(simulation);
  return html + "</main></html>\n";
}

}  // namespace florin::apps
