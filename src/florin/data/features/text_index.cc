#include "florin/data/features/text_index.h"

#include <bit>

namespace florin::data {

TextIndex::TextIndex(Span<const std::string> texts) {
  if (texts.empty()) return;
  slots_.resize(std::bit_ceil(texts.size() * 2));
  mask_ = slots_.size() - 1;
  shift_ = 64 - std::countr_zero(slots_.size());
  begin_.reserve(texts.size() + 1);
  begin_.push_back(0);
  for (uint32_t i = 0; i < texts.size(); ++i) {
    const std::string& text = texts[i];
    texts_ += text;
    begin_.push_back(texts_.size());
    const uint64_t word = text.size() <= kShort ? Word(text) : base::HashText(text);
    size_t at = Start(word, text.size());
    while (slots_[at].index != kUnknownRow) at = (at + 1) & mask_;
    slots_[at] = {word, static_cast<uint32_t>(text.size()), i};
  }
}

void DistinctCounter::Add(std::string_view text) {
  if (count_ >= distinct_max_) return;
  if (count_ * 2 >= slots_.size()) Grow();
  const uint64_t hash = base::HashText(text) | 1;
  const size_t mask = slots_.size() - 1;
  size_t at = (hash >> 1) & mask;
  while (slots_[at] != 0) {
    if (slots_[at] == hash) return;
    at = (at + 1) & mask;
  }
  slots_[at] = hash;
  ++count_;
}

void DistinctCounter::Grow() {
  std::vector<uint64_t> old(slots_.empty() ? 64 : slots_.size() * 2);
  old.swap(slots_);
  const size_t mask = slots_.size() - 1;
  for (const uint64_t hash : old) {
    if (hash == 0) continue;
    size_t at = (hash >> 1) & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = hash;
  }
}

}  // namespace florin::data
