#include "florin/base/crc32c.h"

#include <gtest/gtest.h>

#include <numeric>

#include "florin/base/rng.h"

namespace florin::base {
namespace {

// RFC 3720, appendix B.4.
TEST(Crc32c, KnownAnswers) {
  Bytes bytes(32, 0);
  EXPECT_EQ(Crc32c(bytes), 0x8A9136AAU);
  bytes.assign(32, 0xff);
  EXPECT_EQ(Crc32c(bytes), 0x62A8AB43U);
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  EXPECT_EQ(Crc32c(bytes), 0x46DD794EU);
  EXPECT_EQ(Crc32c(AsBytes("123456789")), 0xE3069283U);
  EXPECT_EQ(Crc32c({}), 0U);
}

TEST(Crc32c, InstructionAndTableAgreeOnEveryLengthAndSplit) {
  SeededRng rng(7);
  Bytes bytes(67);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(rng.Next());
  for (size_t size = 0; size <= bytes.size(); ++size) {
    const ByteView whole = ByteView(bytes).first(size);
    const uint32_t expected = Crc32cByTable(whole);
    EXPECT_EQ(Crc32c(whole), expected) << size;
    const size_t half = size / 3;
    EXPECT_EQ(Crc32c(whole.subspan(half), Crc32c(whole.first(half))), expected) << size;
  }
}

}  // namespace
}  // namespace florin::base
