#include "florin/identity/base64url.h"

#include <gtest/gtest.h>

namespace florin::identity {
namespace {

// RFC 4648, section 10, without padding; the last needs both letters of the URL alphabet.
TEST(Base64UrlTest, KnownAnswers) {
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "-_8"}};
  for (const auto& [plain, text] : vectors) {
    const ByteView bytes = base::AsBytes(plain);
    EXPECT_EQ(Base64Url(bytes), text);
    EXPECT_EQ(FromBase64Url(text), Bytes(bytes.begin(), bytes.end())) << text;
  }
}

TEST(Base64UrlTest, OtherSpellingsAreRefused) {
  for (const char* text : {"Z", "Zg=", "Zg==", "Zh", "Zm9", "Zm9v!", "Zm9+", "Zm9/", "Zm 9v"}) {
    EXPECT_FALSE(FromBase64Url(text)) << text;
  }
}

}  // namespace
}  // namespace florin::identity
