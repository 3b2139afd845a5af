#include "florin/num/linalg.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "florin/base/parallel.h"
#include "florin/base/text.h"
#include "florin/num/kernels.h"

namespace florin::num {
namespace {

constexpr size_t kBlockRows = 2048;  // summed in float32 before they become double
constexpr size_t kPanelRows = 32;
constexpr size_t kStretch = 512;

// Row i of a, columns [begin, end), -= U[k][i] U[k] for the finished rows k in [first, last).
void SubtractRows(double* a, size_t d, size_t first, size_t last, size_t i, size_t begin,
                  size_t end) {
  double* row = a + i * d;
  size_t k = first;
  for (; k + 4 <= last; k += 4) {
    const double* u = a + k * d;
    const double f0 = u[i];
    const double f1 = u[d + i];
    const double f2 = u[2 * d + i];
    const double f3 = u[3 * d + i];
    for (size_t j = begin; j < end; ++j) {
      row[j] -= (f0 * u[j] + f1 * u[d + j]) + (f2 * u[2 * d + j] + f3 * u[3 * d + j]);
    }
  }
  for (; k < last; ++k) {
    const double* u = a + k * d;
    for (size_t j = begin; j < end; ++j) row[j] -= u[i] * u[j];
  }
}

Status Singular(size_t column, size_t d, double pivot) {
  return Status(Kind::kFailed, "LINALG-SINGULAR",
                "linear system of " + std::to_string(d) + " unknowns: expected a positive " +
                    "definite matrix, found pivot " + base::Shortest(pivot) + " at column " +
                    std::to_string(column) +
                    "; drop a column that others determine, or add a ridge");
}

}  // namespace

void WeightedGram(Span<const float> x, Span<const float> w, size_t rows, size_t d,
                  Span<double> gram) {
  FLORIN_CHECK(x.size() == rows * d && gram.size() == d * d && (w.empty() || w.size() == rows));
  const size_t blocks = (rows + kBlockRows - 1) / kBlockRows;
  const size_t wave = std::min(blocks, base::ThreadCount() == 1 ? 1 : 4 * base::ThreadCount());
  std::vector<float> sums(wave * d * d);  // one float32 sum a block in flight
  for (size_t first = 0; first < blocks; first += wave) {
    const size_t count = std::min(wave, blocks - first);
    base::ParallelFor(count, [&](size_t block, size_t) {
      float* sum = sums.data() + block * d * d;
      const size_t row = (first + block) * kBlockRows;
      std::fill_n(sum, d * d, 0.0F);
      Active().gram(x.data() + row * d, w.empty() ? nullptr : w.data() + row, sum,
                    std::min(kBlockRows, rows - row), d);
    });
    // Blocks are added in their order whatever thread made them, so the result is always the same.
    for (size_t block = 0; block < count; ++block) {
      for (size_t i = 0; i < d; ++i) {
        const float* from = sums.data() + block * d * d + i * d;
        double* to = gram.data() + i * d;
        for (size_t j = i; j < d; ++j) to[j] += static_cast<double>(from[j]);
      }
    }
  }
}

void Symmetrise(Span<double> a, size_t d) {
  FLORIN_CHECK(a.size() == d * d);
  for (size_t i = 0; i < d; ++i) {
    for (size_t j = i + 1; j < d; ++j) a[j * d + i] = a[i * d + j];
  }
}

// Factors a = U^T U in place, U upper triangular. The rows of a panel are finished first; then each
// row below takes all the panel's updates at once, a stretch of columns at a time, while it is in
// the L1 cache.
Status SolveSpd(Span<double> a, Span<double> b, size_t d) {
  FLORIN_CHECK(a.size() == d * d && b.size() == d);
  for (size_t first = 0; first < d; first += kPanelRows) {
    const size_t end = std::min(first + kPanelRows, d);
    for (size_t k = first; k < end; ++k) {
      SubtractRows(a.data(), d, first, k, k, k, d);
      const double pivot = a[k * d + k];
      if (!(pivot > 0) || !std::isfinite(pivot)) return Singular(k, d, pivot);
      const double factor = 1 / std::sqrt(pivot);
      for (size_t j = k; j < d; ++j) a[k * d + j] *= factor;
    }
    for (size_t j = end; j < d; j += kStretch) {
      const size_t stop = std::min(j + kStretch, d);
      for (size_t i = end; i < stop; ++i) {
        SubtractRows(a.data(), d, first, end, i, std::max(i, j), stop);
      }
    }
  }
  for (size_t k = 0; k < d; ++k) {
    b[k] /= a[k * d + k];
    for (size_t j = k + 1; j < d; ++j) b[j] -= a[k * d + j] * b[k];
  }
  for (size_t k = d; k-- > 0;) {
    for (size_t j = k + 1; j < d; ++j) b[k] -= a[k * d + j] * b[j];
    b[k] /= a[k * d + k];
  }
  return {};
}

void PackUpper(Span<const double> full, size_t d, Span<double> packed) {
  FLORIN_CHECK(full.size() == d * d && packed.size() == PackedSize(d));
  double* out = packed.data();
  for (size_t i = 0; i < d; ++i) out = std::copy_n(&full[i * d] + i, d - i, out);
}

void UnpackUpper(Span<const double> packed, size_t d, Span<double> full) {
  FLORIN_CHECK(full.size() == d * d && packed.size() == PackedSize(d));
  const double* in = packed.data();
  for (size_t i = 0; i < d; ++i) {
    for (size_t j = i; j < d; ++j) full[i * d + j] = full[j * d + i] = *in++;
  }
}

}  // namespace florin::num
