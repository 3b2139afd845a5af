#include "florin/base/tally.h"

#include <gtest/gtest.h>

namespace florin::base {
namespace {

TEST(TallyTest, CountsEachNameUntilTheSpanIsOver) {
  Tally tally(Duration::Seconds(60), 9);
  const Time start{1'000'000'000};
  EXPECT_EQ(tally.Count("a", start), 1U);
  EXPECT_EQ(tally.Count("a", start + Duration::Seconds(60)), 2U);
  EXPECT_EQ(tally.CountOf("a", start + Duration::Seconds(60)), 2U);
  EXPECT_EQ(tally.CountOf("b", start), 0U);
  EXPECT_EQ(tally.CountOf("a", start + Duration::Seconds(61)), 0U);
  EXPECT_EQ(tally.Count("a", start + Duration::Seconds(61)), 1U);
}

TEST(TallyTest, AClockThatGoesBackHoldsNobodyOut) {
  Tally tally(Duration::Seconds(60), 9);
  tally.Count("a", {1'000'000'000});
  EXPECT_EQ(tally.CountOf("a", {999'999'999}), 0U);
  EXPECT_EQ(tally.Count("a", {999'999'999}), 1U);
}

TEST(TallyTest, NamesAreBounded) {
  Tally tally(Duration::Seconds(60), 2);
  const Time now{1'000'000'000};
  tally.Count("a", now);
  tally.Count("b", now);
  EXPECT_EQ(tally.Count("c", now), 1U);
  EXPECT_EQ(tally.CountOf("a", now), 0U);
}

}  // namespace
}  // namespace florin::base
