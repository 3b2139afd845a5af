#include <cmath>

#include "florin/num/kernels.h"

namespace florin::num {
namespace {

float Dot(const float* a, const float* b, size_t n) {
  float sum = 0;
  for (size_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

double SumSquares(const float* x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum;
}

void Axpy(float a, const float* x, float* y, size_t n) {
  for (size_t i = 0; i < n; ++i) y[i] += a * x[i];
}

void Scale(float a, float* x, size_t n) {
  for (size_t i = 0; i < n; ++i) x[i] *= a;
}

void Subtract(const float* a, const float* b, float* out, size_t n) {
  for (size_t i = 0; i < n; ++i) out[i] = a[i] - b[i];
}

void Sigmoid(float* x, size_t n) {
  for (size_t i = 0; i < n; ++i) x[i] = 1 / (1 + std::exp(-x[i]));
}

void Relu(float* x, size_t n) {
  for (size_t i = 0; i < n; ++i) x[i] = x[i] < 0 ? 0 : x[i];
}

void SoftmaxRows(float* x, size_t rows, size_t classes) {
  for (size_t r = 0; r < rows; ++r, x += classes) {
    if (classes == 0) return;
    float top = x[0];
    for (size_t i = 0; i < classes; ++i) top = x[i] > top ? x[i] : top;
    float sum = 0;
    for (size_t i = 0; i < classes; ++i) sum += x[i] = std::exp(x[i] - top);
    for (size_t i = 0; i < classes; ++i) x[i] /= sum;
  }
}

void MatmulNt(const float* a, const float* b, float* c, size_t m, size_t n, size_t k, bool add) {
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j) {
      c[i * n + j] = Dot(a + i * k, b + j * k, k) + (add ? c[i * n + j] : 0);
    }
  }
}

void MatmulNn(const float* a, const float* b, float* c, size_t m, size_t n, size_t k, bool add) {
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; !add && j < n; ++j) c[i * n + j] = 0;
    for (size_t p = 0; p < k; ++p) Axpy(a[i * k + p], b + p * n, c + i * n, n);
  }
}

void MatmulTn(const float* a, const float* b, float* c, size_t m, size_t n, size_t k, bool add) {
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; !add && j < n; ++j) c[i * n + j] = 0;
    for (size_t p = 0; p < k; ++p) Axpy(a[p * m + i], b + p * n, c + i * n, n);
  }
}

void Gram(const float* x, const float* w, float* h, size_t rows, size_t d) {
  for (size_t r = 0; r < rows; ++r, x += d) {
    for (size_t i = 0; i < d; ++i) {
      Axpy((w == nullptr ? 1 : w[r]) * x[i], x + i, h + i * d + i, d - i);
    }
  }
}

bool Quantise(const float* x, double scale, const uint16_t* u, uint64_t* out, size_t n) {
  bool good = true;
  for (size_t i = 0; i < n; ++i) {
    const double y = static_cast<double>(x[i]) * scale;
    const bool fits = std::fabs(y) < 0x1p51;
    const double whole = std::floor(fits ? y : 0);
    const bool carry = (fits ? y - whole : 0) + (u[i] + 0.5) * 0x1p-16 >= 1;
    out[i] = static_cast<uint64_t>(static_cast<int64_t>(whole)) + carry;
    good = good && fits;
  }
  return good;
}

void RingAdd(uint64_t* sum, const uint64_t* term, size_t n) {
  for (size_t i = 0; i < n; ++i) sum[i] += term[i];
}

bool QuantiseAdd(const float* x, double scale, const uint16_t* u, uint64_t* sum, size_t n) {
  bool good = true;
  for (size_t i = 0; i < n; ++i) {
    uint64_t term = 0;
    good = Quantise(x + i, scale, u + i, &term, 1) && good;
    sum[i] += term;
  }
  return good;
}

}  // namespace

const Kernels& BaselineKernels();
const Kernels& BaselineKernels() {
  static constexpr Kernels kKernels = {
      "baseline", Dot,      SumSquares, Axpy, Scale,    Subtract, Sigmoid,     Relu, SoftmaxRows,
      MatmulNt,   MatmulNn, MatmulTn,   Gram, Quantise, RingAdd,  QuantiseAdd,
  };
  return kKernels;
}

}  // namespace florin::num
