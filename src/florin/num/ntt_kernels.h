// What the paths of the transform have in common; see ntt.h for what they compute. Constant tables
// of functions, so that naming one runs no code of its instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace florin::num {

constexpr int kNttWord = 52;  // bits of the products that IFMA makes

// A prime and the tables of a size, borrowed.
struct NttPlan {
  size_t size = 0;
  uint64_t prime = 0;
  // Barrett's: a product p < q^2 is divided by taking (p >> shift) * ratio >> 52.
  uint64_t shift = 0;               // bits of q, less 2
  uint64_t ratio = 0;               // floor(2^(52 + shift) / q), below 2^52
  const uint64_t* roots = nullptr;  // [size], as ntt.h says
  const uint64_t* root_quotients = nullptr;
  const uint64_t* inverse_roots = nullptr;
  const uint64_t* inverse_quotients = nullptr;
};

struct NttKernels {
  const char* name;  // "portable", "ifma"
  void (*forward)(const NttPlan& plan, uint64_t* values);
  void (*inverse)(const NttPlan& plan, uint64_t* values);
  void (*multiply)(const NttPlan& plan, const uint64_t* a, const uint64_t* b, uint64_t* out,
                   size_t n);
  void (*multiply_add)(const NttPlan& plan, const uint64_t* a, const uint64_t* b, uint64_t* sum,
                       size_t n);
  void (*add)(const NttPlan& plan, const uint64_t* a, const uint64_t* b, uint64_t* out, size_t n);
  void (*subtract)(const NttPlan& plan, const uint64_t* a, const uint64_t* b, uint64_t* out,
                   size_t n);
};

extern const NttKernels kPortableNtt;
#if defined(__x86_64__)
extern const NttKernels kIfmaNtt;
#endif

// The best that this processor has and FLORIN_KERNELS allows.
const NttKernels& ActiveNtt();
// nullptr when this processor (or this build) lacks the path.
const NttKernels* FindNtt(const char* name);

}  // namespace florin::num
