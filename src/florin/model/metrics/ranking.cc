#include <cmath>

#include "florin/base/check.h"
#include "florin/model/metrics/sums.h"

namespace florin::model {

size_t RankOf(Span<const float> scores, size_t label) {
  FLORIN_CHECK(label < scores.size());
  const float own = scores[label];
  size_t ahead = 0;
  for (size_t c = 0; c < label; ++c) ahead += !(scores[c] < own) ? 1 : 0;
  for (size_t c = label + 1; c < scores.size(); ++c) ahead += !(scores[c] <= own) ? 1 : 0;
  return ahead;
}

double RankingValue(const Metric& metric, size_t rank) {
  if (metric.kind == MetricKind::kAccuracy) return rank == 0 ? 1 : 0;
  if (rank >= metric.k) return 0;
  const auto place = static_cast<double>(rank);
  if (metric.kind == MetricKind::kMap) return 1 / (place + 1);
  if (metric.kind == MetricKind::kNdcg) return 1 / std::log2(place + 2);
  return 1;
}

}  // namespace florin::model
