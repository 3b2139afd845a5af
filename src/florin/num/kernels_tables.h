// The tables that kernels_*.cc define: constant data, so that naming one runs no code of its
// instruction set.
#pragma once

#include "florin/num/kernels.h"

namespace florin::num {

extern const Kernels kBaselineKernels;
#if defined(__x86_64__)
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
#endif

}  // namespace florin::num
