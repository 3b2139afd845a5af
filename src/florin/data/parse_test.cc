#include "florin/data/parse.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "florin/base/rng.h"
#include "florin/base/text.h"
#include "florin/base/time.h"

namespace florin::data {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kDay = 86'400 * kSecond;

TEST(ParseNumber, ReadsDecimals) {
  EXPECT_EQ(ParseNumber("0"), 0);
  EXPECT_EQ(ParseNumber("-17"), -17);
  EXPECT_EQ(ParseNumber("+17"), 17);
  EXPECT_EQ(ParseNumber("108.2251"), 108.2251);
  EXPECT_EQ(ParseNumber(".5"), 0.5);
  EXPECT_EQ(ParseNumber("5."), 5);
  EXPECT_EQ(ParseNumber(" 12\t"), 12);
  EXPECT_EQ(ParseNumber("007"), 7);
  EXPECT_EQ(ParseNumber("1e3"), 1000);
  EXPECT_EQ(ParseNumber("-1.5E-3"), -0.0015);
  EXPECT_EQ(ParseNumber("123456789012345678901234567890"), 123456789012345678901234567890.0);
  EXPECT_EQ(ParseNumber("0.1000000000000000055511151231257827"), 0.1);
  EXPECT_TRUE(std::signbit(ParseNumber("-0")));
}

TEST(ParseNumber, ReadsDecimalCommas) {
  EXPECT_EQ(ParseNumber("108,2251", ','), 108.2251);
  EXPECT_EQ(ParseNumber("-1,5e-3", ','), -0.0015);
  EXPECT_EQ(ParseNumber("0,1000000000000000055511151231257827", ','), 0.1);
  EXPECT_TRUE(std::isnan(ParseNumber("1.5", ',')));
  EXPECT_TRUE(std::isnan(ParseNumber("1.5e3", ',')));
  EXPECT_TRUE(std::isnan(ParseNumber("1,5")));
}

TEST(ParseNumber, RefusesEverythingElse) {
  for (const char* text :
       {"",     " ",     "two",   "1x",    "x1",     "1 2",      "--1",   "+-1", "-",
        "+",    ".",     "-.",    "e5",    "1e",     "1e+",      "nan",   "inf", "-inf",
        "0x10", "1,000", "1.2.3", "1e999", "-1e999", "infinity", "1_000", "½"}) {
    EXPECT_TRUE(std::isnan(ParseNumber(text))) << text;
  }
}

TEST(ParseNumber, RoundsAsTheStandardLibraryDoes) {
  base::SeededRng rng(7);
  for (int i = 0; i < 100'000; ++i) {
    std::string text = std::to_string(rng.Below(uint64_t{1} << (1 + rng.Below(63))));
    if (rng.Below(2) == 0) text.insert(rng.Below(text.size() + 1), ".");
    if (rng.Below(8) == 0) text += "e" + std::to_string(static_cast<int>(rng.Below(40)) - 20);
    if (rng.Below(4) == 0) text.insert(0, "-");
    EXPECT_EQ(ParseNumber(text), std::strtod(text.c_str(), nullptr)) << text;
  }
}

TEST(ParseTime, ReadsDatesAndTimes) {
  const int64_t day = base::DaysFromCivil(2014, 11, 2) * kDay;
  EXPECT_EQ(ParseTime("2014-11-02"), day);
  EXPECT_EQ(ParseTime("20141102"), day);
  EXPECT_EQ(ParseTime(" 2014-11-02 "), day);
  EXPECT_EQ(ParseTime("2014-11-02 14:49"), day + kSecond * 60 * (14 * 60 + 49));
  const int64_t time = day + kSecond * ((14 * 60 + 49) * 60 + 44);
  EXPECT_EQ(ParseTime("2014-11-02 14:49:44"), time);
  EXPECT_EQ(ParseTime("2014-11-02T14:49:44Z"), time);
  EXPECT_EQ(ParseTime("2014-11-02T14:49:44.5"), time + kSecond / 2);
  EXPECT_EQ(ParseTime("2014-11-02T14:49:44.123456"), time + 123'456);
  EXPECT_EQ(ParseTime("2014-11-02T14:49:44.123456789Z"), time + 123'456);
  EXPECT_EQ(ParseTime("2014-11-02T14:49:44+01:30"), time - kSecond * 60 * 90);
  EXPECT_EQ(ParseTime("2014-11-02T14:49-08:00"), time + kSecond * (8 * 3600 - 44));
  EXPECT_EQ(ParseTime("1969-12-31 23:59:59"), -kSecond);
  EXPECT_EQ(ParseTime("0001-01-01"), base::DaysFromCivil(1, 1, 1) * kDay);
  EXPECT_EQ(ParseTime("2000-02-29"), base::DaysFromCivil(2000, 2, 29) * kDay);
}

TEST(ParseTime, ReadsSecondsAndMilliseconds) {
  EXPECT_EQ(ParseTime("0"), 0);
  EXPECT_EQ(ParseTime("1374773055"), 1'374'773'055 * kSecond);
  EXPECT_EQ(ParseTime("1374773055123"), 1'374'773'055'123'000);
  EXPECT_EQ(ParseTime("-1"), -kSecond);
  EXPECT_EQ(ParseTime("99999999999"), 99'999'999'999 * kSecond);
  EXPECT_EQ(ParseTime("100000000000"), 100'000'000 * kSecond);
  EXPECT_EQ(ParseTime("253402300799999"), 253'402'300'799'999'000);
}

TEST(ParseTime, RefusesEverythingElse) {
  for (const char* text : {"",
                           " ",
                           "soon",
                           "2014-13-01",
                           "2014-00-01",
                           "2014-01-00",
                           "2014-02-29",
                           "1900-02-29",
                           "2014-1-1",
                           "2014/01/01",
                           "01.02.2014",
                           "2014-11-02 24:00",
                           "2014-11-02 14:60",
                           "2014-11-02 14:49:60",
                           "2014-11-02 14",
                           "2014-11-02x14:49",
                           "2014-11-02 14:49:44.",
                           "2014-11-02 14:49:44+0100",
                           "2014-11-02 14:49:44+24:00",
                           "2014-11-02 14:49:44ZZ",
                           "2014-11-02 14-49",
                           "20141302",
                           "1374773055.5",
                           "1e9",
                           "9223372036854775807",
                           "-9223372036854775808",
                           "99999999999999999999",
                           "253402300800000",
                           "2014-11-0a",
                           "a014-11-02",
                           "20a4-11-02",
                           "2014-11-02 1a:00"}) {
    EXPECT_EQ(ParseTime(text), kMissingTime) << text;
  }
}

TEST(ParseTime, ReadsBackWhatTimePrints) {
  base::SeededRng rng(11);
  for (int i = 0; i < 20'000; ++i) {
    const int64_t first = base::DaysFromCivil(1, 1, 1) * kDay;
    const int64_t last = base::DaysFromCivil(9999, 12, 31) * kDay;
    const int64_t time =
        first + static_cast<int64_t>(rng.Below(static_cast<uint64_t>(last - first)));
    EXPECT_EQ(ParseTime(Time{time}.ToString()), time);
  }
}

TEST(QuoteCell, EscapesAndShortens) {
  EXPECT_EQ(QuoteCell("two"), "\"two\"");
  EXPECT_EQ(QuoteCell("a\"b\n"), "\"a\\\"b\\u000a\"");
  EXPECT_EQ(QuoteCell("M\xfcnchen"), "\"M?nchen\"");
  EXPECT_EQ(QuoteCell(std::string(50, 'x')), "\"" + std::string(40, 'x') + "…\"");
  EXPECT_EQ(QuoteCell(std::string(39, 'x') + "éé"), "\"" + std::string(39, 'x') + "…\"");
}

}  // namespace
}  // namespace florin::data
