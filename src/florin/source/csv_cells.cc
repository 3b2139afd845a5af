#include "florin/source/csv_cells.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "florin/data/parse.h"

namespace florin::source {
namespace {

constexpr size_t kBlockSize = 64 << 10;
constexpr size_t kFrontSlack = 8;  // for ParseNumberInPlace

constexpr std::array<uint16_t, 32> kWindows1252 = {
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178};

constexpr std::array<double, 8> kPowersOfTen = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};

// Bytes of `digits` above 9, marked by their top bits. Only the lowest mark is certain; without
// one all bytes are digits.
uint64_t NotDigits(uint64_t digits) {
  return ((digits + 0x7676767676767676) | digits) & 0x8080808080808080;
}

// Eight digits, the first in the lowest byte, as a number.
uint64_t EightDigits(uint64_t digits) {
  digits = digits * 10 + (digits >> 8);  // pairs in every other byte
  const uint64_t first = (digits & 0x000000ff000000ff) * (100 + (uint64_t{1'000'000} << 32));
  const uint64_t second = (digits >> 16 & 0x000000ff000000ff) * (1 + (uint64_t{10'000} << 32));
  return (first + second) >> 32;
}

}  // namespace

double ParseNumberInPlace(std::string_view cell, char decimal_point) {
  const bool is_negative = !cell.empty() && cell[0] == '-';
  const size_t size = cell.size() - (is_negative ? 1 : 0);
  if (size - 1 > 7) return data::ParseNumber(cell, decimal_point);  // none, or more than eight
  uint64_t word;
  std::memcpy(&word, cell.data() + cell.size() - 8, 8);
  const uint64_t own = ~uint64_t{0} << (8 * (8 - size));  // the bytes that are the cell's
  uint64_t digits = (word ^ 0x3030303030303030) & own;
  size_t decimals = 0;
  if (const uint64_t other = NotDigits(digits); other != 0) {
    const auto at = static_cast<size_t>(std::countr_zero(other)) / 8;
    if (static_cast<char>(word >> (8 * at)) != decimal_point || size == 1) {
      return data::ParseNumber(cell, decimal_point);
    }
    // Closes the gap the point leaves.
    const uint64_t before = digits & ((uint64_t{1} << (8 * at)) - 1);
    const uint64_t after = digits >> (8 * at) & ~uint64_t{0xff};
    digits = before << 8 | after << (8 * at);
    if (NotDigits(digits) != 0) return data::ParseNumber(cell, decimal_point);
    decimals = 7 - at;
  }
  const double value = static_cast<double>(EightDigits(digits)) / kPowersOfTen[decimals];
  return is_negative ? -value : value;
}

char* Arena::Take(size_t size) {
  while (block_ < blocks_.size() && blocks_[block_].size - used_ < size) {
    ++block_;
    used_ = kFrontSlack;
  }
  if (block_ == blocks_.size()) {
    const size_t block_size = std::max(size + kFrontSlack, kBlockSize);
    blocks_.push_back({std::make_unique<char[]>(block_size), block_size});
  }
  used_ += size;
  return blocks_[block_].bytes.get() + (used_ - size);
}

void Arena::Clear() {
  block_ = 0;
  used_ = kFrontSlack;
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
