#include "florin/base/ids.h"

#include <gtest/gtest.h>

#include <unordered_set>

namespace florin::base {
namespace {

TEST(IdsTest, NamesFollowTheRule) {
  for (const char* name : {"a", "acme-eu", "0", "9-", "site-17"}) {
    EXPECT_TRUE(CheckName("site", name).ok()) << name;
  }
  EXPECT_TRUE(CheckName("site", std::string(64, 'x')).ok());
  for (const char* name : {"", "-a", "A", "a_b", "a b", "a.b", "\xc3\xa9", "a\n"}) {
    EXPECT_EQ(CheckName("site", name).code(), "NAME") << name;
  }
  EXPECT_EQ(CheckName("site", std::string(65, 'x')).code(), "NAME");
  const std::string with_zero("a\0b", 3);
  EXPECT_EQ(CheckName("site", with_zero).code(), "NAME");
}

TEST(IdsTest, TheErrorSaysWhatWasFound) {
  EXPECT_EQ(CheckName("job", "Spring Sale").ToString(),
            "job name: expected 1 to 64 characters of a-z, 0-9 and '-', starting with a letter or "
            "digit, found \"Spring Sale\" [NAME]");
}

TEST(IdsTest, DigestsPrintHashAndOrder) {
  ModelHash hash;
  EXPECT_TRUE(hash.empty());
  hash.bytes[0] = 0xab;
  hash.bytes[31] = 0x01;
  EXPECT_FALSE(hash.empty());
  EXPECT_EQ(hash.Hex(), "ab" + std::string(60, '0') + "01");
  EXPECT_EQ(hash.Short(), "ab0000000000");
  EXPECT_LT(ModelHash{}, hash);
  const std::unordered_set<ModelHash> seen = {hash, ModelHash{}, hash};
  EXPECT_EQ(seen.size(), 2U);
}

TEST(IdsTest, NamesAndRoundsCompare) {
  EXPECT_LT(SiteId("a"), SiteId("b"));
  EXPECT_EQ(JobId("x"), JobId("x"));
  EXPECT_TRUE(JobId().empty());
  EXPECT_LT(RoundId{1}, RoundId{2});
  EXPECT_EQ(std::hash<SiteId>()(SiteId("a")), std::hash<SiteId>()(SiteId("a")));
}

}  // namespace
}  // namespace florin::base
