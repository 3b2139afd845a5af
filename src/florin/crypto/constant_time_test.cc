#include "florin/crypto/constant_time.h"

#include <gtest/gtest.h>

namespace florin::crypto {
namespace {

TEST(ConstantTimeEqualTest, EveryByteAndTheSizeCount) {
  Bytes a(33, 0x5a);
  const Bytes b = a;
  EXPECT_TRUE(ConstantTimeEqual(a, b));
  EXPECT_TRUE(ConstantTimeEqual({}, {}));
  EXPECT_FALSE(ConstantTimeEqual(a, ByteView(b).first(32)));
  for (size_t bit = 0; bit < a.size() * 8; ++bit) {
    a[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(ConstantTimeEqual(a, b)) << bit;
    a = b;
  }
}

}  // namespace
}  // namespace florin::crypto
