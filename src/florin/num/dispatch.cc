#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "florin/num/kernels.h"
#include "florin/num/kernels_tables.h"
#include "florin/num/ntt_kernels.h"

namespace florin::num {
namespace {

#if defined(__x86_64__)
bool HasAvx2() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("bmi2");
}

bool HasAvx512() {
  return HasAvx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

const Kernels& Best() {
  constexpr const char* kFastestFirst[] = {"avx512", "avx2"};
  for (const char* name : kFastestFirst) {
    if (const Kernels* kernels = Find(name)) return *kernels;
  }
  return kBaselineKernels;
}

const Kernels& Choose() {
  const char* wanted = std::getenv("FLORIN_KERNELS");
  if (wanted == nullptr) return Best();
  if (const Kernels* kernels = Find(wanted)) return *kernels;
  std::fprintf(stderr,
               "FLORIN_KERNELS: expected kernels this processor has, found \"%s\"; using "
               "\"%s\".\n",
               wanted, Best().name);
  return Best();
}

}  // namespace

const Kernels* Find(const char* name) {
  if (std::strcmp(name, "baseline") == 0) return &kBaselineKernels;
#if defined(__x86_64__)
  if (std::strcmp(name, "avx2") == 0 && HasAvx2()) return &kAvx2Kernels;
  if (std::strcmp(name, "avx512") == 0 && HasAvx512()) return &kAvx512Kernels;
#endif
  return nullptr;
}

const Kernels& Active() {
  static const Kernels& active = Choose();
  return active;
}

const NttKernels* FindNtt(const char* name) {
  if (std::strcmp(name, "portable") == 0) return &kPortableNtt;
#if defined(__x86_64__)
  if (std::strcmp(name, "ifma") == 0 && HasAvx512() && __builtin_cpu_supports("avx512ifma")) {
    return &kIfmaNtt;
  }
#endif
  return nullptr;
}

const NttKernels& ActiveNtt() {
  const NttKernels* ifma = std::strcmp(Active().name, "avx512") == 0 ? FindNtt("ifma") : nullptr;
  return ifma == nullptr ? kPortableNtt : *ifma;
}

}  // namespace florin::num
