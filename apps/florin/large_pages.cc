// Blocks of many megabytes on huge pages: a model of ten million parameters passes through a dozen
// vectors a round, and a page fault for every 4 KiB of each is a fifth of the round. Where the
// system gives huge pages only when asked (transparent_hugepage/enabled: madvise), this asks.
//
// Replaces operator new for the whole program.
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kLarge = 4 * kHugePage;  // smaller blocks are reused by the heap

size_t RoundUp(size_t size, size_t alignment) { return (size + alignment - 1) & ~(alignment - 1); }

void* AllocateLarge(size_t size, size_t alignment) {
  if (size > PTRDIFF_MAX) return nullptr;
  void* block = std::aligned_alloc(alignment, RoundUp(size, alignment));
  if (block != nullptr) static_cast<void>(madvise(block, size, MADV_HUGEPAGE));
  return block;
}

void* OrThrow(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

}  // namespace

// The library's operator delete frees these too.
void* operator new(size_t size) {  // NOLINT(cert-dcl54-cpp)
  if (size >= kLarge) return OrThrow(AllocateLarge(size, kHugePage));
  return OrThrow(std::malloc(size == 0 ? 1 : size));
}

void* operator new(size_t size, std::align_val_t alignment) {
  const auto bytes = static_cast<size_t>(alignment);
  if (size >= kLarge) return OrThrow(AllocateLarge(size, std::max(bytes, kHugePage)));
  return OrThrow(std::aligned_alloc(bytes, RoundUp(size == 0 ? 1 : size, bytes)));
}
