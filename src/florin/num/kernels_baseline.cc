#include "florin/num/kernels_impl.h"
#include "florin/num/kernels_tables.h"

namespace florin::num {

constinit const Kernels kBaselineKernels = MakeKernels("baseline");

}  // namespace florin::num
