#include <gtest/gtest.h>

#include <vector>

#include "florin/base/rng.h"
#include "florin/num/kernels.h"

namespace florin::num {
namespace {

std::vector<const Kernels*> Available() {
  std::vector<const Kernels*> all;
  for (const char* name : {"baseline", "avx2", "avx512"}) {
    if (const Kernels* kernels = Find(name)) all.push_back(kernels);
  }
  return all;
}

// Level by level, one pair at a time.
std::vector<float> Reference(std::vector<float> x) {
  for (size_t stride = 1; stride < x.size(); stride *= 2) {
    for (size_t i = 0; i < x.size(); ++i) {
      if ((i & stride) != 0) continue;
      const float sum = x[i] + x[i + stride];
      x[i + stride] = x[i] - x[i + stride];
      x[i] = sum;
    }
  }
  return x;
}

TEST(Hadamard, SameBitsFromEveryPathAtEverySize) {
  base::SeededRng rng(1);
  for (size_t n = 1; n <= size_t{1} << 15; n *= 2) {
    std::vector<float> x(n + 3, 7.5F);  // one value off any alignment, sentinels behind
    for (size_t i = 0; i < n; ++i) x[i + 1] = static_cast<float>(rng.Normal());
    const std::vector<float> expected = Reference({x.begin() + 1, x.end() - 2});
    for (const Kernels* kernels : Available()) {
      std::vector<float> y = x;
      kernels->hadamard(y.data() + 1, n);
      EXPECT_EQ(std::vector<float>(y.begin() + 1, y.end() - 2), expected) << kernels->name << n;
      EXPECT_EQ(y.front(), 7.5F);
      EXPECT_EQ(y[n + 1], 7.5F);
      EXPECT_EQ(y[n + 2], 7.5F);
    }
  }
}

// Row r of the matrix is (-1)^popcount(r & column).
TEST(Hadamard, IsTheMatrix) {
  for (const Kernels* kernels : Available()) {
    for (const size_t column : {0U, 1U, 5U, 17U, 63U}) {
      std::vector<float> x(64, 0.0F);
      x[column] = 1;
      kernels->hadamard(x.data(), x.size());
      for (size_t r = 0; r < 64; ++r) {
        EXPECT_EQ(x[r], __builtin_popcountll(r & column) % 2 == 0 ? 1.0F : -1.0F);
      }
    }
  }
}

TEST(Hadamard, TwiceIsTheSizeTimesTheInput) {
  base::SeededRng rng(2);
  std::vector<float> x(8192);
  for (float& value : x) value = static_cast<float>(rng.Below(9)) - 4;
  for (const Kernels* kernels : Available()) {
    std::vector<float> y = x;
    kernels->hadamard(y.data(), y.size());
    kernels->hadamard(y.data(), y.size());  // whole numbers below 2^24: exact
    for (size_t i = 0; i < x.size(); ++i) ASSERT_EQ(y[i], 8192 * x[i]);
  }
}

}  // namespace
}  // namespace florin::num
