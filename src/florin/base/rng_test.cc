#include "florin/base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

namespace florin::base {
namespace {

// Every seed, shuffle and partition of a stored run depends on these: they never change.
TEST(RngTest, FirstWordsAreFixed) {
  SeededRng rng(1);
  std::array<uint64_t, 4> words;
  rng.Fill(words);
  EXPECT_EQ(words, (std::array<uint64_t, 4>{16899706591160919518U, 11078066042528693903U,
                                            5719345869369232522U, 1414539190410580648U}));
  SeededRng stream(1, 7);
  EXPECT_EQ(stream.Next(), 7268129561058084417U);
  EXPECT_EQ(HashText("federated learning", 3), 3770443092177282717U);
  EXPECT_EQ(HashText(""), 5197578548964807871U);
}

TEST(RngTest, ChunksDoNotMatter) {
  SeededRng whole(5);
  SeededRng parts(5);
  std::array<uint64_t, 10> a;
  std::array<uint64_t, 10> b;
  whole.Fill(a);
  parts.Fill(Span<uint64_t>(b).first(3));
  parts.Fill(Span<uint64_t>(b).subspan(3, 0));
  parts.Fill(Span<uint64_t>(b).subspan(3));
  EXPECT_EQ(a, b);
}

TEST(RngTest, SeedsAndStreamsDiffer) {
  std::vector<uint64_t> firsts;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    for (uint64_t stream = 0; stream < 20; ++stream) {
      firsts.push_back(SeededRng(seed, stream).Next());
    }
  }
  std::sort(firsts.begin(), firsts.end());
  EXPECT_EQ(std::adjacent_find(firsts.begin(), firsts.end()), firsts.end());
}

// Chi-square with bound - 1 degrees of freedom; the seeds are fixed, so this passes or fails for
// good. 5 standard deviations above the mean would happen once in millions of seeds.
TEST(RngTest, BelowIsUniform) {
  for (const uint64_t bound : {2U, 3U, 7U, 10U, 100U, 1000U}) {
    SeededRng rng(bound);
    const uint64_t draws = 200 * bound + 10000;
    std::vector<double> counts(bound, 0);
    for (uint64_t i = 0; i < draws; ++i) {
      const uint64_t value = rng.Below(bound);
      ASSERT_LT(value, bound);
      ++counts[value];
    }
    const double expected = static_cast<double>(draws) / static_cast<double>(bound);
    double chi_square = 0;
    for (const double count : counts) {
      chi_square += (count - expected) * (count - expected) / expected;
    }
    const auto freedom = static_cast<double>(bound - 1);
    EXPECT_LT(chi_square, freedom + 5 * std::sqrt(2 * freedom)) << bound;
  }
}

// Near 2^64 a plain multiply would favour some values two to one; rejection must not.
TEST(RngTest, BelowIsUniformForHugeBounds) {
  SeededRng rng(9);
  const uint64_t bound = uint64_t{3} << 62;
  int low = 0;
  constexpr int kDraws = 30000;
  for (int i = 0; i < kDraws; ++i) low += rng.Below(bound) < bound / 3 ? 1 : 0;
  EXPECT_NEAR(low, kDraws / 3.0, 5 * std::sqrt(kDraws * 2.0 / 9));
  EXPECT_EQ(rng.Below(1), 0U);
}

struct Moments {
  double mean = 0;
  double variance = 0;
};

template <typename Draw>
Moments Measure(int draws, Draw draw) {
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < draws; ++i) {
    const double value = draw();
    sum += value;
    squares += value * value;
  }
  const double mean = sum / draws;
  return {mean, squares / draws - mean * mean};
}

TEST(RngTest, UniformAndNormalMoments) {
  SeededRng rng(11);
  const Moments uniform = Measure(100000, [&] { return rng.Uniform(); });
  EXPECT_NEAR(uniform.mean, 0.5, 0.005);
  EXPECT_NEAR(uniform.variance, 1.0 / 12, 0.002);
  const Moments normal = Measure(100000, [&] { return rng.Normal(); });
  EXPECT_NEAR(normal.mean, 0, 0.016);
  EXPECT_NEAR(normal.variance, 1, 0.025);
}

TEST(RngTest, GammaMeanAndVarianceAreItsShape) {
  for (const double shape : {0.05, 0.5, 1.0, 2.5, 40.0}) {
    SeededRng rng(13);
    constexpr int kDraws = 100000;
    const Moments gamma = Measure(kDraws, [&] { return rng.Gamma(shape); });
    // The variance of the sample variance is (m4 - v^2) / n with m4 = 3 v^2 + 6 v.
    EXPECT_NEAR(gamma.mean, shape, 5 * std::sqrt(shape / kDraws)) << shape;
    EXPECT_NEAR(gamma.variance, shape, 5 * std::sqrt((2 * shape * shape + 6 * shape) / kDraws))
        << shape;
  }
}

TEST(RngTest, ShuffleIsAUniformPermutation) {
  SeededRng rng(17);
  std::array<std::array<int, 4>, 4> seen{};  // [value][place]
  constexpr int kRuns = 12000;
  for (int run = 0; run < kRuns; ++run) {
    std::array<int, 4> values = {0, 1, 2, 3};
    Shuffle(Span<int>(values), rng);
    for (size_t place = 0; place < 4; ++place) ++seen[static_cast<size_t>(values[place])][place];
    EXPECT_EQ(std::accumulate(values.begin(), values.end(), 0), 6);
  }
  for (const auto& places : seen) {
    for (const int count : places) EXPECT_NEAR(count, kRuns / 4.0, 5 * std::sqrt(kRuns * 3.0 / 16));
  }
}

TEST(RngTest, HashTextSeesEveryByteTheLengthAndTheSeed) {
  const std::string text = "0123456789abcdefghij";
  std::vector<uint64_t> hashes = {HashText(text, 1)};
  for (size_t size = 0; size <= text.size(); ++size) {
    hashes.push_back(HashText(text.substr(0, size)));
  }
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = 'x';
    hashes.push_back(HashText(changed));
  }
  hashes.push_back(HashText(std::string("\0", 1)));
  hashes.push_back(HashText(std::string("\0\0", 2)));
  std::sort(hashes.begin(), hashes.end());
  EXPECT_EQ(std::adjacent_find(hashes.begin(), hashes.end()), hashes.end());
}

}  // namespace
}  // namespace florin::base
