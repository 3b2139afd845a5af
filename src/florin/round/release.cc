#include "florin/round/release.h"

#include "florin/round/table.h"

namespace florin::round {
namespace {

// The metric sums of every task begin with its rows; a training task's go on with its loss.
constexpr size_t kRowsMetric = 0;
constexpr size_t kLossMetric = 1;

// "" when figures over so many rows from so many sites may be told.
std::string Withhold(const job::EvaluationSpec& spec, double rows, uint64_t sites) {
  if (sites < spec.minimum_sites) {
    return Counted(sites, "site") + ", at least " + std::to_string(spec.minimum_sites) + " needed";
  }
  if (rows < static_cast<double>(spec.minimum_rows)) {
    return Counted(static_cast<uint64_t>(rows), "row") + ", at least " +
           std::to_string(spec.minimum_rows) + " needed";
  }
  return {};
}

}  // namespace

Release ReleaseTraining(const job::Plan& plan, const model::Aggregate& updates) {
  Release release;
  if (updates.metrics.size() <= kRowsMetric) return release;
  const double rows = updates.metrics[kRowsMetric];
  release.withheld = Withhold(plan.spec.evaluation, rows, updates.contribution_count);
  if (!release.withheld.empty()) return release;
  release.figures.push_back({"rows", rows});
  if (updates.metrics.size() > kLossMetric && rows > 0) {
    release.figures.push_back({"loss", updates.metrics[kLossMetric] / rows});
  }
  return release;
}

Release ReleaseMetrics(const job::RoundKit& kit, const model::Aggregate& evaluations) {
  FLORIN_CHECK(kit.metrics.has_value());
  const model::MetricSet& metrics = *kit.metrics;
  const Span<const int64_t> sums = evaluations.sum.i64();
  const auto rows = static_cast<double>(metrics.Rows(sums));
  Release release;
  release.withheld = Withhold(kit.plan->spec.evaluation, rows, evaluations.contribution_count);
  if (release.withheld.empty()) release.figures = metrics.Figures(sums);
  return release;
}

}  // namespace florin::round
