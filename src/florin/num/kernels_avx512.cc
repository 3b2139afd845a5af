#if defined(__x86_64__)

#include "florin/num/kernels_impl.h"
#include "florin/num/kernels_tables.h"

namespace florin::num {

constinit const Kernels kAvx512Kernels = MakeKernels("avx512");

}  // namespace florin::num

#endif
