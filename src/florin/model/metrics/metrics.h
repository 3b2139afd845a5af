// Metrics that sum: a site turns scored rows into one int64 vector, vectors add over sites, and the
// summed vector turns into figures. Evaluation therefore travels by the same road as training.
//
// AUC comes from score histograms (kAucBins logit-spaced bins for positives and for negatives):
// the error against the exact AUC is below half the tied mass of a bin. Real sums are carried in
// fixed point with kFractionBits, rounded row by row: the sum of two halves is the sum of the
// whole, bit for bit. Every row counts once; row weights do not enter metrics.
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

enum class MetricKind : uint8_t {
  // of a probability
  kAuc,
  kLogloss,
  kRig,
  kCalibration,
  // of classes, one of them relevant to a row
  kMap,
  kHitRate,
  kNdcg,
  kAccuracy,
  kClassLogloss,
  // of a real value
  kMse,
  kMae,
  kR2,
};

struct Metric {
  MetricKind kind = MetricKind::kAuc;
  size_t k = 0;      // map, hr, ndcg: the list's length
  std::string name;  // as asked for
};

// The metrics of one output kind. Names that a job may ask for: probability: auc, logloss, rig
// (relative information gain, 1 - logloss / entropy of the base rate), calibration; classes: map@K,
// hr@K, ndcg@K, accuracy, logloss; real: mse, mae, r2. "calibration" gives two figures:
// calibration_ratio (predicted / observed) and ece (expected calibration error, 10 equal bins).
class MetricSet {
 public:
  // [METRIC-NAME] for a name this output does not have ("did you mean"), or a repeated one.
  static Result<MetricSet> Make(Output output, size_t output_count,
                                const std::vector<std::string>& names);
  const num::Layout& layout() const { return layout_; }            // kInt64
  const std::vector<Metric>& metrics() const { return metrics_; }  // in the order asked for
  // Whether these rows can be measured: a label on each, of a class the output has. [METRIC-LABEL]
  Status Accepts(const data::Batch& batch) const;
  // sums += metrics of scored rows that are accepted (FLORIN_CHECK). scores: [rows x output_count].
  void Accumulate(const data::Batch& batch, Span<const float> scores, Span<int64_t> sums) const;
  // From the summed vector. What the rows cannot answer is left out: everything for zero rows, auc
  // and rig when all labels are alike, the calibration ratio without a positive, r2 without spread.
  std::vector<Figure> Figures(Span<const int64_t> sums) const;
  uint64_t Rows(Span<const int64_t> sums) const;
  // One row's contribution to the headline metric (the first name), whose mean over rows is the
  // figure: for bootstraps. NaN where a figure is not a mean over rows (auc, rig, calibration, r2).
  // scores: [output_count].
  double RowValue(Span<const float> scores, float label) const;

 private:
  void AccumulateProbability(const data::Batch& batch, Span<const float> scores,
                             Span<int64_t> sums) const;
  void AccumulateClasses(const data::Batch& batch, Span<const float> scores,
                         Span<int64_t> sums) const;
  void AccumulateReal(const data::Batch& batch, Span<const float> scores, Span<int64_t> sums) const;

  Output output_ = Output::kReal;
  size_t output_count_ = 1;
  std::vector<Metric> metrics_;
  num::Layout layout_;
};

// Exact figures for in-process comparisons (simulator reports, bootstraps).
// Mann-Whitney, ties count half; NaN when all labels are alike.
double ExactAuc(Span<const float> scores, Span<const float> labels);
// Rank (0-based) of class `label` among scores; ties by index ascending. A score that is not a
// number ranks last when it is the label's own and first otherwise.
size_t RankOf(Span<const float> scores, size_t label);

}  // namespace florin::model
