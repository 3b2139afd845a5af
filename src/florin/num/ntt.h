// The number-theoretic transform of R_q = Z_q[X] / (X^N + 1), and arithmetic mod q: what lattice
// encryption computes with. A ring of several primes has one Ntt for each.
//
// Transforms are Harvey's (J. Symb. Comput. 60, 2014; arXiv:1205.2926), in the order of Longa and
// Naehrig (CANS 2016, alg. 1 and 2): the powers of a 2N-th root psi are folded into the
// butterflies, so that products of transforms are products mod X^N + 1. Between butterflies values
// are lazy, below 4 q, and each constant w travels with floor(2^52 w / q), so that nothing is
// divided.
//
// There are two paths, the same bits from both: portable, and AVX-512 IFMA, where the processor has
// it and FLORIN_KERNELS (kernels.h) does not name a lesser one. Immutable after construction, so
// thread-safe; no function but the constructor allocates. Spans need no alignment; one that starts
// at a multiple of 64 bytes is fastest. Sizes that do not agree are bugs (FLORIN_CHECK).
//
// ct: every function takes the same steps whatever the values are: no branch, no table looked up by
// them, no division. Only sizes and q show. A value out of its range gives a wrong result and
// nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "florin/base/span.h"

namespace florin::num {

struct NttKernels;  // ntt_kernels.h
struct NttPlan;

constexpr size_t kNttSizeMin = 16;
constexpr size_t kNttSizeMax = size_t{1} << 16;
constexpr int kNttPrimeBits = 50;  // q < 2^50, so that 4 q fits 52 bits

class Ntt {
 public:
  // size: N, a power of two from kNttSizeMin to kNttSizeMax. prime: q, = 1 (mod 2N), below
  // 2^kNttPrimeBits. Both are constants of the program: others are bugs (FLORIN_CHECK), and so is a
  // table that does not pass its own check, psi^N = -1 and psi^-1 psi = 1 = N^-1 N (mod q).
  // Takes less than a millisecond for N = 8192 and holds 32 N bytes.
  Ntt(size_t size, uint64_t prime);
  // The same on a path of one's choice, for tests and benchmarks.
  Ntt(size_t size, uint64_t prime, const NttKernels& kernels);

  size_t size() const { return size_; }
  uint64_t prime() const { return prime_; }
  uint64_t psi() const { return psi_; }  // primitive 2N-th root of one

  // values: [N], below 4 q, in place. Coefficients of X^0, X^1, ... become the values at the odd
  // powers of psi, in bit-reversed order: element i is the value at psi^(2 rev(i) + 1). Below q.
  void Forward(Span<uint64_t> values) const;
  // values: [N], below 2 q, in place. Undoes Forward; the result is below q.
  void Inverse(Span<uint64_t> values) const;

  // Element by element, mod q, on spans of one size, any; values below q give values below q. An
  // output may be an input.
  void Multiply(Span<const uint64_t> a, Span<const uint64_t> b, Span<uint64_t> out) const;
  void MultiplyAdd(Span<const uint64_t> a, Span<const uint64_t> b, Span<uint64_t> sum) const;
  void Add(Span<const uint64_t> a, Span<const uint64_t> b, Span<uint64_t> out) const;
  void Subtract(Span<const uint64_t> a, Span<const uint64_t> b, Span<uint64_t> out) const;

 private:
  struct Table {  // of N
    std::vector<uint64_t> factors;
    std::vector<uint64_t> quotients;
  };
  Table PowersOf(uint64_t root) const;
  NttPlan Plan() const;

  size_t size_;
  uint64_t prime_;
  uint64_t psi_ = 0;
  const NttKernels* kernels_;
  Table forward_;  // [i]: psi^rev(i)
  Table inverse_;  // [i]: psi^-rev(i); [1] is divided by N, and [0] is 1 / N
};

}  // namespace florin::num
