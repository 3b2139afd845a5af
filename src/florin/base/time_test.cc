#include "florin/base/time.h"

#include <gtest/gtest.h>

#include <limits>

namespace florin::base {
namespace {

TEST(TimeTest, KnownDates) {
  EXPECT_EQ(DaysFromCivil(1970, 1, 1), 0);
  EXPECT_EQ(DaysFromCivil(1969, 12, 31), -1);
  EXPECT_EQ(DaysFromCivil(2000, 2, 29), 11016);
  EXPECT_EQ(DaysFromCivil(2000, 3, 1), 11017);
  EXPECT_EQ(DaysFromCivil(1900, 2, 28), -25509);
  EXPECT_EQ(DaysFromCivil(1900, 3, 1), -25508);  // 1900 had no 29 February
  EXPECT_EQ(DaysFromCivil(2014, 8, 1), 16283);
  EXPECT_EQ(DaysFromCivil(1, 1, 1), -719162);
  EXPECT_EQ(DaysFromCivil(0, 3, 1), -719468);
  EXPECT_EQ(DaysFromCivil(-1, 12, 31), DaysFromCivil(0, 1, 1) - 1);
  EXPECT_EQ(DaysFromCivil(9999, 12, 31), 2932896);
}

// Walks a whole 400-year cycle and more, day by day, by the rule of the calendar.
TEST(TimeTest, EveryDayFollowsTheOneBefore) {
  Civil expected = {-401, 1, 1, CivilFromDays(DaysFromCivil(-401, 1, 1)).weekday};
  for (int64_t day = DaysFromCivil(-401, 1, 1); day < DaysFromCivil(2101, 1, 1); ++day) {
    const Civil civil = CivilFromDays(day);
    ASSERT_EQ(civil.year, expected.year) << day;
    ASSERT_EQ(civil.month, expected.month) << day;
    ASSERT_EQ(civil.day, expected.day) << day;
    ASSERT_EQ(civil.weekday, expected.weekday) << day;
    ASSERT_EQ(DaysFromCivil(civil.year, civil.month, civil.day), day);
    constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = civil.year % 4 == 0 && (civil.year % 100 != 0 || civil.year % 400 == 0);
    const unsigned days = kDays[civil.month - 1] + (leap && civil.month == 2 ? 1 : 0);
    expected.weekday = (expected.weekday + 1) % 7;
    if (++expected.day <= days) continue;
    expected.day = 1;
    if (++expected.month <= 12) continue;
    expected.month = 1;
    ++expected.year;
  }
}

TEST(TimeTest, Weekdays) {
  EXPECT_EQ(CivilFromDays(0).weekday, 3U);                            // a Thursday
  EXPECT_EQ(CivilFromDays(DaysFromCivil(2024, 1, 1)).weekday, 0U);    // a Monday
  EXPECT_EQ(CivilFromDays(DaysFromCivil(1969, 12, 28)).weekday, 6U);  // a Sunday
}

TEST(TimeTest, Prints) {
  EXPECT_EQ(Time{}.ToString(), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(Time{-1}.ToString(), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(Time{951'827'696'000'001}.ToString(), "2000-02-29T12:34:56.000001Z");
  // The ends of the range print without overflow, whatever year they are.
  EXPECT_EQ(Time{std::numeric_limits<int64_t>::max()}.ToString(), "294247-01-10T04:00:54.775807Z");
  EXPECT_EQ(Time{std::numeric_limits<int64_t>::min()}.ToString(), "-290308-12-21T19:59:05.224192Z");
}

TEST(TimeTest, Arithmetic) {
  const Time start{1000};
  EXPECT_EQ((start + Duration::Seconds(2)).micros, 2'001'000);
  EXPECT_EQ((start + Duration::Millis(3)) - start, Duration{3000});
  EXPECT_LT(start, start + Duration{1});
}

}  // namespace
}  // namespace florin::base
