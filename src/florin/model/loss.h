// Sums without a dependency or a logarithm a row. Internal to the room.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "florin/base/span.h"

namespace florin::model {

// Sum in double over eight independent lanes; the order is fixed by the length alone.
inline double SumOf(Span<const float> values) {
  std::array<double, 8> lanes{};
  const size_t whole = values.size() / 8 * 8;
  for (size_t i = 0; i < whole; i += 8) {
    for (size_t l = 0; l < 8; ++l) lanes[l] += static_cast<double>(values[i + l]);
  }
  for (size_t i = whole; i < values.size(); ++i) lanes[i - whole] += static_cast<double>(values[i]);
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
         ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

// The sum of -log q over rows, as minus the logarithm of a product whose exponent is carried apart:
// one logarithm in all. q is the probability given to what happened; under kFloor it costs as much
// as kFloor does (69).
class LogLossSum {
 public:
  void Add(float q) {
    product_ *= std::max(static_cast<double>(q), kFloor);
    if (++pending_ == kPendingMax) Renormalise();
  }
  void Add(float q, float weight) {
    sum_ -= static_cast<double>(weight) * std::log(std::max(static_cast<double>(q), kFloor));
  }
  void AddAll(Span<const float> q) {
    const size_t whole = q.size() / kLanes * kLanes;
    for (size_t i = 0; i < whole; i += kLanes) {
      std::array<double, kLanes> lanes;
      for (size_t l = 0; l < kLanes; ++l)
        lanes[l] = std::max(static_cast<double>(q[i + l]), kFloor);
      product_ *= ((lanes[0] * lanes[1]) * (lanes[2] * lanes[3])) *
                  ((lanes[4] * lanes[5]) * (lanes[6] * lanes[7]));
      Renormalise();
    }
    for (size_t i = whole; i < q.size(); ++i) Add(q[i]);
  }
  double Total() {
    Renormalise();
    constexpr double kLogOf2 = 0.693147180559945309417;
    return sum_ - std::log(product_) - static_cast<double>(exponent_) * kLogOf2;
  }

 private:
  static constexpr double kFloor = 1e-30;
  static constexpr size_t kLanes = 8;  // kFloor^9 = 1e-270: still a normal double
  static constexpr int kPendingMax = 8;

  // product_ = mantissa in [1, 2); its exponent moves to exponent_.
  void Renormalise() {
    constexpr uint64_t kMantissa = (uint64_t{1} << 52) - 1;
    constexpr uint64_t kExponentOfOne = uint64_t{1023} << 52;
    const auto bits = std::bit_cast<uint64_t>(product_);
    exponent_ += static_cast<int64_t>(bits >> 52) - 1023;
    product_ = std::bit_cast<double>((bits & kMantissa) | kExponentOfOne);
    pending_ = 0;
  }

  double sum_ = 0;
  double product_ = 1;
  int64_t exponent_ = 0;
  int pending_ = 0;
};

}  // namespace florin::model
