#include "florin/sim/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>

#include "florin/base/parallel.h"
#include "florin/base/rng.h"

namespace florin::sim {
namespace {

TEST(CompareMeans, KnownDifferenceLiesInItsInterval) {
  base::SeededRng rng(3);
  std::vector<double> a(4000);
  std::vector<double> b(4000);
  for (size_t i = 0; i < a.size(); ++i) {
    a[i] = rng.Normal();
    b[i] = a[i] + 0.1 + 0.5 * rng.Normal();
  }
  const Difference d = CompareMeans(a, b, {}, {});
  EXPECT_NEAR(d.value, 0.1, 0.03);
  // The standard error is 0.5 / sqrt(4000) = 0.0079: the interval spans about 3.9 of them.
  EXPECT_NEAR(d.interval.high - d.interval.low, 3.92 * 0.5 / std::sqrt(4000), 0.004);
  EXPECT_LT(d.interval.low, d.value);
  EXPECT_GT(d.interval.high, d.value);
  EXPECT_EQ(d.pairs, 4000);
}

TEST(CompareMeans, RowsOfOneUserAreDrawnTogether) {
  // 20 users with 200 identical rows each: the interval must be that of 20 draws, not of 4,000.
  base::SeededRng rng(5);
  std::vector<double> a(4000);
  std::vector<double> b(4000);
  std::vector<uint64_t> user(4000);
  double effect = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (i % 200 == 0) effect = rng.Normal();
    b[i] = effect;
    user[i] = i / 200;
  }
  const Difference by_user = CompareMeans(a, b, user, {});
  const Difference by_row = CompareMeans(a, b, {}, {});
  EXPECT_GT(by_user.interval.high - by_user.interval.low,
            8 * (by_row.interval.high - by_row.interval.low));
  EXPECT_EQ(by_user.pairs, 20);
}

TEST(CompareMeans, SameForAnyThreadCount) {
  const std::vector<double> a = {1, 2, 3, 4, 5, 6};
  const std::vector<double> b = {2, 1, 5, 4, 7, 6};
  const size_t threads = base::ThreadCount();
  base::SetThreadCount(1);
  const Difference one = CompareMeans(a, b, {}, {});
  base::SetThreadCount(3);
  const Difference three = CompareMeans(a, b, {}, {});
  base::SetThreadCount(threads);
  EXPECT_EQ(one.interval.low, three.interval.low);
  EXPECT_EQ(one.interval.high, three.interval.high);
}

TEST(CompareAuc, PerfectAgainstReversedScoresDifferByOne) {
  const std::vector<float> label = {0, 0, 0, 1, 1, 1};
  const std::vector<float> reversed = {6, 5, 4, 3, 2, 1};
  const std::vector<float> perfect = {1, 2, 3, 4, 5, 6};
  EXPECT_DOUBLE_EQ(CompareAuc(reversed, perfect, label, {}, {}).value, 1.0);
}

TEST(CompareAuc, TiedScoresCountHalf) {
  const std::vector<float> label = {0, 1, 0, 1};
  const std::vector<float> tied = {1, 1, 1, 1};
  const std::vector<float> perfect = {0, 1, 0, 1};
  EXPECT_DOUBLE_EQ(CompareAuc(tied, perfect, label, {}, {}).value, 0.5);
}

}  // namespace
}  // namespace florin::sim
