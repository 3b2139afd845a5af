#include "florin/num/machine.h"

#include <gtest/gtest.h>

#include "florin/num/kernels.h"

namespace florin::num {
namespace {

double BurstBillions(size_t rounds) {
  float seed[] = {0.5F, 1.0F, 0.0F};
  return Active().fma_burst(rounds, seed) / 1e9;
}

// A clock that advances by one second a reading makes every figure the size of its pass.
SecondsClock Ticking() {
  return [now = 0.0]() mutable { return now += 1; };
}

TEST(MachineTest, RatesAreWorkOverTime) {
  EXPECT_DOUBLE_EQ(MeasureReadBandwidth(Ticking(), 0, 4000), 4000e-9);
  EXPECT_DOUBLE_EQ(MeasureTriadBandwidth(Ticking(), 0, 4000), 12000e-9);
  EXPECT_DOUBLE_EQ(MeasureAddBandwidth(Ticking(), 0, 4000), 12000e-9);
  EXPECT_DOUBLE_EQ(MeasureFmaPeak(Ticking(), 0), BurstBillions(100'000));
}

TEST(MachineTest, RepeatsForTheTimeAskedAndKeepsTheBest) {
  int readings = 0;
  double now = 0;
  const SecondsClock slowing = [&] { return now += ++readings; };  // passes of 2, 3, 4 ... seconds
  EXPECT_DOUBLE_EQ(MeasureFmaPeak(slowing, 10), BurstBillions(100'000) / 2);
  EXPECT_EQ(readings, 5);  // the start, then 2 + 3 + 4 + 5 seconds
}

TEST(MachineTest, TheBurstComputes) {
  for (const char* name : {"baseline", "avx2", "avx512"}) {
    const Kernels* kernels = Find(name);
    if (kernels == nullptr) continue;
    float seed[] = {0.5F, 1.0F, 0.0F};
    EXPECT_GT(kernels->fma_burst(100, seed), 0);
    EXPECT_GT(seed[2], 0) << name;  // every chain tends to 1 / (1 - 0.5) = 2
    EXPECT_NEAR(seed[2] / 2, 12 * (name[0] == 'b' ? 4 : name[3] == '2' ? 8 : 16), 1e-3) << name;
  }
}

}  // namespace
}  // namespace florin::num
