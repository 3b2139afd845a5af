// Metrics that sum: a site turns scored rows into one int64 vector, vectors add over sites, and the
// summed vector turns into figures. Evaluation therefore travels by the same road as training.
//
// AUC comes from score histograms (kAucBins logit-spaced bins for positives and for negatives):
// the error against the exact AUC is below half the tied mass of a bin. Real sums are carried in
// fixed point with kFractionBits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/span.h"
#include "florin/base/status.h"
#include "florin/data/batch.h"
#include "florin/model/model.h"
#include "florin/num/layout.h"

namespace florin::model {

constexpr size_t kAucBins = 1024;
constexpr size_t kCalibrationBins = 10;
constexpr int kFractionBits = 24;

struct Figure {
  std::string name;  // "auc", "logloss", "rig", "calibration_ratio", "map@5", "mse" ...
  double value = 0;
};

// The metrics of one output kind. Names that a job may ask for: probability: auc, logloss, rig,
// calibration; classes: map@K, hr@K, ndcg@K, accuracy, logloss; real: mse, mae, r2.
class MetricSet {
 public:
  // [METRIC-NAME] for a name this output does not have ("did you mean").
  static Result<MetricSet> Make(Output output, size_t output_count,
                                const std::vector<std::string>& names);
  const num::Layout& layout() const { return layout_; }  // kInt64
  const std::string& headline() const { return names_.front(); }  // the first name asked for
  // sums += metrics of scored rows. scores: [rows x output_count].
  void Accumulate(const data::Batch& batch, Span<const float> scores, Span<int64_t> sums) const;
  // From the summed vector; no figure is given for zero rows.
  std::vector<Figure> Figures(Span<const int64_t> sums) const;
  uint64_t Rows(Span<const int64_t> sums) const;
  // One row's contribution to the headline metric (the first name), for bootstraps of ranking
  // metrics. scores: [output_count].
  double RowValue(Span<const float> scores, float label) const;

 private:
  Output output_ = Output::kReal;
  size_t output_count_ = 1;
  std::vector<std::string> names_;
  num::Layout layout_;
};

// Exact figures for in-process comparisons (simulator reports, bootstraps).
double ExactAuc(Span<const float> scores, Span<const float> labels);
// Rank (0-based) of class `label` among scores; ties by index ascending.
size_t RankOf(Span<const float> scores, size_t label);

}  // namespace florin::model
