#include "florin/source/csv_cells.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace florin::source {
namespace {

constexpr size_t kBlockSize = 64 << 10;

constexpr std::array<uint16_t, 32> kWindows1252 = {
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178};

}  // namespace

char* Arena::Take(size_t size) {
  while (block_ < blocks_.size() && blocks_[block_].size - used_ < size) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    const size_t block_size = std::max(size, kBlockSize);
    blocks_.push_back({std::make_unique<char[]>(block_size), block_size});
    used_ = 0;
  }
  used_ += size;
  return blocks_[block_].bytes.get() + (used_ - size);
}

void Arena::Clear() {
  block_ = 0;
  used_ = 0;
}

std::string_view Unquote(std::string_view cell, char quote, Arena& arena) {
  if (cell.size() < 2 || cell.back() != quote) return {};
  const std::string_view inner = cell.substr(1, cell.size() - 2);
  if (inner.find(quote) == std::string_view::npos) return inner;
  char* const begin = arena.Take(inner.size());
  char* to = begin;
  for (size_t i = 0; i < inner.size(); ++i) {
    *to++ = inner[i];
    if (inner[i] == quote) ++i;  // the scan has seen that quotes inside come in pairs
  }
  return {begin, static_cast<size_t>(to - begin)};
}

std::string_view FromLatin1(std::string_view text, Arena& arena) {
  if (IsAscii(text)) return text;
  char* const begin = arena.Take(text.size() * 3);
  char* to = begin;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const unsigned point = byte >= 0x80 && byte < 0xa0 ? kWindows1252[byte - 0x80] : byte;
    if (point < 0x80) {
      *to++ = c;
    } else if (point < 0x800) {
      *to++ = static_cast<char>(0xc0 | point >> 6);
      *to++ = static_cast<char>(0x80 | (point & 0x3f));
    } else {
      *to++ = static_cast<char>(0xe0 | point >> 12);
      *to++ = static_cast<char>(0x80 | (point >> 6 & 0x3f));
      *to++ = static_cast<char>(0x80 | (point & 0x3f));
    }
  }
  return {begin, static_cast<size_t>(to - begin)};
}

bool IsAscii(std::string_view text) {
  uint64_t seen = 0;
  while (text.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, text.data(), 8);
    seen |= word;
    text.remove_prefix(8);
  }
  for (const char c : text) seen |= static_cast<unsigned char>(c);
  return (seen & 0x8080808080808080) == 0;
}

}  // namespace florin::source
