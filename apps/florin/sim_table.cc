#include "sim_table.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "florin/base/text.h"

namespace florin::apps {
namespace {

using base::Fixed;
using base::WithCommas;

constexpr int64_t kPositivesMin = 50;  // of test rows, below which nothing is claimed

using Key = std::pair<sim::ColumnKind, std::string>;

std::string Title(const Key& key, size_t federations) {
  const std::string name = sim::ColumnKindName(key.first);
  const bool is_one_of_several = key.first == sim::ColumnKind::kFederated && federations > 1;
  return is_one_of_several ? key.second : name;
}

// Every column that some market has, in the order the kinds and federations have.
std::vector<Key> Columns(const sim::Comparison& comparison) {
  std::map<std::string, size_t> order;
  for (const sim::FederationRun& run : comparison.runs) order[run.federation.name] = order.size();
  std::vector<Key> columns;
  for (const sim::Market& market : comparison.markets) {
    for (const sim::Cell& cell : market.cells) {
      const Key key{cell.column, cell.federation};
      if (std::find(columns.begin(), columns.end(), key) == columns.end()) columns.push_back(key);
    }
  }
  std::sort(columns.begin(), columns.end(), [&](const Key& a, const Key& b) {
    return std::pair(a.first, order[a.second]) < std::pair(b.first, order[b.second]);
  });
  return columns;
}

const sim::Cell* LastFederated(const sim::Market& market) {
  const sim::Cell* found = nullptr;
  for (const sim::Cell& cell : market.cells) {
    if (cell.column == sim::ColumnKind::kFederated) found = &cell;
  }
  return found;
}

std::string Signed(double value) { return (value < 0 ? "-" : "+") + Fixed(std::abs(value), 3); }

std::string GainText(const sim::Market& market) {
  const sim::Cell* cell = LastFederated(market);
  if (cell == nullptr || !cell->gain) return "";
  return Signed(cell->gain->value) + " [" + Signed(cell->gain->interval.low) + ", " +
         Signed(cell->gain->interval.high) + "]";
}

Cell FigureOf(const sim::Market& market, const Key& key, const std::string& metric) {
  for (const sim::Cell& cell : market.cells) {
    if (Key(cell.column, cell.federation) != key) continue;
    for (const model::Figure& figure : cell.figures) {
      if (figure.name == metric) return Cell::Number(figure.value, 4);
    }
  }
  return {};
}

std::string Finding(const sim::Market& market, const std::string& metric, bool is_binary) {
  const sim::Cell* cell = LastFederated(market);
  const std::string& site = market.site.text();
  if (cell == nullptr) return site + ": is not a member of the federation.";
  if (!cell->gain) return site + ": " + metric + " is no mean over rows; no interval is given.";
  if (is_binary && static_cast<int64_t>(market.test_positives) < kPositivesMin) {
    return site + ": only " + std::to_string(market.test_positives) + " positives among " +
           WithCommas(static_cast<int64_t>(market.test_rows)) +
           " test rows; no claim can be made, see the interval.";
  }
  const sim::Difference& gain = *cell->gain;
  if (gain.interval.low > 0) {
    return site + ": gains " + Signed(gain.value) + " " + metric + " over its own model.";
  }
  if (gain.interval.high < 0) {
    return site + ": federation did not help: " + Signed(gain.value) + " " + metric +
           ". It should keep its own model.";
  }
  return site + ": no difference can be told from its own model.";
}

}  // namespace

Table ComparisonTable(const sim::Comparison& comparison) {
  const std::vector<Key> columns = Columns(comparison);
  std::vector<std::string> header = {"market", "train", "test"};
  if (comparison.is_binary) header.push_back("positives");
  for (const Key& key : columns) header.push_back(Title(key, comparison.runs.size()));
  header.push_back("gain over local [95 %]");
  Table table(std::move(header));
  for (const sim::Market& market : comparison.markets) {
    std::vector<Cell> row = {market.site.text(), Cell::Count(market.train_rows),
                             Cell::Count(market.test_rows)};
    if (comparison.is_binary) row.push_back(Cell::Count(market.test_positives));
    for (const Key& key : columns) row.push_back(FigureOf(market, key, comparison.headline));
    row.push_back(GainText(market));
    table.Add(std::move(row));
  }
  return table;
}

Table TrafficTable(const sim::Comparison& comparison, const std::string& protocol) {
  Table table({"federation", "protocol", "sites", "rounds", "contributions", "sent by sites",
               "sent to sites", "model hash"});
  const auto add = [&](const sim::FederationRun& run, const std::string& title,
                       const sim::SimulationResult& result) {
    table.Add({run.federation.name, title, Cell::Count(run.federation.members.size()),
               Cell::Count(result.last().round.number), Cell::Count(result.traffic.contributions),
               base::HumanBytes(result.traffic.bytes_up),
               base::HumanBytes(result.traffic.bytes_down), result.last().model_hash.Short()});
  };
  for (const sim::FederationRun& run : comparison.runs) {
    if (run.open) add(run, "plain", *run.open);
    add(run, protocol, run.result);
  }
  return table;
}

std::vector<std::string> Findings(const sim::Comparison& comparison) {
  std::vector<std::string> findings;
  findings.reserve(comparison.markets.size());
  for (const sim::Market& market : comparison.markets) {
    findings.push_back(Finding(market, comparison.headline, comparison.is_binary));
  }
  return findings;
}

}  // namespace florin::apps
