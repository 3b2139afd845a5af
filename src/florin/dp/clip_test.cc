#include "florin/dp/clip.h"

#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <limits>
#include <vector>

namespace florin::dp {
namespace {

TEST(Clip, UpdateWithinTheBoundIsLeftAlone) {
  const std::vector<float> update{3, 4};
  const auto clipped = MeasureClip(update, 5);
  ASSERT_TRUE(clipped.ok());
  EXPECT_EQ(clipped->norm, 5);
  EXPECT_EQ(clipped->factor, 1);
}

TEST(Clip, UpdateOverTheBoundIsScaledToIt) {
  const std::vector<float> update{3, 4};
  const auto clipped = MeasureClip(update, 2);
  ASSERT_TRUE(clipped.ok());
  EXPECT_DOUBLE_EQ(clipped->factor * clipped->norm, 2);
}

TEST(Clip, ZeroMeansNoBound) {
  const std::vector<float> update(1000, 100);
  const auto clipped = MeasureClip(update, 0);
  ASSERT_TRUE(clipped.ok());
  EXPECT_DOUBLE_EQ(clipped->norm, 100 * std::sqrt(1000.0));
  EXPECT_EQ(clipped->factor, 1);
}

TEST(Clip, EmptyAndZeroUpdatesHaveNormZero) {
  const std::vector<float> zeros(7, 0);
  for (const Span<const float> update : {Span<const float>(), Span<const float>(zeros)}) {
    const auto clipped = MeasureClip(update, 1);
    ASSERT_TRUE(clipped.ok());
    EXPECT_EQ(clipped->norm, 0);
    EXPECT_EQ(clipped->factor, 1);
  }
}

TEST(Clip, LargestFloatsDoNotOverflow) {
  const std::vector<float> update(4096, FLT_MAX);
  const auto clipped = MeasureClip(update, 1);
  ASSERT_TRUE(clipped.ok());
  EXPECT_NEAR(clipped->norm / double{FLT_MAX}, 64, 1e-9);
  EXPECT_GT(clipped->factor, 0);
}

TEST(Clip, EntryThatIsNotFiniteIsNamed) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {infinity, -infinity, std::numeric_limits<float>::quiet_NaN()}) {
    for (const size_t index : {size_t{0}, size_t{17}, size_t{40}}) {
      std::vector<float> update(41, 0.5F);
      update[index] = bad;
      const auto clipped = MeasureClip(update, 1);
      ASSERT_FALSE(clipped.ok());
      EXPECT_EQ(clipped.status().code(), "CLIP-NOT-FINITE");
      EXPECT_NE(clipped.status().message().find("entry " + std::to_string(index) + " of 41"),
                std::string_view::npos);
    }
  }
}

}  // namespace
}  // namespace florin::dp
