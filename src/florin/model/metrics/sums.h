// The integer sums behind each figure. Internal to the room.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "florin/base/span.h"
#include "florin/model/metrics/metrics.h"

namespace florin::model {

inline int64_t ToFixed(double value) {
  return static_cast<int64_t>(std::llrint(std::ldexp(value, kFractionBits)));
}
inline double FromFixed(int64_t sum) {
  return std::ldexp(static_cast<double>(sum), -kFractionBits);
}

// Squares of real labels outgrow one word: value = high 2^(32 - kFractionBits) + low
// 2^-kFractionBits.
void AddWide(double value, Span<int64_t> high_low);
double FromWide(Span<const int64_t> high_low);

// A score as a probability: in [0, 1], 0 for what is not a number.
inline double Probability(float score) {
  return score >= 0 ? std::fmin(static_cast<double>(score), 1.0) : 0.0;
}

// -log of a probability, clamped to [1e-15, 1].
double LogLoss(double probability);
// Of a label's score as a share of the row's scores: the same for probabilities and for ranking
// scores that are unnormalised shares (counts).
double ClassLogLoss(Span<const float> scores, size_t label);

// -- auc.cc
size_t AucBin(float probability);
// Area from histograms [kAucBins] of positives and negatives, ties within a bin counted half; NaN
// when one of them is empty.
double HistogramAuc(Span<const int64_t> positives, Span<const int64_t> negatives);

// -- ranking.cc
// What a list of k gives for a relevant class at `rank` (0-based): 1 / (rank + 1), 1, or
// 1 / log2(rank + 2) within the list, else 0.
double RankingValue(const Metric& metric, size_t rank);

}  // namespace florin::model
