// Rng is the port by which randomness enters: initialisation, shuffles, rounding, cohort draws,
// partitions and faults all take one. SeededRng repeats a run; crypto has the keyed and the
// unpredictable implementations.
#pragma once

#include <cstdint>
#include <string_view>

#include "florin/base/span.h"

namespace florin::base {

class Rng {
 public:
  virtual ~Rng() = default;
  // Fills `words` with uniform bits. Hot loops draw in bulk: one virtual call a vector.
  virtual void Fill(Span<uint64_t> words) = 0;

  uint64_t Next();
  // Uniform in [0, bound) without bias (Lemire 2019). bound >= 1.
  uint64_t Below(uint64_t bound);
  double Uniform();  // [0, 1), 53 bits
  double Normal();   // standard normal (Marsaglia polar); for data and initial values, never for DP
  // Gamma(shape, 1) (Marsaglia & Tsang 2000); for Dirichlet partitions. shape > 0.
  double Gamma(double shape);
};

// xoshiro256++ seeded through SplitMix64 from (seed, stream). Same numbers on every machine.
class SeededRng final : public Rng {
 public:
  explicit SeededRng(uint64_t seed, uint64_t stream = 0);
  void Fill(Span<uint64_t> words) override;

 private:
  uint64_t state_[4];
};

// Stable 64-bit hash for buckets and streams (not for secrets).
uint64_t HashMix(uint64_t value);
uint64_t HashText(std::string_view text, uint64_t seed = 0);

// Fisher-Yates.
template <typename T>
void Shuffle(Span<T> values, Rng& rng) {
  for (size_t i = values.size(); i > 1; --i) {
    const auto j = static_cast<size_t>(rng.Below(i));
    T held = values[i - 1];
    values[i - 1] = values[j];
    values[j] = held;
  }
}

}  // namespace florin::base

namespace florin {
using base::Rng;
}  // namespace florin
