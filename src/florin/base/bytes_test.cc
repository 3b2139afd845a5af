#include "florin/base/bytes.h"

#include <gtest/gtest.h>

namespace florin::base {
namespace {

TEST(BytesTest, HexRoundTripsEveryByte) {
  Bytes all(256);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint8_t>(i);
  const std::string text = Hex(all);
  EXPECT_EQ(text.substr(0, 8), "00010203");
  EXPECT_EQ(text.substr(504), "fcfdfeff");
  EXPECT_EQ(FromHex(text).value(), all);
  EXPECT_EQ(FromHex("00FfaB").value(), (Bytes{0x00, 0xff, 0xab}));
  EXPECT_TRUE(FromHex("").value().empty());
}

TEST(BytesTest, HexRefusesOddLengthsAndOtherCharacters) {
  for (const char* text : {"0", "abc", "0g", "g0", "0x12", " 00", "00 "}) {
    EXPECT_EQ(FromHex(text).status().code(), "BYTES-HEX") << text;
  }
  EXPECT_NE(FromHex("00zz").status().message().find("character 3"), std::string_view::npos);
}

TEST(BytesTest, AsBytesSeesTheObject) {
  const std::vector<uint32_t> values = {1, 0x01020304};
  EXPECT_EQ(Hex(AsBytes(Span<const uint32_t>(values))), "0100000004030201");
  EXPECT_EQ(Hex(AsBytes("az")), "617a");
}

}  // namespace
}  // namespace florin::base
