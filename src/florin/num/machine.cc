#include "florin/num/machine.h"

#include <algorithm>

#include "florin/num/kernels.h"
#include "florin/num/values.h"

namespace florin::num {
namespace {

constexpr size_t kBurstRounds = 100'000;  // about 0.2 ms

// The best rate of `pass`, which answers how much it did, in 1e9 a second.
double BestRate(const SecondsClock& now, double time_min, const std::function<double()>& pass) {
  double best = 0;
  const double start = now();
  double before = start;
  do {
    const double done = pass();
    const double after = now();
    if (after > before) best = std::max(best, done / (after - before));
    before = after;
  } while (before - start < time_min);
  return best / 1e9;
}

// Written once, so that its pages exist.
Values Stream(size_t bytes, float value) {
  Values values = Values::Zeros(Scalar::kFloat32, bytes / sizeof(float));
  std::fill(values.f32().begin(), values.f32().end(), value);
  return values;
}

double Bytes(const Values& a) { return static_cast<double>(a.bytes().size()); }

}  // namespace

double MeasureReadBandwidth(const SecondsClock& now, double time_min, size_t stream_bytes) {
  const Values a = Stream(stream_bytes, 0.5F);
  double sum = 0;
  return BestRate(now, time_min, [&] {
    sum += Active().sum_squares(a.f32().data(), a.size());
    FLORIN_CHECK(sum > 0);  // the sum is used, so it is computed
    return Bytes(a);
  });
}

double MeasureTriadBandwidth(const SecondsClock& now, double time_min, size_t stream_bytes) {
  Values a = Stream(stream_bytes, 0);
  const Values b = Stream(stream_bytes, 1);
  const Values c = Stream(stream_bytes, 2);
  return BestRate(now, time_min, [&] {
    Active().subtract(b.f32().data(), c.f32().data(), a.f32().data(), a.size());
    return 3 * Bytes(a);
  });
}

double MeasureAddBandwidth(const SecondsClock& now, double time_min, size_t stream_bytes) {
  Values a = Stream(stream_bytes, 0);
  const Values b = Stream(stream_bytes, 1);
  return BestRate(now, time_min, [&] {
    Active().axpy(0.5F, b.f32().data(), a.f32().data(), a.size());
    return 3 * Bytes(a);
  });
}

double MeasureFmaPeak(const SecondsClock& now, double time_min) {
  float seed[] = {0.5F, 1.0F, 0.0F};
  return BestRate(now, time_min, [&] { return Active().fma_burst(kBurstRounds, seed); });
}

}  // namespace florin::num
