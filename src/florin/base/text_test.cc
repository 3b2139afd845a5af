#include "florin/base/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "florin/base/rng.h"

namespace florin::base {
namespace {

TEST(TextTest, SplitsTrimsLowersJoins) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(Split("a,b,,c", ','), (Parts{"a", "b", "", "c"}));
  EXPECT_EQ(Split("", ','), (Parts{""}));
  EXPECT_EQ(Split(",", ','), (Parts{"", ""}));
  EXPECT_EQ(Trim(" \t a b\t "), "a b");
  EXPECT_EQ(Trim(" \t"), "");
  EXPECT_EQ(Lower("AbC-9\xc3\x84"), "abc-9\xc3\x84");
  const std::vector<std::string> parts = {"a", "b", "c"};
  EXPECT_EQ(Join(parts, ", "), "a, b, c");
  EXPECT_EQ(Join({}, ", "), "");
}

TEST(TextTest, NumbersAreTheWholeText) {
  EXPECT_EQ(ParseInt("-17"), -17);
  EXPECT_EQ(ParseInt("9223372036854775807"), std::numeric_limits<int64_t>::max());
  for (const char* text : {"", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808", "1e3"}) {
    EXPECT_FALSE(ParseInt(text).has_value()) << text;
  }
  EXPECT_EQ(ParseDouble("-1.5e3"), -1500);
  EXPECT_EQ(ParseDouble("7"), 7);
  EXPECT_EQ(ParseDouble(".5"), 0.5);
  for (const char* text :
       {"", "-", "+1", " 1", "1 ", "1,5", "inf", "nan", "1e999", "0x1p3", "1e"}) {
    EXPECT_FALSE(ParseDouble(text).has_value()) << text;
  }
}

TEST(TextTest, SuggestsASlipOfTheHandOnly) {
  const std::vector<std::string> names = {"fedavg", "fedadam", "fedprox"};
  EXPECT_EQ(Nearest("fedavgg", names), "fedavg");
  EXPECT_EQ(Nearest("FedAdam", names), "fedadam");
  EXPECT_EQ(Nearest("krum", names), "");
  EXPECT_EQ(Nearest("krum", {}), "");
  EXPECT_EQ(DidYouMean("fedpro", names), " Did you mean \"fedprox\"?");
  EXPECT_EQ(DidYouMean("zzzzzz", names), " Known: fedavg, fedadam, fedprox.");
}

TEST(TextTest, NumbersForPeople) {
  EXPECT_EQ(Fixed(0.20919, 4), "0.2092");
  EXPECT_EQ(Fixed(-1e300, 2).size(), 305U);
  EXPECT_EQ(WithCommas(0), "0");
  EXPECT_EQ(WithCommas(999), "999");
  EXPECT_EQ(WithCommas(-1000), "-1,000");
  EXPECT_EQ(WithCommas(63542), "63,542");
  EXPECT_EQ(WithCommas(1234567), "1,234,567");
  EXPECT_EQ(WithCommas(std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
  EXPECT_EQ(HumanBytes(0), "0 B");
  EXPECT_EQ(HumanBytes(999), "999 B");
  EXPECT_EQ(HumanBytes(1300000), "1.3 MB");
  EXPECT_EQ(HumanBytes(999499), "999 kB");
  EXPECT_EQ(HumanBytes(999500), "1.0 MB");
  EXPECT_EQ(HumanBytes(~uint64_t{0}), "18447 PB");
}

TEST(TextTest, ShortestReadsBackAsTheSameDouble) {
  EXPECT_EQ(Shortest(0.1), "0.1");
  EXPECT_EQ(Shortest(5), "5");
  SeededRng rng(1);
  for (int i = 0; i < 1000; ++i) {
    const double value = rng.Normal() * std::pow(10.0, static_cast<double>(rng.Below(60)) - 30);
    EXPECT_EQ(ParseDouble(Shortest(value)), value);
  }
}

TEST(TextTest, JsonQuoteEscapes) {
  EXPECT_EQ(JsonQuote("a\"b\\c\n\x01"), "\"a\\\"b\\\\c\\u000a\\u0001\"");
  EXPECT_EQ(JsonQuote("\xc3\xa9"), "\"\xc3\xa9\"");
}

TEST(TextTest, Utf8) {
  for (const char* text : {"", "plain", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x8c\xb8",
                           "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
  for (const char* text :
       {"\x80", "\xc3", "\xc3(", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xe2\x82", "\xed\xa0\x80",
        "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "ok\xfe"}) {
    EXPECT_FALSE(IsUtf8(text)) << text;
  }
}

}  // namespace
}  // namespace florin::base
