#include "florin/num/machine.h"

#include <gtest/gtest.h>

#include "florin/num/kernels.h"

namespace florin::num {
namespace {

// A clock that advances by one second a reading makes every figure the size of its pass.
Seconds Ticking() {
  return [now = 0.0]() mutable { return now += 1; };
}

TEST(MachineTest, RatesAreWorkOverTime) {
  EXPECT_EQ(ReadBandwidth(Ticking(), 0, 4000), 4000);
  EXPECT_EQ(TriadBandwidth(Ticking(), 0, 4000), 12000);
  EXPECT_EQ(UpdateBandwidth(Ticking(), 0, 4000), 12000);
  float seed[] = {0.5F, 1.0F, 0.0F};
  EXPECT_EQ(MultiplyAddPeak(Ticking(), 0), 100 * Active().multiply_add_burst(1000, seed));
}

TEST(MachineTest, RepeatsForTheTimeAskedAndKeepsTheBest) {
  int readings = 0;
  double now = 0;
  const Seconds slowing = [&] { return now += ++readings; };  // passes of 2, 3, 4 ... seconds
  const double best = MultiplyAddPeak(slowing, 10);
  EXPECT_EQ(readings, 5);  // the start, then 2 + 3 + 4 + 5 seconds
  float seed[] = {0.5F, 1.0F, 0.0F};
  EXPECT_EQ(best, 100 * Active().multiply_add_burst(1000, seed) / 2);
}

TEST(MachineTest, TheBurstComputes) {
  for (const char* name : {"baseline", "avx2", "avx512"}) {
    const Kernels* kernels = Find(name);
    if (kernels == nullptr) continue;
    float seed[] = {0.5F, 1.0F, 0.0F};
    EXPECT_GT(kernels->multiply_add_burst(100, seed), 0);
    EXPECT_GT(seed[2], 0) << name;  // every chain tends to 1 / (1 - 0.5) = 2
    EXPECT_NEAR(seed[2] / 2, 12 * (name[0] == 'b' ? 4 : name[3] == '2' ? 8 : 16), 1e-3) << name;
  }
}

}  // namespace
}  // namespace florin::num
