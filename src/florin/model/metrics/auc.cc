#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "florin/base/check.h"
#include "florin/model/metrics/sums.h"

namespace florin::model {
namespace {

// Bins are equally wide in log-odds between -kLogitMax and kLogitMax (1 in 160,000): click rates of
// one in a thousand get as fine a resolution as coin flips.
constexpr double kLogitMax = 12;

}  // namespace

size_t AucBin(float probability) {
  const double p = static_cast<double>(probability);
  if (!(p > 0)) return 0;  // also what is not a number
  if (p >= 1) return kAucBins - 1;
  const double logit = std::log(p / (1 - p));
  const double at = (logit + kLogitMax) * (kAucBins / (2 * kLogitMax));
  return static_cast<size_t>(std::clamp(at, 0.0, static_cast<double>(kAucBins - 1)));
}

double HistogramAuc(Span<const int64_t> positives, Span<const int64_t> negatives) {
  double pairs_won = 0;
  double positives_above = 0;  // the bins are walked from the best scores down
  double negative_count = 0;
  for (size_t bin = kAucBins; bin-- > 0;) {
    const auto positive = static_cast<double>(positives[bin]);
    const auto negative = static_cast<double>(negatives[bin]);
    pairs_won += negative * (positives_above + positive / 2);
    positives_above += positive;
    negative_count += negative;
  }
  if (!(positives_above > 0 && negative_count > 0)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return pairs_won / (positives_above * negative_count);
}

double ExactAuc(Span<const float> scores, Span<const float> labels) {
  FLORIN_CHECK(scores.size() == labels.size());
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, [&](size_t a, size_t b) { return scores[a] < scores[b]; });
  double pairs_won = 0;
  double negatives_below = 0;
  double positive_count = 0;
  for (size_t first = 0; first < order.size();) {
    double positive = 0;
    double negative = 0;
    size_t at = first;
    for (; at < order.size() && scores[order[at]] == scores[order[first]]; ++at) {
      (labels[order[at]] > 0.5F ? positive : negative) += 1;
    }
    at = std::max(at, first + 1);
    pairs_won += positive * (negatives_below + negative / 2);
    negatives_below += negative;
    positive_count += positive;
    first = at;
  }
  if (!(positive_count > 0 && negatives_below > 0)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return pairs_won / (positive_count * negatives_below);
}

}  // namespace florin::model
