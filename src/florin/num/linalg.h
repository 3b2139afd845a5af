// Small dense linear algebra in double for solvers: weighted Grams and Cholesky.
#pragma once

#include <cstddef>

#include "florin/base/span.h"
#include "florin/base/status.h"

namespace florin::num {

// gram (upper triangle of [d x d], row-major, double) += X^T diag(w) X.
// x: [rows x d] float32, row-major. w: [rows] or empty for ones. Uses ParallelFor over blocks of
// 2048 rows, each summed in float32, then added in double in their order: the result does not
// depend on the thread count.
void WeightedGram(Span<const float> x, Span<const float> w, size_t rows, size_t d,
                  Span<double> gram);

// Copies the upper triangle onto the lower one. a: [d x d].
void Symmetrise(Span<double> a, size_t d);

// Solves a x = b for symmetric positive definite a ([d x d], row-major, destroyed); b becomes x.
// Blocked Cholesky of the upper triangle. [LINALG-SINGULAR] when a pivot is not positive: says
// which column (counted from 0).
Status SolveSpd(Span<double> a, Span<double> b, size_t d);

// Packed upper triangle (row by row, d (d + 1) / 2 values) <-> full matrix.
constexpr size_t PackedSize(size_t d) { return d * (d + 1) / 2; }
void PackUpper(Span<const double> full, size_t d, Span<double> packed);
void UnpackUpper(Span<const double> packed, size_t d, Span<double> full);

}  // namespace florin::num
