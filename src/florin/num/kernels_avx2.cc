#if defined(__x86_64__)

#include "florin/num/kernels_impl.h"
#include "florin/num/kernels_tables.h"

namespace florin::num {

constinit const Kernels kAvx2Kernels = MakeKernels("avx2");

}  // namespace florin::num

#endif
