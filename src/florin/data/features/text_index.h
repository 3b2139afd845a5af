// TextIndex: the place of a text in a fixed list, for vocabularies and value maps in row loops.
//
// Open addressing. Texts of up to eight bytes, which most codes and flags are, are compared as one
// word; longer ones by base::HashText and then their bytes, which lie in one buffer. No allocation
// and no node to chase after construction. Immutable, thread-safe.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/rng.h"
#include "florin/base/span.h"
#include "florin/data/batch.h"

namespace florin::data {

class TextIndex {
 public:
  TextIndex() = default;
  explicit TextIndex(Span<const std::string> texts);  // distinct

  bool empty() const { return slots_.empty(); }
  // The text's position in the list, or kUnknownRow.
  uint32_t Find(std::string_view text) const {
    if (slots_.empty()) return kUnknownRow;
    const bool is_short = text.size() <= kShort;
    const uint64_t word = is_short ? Word(text) : base::HashText(text);
    for (size_t at = Start(word, text.size());; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.index == kUnknownRow) return kUnknownRow;
      if (slot.word == word && slot.size == text.size() && (is_short || Text(slot.index) == text)) {
        return slot.index;
      }
    }
  }

 private:
  static constexpr size_t kShort = 8;

  struct Slot {
    uint64_t word = 0;  // a short text's bytes, or a hash
    uint32_t size = 0;
    uint32_t index = kUnknownRow;
  };

  // At most eight bytes as a number, read as two overlapping halves.
  static uint64_t Word(std::string_view text) {
    const char* const bytes = text.data();
    const size_t size = text.size();
    if (size >= 4) {
      uint32_t low;
      uint32_t high;
      std::memcpy(&low, bytes, 4);
      std::memcpy(&high, bytes + size - 4, 4);
      return low | static_cast<uint64_t>(high) << (8 * (size - 4));
    }
    if (size == 0) return 0;
    const auto byte = [&](size_t at) -> uint64_t { return static_cast<unsigned char>(bytes[at]); };
    return byte(0) | byte(size / 2) << (8 * (size / 2)) | byte(size - 1) << (8 * (size - 1));
  }
  size_t Start(uint64_t word, size_t size) const {
    return ((word + size) * 0x9e3779b97f4a7c15) >> shift_;
  }
  std::string_view Text(uint32_t index) const {
    return std::string_view(texts_).substr(begin_[index], begin_[index + 1] - begin_[index]);
  }

  std::vector<Slot> slots_;  // a power of two, at most half full
  size_t mask_ = 0;
  int shift_ = 0;
  std::string texts_;
  std::vector<size_t> begin_;
};

// Counts different texts, exactly up to `distinct_max`, then stops. Two texts with the same 64-bit
// hash count as one: once in some billion columns.
class DistinctCounter {
 public:
  explicit DistinctCounter(size_t distinct_max) : distinct_max_(distinct_max) {}
  void Add(std::string_view text);
  size_t count() const { return count_; }

 private:
  void Grow();
  size_t distinct_max_;
  size_t count_ = 0;
  std::vector<uint64_t> slots_;  // hashes, 0 is free
};

}  // namespace florin::data
