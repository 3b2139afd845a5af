#include <string_view>

#include "florin/crypto/rlwe/kernels.h"
#include "florin/num/ntt_kernels.h"

namespace florin::crypto::rlwe {

const Kernels* Find(const char* name) {
  const std::string_view wanted = name;
#if defined(__x86_64__)
  if (wanted == "avx512" && num::FindNtt("ifma") != nullptr) return &kAvx512Kernels;
#endif
  return wanted == "portable" ? &kPortableKernels : nullptr;
}

const Kernels& Active() {
  const Kernels* wide = &num::ActiveNtt() != &num::kPortableNtt ? Find("avx512") : nullptr;
  return wide == nullptr ? kPortableKernels : *wide;
}

}  // namespace florin::crypto::rlwe
