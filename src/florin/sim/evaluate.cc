#include "florin/sim/evaluate.h"

#include <algorithm>
#include <cmath>

#include "florin/score/score.h"

namespace florin::sim {
namespace {

// Losses: a smaller value is a better one.
bool IsLoss(model::MetricKind kind) {
  using model::MetricKind;
  return kind == MetricKind::kLogloss || kind == MetricKind::kClassLogloss ||
         kind == MetricKind::kMse || kind == MetricKind::kMae;
}

// Gathers metric sums and row values from scored chunks.
class Collector {
 public:
  Collector(const model::Model& model, const model::MetricSet& metrics)
      : metrics_(metrics), width_(model.output_count()), sums_(metrics.layout().size()) {
    result_.is_loss = IsLoss(metrics.metrics().front().kind);
  }

  void Add(const data::Batch& batch, Span<const float> scores) {
    metrics_.Accumulate(batch, scores, sums_);
    if (metrics_.metrics().front().kind == model::MetricKind::kAuc) {
      result_.scores.insert(result_.scores.end(), scores.begin(), scores.end());
      return;
    }
    for (size_t r = 0; r < batch.rows; ++r) {
      result_.row_values.push_back(
          metrics_.RowValue(scores.subspan(r * width_, width_), batch.label[r]));
    }
  }

  Evaluation Take(const data::Batch& test) && {
    result_.figures = metrics_.Figures(sums_);
    for (model::Figure& figure : result_.figures) {  // exact, where all scores are at hand
      if (figure.name == "auc" && !result_.scores.empty()) {
        figure.value = model::ExactAuc(result_.scores, test.label);
      }
    }
    return std::move(result_);
  }

 private:
  const model::MetricSet& metrics_;
  size_t width_;
  std::vector<int64_t> sums_;
  Evaluation result_;
};

}  // namespace

Result<Evaluation> EvaluateModel(const model::Model& model, const model::MetricSet& metrics,
                                 const model::State& state, const model::PrivateState& own,
                                 const data::Batch& test) {
  Collector collector(model, metrics);
  data::SingleBatchReader reader(test);
  FLORIN_TRY(score::ScoreAll(model, state, own, reader,
                             [&](size_t, const data::Batch& batch, Span<const float> scores) {
                               collector.Add(batch, scores);
                               return Status();
                             }));
  return std::move(collector).Take(test);
}

Evaluation EvaluateFloor(const model::Model& model, const model::MetricSet& metrics,
                         const data::Batch& train, const data::Batch& test) {
  std::vector<double> totals(model.output_count());
  for (size_t r = 0; r < train.rows; ++r) {
    const bool is_class = model.output() == model::Output::kClasses;
    totals[is_class ? static_cast<size_t>(train.label[r]) : 0] += is_class ? 1 : train.label[r];
  }
  std::vector<float> row(totals.size());
  for (size_t i = 0; i < row.size(); ++i) {
    row[i] = static_cast<float>(totals[i] / std::max<double>(1, static_cast<double>(train.rows)));
  }
  Collector collector(model, metrics);
  for (size_t r = 0; r < test.rows; ++r) collector.Add(test.Slice(r, 1), row);
  return std::move(collector).Take(test);
}

std::optional<Difference> CompareOn(const data::Batch& test, const Evaluation& a,
                                    const Evaluation& b, const BootstrapOptions& options) {
  const Evaluation& worse = a.is_loss ? b : a;  // of a loss, less is more
  const Evaluation& better = a.is_loss ? a : b;
  const Difference difference =
      a.scores.empty() ? CompareMeans(worse.row_values, better.row_values, test.user, options)
                       : CompareAuc(worse.scores, better.scores, test.label, test.user, options);
  if (!std::isfinite(difference.value)) return std::nullopt;
  return difference;
}

}  // namespace florin::sim
