#include "florin/crypto/sha256.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace florin::crypto {
namespace {

std::string HexOf(const Sha256Digest& digest) { return base::Hex(digest); }
std::string HexOf(std::string_view text) { return HexOf(HashSha256(base::AsBytes(text))); }

// FIPS 180-4 examples (NIST CSRC, SHA256.pdf, and the million letters of the CAVP).
TEST(Sha256Test, KnownAnswers) {
  EXPECT_EQ(HexOf(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexOf("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexOf("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(HexOf("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
                  "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(HexOf(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, SplitsDoNotMatter) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += static_cast<char>(i);
  const ByteView bytes = base::AsBytes(text);
  const Sha256Digest whole = HashSha256(bytes);
  for (size_t split = 0; split <= bytes.size(); ++split) {
    Sha256 hash;
    hash.Update(bytes.first(split)).Update({}).Update(bytes.subspan(split));
    EXPECT_EQ(std::move(hash).Finish(), whole) << split;
  }
  Sha256 by_byte;
  for (size_t i = 0; i < bytes.size(); ++i) by_byte.Update(bytes.subspan(i, 1));
  EXPECT_EQ(std::move(by_byte).Finish(), whole);
}

TEST(Sha256Test, MovesWithItsState) {
  Sha256 first;
  first.Update(base::AsBytes("ab"));
  Sha256 second = std::move(first);
  second.Update(base::AsBytes("c"));
  Sha256 third;
  third = std::move(second);
  EXPECT_EQ(std::move(third).Finish(), HashSha256(base::AsBytes("abc")));
}

TEST(Sha256Test, ObjectsDoNotShareState) {
  Sha256 a;
  Sha256 b;
  a.Update(base::AsBytes("a"));
  b.Update(base::AsBytes("b"));
  EXPECT_EQ(HexOf("x"), HexOf("x"));
  a.Update(base::AsBytes("bc"));
  EXPECT_EQ(std::move(a).Finish(), HashSha256(base::AsBytes("abc")));
  EXPECT_EQ(std::move(b).Finish(), HashSha256(base::AsBytes("b")));
}

TEST(Sha256Test, HashAsNamesTheDigest) {
  const auto id = HashAs<base::PlanHash>(base::AsBytes("abc"));
  EXPECT_EQ(id.Short(), "ba7816bf8f01");
}

std::string Hmac(const std::string& key_hex, std::string_view message) {
  return HexOf(HmacSha256(base::FromHex(key_hex).value(), base::AsBytes(message)));
}

std::string Repeated(const char* pair, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += pair;
  return text;
}

// RFC 4231, section 4.
TEST(HmacSha256Test, KnownAnswers) {
  EXPECT_EQ(Hmac(Repeated("0b", 20), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(Hmac("4a656665", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Hmac(Repeated("aa", 20), std::string(50, '\xdd')),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(Hmac("0102030405060708090a0b0c0d0e0f10111213141516171819", std::string(50, '\xcd')),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
  EXPECT_EQ(Hmac(Repeated("0c", 20), "Test With Truncation").substr(0, 32),
            "a3b6167473100ee06e0c796c2955552b");
  EXPECT_EQ(Hmac(Repeated("aa", 131), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(Hmac(Repeated("aa", 131),
                 "This is a test using a larger than block-size key and a larger than block-size "
                 "data. The key needs to be hashed before being used by the HMAC algorithm."),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

// Keys of one block are used as they are, one byte more and they are hashed (RFC 2104, section 2).
TEST(HmacSha256Test, KeysAroundOneBlock) {
  const std::string short_key = Repeated("61", 64);
  const std::string long_key = Repeated("61", 65);
  EXPECT_NE(Hmac(short_key, "m"), Hmac(HexOf(std::string(64, 'a')), "m"));
  EXPECT_EQ(Hmac(long_key, "m"), Hmac(HexOf(std::string(65, 'a')), "m"));
  EXPECT_EQ(Hmac("", "m"), Hmac("00", "m"));  // padded with zeros
}

}  // namespace
}  // namespace florin::crypto
