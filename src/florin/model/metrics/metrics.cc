#include "florin/model/metrics/metrics.h"

#include <algorithm>
#include <cmath>

#include "florin/base/text.h"
#include "florin/model/metrics/sums.h"

namespace florin::model {
namespace {

constexpr size_t kListMax = 1'000'000;

struct MetricName {
  MetricKind kind;
  Output output;
  const char* name;
  bool has_length;  // written "name@K"
};

constexpr MetricName kNames[] = {
    {MetricKind::kAuc, Output::kProbability, "auc", false},
    {MetricKind::kLogloss, Output::kProbability, "logloss", false},
    {MetricKind::kRig, Output::kProbability, "rig", false},
    {MetricKind::kCalibration, Output::kProbability, "calibration", false},
    {MetricKind::kMap, Output::kClasses, "map", true},
    {MetricKind::kHitRate, Output::kClasses, "hr", true},
    {MetricKind::kNdcg, Output::kClasses, "ndcg", true},
    {MetricKind::kAccuracy, Output::kClasses, "accuracy", false},
    {MetricKind::kClassLogloss, Output::kClasses, "logloss", false},
    {MetricKind::kMse, Output::kReal, "mse", false},
    {MetricKind::kMae, Output::kReal, "mae", false},
    {MetricKind::kR2, Output::kReal, "r2", false},
};

const char* OutputName(Output output) {
  switch (output) {
    case Output::kProbability:
      return "a probability";
    case Output::kReal:
      return "a real value";
    case Output::kClasses:
      return "classes";
  }
  return "?";
}

Result<Metric> ParseMetric(Output output, const std::string& text) {
  const size_t at = text.find('@');
  const bool has_length = at != std::string::npos;
  std::vector<std::string> known;
  for (const MetricName& name : kNames) {
    if (name.output != output) continue;
    known.push_back(std::string(name.name) + (name.has_length ? "@5" : ""));
    if (name.has_length != has_length || text.substr(0, at) != name.name) continue;
    if (!has_length) return Metric{.kind = name.kind, .k = 0, .name = text};
    const auto k = base::ParseInt(std::string_view(text).substr(at + 1));
    if (k && *k >= 1 && *k <= static_cast<int64_t>(kListMax)) {
      return Metric{.kind = name.kind, .k = static_cast<size_t>(*k), .name = text};
    }
    return Status(Kind::kConfig, "METRIC-NAME",
                  "metric \"" + text + "\": expected a list length of 1 to 1,000,000 after \"@\".");
  }
  return Status(Kind::kConfig, "METRIC-NAME",
                "unknown metric \"" + text + "\" for a model of " + OutputName(output) + "." +
                    base::DidYouMean(text, known));
}

// The slices a metric reads. Several metrics may share one.
std::vector<num::Slice> SlicesOf(const Metric& metric) {
  switch (metric.kind) {
    case MetricKind::kAuc:
      return {{.name = "auc_positives", .shape = {kAucBins}},
              {.name = "auc_negatives", .shape = {kAucBins}}};
    case MetricKind::kLogloss:
    case MetricKind::kRig:
    case MetricKind::kClassLogloss:
      return {{.name = "logloss", .shape = {1}}};
    case MetricKind::kCalibration:
      return {{.name = "calibration_labels", .shape = {kCalibrationBins}},
              {.name = "calibration_scores", .shape = {kCalibrationBins}}};
    case MetricKind::kMap:
    case MetricKind::kHitRate:
    case MetricKind::kNdcg:
    case MetricKind::kAccuracy:
      return {{.name = metric.name, .shape = {1}}};
    case MetricKind::kMse:
      return {{.name = "squared_error", .shape = {2}}};
    case MetricKind::kMae:
      return {{.name = "absolute_error", .shape = {2}}};
    case MetricKind::kR2:
      return {{.name = "squared_error", .shape = {2}},
              {.name = "label_square", .shape = {2}},
              {.name = "label", .shape = {2}}};
  }
  return {};
}

// The part of `sums` under a slice's name; empty when no metric asked for it.
template <typename T>
Span<T> Part(const num::Layout& layout, Span<T> sums, std::string_view name) {
  const num::Slice* slice = layout.Find(name);
  return slice == nullptr ? Span<T>() : sums.subspan(slice->offset, slice->size);
}

}  // namespace

void AddWide(double value, Span<int64_t> high_low) {
  const double fixed = std::nearbyint(std::ldexp(value, kFractionBits));
  const double high = std::floor(std::ldexp(fixed, -32));
  constexpr double kHighMax = 0x1p52;  // 2^60 before scaling: no label a site should train on
  if (!(std::abs(high) < kHighMax)) {
    high_low[0] += static_cast<int64_t>(std::signbit(high) ? -kHighMax : kHighMax);
    return;
  }
  high_low[0] += static_cast<int64_t>(high);
  high_low[1] += static_cast<int64_t>(fixed - std::ldexp(high, 32));
}

double FromWide(Span<const int64_t> high_low) {
  return std::ldexp(static_cast<double>(high_low[0]), 32 - kFractionBits) + FromFixed(high_low[1]);
}

double LogLoss(double probability) {
  constexpr double kProbabilityMin = 1e-15;
  return -std::log(std::clamp(probability, kProbabilityMin, 1.0));
}

Result<MetricSet> MetricSet::Make(Output output, size_t output_count,
                                  const std::vector<std::string>& names) {
  MetricSet set;
  set.output_ = output;
  set.output_count_ = output_count;
  std::vector<num::Slice> slices{{.name = "rows", .shape = {1}}};
  if (output == Output::kProbability) slices.push_back({.name = "positives", .shape = {1}});
  for (const std::string& name : names) {
    FLORIN_ASSIGN(Metric metric, ParseMetric(output, name));
    for (const Metric& other : set.metrics_) {
      if (other.name != name) continue;
      return Status(Kind::kConfig, "METRIC-NAME", "metric \"" + name + "\" is asked for twice.");
    }
    for (num::Slice& slice : SlicesOf(metric)) {
      const auto has_name = [&](const num::Slice& other) { return other.name == slice.name; };
      if (std::ranges::none_of(slices, has_name)) slices.push_back(std::move(slice));
    }
    set.metrics_.push_back(std::move(metric));
  }
  FLORIN_ASSIGN(set.layout_, num::Layout::Make(num::Scalar::kInt64, std::move(slices)));
  return set;
}

Status MetricSet::Accepts(const data::Batch& batch) const {
  if (batch.label.size() != batch.rows) {
    return Status(Kind::kFailed, "METRIC-LABEL",
                  "metrics need a label on every row: expected " + std::to_string(batch.rows) +
                      ", found " + std::to_string(batch.label.size()) + ".");
  }
  if (output_ != Output::kClasses) return {};
  for (const float label : batch.label) {
    if (label >= 0 && label < static_cast<float>(output_count_)) continue;
    return Status(Kind::kFailed, "METRIC-LABEL",
                  "label " + std::to_string(label) + ": expected a class below " +
                      std::to_string(output_count_) + ".");
  }
  return {};
}

void MetricSet::Accumulate(const data::Batch& batch, Span<const float> scores,
                           Span<int64_t> sums) const {
  FLORIN_CHECK(sums.size() == layout_.size());
  FLORIN_CHECK(batch.label.size() == batch.rows && scores.size() == batch.rows * output_count_);
  sums[0] += static_cast<int64_t>(batch.rows);
  switch (output_) {
    case Output::kProbability:
      return AccumulateProbability(batch, scores, sums);
    case Output::kClasses:
      return AccumulateClasses(batch, scores, sums);
    case Output::kReal:
      return AccumulateReal(batch, scores, sums);
  }
}

void MetricSet::AccumulateProbability(const data::Batch& batch, Span<const float> scores,
                                      Span<int64_t> sums) const {
  const Span<int64_t> positives = Part(layout_, sums, "auc_positives");
  const Span<int64_t> negatives = Part(layout_, sums, "auc_negatives");
  const Span<int64_t> logloss = Part(layout_, sums, "logloss");
  const Span<int64_t> bin_labels = Part(layout_, sums, "calibration_labels");
  const Span<int64_t> bin_scores = Part(layout_, sums, "calibration_scores");
  for (size_t r = 0; r < batch.rows; ++r) {
    const bool is_positive = batch.label[r] > 0.5F;
    const double p = Probability(scores[r]);
    sums[1] += is_positive ? 1 : 0;
    if (!positives.empty()) ++(is_positive ? positives : negatives)[AucBin(scores[r])];
    if (!logloss.empty()) logloss[0] += ToFixed(LogLoss(is_positive ? p : 1 - p));
    if (!bin_labels.empty()) {
      const size_t bin = std::min(static_cast<size_t>(p * kCalibrationBins), kCalibrationBins - 1);
      bin_labels[bin] += is_positive ? 1 : 0;
      bin_scores[bin] += ToFixed(p);
    }
  }
}

void MetricSet::AccumulateClasses(const data::Batch& batch, Span<const float> scores,
                                  Span<int64_t> sums) const {
  for (size_t r = 0; r < batch.rows; ++r) {
    const Span<const float> row = scores.subspan(r * output_count_, output_count_);
    FLORIN_CHECK(batch.label[r] >= 0 && batch.label[r] < static_cast<float>(output_count_));
    const size_t rank = RankOf(row, static_cast<size_t>(batch.label[r]));
    for (size_t m = 0; m < metrics_.size(); ++m) {
      // One slice a metric, in order, after "rows".
      int64_t& sum = sums[1 + m];
      if (metrics_[m].kind == MetricKind::kClassLogloss) {
        sum += ToFixed(ClassLogLoss(row, static_cast<size_t>(batch.label[r])));
      } else {
        sum += ToFixed(RankingValue(metrics_[m], rank));
      }
    }
  }
}

void MetricSet::AccumulateReal(const data::Batch& batch, Span<const float> scores,
                               Span<int64_t> sums) const {
  const Span<int64_t> squared = Part(layout_, sums, "squared_error");
  const Span<int64_t> absolute = Part(layout_, sums, "absolute_error");
  const Span<int64_t> label_square = Part(layout_, sums, "label_square");
  const Span<int64_t> label_sum = Part(layout_, sums, "label");
  for (size_t r = 0; r < batch.rows; ++r) {
    const double label = static_cast<double>(batch.label[r]);
    const double error = static_cast<double>(scores[r]) - label;
    if (!squared.empty()) AddWide(error * error, squared);
    if (!absolute.empty()) AddWide(std::abs(error), absolute);
    if (label_square.empty()) continue;
    AddWide(label * label, label_square);
    AddWide(label, label_sum);
  }
}

uint64_t MetricSet::Rows(Span<const int64_t> sums) const {
  FLORIN_CHECK(sums.size() == layout_.size());
  return static_cast<uint64_t>(std::max<int64_t>(sums[0], 0));
}

}  // namespace florin::model
