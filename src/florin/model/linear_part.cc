#include "florin/model/linear_part.h"

#include <algorithm>
#include <cmath>

#include "florin/base/parallel.h"
#include "florin/model/loss.h"
#include "florin/num/kernels.h"
#include "florin/num/linalg.h"

namespace florin::model {
namespace {

constexpr size_t kChunkRows = 4096;  // float32 sums stay this short before they become double
constexpr size_t kPartRows = 256;    // of a part; the Gram kernel fetches this many rows ahead
constexpr size_t kPartValues = size_t{1} << 16;       // a part's rows: 256 KB, within the L2 cache
constexpr size_t kSumsInFlightMax = size_t{1} << 24;  // float32 values of chunks in flight: 64 MB
constexpr double kRidge = 1e-6;                       // relative to a pivot

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

// The sums of one chunk of rows.
struct ChunkSums {
  std::vector<float> gram;      // [features x features], upper triangle
  std::vector<float> products;  // [2 x features]: sums of (weight, factor) times the row
  double weight = 0;
  double factor = 0;
  double loss = 0;
};

// What a thread needs for one part.
struct PartScratch {
  std::vector<float> rows;     // [part x features], when there are sparse features
  std::vector<float> factors;  // [2 x part]: weights, then factors
};

void SumChunk(const LinearShape& shape, const data::Batch& chunk, const RowFactors& factors,
              PartScratch& scratch, ChunkSums& sums) {
  const size_t features = shape.features();
  const size_t part_rows =
      std::clamp<size_t>(kPartValues / std::max<size_t>(features, 1), 16, kPartRows);
  sums.gram.assign(features * features, 0.0F);
  sums.products.assign(2 * features, 0.0F);
  sums.weight = sums.factor = sums.loss = 0;
  for (size_t first = 0; first < chunk.rows; first += part_rows) {
    const data::Batch part = chunk.Slice(first, std::min(part_rows, chunk.rows - first));
    scratch.factors.resize(2 * part.rows);
    const Span<float> weight = Span<float>(scratch.factors).first(part.rows);
    const Span<float> factor = Span<float>(scratch.factors).last(part.rows);
    sums.loss += factors(part, weight, factor);
    sums.weight += SumOf(weight);
    sums.factor += SumOf(factor);
    const float* rows = part.dense.data();
    if (shape.sparse > 0) {
      Densify(shape, part, scratch.rows);
      rows = scratch.rows.data();
    }
    num::Active().matmul_nn(scratch.factors.data(), rows, sums.products.data(), 2, features,
                            part.rows, true);
    num::Active().gram(rows, weight.data(), sums.gram.data(), part.rows, features);
  }
}

void AddChunk(const ChunkSums& sums, size_t features, Span<double> outer, Span<double> moment) {
  double* out = outer.data();
  for (size_t i = 0; i < features; ++i) {
    const float* gram = sums.gram.data() + i * features;
    for (size_t j = i; j < features; ++j) *out++ += static_cast<double>(gram[j]);
    *out++ += static_cast<double>(sums.products[i]);
    moment[i] += static_cast<double>(sums.products[features + i]);
  }
  *out += sums.weight;
  moment[features] += sums.factor;
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
  grad[shape.features()] = static_cast<float>(SumOf(factor));
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

double AddOuterProducts(const LinearShape& shape, const data::Batch& batch,
                        const RowFactors& factors, Span<double> outer, Span<double> moment) {
  const size_t features = shape.features();
  const size_t chunks = (batch.rows + kChunkRows - 1) / kChunkRows;
  const size_t in_memory = kSumsInFlightMax / std::max<size_t>(features * features, 1);
  const size_t wave = std::clamp<size_t>(std::min(chunks, in_memory), 1, base::ThreadCount());
  std::vector<ChunkSums> sums(wave);
  std::vector<PartScratch> scratch(base::ThreadCount());
  double loss = 0;
  for (size_t first = 0; first < chunks; first += wave) {
    const size_t count = std::min(wave, chunks - first);
    base::ParallelFor(count, [&](size_t i, size_t worker) {
      const size_t row = (first + i) * kChunkRows;
      const data::Batch chunk = batch.Slice(row, std::min(kChunkRows, batch.rows - row));
      SumChunk(shape, chunk, factors, scratch[worker], sums[i]);
    });
    for (size_t i = 0; i < count; ++i) {
      AddChunk(sums[i], features, outer, moment);
      loss += sums[i].loss;
    }
  }
  return loss;
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
