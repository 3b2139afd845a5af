#include "florin/govern/words.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace florin::govern {
namespace {

TEST(Words, AreDistinctAndSayWhatTheyMean) {
  std::set<std::string_view> names;
  for (const Purpose& purpose : Purposes()) {
    EXPECT_TRUE(names.insert(purpose.name).second) << purpose.name;
    EXPECT_FALSE(purpose.help.empty()) << purpose.name;
  }
  EXPECT_EQ(Purposes().front().name, "unspecified");
  EXPECT_EQ(Protocols().front(), "plain");
}

TEST(Matches, Patterns) {
  EXPECT_TRUE(Matches("ads-spring", "ads-spring"));
  EXPECT_FALSE(Matches("ads-spring", "ads-springs"));
  EXPECT_FALSE(Matches("ads", "ads-spring"));
  EXPECT_TRUE(Matches("*", ""));
  EXPECT_TRUE(Matches("ads-*", "ads-"));
  EXPECT_FALSE(Matches("ads-*", "bads-1"));
  EXPECT_TRUE(
      Matches("*-20?"
              "?-*",
              "ads-2026-spring"));
  EXPECT_FALSE(Matches("*-20??", "ads-2026-spring"));
  EXPECT_TRUE(Matches("a*b*c", "aXbXbXc"));
  EXPECT_FALSE(Matches("", "a"));
  EXPECT_TRUE(Matches("", ""));
  EXPECT_FALSE(Matches(std::string(30, '*') + "b", std::string(64, 'a')));
}

}  // namespace
}  // namespace florin::govern
