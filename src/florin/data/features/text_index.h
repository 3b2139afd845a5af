// TextIndex: the place of a text in a fixed list, for vocabularies and value maps in row loops.
//
// Open addressing over base::HashText; the texts lie in one buffer. No allocation and no node to
// chase after construction. Immutable, thread-safe.
#pragma once

#include <cstdint>
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
    const uint64_t hash = base::HashText(text);
    const auto tag = static_cast<uint32_t>(hash >> 32);
    for (size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot slot = slots_[at];
      if (slot.index == kUnknownRow) return kUnknownRow;
      if (slot.tag == tag && Text(slot.index) == text) return slot.index;
    }
  }

 private:
  struct Slot {
    uint32_t tag = 0;
    uint32_t index = kUnknownRow;
  };
  std::string_view Text(uint32_t index) const {
    return std::string_view(texts_).substr(begin_[index], begin_[index + 1] - begin_[index]);
  }

  std::vector<Slot> slots_;  // a power of two, at most half full
  size_t mask_ = 0;
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
