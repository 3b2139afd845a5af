// From summed vectors to figures, and from one row to its share of a figure.
#include <cmath>
#include <limits>

#include "florin/model/metrics/sums.h"

namespace florin::model {
namespace {

constexpr double kNoFigure = std::numeric_limits<double>::quiet_NaN();

double Entropy(double rate) {
  if (rate <= 0 || rate >= 1) return 0;
  return -rate * std::log(rate) - (1 - rate) * std::log(1 - rate);
}

class FigureReader {
 public:
  FigureReader(const num::Layout& layout, Span<const int64_t> sums)
      : layout_(layout), sums_(sums), rows_(static_cast<double>(sums[0])) {}

  void Add(const Metric& metric, std::vector<Figure>& figures) const {
    if (metric.kind == MetricKind::kCalibration) {
      AddFigure("calibration_ratio", CalibrationRatio(), figures);
      AddFigure("ece", CalibrationError(), figures);
      return;
    }
    AddFigure(metric.name, Value(metric), figures);
  }

 private:
  static void AddFigure(const std::string& name, double value, std::vector<Figure>& figures) {
    if (std::isfinite(value)) figures.push_back({.name = name, .value = value});
  }

  Span<const int64_t> Part(std::string_view name) const {
    const num::Slice* slice = layout_.Find(name);
    return sums_.subspan(slice->offset, slice->size);
  }
  double MeanFixed(std::string_view name) const { return FromFixed(Part(name)[0]) / rows_; }
  double MeanWide(std::string_view name) const { return FromWide(Part(name)) / rows_; }

  double Value(const Metric& metric) const {
    switch (metric.kind) {
      case MetricKind::kAuc:
        return HistogramAuc(Part("auc_positives"), Part("auc_negatives"));
      case MetricKind::kLogloss:
      case MetricKind::kClassLogloss:
        return MeanFixed("logloss");
      case MetricKind::kRig: {
        const double entropy = Entropy(static_cast<double>(Part("positives")[0]) / rows_);
        return entropy > 0 ? 1 - MeanFixed("logloss") / entropy : kNoFigure;
      }
      case MetricKind::kMap:
      case MetricKind::kHitRate:
      case MetricKind::kNdcg:
      case MetricKind::kAccuracy:
        return MeanFixed(metric.name);
      case MetricKind::kMse:
        return MeanWide("squared_error");
      case MetricKind::kMae:
        return MeanWide("absolute_error");
      case MetricKind::kR2: {
        const double mean = MeanWide("label");
        const double variance = MeanWide("label_square") - mean * mean;
        return variance > 0 ? 1 - MeanWide("squared_error") / variance : kNoFigure;
      }
      case MetricKind::kCalibration:
        break;
    }
    return kNoFigure;
  }

  double CalibrationRatio() const {
    int64_t predicted = 0;
    int64_t observed = 0;
    for (const int64_t score : Part("calibration_scores")) predicted += score;
    for (const int64_t label : Part("calibration_labels")) observed += label;
    return observed > 0 ? FromFixed(predicted) / static_cast<double>(observed) : kNoFigure;
  }

  double CalibrationError() const {
    const Span<const int64_t> scores = Part("calibration_scores");
    const Span<const int64_t> labels = Part("calibration_labels");
    double error = 0;
    for (size_t bin = 0; bin < kCalibrationBins; ++bin) {
      error += std::abs(FromFixed(scores[bin]) - static_cast<double>(labels[bin]));
    }
    return error / rows_;
  }

  const num::Layout& layout_;
  Span<const int64_t> sums_;
  double rows_;
};

}  // namespace

std::vector<Figure> MetricSet::Figures(Span<const int64_t> sums) const {
  std::vector<Figure> figures;
  if (Rows(sums) == 0) return figures;
  const FigureReader reader(layout_, sums);
  for (const Metric& metric : metrics_) reader.Add(metric, figures);
  return figures;
}

double ClassLogLoss(Span<const float> scores, size_t label) {
  double sum = 0;
  for (const float score : scores) sum += static_cast<double>(score);
  return LogLoss(sum > 0 ? static_cast<double>(scores[label]) / sum : 0);
}

double MetricSet::RowValue(Span<const float> scores, float label) const {
  FLORIN_CHECK(!metrics_.empty() && scores.size() == output_count_);
  const Metric& metric = metrics_.front();
  const double error = static_cast<double>(scores[0]) - static_cast<double>(label);
  switch (metric.kind) {
    case MetricKind::kMap:
    case MetricKind::kHitRate:
    case MetricKind::kNdcg:
    case MetricKind::kAccuracy:
      return RankingValue(metric, RankOf(scores, static_cast<size_t>(label)));
    case MetricKind::kClassLogloss:
      return ClassLogLoss(scores, static_cast<size_t>(label));
    case MetricKind::kLogloss: {
      const double p = Probability(scores[0]);
      return LogLoss(label > 0.5F ? p : 1 - p);
    }
    case MetricKind::kMse:
      return error * error;
    case MetricKind::kMae:
      return std::abs(error);
    case MetricKind::kAuc:
    case MetricKind::kRig:
    case MetricKind::kCalibration:
    case MetricKind::kR2:
      break;
  }
  return kNoFigure;
}

}  // namespace florin::model
