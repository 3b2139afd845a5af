#include "florin/base/rng.h"

#include <cmath>
#include <cstring>

#include "florin/base/check.h"

namespace florin::base {
namespace {

uint64_t RotateLeft(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

}  // namespace

uint64_t Rng::Next() {
  uint64_t word;
  Fill({&word, 1});
  return word;
}

uint64_t Rng::Below(uint64_t bound) {
  FLORIN_CHECK(bound > 0);
  __extension__ using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(Next()) * bound;
  if (static_cast<uint64_t>(product) < bound) {
    const uint64_t threshold = -bound % bound;
    while (static_cast<uint64_t>(product) < threshold) product = static_cast<Wide>(Next()) * bound;
  }
  return static_cast<uint64_t>(product >> 64);
}

double Rng::Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

double Rng::Normal() {
  while (true) {
    const double u = 2 * Uniform() - 1;
    const double v = 2 * Uniform() - 1;
    const double s = u * u + v * v;
    if (s > 0 && s < 1) return u * std::sqrt(-2 * std::log(s) / s);
  }
}

double Rng::Gamma(double shape) {
  FLORIN_CHECK(shape > 0);
  if (shape < 1) return Gamma(shape + 1) * std::pow(1 - Uniform(), 1 / shape);
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = Normal();
    const double cube = 1 + c * x;
    if (cube <= 0) continue;
    const double v = cube * cube * cube;
    const double u = 1 - Uniform();
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

SeededRng::SeededRng(uint64_t seed, uint64_t stream) {
  uint64_t mix = HashMix(seed) ^ HashMix(stream + 0x632be59bd9b4e019);
  for (uint64_t& word : state_) word = HashMix(mix += 0x9e3779b97f4a7c15);
}

void SeededRng::Fill(Span<uint64_t> words) {
  for (uint64_t& word : words) {
    word = RotateLeft(state_[0] + state_[3], 23) + state_[0];
    const uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = RotateLeft(state_[3], 45);
  }
}

uint64_t HashMix(uint64_t value) {  // the finaliser of SplitMix64
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

uint64_t HashText(std::string_view text, uint64_t seed) {
  uint64_t hash = HashMix(seed + 0x9e3779b97f4a7c15 * (text.size() + 1));
  while (text.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, text.data(), 8);
    hash = HashMix(hash ^ word) + 0x9e3779b97f4a7c15;
    text.remove_prefix(8);
  }
  uint64_t tail = 0;
  if (!text.empty()) std::memcpy(&tail, text.data(), text.size());
  return HashMix(hash ^ tail ^ (static_cast<uint64_t>(text.size()) << 56));
}

}  // namespace florin::base
