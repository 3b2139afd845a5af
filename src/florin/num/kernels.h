// The row-loop arithmetic, compiled once per instruction set and chosen at start-up.
//
// kernels_{vector,product,integer,packed,hadamard}.h are written once with vector extensions;
// kernels_{baseline, avx2,avx512}.cc compile them with their own flags, and Active() picks the best
// one the processor has (or the one named by FLORIN_KERNELS=baseline|avx2|avx512). Integer results
// are the same bits from every path. Float results may differ in the last bits between paths, and
// between calls of different shape (a row scored alone or among many), never between runs or thread
// counts of one.
//
// All matrices are row-major float32. No pointer needs alignment beyond its type's. Sizes may be
// zero. An elementwise kernel may write exactly over its input; otherwise inputs and outputs do not
// overlap. No kernel allocates. Thread-safe: pure functions of their arguments.
#pragma once

#include <cstddef>
#include <cstdint>

namespace florin::num {

struct Kernels {
  const char* name;  // "baseline", "avx2", "avx512"

  // -- float32 vectors of n values
  float (*dot)(const float* a, const float* b, size_t n);
  double (*sum_squares)(const float* x, size_t n);                         // double accumulators
  void (*axpy)(float a, const float* x, float* y, size_t n);               // y += a x
  void (*scale)(float a, float* x, size_t n);                              // x *= a
  void (*subtract)(const float* a, const float* b, float* out, size_t n);  // out = a - b
  void (*sigmoid)(float* x, size_t n);  // in place, |error| < 2e-7
  void (*relu)(float* x, size_t n);
  void (*softmax_rows)(float* x, size_t rows, size_t classes);  // in place, stable

  // In place, n a power of two: x[r] = sum over c of (-1)^popcount(r & c) x[c]. The same bits from
  // every path.
  void (*hadamard)(float* x, size_t n);

  // -- dense products; each adds to c when accumulate, else overwrites it
  void (*matmul_nt)(const float* a, const float* b, float* c, size_t m, size_t n, size_t k,
                    bool accumulate);  // c[m x n] = a[m x k] b[n x k]^T
  void (*matmul_nn)(const float* a, const float* b, float* c, size_t m, size_t n, size_t k,
                    bool accumulate);  // c[m x n] = a[m x k] b[k x n]
  void (*matmul_tn)(const float* a, const float* b, float* c, size_t m, size_t n, size_t k,
                    bool accumulate);  // c[m x n] = a[k x m]^T b[k x n]

  // h[d x d] (upper triangle, row-major; below the diagonal it is scratch) += sum over rows of
  // w[r] x[r] x[r]^T. w may be null (all ones). Accumulates in float32; the caller adds blocks of a
  // few thousand rows into double sums (see linalg.h WeightedGram).
  void (*gram)(const float* x, const float* w, float* h, size_t rows, size_t d);

  // -- integers (same bits from every path)
  // out[i] = floor(x[i] * scale + (u[i] + 1/2) / 2^16) as two's complement, u from 16-bit words:
  // stochastic rounding, unbiased to 2^-17 of a step; whole products pass unchanged. The product is
  // taken in double and rounded once, whatever the scale. Returns false when some x * scale is not
  // a number in [-2^51, 2^51) (out is then unspecified).
  bool (*quantise)(const float* x, double scale, const uint16_t* u, uint64_t* out, size_t n);
  void (*ring_add)(uint64_t* sum, const uint64_t* term, size_t n);  // wraps mod 2^64
  // How many x[i] are not zero; magnitude: the bits of all x[i], or of ~x[i] where it is negative.
  size_t (*ring_measure)(const uint64_t* x, size_t n, uint64_t* magnitude);
  // sum[i] += quantise(x[i]), one pass; false as quantise (sum is then unspecified).
  bool (*quantise_add)(const float* x, double scale, const uint16_t* u, uint64_t* sum, size_t n);
  // The sum of the squares of x[i], read as two's complement and rounded to double. The order of
  // its additions is fixed, so the last bits depend on n alone.
  double (*ring_squares)(const uint64_t* x, size_t n);
  // Entries of `width` bytes, 1 to 8, one behind the other, as two's complement: out[i] = entry i,
  // sum[i] += entry i, and to = the low bytes of x[i]. They touch n * width bytes and n words.
  void (*unpack)(const uint8_t* from, size_t width, uint64_t* out, size_t n);
  void (*unpack_add)(const uint8_t* from, size_t width, uint64_t* sum, size_t n);
  void (*pack)(const uint64_t* x, size_t width, uint8_t* to, size_t n);

  // -- for machine.h: `rounds` rounds of independent multiply-adds in registers, starting from
  // seed[0] and seed[1]; a result goes to seed[2]. Returns the floating-point operations done.
  double (*fma_burst)(size_t rounds, float* seed);
};

const Kernels& Active();
// nullptr when this processor (or this build) lacks the instruction set.
const Kernels* Find(const char* name);

}  // namespace florin::num
