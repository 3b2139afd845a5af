// What logistic and linear regression share: a row's inner product with the parameters, its
// transpose, and sums of outer products of rows. Internal to the room.
//
// Parameters are flat: [dense | sparse | intercept]. A row is read as (dense, sparse, 1).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "florin/base/span.h"
#include "florin/base/status.h"
#include "florin/data/batch.h"
#include "florin/model/expect.h"
#include "florin/model/model.h"
#include "florin/num/layout.h"

namespace florin::model {

struct LinearShape {
  size_t dense = 0;
  size_t sparse = 0;
  size_t features() const { return dense + sparse; }
  size_t size() const { return dense + sparse + 1; }
};

// Above this many features a Hessian is no longer a small vector (2,048: 17 MB).
constexpr size_t kOuterFeaturesMax = 2048;

Result<num::Layout> LinearLayout(const LinearShape& shape);

// out[r] = <params, row r>. out: [rows].
void InnerProducts(const LinearShape& shape, Span<const float> params, const data::Batch& batch,
                   Span<float> out);

// grad = sum over rows of factor[r] row[r]; overwrites. factor: [rows], grad: [shape.size()].
void TransposedProduct(const LinearShape& shape, const data::Batch& batch, Span<const float> factor,
                       Span<float> grad);

// grad += l2 params, all but the intercept. Nothing is read when l2 is 0.
void AddL2(const LinearShape& shape, double l2, Span<const float> params, Span<float> grad);
// l2 / 2 |params|^2, all but the intercept.
double L2Penalty(const LinearShape& shape, double l2, Span<const double> params);

// What the rows of a part weigh in both sums of AddOuterProducts, and their summed loss.
// weight, factor: [part.rows]. Called from several threads.
using RowFactors =
    std::function<double(const data::Batch& part, Span<float> weight, Span<float> factor)>;

// outer (packed upper triangle of [size x size]) += sum of weight[r] row[r] row[r]^T and
// moment [size] += sum of factor[r] row[r]. Returns the summed loss. A part is short enough for its
// rows to stay in the cache between `factors` and the products; float32 sums span 4096 rows, double
// the rest, in the order of the rows whatever the thread count.
double AddOuterProducts(const LinearShape& shape, const data::Batch& batch,
                        const RowFactors& factors, Span<double> outer, Span<double> moment);

// Solves (a + l2 I) x = b, the last row of a (the intercept's) without the penalty. a: packed upper
// triangle of [d x d]. A matrix that float32 sums cannot tell from a singular one (one-hot columns
// beside an intercept, a column of zeros) gets a ridge of 1e-6 of each pivot first.
// [LINALG-SINGULAR] when even that does not help: the sums are not of rows.
Result<std::vector<double>> SolveRidged(Span<const double> a, Span<const double> b, double l2,
                                        size_t d);

// Makes a `Linear` over its exact sums, or over nullptr where those would be too large to send.
// Linear: (LinearShape, l2, Layout, unique_ptr<Sums>). Sums: Make(LinearShape, l2, Layout).
template <typename Linear, typename Sums>
Result<std::unique_ptr<Model>> MakeWithSums(const ModelSpec& spec) {
  FLORIN_TRY(ExpectWidths(spec));
  const LinearShape shape{.dense = spec.dense_width, .sparse = spec.sparse_width};
  FLORIN_ASSIGN(num::Layout layout, LinearLayout(shape));
  std::unique_ptr<Sums> sums;
  if (shape.features() <= kOuterFeaturesMax) {
    FLORIN_ASSIGN(Sums made, Sums::Make(shape, spec.l2, layout));
    sums = std::make_unique<Sums>(std::move(made));
  }
  return std::unique_ptr<Model>(
      std::make_unique<Linear>(shape, spec.l2, std::move(layout), std::move(sums)));
}

}  // namespace florin::model
