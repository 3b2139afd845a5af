#include "florin/num/linalg.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "florin/base/parallel.h"
#include "florin/num/kernels.h"

namespace florin::num {

void WeightedGram(Span<const float> x, Span<const float> w, size_t rows, size_t d,
                  Span<double> gram) {
  FLORIN_CHECK(x.size() == rows * d && gram.size() == d * d && (w.empty() || w.size() == rows));
  constexpr size_t kBlockRows = 1024;
  std::vector<float> block(d * d);
  for (size_t first = 0; first < rows; first += kBlockRows) {
    std::fill(block.begin(), block.end(), 0.0F);
    Active().gram(x.data() + first * d, w.empty() ? nullptr : w.data() + first, block.data(),
                  std::min(kBlockRows, rows - first), d);
    for (size_t i = 0; i < d; ++i) {
      for (size_t j = i; j < d; ++j) gram[i * d + j] += static_cast<double>(block[i * d + j]);
    }
  }
}

void Symmetrise(Span<double> a, size_t d) {
  FLORIN_CHECK(a.size() == d * d);
  for (size_t i = 0; i < d; ++i) {
    for (size_t j = i + 1; j < d; ++j) a[j * d + i] = a[i * d + j];
  }
}

Status SolveSpd(Span<double> a, Span<double> b, size_t d) {
  FLORIN_CHECK(a.size() == d * d && b.size() == d);
  for (size_t j = 0; j < d; ++j) {
    double* row = &a[j * d];
    for (size_t i = 0; i <= j; ++i) {
      const double* other = &a[i * d];
      double sum = row[i];
      for (size_t k = 0; k < i; ++k) sum -= row[k] * other[k];
      if (i < j) {
        row[i] = sum / other[i];
      } else if (sum > 0 && std::isfinite(sum)) {
        row[j] = std::sqrt(sum);
      } else {
        return Status(Kind::kFailed, "LINALG-SINGULAR",
                      "linear system of " + std::to_string(d) + " unknowns: expected a positive " +
                          "definite matrix, found column " + std::to_string(j) +
                          " dependent on the ones before it; add a ridge or drop the column");
      }
    }
  }
  for (size_t i = 0; i < d; ++i) {
    for (size_t k = 0; k < i; ++k) b[i] -= a[i * d + k] * b[k];
    b[i] /= a[i * d + i];
  }
  for (size_t i = d; i-- > 0;) {
    b[i] /= a[i * d + i];
    for (size_t k = 0; k < i; ++k) b[k] -= a[i * d + k] * b[i];
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
