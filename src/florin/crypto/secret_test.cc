#include "florin/crypto/secret.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace florin::crypto {
namespace {

TEST(SecretBytesTest, HoldsWhatItWasGiven) {
  const Bytes bytes(32, 7);
  const SecretBytes secret((ByteView(bytes)));
  EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), secret.view().begin(), secret.view().end()));
  EXPECT_EQ(SecretBytes(base::AsBytes("key")).text(), "key");
  EXPECT_TRUE(SecretBytes().view().empty());
}

TEST(SecretBytesTest, ZerosAreWrittenOver) {
  SecretBytes secret = SecretBytes::Zeros(4);
  EXPECT_EQ(secret.text(), std::string(4, '\0'));
  secret.span()[2] = 'x';
  EXPECT_EQ(secret.text(), std::string_view("\0\0x\0", 4));
}

TEST(SecretBytesTest, IsNotPrinted) {
  std::ostringstream out;
  out << SecretBytes(base::AsBytes("hush"));
  EXPECT_EQ(out.str(), "<secret 4 bytes>");
}

TEST(SecretBytesTest, ATextThatIsTakenIsWiped) {
  std::string text(100, 'k');  // beyond what a string keeps inside itself
  const char* data = text.data();
  const SecretBytes secret = SecretBytes::Take(std::move(text));
  EXPECT_EQ(secret.text(), std::string(100, 'k'));
  ASSERT_EQ(text.data(), data);  // NOLINT(bugprone-use-after-move): Take() says what it leaves
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(std::string_view(data, 100), std::string(100, '\0'));
}

TEST(SecretBytesTest, MovesAndCompares) {
  SecretBytes a(base::AsBytes("one"));
  SecretBytes b(base::AsBytes("two"));
  EXPECT_FALSE(a == b);
  b = std::move(a);
  EXPECT_TRUE(b == SecretBytes(base::AsBytes("one")));
  const SecretBytes c = std::move(b);
  EXPECT_EQ(c.text(), "one");
}

}  // namespace
}  // namespace florin::crypto
