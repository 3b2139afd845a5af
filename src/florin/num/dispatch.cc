#include "florin/num/kernels.h"

#include <cstring>

namespace florin::num {

const Kernels& BaselineKernels();

const Kernels* Find(const char* name) {
  return std::strcmp(name, "baseline") == 0 ? &BaselineKernels() : nullptr;
}

const Kernels& Active() { return BaselineKernels(); }

}  // namespace florin::num
