#include "florin/num/linalg.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "florin/base/parallel.h"
#include "florin/base/rng.h"

namespace florin::num {
namespace {

std::vector<float> Normals(size_t n, uint64_t seed) {
  base::SeededRng rng(seed);
  std::vector<float> values(n);
  for (float& value : values) value = static_cast<float>(rng.Normal());
  return values;
}

class WeightedGramTest : public testing::Test {
 protected:
  ~WeightedGramTest() override { base::SetThreadCount(before_); }

 private:
  size_t before_ = base::ThreadCount();
};

TEST_F(WeightedGramTest, IsTheSumOfOuterProducts) {
  for (const size_t rows : {0U, 1U, 100U, 4096U, 4097U, 9000U}) {
    for (const size_t d : {1U, 7U, 50U}) {
      const std::vector<float> x = Normals(rows * d, 1);
      const std::vector<float> w = Normals(rows, 2);
      std::vector<double> gram(d * d, 0.5);
      WeightedGram(x, w, rows, d, gram);
      for (size_t i = 0; i < d; ++i) {
        for (size_t j = 0; j < d; ++j) {
          double sum = 0.5;
          for (size_t r = 0; r < rows && j >= i; ++r) {
            sum += double{w[r]} * double{x[r * d + i]} * double{x[r * d + j]};
          }
          ASSERT_NEAR(gram[i * d + j], sum, 1e-3) << rows << " x " << d << ", " << i << "," << j;
        }
      }
    }
  }
}

TEST_F(WeightedGramTest, WithoutWeightsIsWithOnes) {
  const std::vector<float> x = Normals(size_t{300} * 20, 3);
  std::vector<double> with(400, 0);
  std::vector<double> without(400, 0);
  WeightedGram(x, std::vector<float>(300, 1.0F), 300, 20, with);
  WeightedGram(x, {}, 300, 20, without);
  EXPECT_EQ(with, without);
}

TEST_F(WeightedGramTest, ThreadsDoNotChangeABit) {
  constexpr size_t kRows = 40000;
  constexpr size_t kWidth = 30;
  const std::vector<float> x = Normals(kRows * kWidth, 4);
  const std::vector<float> w = Normals(kRows, 5);
  std::vector<double> first;
  for (const size_t threads : {1U, 2U, 3U}) {
    base::SetThreadCount(threads);
    std::vector<double> gram(kWidth * kWidth, 0);
    WeightedGram(x, w, kRows, kWidth, gram);
    if (first.empty()) first = gram;
    EXPECT_EQ(gram, first) << threads;
  }
}

// a = m m^T / d + ridge, full.
std::vector<double> RandomSpd(size_t d, double ridge) {
  base::SeededRng rng(d);
  std::vector<double> m(d * d);
  for (double& value : m) value = rng.Normal();
  std::vector<double> a(d * d);
  for (size_t i = 0; i < d; ++i) {
    for (size_t j = 0; j < d; ++j) {
      double sum = i == j ? ridge : 0;
      for (size_t k = 0; k < d; ++k) sum += m[i * d + k] * m[j * d + k] / static_cast<double>(d);
      a[i * d + j] = sum;
    }
  }
  return a;
}

TEST(SolveSpdTest, ResidualIsSmallAtEverySize) {
  for (const size_t d : {0U, 1U, 2U, 3U, 5U, 31U, 32U, 33U, 64U, 100U, 120U, 257U, 530U}) {
    const std::vector<double> a = RandomSpd(d, 0.01);
    base::SeededRng rng(d + 1);
    std::vector<double> b(d);
    for (double& value : b) value = rng.Normal();
    std::vector<double> destroyed = a;
    std::vector<double> x = b;
    ASSERT_TRUE(SolveSpd(destroyed, x, d).ok()) << d;
    double residual = 0;
    double size = 0;
    for (size_t i = 0; i < d; ++i) {
      double sum = -b[i];
      for (size_t j = 0; j < d; ++j) sum += a[i * d + j] * x[j];
      residual += sum * sum;
      size += b[i] * b[i];
    }
    EXPECT_LE(std::sqrt(residual), 1e-11 * std::sqrt(size)) << d;
  }
}

TEST(SolveSpdTest, SaysWhichColumnIsDependent) {
  constexpr size_t kSize = 40;
  std::vector<double> a = RandomSpd(kSize, 1);
  for (size_t j = 0; j < kSize; ++j) a[35 * kSize + j] = a[j * kSize + 35] = 0;
  std::vector<double> b(kSize, 1.0);
  EXPECT_EQ(SolveSpd(a, b, kSize).ToString(),
            "linear system of 40 unknowns: expected a positive definite matrix, found pivot 0 at "
            "column 35; drop a column that others determine, or add a ridge [LINALG-SINGULAR]");
}

TEST(SolveSpdTest, NotANumberIsRefused) {
  for (const double bad : {std::nan(""), HUGE_VAL, -1.0}) {
    std::vector<double> a = {1, 0, 0, bad};
    std::vector<double> b = {1, 1};
    EXPECT_EQ(SolveSpd(a, b, 2).code(), "LINALG-SINGULAR") << bad;
  }
}

TEST(PackTest, UpperTriangleRoundTrips) {
  const std::vector<double> full = {1, 2, 3, 2, 5, 6, 3, 6, 9};
  std::vector<double> packed(PackedSize(3));
  PackUpper(full, 3, packed);
  EXPECT_EQ(packed, (std::vector<double>{1, 2, 3, 5, 6, 9}));
  std::vector<double> back(9);
  UnpackUpper(packed, 3, back);
  EXPECT_EQ(back, full);
  std::vector<double> upper = {1, 2, 3, -1, 5, 6, -1, -1, 9};
  Symmetrise(upper, 3);
  EXPECT_EQ(upper, full);
}

}  // namespace
}  // namespace florin::num
