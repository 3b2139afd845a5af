#include "florin/encode/rotation.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "florin/base/rng.h"
#include "florin/base/status.h"
#include "florin/num/kernels.h"

namespace florin::encode {
namespace {

// Signs of 32 rows of 64 entries: entry 64 r + c has bit r of word c. A loop over c shifts all
// words alike, which every instruction set does at once.
constexpr size_t kRow = 64;
constexpr size_t kChunk = 32 * kRow;
// The stream of the first block; the next is one more.
constexpr uint64_t kStream = 0x726f746174696f6e;  // "rotation"
constexpr double kOddsBits = 30;

std::vector<uint32_t> DrawSigns(size_t size, uint64_t seed, uint64_t stream) {
  base::SeededRng rng(seed, stream);
  std::vector<uint64_t> words((size + kChunk - 1) / kChunk * kRow / 2);
  rng.Fill(words);
  std::vector<uint32_t> signs;
  signs.reserve(2 * words.size());
  for (const uint64_t word : words) {
    signs.push_back(static_cast<uint32_t>(word));
    signs.push_back(static_cast<uint32_t>(word >> 32));
  }
  return signs;
}

uint32_t SignBit(uint32_t word, size_t row) { return word << (31 - row) & 0x80000000U; }

float Signed(float value, uint32_t sign) {
  return std::bit_cast<float>(std::bit_cast<uint32_t>(value) ^ sign);
}
double Signed(double value, uint32_t sign) {
  return std::bit_cast<double>(std::bit_cast<uint64_t>(value) ^ uint64_t{sign} << 32);
}

// values[i] *= factor and the i-th sign.
template <typename T>
void Scale(Span<T> values, const std::vector<uint32_t>& signs, T factor) {
  for (size_t first = 0; first < values.size(); first += kRow) {
    const uint32_t* words = signs.data() + first / kChunk * kRow;
    const size_t row = first / kRow % 32;
    T* at = values.data() + first;
    const size_t count = std::min(kRow, values.size() - first);
    for (size_t c = 0; c < count; ++c) at[c] = Signed(at[c] * factor, SignBit(words[c], row));
  }
}

// num's kernel in double; halves first, so that what fits the cache is done in it.
void Hadamard(Span<double> x) {
  const size_t half = x.size() / 2;
  if (half == 0) return;
  Hadamard(x.first(half));
  Hadamard(x.subspan(half));
  double* low = x.data();
  double* high = low + half;
  for (size_t i = 0; i < half; ++i) {
    const double sum = low[i] + high[i];
    high[i] = low[i] - high[i];
    low[i] = sum;
  }
}

// 1 / sqrt(m) as Apply multiplies by it.
float ShareOf(size_t block_size) {
  return static_cast<float>(1 / std::sqrt(static_cast<double>(block_size)));
}

}  // namespace

Rotation::Rotation(size_t size, uint64_t seed) : size_(size), block_size_(std::bit_floor(size)) {
  if (block_size_ == 0) return;
  blocks_.push_back({0, DrawSigns(block_size_, seed, kStream)});
  if (block_size_ == size_) return;
  blocks_.push_back({size_ - block_size_, DrawSigns(block_size_, seed, kStream + 1)});
}

void Rotation::Apply(Span<float> values) const {
  FLORIN_CHECK(values.size() == size_);
  for (const Block& block : blocks_) {
    const Span<float> part = values.subspan(block.first, block_size_);
    Scale(part, block.signs, ShareOf(block_size_));
    num::Active().hadamard(part.data(), part.size());
  }
}

// H H = m, so of H D s the inverse is D H / (m s), whatever s was rounded to.
void Rotation::Invert(Span<double> values) const {
  FLORIN_CHECK(values.size() == size_);
  for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block) {
    const Span<double> part = values.subspan(block->first, block_size_);
    Hadamard(part);
    const double share = static_cast<double>(ShareOf(block_size_));
    Scale(part, block->signs, 1 / (share * static_cast<double>(block_size_)));
  }
}

// Exact operations and a square root: the same number on every machine, as plans need it.
double Rotation::EntryMax(size_t size) {
  if (size == 0) return kSlack;
  const double bits = kOddsBits + 1 + static_cast<double>(std::bit_width(size));
  const auto block = static_cast<double>(std::bit_floor(size));
  return std::min(1.0, std::sqrt(2 * std::numbers::ln2 * bits / block)) * kSlack;
}

}  // namespace florin::encode
