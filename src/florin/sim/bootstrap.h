// Paired bootstrap by user: how sure a difference between two models on the same rows is.
//
// Users are drawn with replacement and bring all their rows, so that a few heavy users cannot make
// a difference look certain (percentile intervals, Efron & Tibshirani 1993, ch. 13).
#pragma once

#include <cstdint>
#include <vector>

#include "florin/base/span.h"

namespace florin::sim {

struct Interval {
  double low = 0;
  double high = 0;
};

struct Difference {
  double value = 0;   // b - a
  Interval interval;  // 95 %
  double pairs = 0;   // users
};

struct BootstrapOptions {
  uint32_t replicates = 1000;
  uint64_t seed = 1;
};

// Mean of row values: a, b [rows]; user [rows], or empty when every row is its own user.
Difference CompareMeans(Span<const double> a, Span<const double> b, Span<const uint64_t> user,
                        const BootstrapOptions& options);

// AUC of row scores: a, b [rows]; label [rows] 0/1.
Difference CompareAuc(Span<const float> a, Span<const float> b, Span<const float> label,
                      Span<const uint64_t> user, const BootstrapOptions& options);

}  // namespace florin::sim
