// How the words of a mask are made and added, compiled once per instruction set. For mask.cc and
// its tests alone. mask_impl.h is written once; mask_{avx2,avx512}.cc compile it,
// backend/openssl_mask.cc is the path that every processor has.
#pragma once

#include <cstddef>
#include <cstdint>

namespace florin::crypto::mask {

constexpr size_t kBlock = 16;  // bytes of AES
constexpr size_t kRounds = 10;
constexpr size_t kSchedule = (kRounds + 1) * kBlock;  // bytes; the key comes first
constexpr size_t kRunMax = 16 << 10;                  // bytes, for one call of apply

enum class Operation : uint8_t { kAdd32, kSubtract32, kAdd64, kSubtract64 };

// The first block's counter; low does not wrap within a run.
struct Counter {
  uint64_t high = 0;
  uint64_t low = 0;
};

struct Path {
  const char* name;                                       // as in num::Kernels
  void (*expand)(const uint8_t* key, uint8_t* schedule);  // kSchedule bytes
  void (*apply)(Operation operation, const uint8_t* schedule, Counter counter, size_t blocks,
                uint8_t* values);  // blocks x kBlock <= kRunMax
};

const Path* Find(const char* name);  // null where the processor does not have it
const Path& Active();

extern const Path kBaselinePath;
#if defined(__x86_64__)
extern const Path kAvx2Path;    // and AES-NI
extern const Path kAvx512Path;  // and VAES
#endif

}  // namespace florin::crypto::mask
