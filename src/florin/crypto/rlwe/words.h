// Words that are wiped when they are dropped, on memory that starts at a multiple of 64 bytes, as
// the kernels like it. Moved, not copied; never printed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "florin/base/span.h"
#include "florin/crypto/secret.h"

namespace florin::crypto::rlwe {

class SecretWords {
 public:
  SecretWords() = default;
  // Zeros.
  explicit SecretWords(size_t size)
      : memory_(SecretBytes::Zeros(size * sizeof(uint64_t) + kAlignment)), size_(size) {}
  SecretWords(SecretWords&& other) noexcept
      : memory_(std::move(other.memory_)), size_(std::exchange(other.size_, 0)) {}
  SecretWords& operator=(SecretWords&& other) noexcept {
    memory_ = std::move(other.memory_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  ~SecretWords() = default;

  size_t size() const { return size_; }
  Span<uint64_t> span() { return {First(memory_.span().data()), size_}; }
  Span<const uint64_t> view() const { return {First(memory_.view().data()), size_}; }

 private:
  static constexpr size_t kAlignment = 64;
  static uint64_t* First(uint8_t* memory) { return reinterpret_cast<uint64_t*>(Aligned(memory)); }
  static const uint64_t* First(const uint8_t* memory) {
    return reinterpret_cast<const uint64_t*>(Aligned(memory));
  }
  template <typename Byte>
  static Byte* Aligned(Byte* memory) {
    const auto address = reinterpret_cast<uintptr_t>(memory);
    return memory + (kAlignment - address % kAlignment) % kAlignment;
  }

  SecretBytes memory_;
  size_t size_ = 0;
};

}  // namespace florin::crypto::rlwe
