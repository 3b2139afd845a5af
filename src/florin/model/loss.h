// Sums of -log q without a logarithm a row: the product of eight probabilities, each at least
// kFloor, is a normal double, so one logarithm serves eight rows. Internal to the room.
#pragma once

#include <algorithm>
#include <cmath>

namespace florin::model {

class LogLossSum {
 public:
  // q: the probability given to what happened. A q under the floor costs as much as the floor (69).
  void Add(float q) {
    product_ *= std::max(static_cast<double>(q), kFloor);
    if (++pending_ == kPendingMax) Fold();
  }
  void Add(float q, float weight) {
    sum_ -= static_cast<double>(weight) * std::log(std::max(static_cast<double>(q), kFloor));
  }
  double Total() {
    Fold();
    return sum_;
  }

 private:
  static constexpr double kFloor = 1e-30;
  static constexpr int kPendingMax = 8;  // kFloor^8 = 1e-240

  void Fold() {
    sum_ -= std::log(product_);
    product_ = 1;
    pending_ = 0;
  }

  double sum_ = 0;
  double product_ = 1;
  int pending_ = 0;
};

}  // namespace florin::model
