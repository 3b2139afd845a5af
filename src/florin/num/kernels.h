// The row-loop arithmetic, compiled once per instruction set and chosen at start-up.
//
// kernels_impl.h is written once with vector extensions; kernels_{baseline,avx2,avx512}.cc compile
// it with their own flags, and Active() picks the best one the processor has (or the one named by
// FLORIN_KERNELS=baseline|avx2|avx512). Integer results are the same bits from every path; float
// results may differ in the last bits between paths, never between runs or thread counts of one.
//
// All matrices are row-major float32. No pointer needs alignment. Sizes may be zero. No kernel
// allocates. Thread-safe: pure functions of their arguments.
#pragma once

#include <cstddef>
#include <cstdint>

namespace florin::num {

struct Kernels {
  const char* name;  // "baseline", "avx2", "avx512"

  // -- float32 vectors of n values
  float (*dot)(const float* a, const float* b, size_t n);
  double (*sum_squares)(const float* x, size_t n);                      // double accumulators
  void (*axpy)(float a, const float* x, float* y, size_t n);            // y += a x
  void (*scale)(float a, float* x, size_t n);                           // x *= a
  void (*subtract)(const float* a, const float* b, float* out, size_t n);  // out = a - b
  void (*sigmoid)(float* x, size_t n);                                  // in place, |error| < 2e-7
  void (*relu)(float* x, size_t n);
  void (*softmax_rows)(float* x, size_t rows, size_t classes);          // in place, stable

  // -- dense products; each adds to c when accumulate, else overwrites it
  void (*matmul_nt)(const float* a, const float* b, float* c, size_t m, size_t n, size_t k,
                    bool accumulate);  // c[m x n] = a[m x k] b[n x k]^T
  void (*matmul_nn)(const float* a, const float* b, float* c, size_t m, size_t n, size_t k,
                    bool accumulate);  // c[m x n] = a[m x k] b[k x n]
  void (*matmul_tn)(const float* a, const float* b, float* c, size_t m, size_t n, size_t k,
                    bool accumulate);  // c[m x n] = a[k x m]^T b[k x n]

  // h[d x d] (upper triangle, row-major, ld = d) += sum over rows of w[r] x[r] x[r]^T.
  // w may be null (all ones). Accumulates in float32 over at most `rows` rows; the caller adds
  // blocks of up to 4096 rows into double sums (see linalg.h WeightedGram).
  void (*gram)(const float* x, const float* w, float* h, size_t rows, size_t d);

  // -- integers (same bits from every path)
  // out[i] = floor(x[i] * scale + u[i] / 2^16) as two's complement, u from 16-bit words: unbiased
  // stochastic rounding to a grid of step 1/scale when scale is a power of two. The product is
  // taken in double. |x * scale| < 2^52. Returns false when some x is not finite or out of range
  // (out is then unspecified).
  bool (*quantise)(const float* x, double scale, const uint16_t* u, uint64_t* out, size_t n);
  void (*ring_add)(uint64_t* sum, const uint64_t* term, size_t n);      // wraps mod 2^64
  // sum[i] += quantise(x[i]), one pass; false as quantise (sum is then unspecified).
  bool (*quantise_add)(const float* x, double scale, const uint16_t* u, uint64_t* sum, size_t n);
};

const Kernels& Active();
// nullptr when this processor (or this build) lacks the instruction set.
const Kernels* Find(const char* name);

}  // namespace florin::num
