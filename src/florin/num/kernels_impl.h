// The table of this file's instruction set. Included by kernels_*.cc only; see simd.h.
#pragma once

#include "florin/num/kernels.h"
#include "florin/num/kernels_hadamard.h"
#include "florin/num/kernels_integer.h"
#include "florin/num/kernels_packed.h"
#include "florin/num/kernels_product.h"
#include "florin/num/kernels_vector.h"

namespace florin::num {
namespace {  // NOLINT(cert-dcl59-cpp): see simd.h

constexpr Kernels MakeKernels(const char* name) noexcept {
  return {.name = name,
          .dot = Dot,
          .sum_squares = SumSquares,
          .axpy = Axpy,
          .scale = Scale,
          .subtract = Subtract,
          .sigmoid = Sigmoid,
          .relu = Relu,
          .softmax_rows = SoftmaxRows,
          .hadamard = Hadamard,
          .matmul_nt = MatmulNt,
          .matmul_nn = MatmulNn,
          .matmul_tn = MatmulTn,
          .gram = Gram,
          .quantise = Quantise,
          .ring_add = RingAdd,
          .ring_measure = RingMeasure,
          .quantise_add = QuantiseAdd,
          .ring_squares = RingSquares,
          .unpack = Unpack,
          .unpack_add = UnpackAdd,
          .pack = Pack,
          .fma_burst = FmaBurst};
}

}  // namespace
}  // namespace florin::num
