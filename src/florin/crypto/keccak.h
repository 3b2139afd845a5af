// Keccak-p[1600, 12] (FIPS 202, section 3; RFC 9861, section 2.2), and with it the leaves of KT128,
// compiled once per instruction set. For kt128.cc and its tests alone.
//
// keccak_impl.h is written once for a register of any width; keccak_{baseline,avx2,avx512}.cc
// compile it. The path is that of num::Active(), so FLORIN_KERNELS names it. Same bits from all.
#pragma once

#include <cstddef>
#include <cstdint>

namespace florin::crypto::keccak {

constexpr size_t kWords = 25;
constexpr size_t kRate = 168;  // bytes of a TurboSHAKE128 block
constexpr size_t kChunk = 8192;
constexpr size_t kChainingValue = 32;
constexpr uint8_t kLeafDomain = 0x0B;

struct Path {
  const char* name;  // as in num::Kernels
  size_t lanes;      // chunks hashed at a time
  // chunks: count x kChunk bytes. values: count x kChainingValue bytes, TurboSHAKE128(chunk, 0x0B).
  // Where root is given (kWords words), the first chunk is the tree's first: root gets the state
  // with all of it absorbed, kChunk % kRate bytes of them since the last permutation, and the first
  // value means nothing.
  void (*hash_chunks)(const uint8_t* chunks, size_t count, uint8_t* values, uint64_t* root);
};

void Permute(uint64_t* state);  // kWords words

const Path* Find(const char* name);  // null where the processor does not have it
const Path& Active();

extern const Path kBaselinePath;
#if defined(__x86_64__)
extern const Path kAvx2Path;
extern const Path kAvx512Path;
#endif

}  // namespace florin::crypto::keccak
