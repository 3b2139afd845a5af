#include "florin/model/linear_part.h"

#include <algorithm>
#include <cmath>

#include "florin/num/kernels.h"
#include "florin/num/linalg.h"

namespace florin::model {
namespace {

constexpr size_t kBlockRows = 4096;       // float32 sums stay this short before they become double
constexpr size_t kDensifiedRows = 1024;   // rows of sparse features laid out densely at a time
constexpr double kRidge = 1e-6;           // relative to a pivot

// Lays (dense, sparse) of each row out as one dense row. out: [rows x features].
void Densify(const LinearShape& shape, const data::Batch& batch, std::vector<float>& out) {
  const size_t features = shape.features();
  out.assign(batch.rows * features, 0.0F);
  for (size_t r = 0; r < batch.rows; ++r) {
    float* row = out.data() + r * features;
    std::copy_n(batch.dense.data() + r * shape.dense, shape.dense, row);
    if (batch.sparse_begin.empty()) continue;
    for (uint32_t e = batch.sparse_begin[r]; e < batch.sparse_begin[r + 1]; ++e) {
      FLORIN_CHECK(batch.sparse_index[e] < shape.sparse);
      row[shape.dense + batch.sparse_index[e]] += batch.sparse_value[e];
    }
  }
}

// products: [2 x features] double += sum over rows of (weight, factor) times the row.
void AddWeightedSums(const float* x, Span<const float> weight, Span<const float> factor,
                     size_t features, Span<double> products) {
  std::vector<float> pairs;
  std::vector<float> block(2 * features);
  for (size_t first = 0; first < weight.size(); first += kBlockRows) {
    const size_t rows = std::min(kBlockRows, weight.size() - first);
    pairs.resize(2 * rows);
    for (size_t r = 0; r < rows; ++r) {
      pairs[2 * r] = weight[first + r];
      pairs[2 * r + 1] = factor[first + r];
    }
    num::Active().matmul_tn(pairs.data(), x + first * features, block.data(), 2, features, rows,
                            false);
    for (size_t i = 0; i < block.size(); ++i) products[i] += static_cast<double>(block[i]);
  }
}

double Sum(Span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value);
  return sum;
}

}  // namespace

Result<num::Layout> LinearLayout(const LinearShape& shape) {
  std::vector<num::Slice> slices;
  if (shape.dense > 0) slices.push_back({.name = "dense", .shape = {shape.dense}});
  if (shape.sparse > 0) slices.push_back({.name = "sparse", .shape = {shape.sparse}});
  slices.push_back({.name = "intercept", .shape = {1}});
  return num::Layout::Make(num::Scalar::kFloat32, std::move(slices));
}

void InnerProducts(const LinearShape& shape, Span<const float> params, const data::Batch& batch,
                   Span<float> out) {
  const float intercept = params[shape.features()];
  num::Active().matmul_nt(batch.dense.data(), params.data(), out.data(), batch.rows, 1, shape.dense,
                          false);
  if (batch.sparse_begin.empty()) {
    for (float& value : out) value += intercept;
    return;
  }
  const Span<const float> weights = params.subspan(shape.dense, shape.sparse);
  for (size_t r = 0; r < batch.rows; ++r) {
    float sum = out[r] + intercept;
    for (uint32_t e = batch.sparse_begin[r]; e < batch.sparse_begin[r + 1]; ++e) {
      FLORIN_CHECK(batch.sparse_index[e] < weights.size());
      sum += batch.sparse_value[e] * weights[batch.sparse_index[e]];
    }
    out[r] = sum;
  }
}

void TransposedProduct(const LinearShape& shape, const data::Batch& batch, Span<const float> factor,
                       Span<float> grad) {
  num::Active().matmul_tn(factor.data(), batch.dense.data(), grad.data(), 1, shape.dense,
                          batch.rows, false);
  grad[shape.features()] = static_cast<float>(Sum(factor));
  if (shape.sparse == 0) return;
  const Span<float> sparse = grad.subspan(shape.dense, shape.sparse);
  std::ranges::fill(sparse, 0.0F);
  if (batch.sparse_begin.empty()) return;
  for (size_t r = 0; r < batch.rows; ++r) {
    for (uint32_t e = batch.sparse_begin[r]; e < batch.sparse_begin[r + 1]; ++e) {
      FLORIN_CHECK(batch.sparse_index[e] < sparse.size());
      sparse[batch.sparse_index[e]] += factor[r] * batch.sparse_value[e];
    }
  }
}

void AddL2(const LinearShape& shape, double l2, Span<const float> params, Span<float> grad) {
  if (l2 == 0) return;
  num::Active().axpy(static_cast<float>(l2), params.data(), grad.data(), shape.features());
}

double L2Penalty(const LinearShape& shape, double l2, Span<const double> params) {
  if (l2 == 0) return 0;
  double squares = 0;
  for (const double value : params.first(shape.features())) squares += value * value;
  return l2 / 2 * squares;
}

void AddOuterProducts(const LinearShape& shape, const data::Batch& batch, Span<const float> weight,
                      Span<const float> factor, Span<double> outer, Span<double> moment) {
  const size_t features = shape.features();
  std::vector<double> gram(features * features);
  std::vector<double> products(2 * features);
  if (shape.sparse == 0) {
    num::WeightedGram(batch.dense, weight, batch.rows, features, gram);
    AddWeightedSums(batch.dense.data(), weight, factor, features, products);
  } else {
    std::vector<float> rows;
    for (size_t first = 0; first < batch.rows; first += kDensifiedRows) {
      const size_t count = std::min(kDensifiedRows, batch.rows - first);
      Densify(shape, batch.Slice(first, count), rows);
      num::WeightedGram(rows, weight.subspan(first, count), count, features, gram);
      AddWeightedSums(rows.data(), weight.subspan(first, count), factor.subspan(first, count),
                      features, products);
    }
  }
  size_t at = 0;
  for (size_t i = 0; i < features; ++i) {
    for (size_t j = i; j < features; ++j) outer[at++] += gram[i * features + j];
    outer[at++] += products[i];
    moment[i] += products[features + i];
  }
  outer[at] += Sum(weight);
  moment[features] += Sum(factor);
}

Result<std::vector<double>> SolveRidged(Span<const double> a, Span<const double> b, double l2,
                                        size_t d) {
  std::vector<double> full(d * d);
  std::vector<double> x(d);
  double trace = 0;
  for (size_t i = 0, at = 0; i < d; at += d - i, ++i) trace += a[at];
  const double smallest = kRidge * kRidge * (trace > 0 ? trace / static_cast<double>(d) : 1);
  const auto solve = [&](double ridge) {
    num::UnpackUpper(a, d, full);
    for (size_t i = 0; i < d; ++i) {
      double& pivot = full[i * d + i];
      if (i + 1 < d) pivot += l2;
      pivot += ridge * std::max(kRidge * pivot, smallest);
    }
    std::ranges::copy(b, x.begin());
    return num::SolveSpd(full, x, d);
  };
  // Far from singular is what stays positive definite when every pivot is lowered: float32 sums
  // cannot tell a pivot below kRidge from none.
  const bool is_regular = solve(-1).ok();
  FLORIN_TRY(solve(is_regular ? 0 : 1));
  for (const double value : x) {
    if (!std::isfinite(value)) {
      return Status(Kind::kFailed, "LINALG-SINGULAR", "the sums have no finite solution.");
    }
  }
  return x;
}

}  // namespace florin::model
