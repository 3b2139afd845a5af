#include "florin/crypto/aead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace florin::crypto {
namespace {

Bytes FromHex(const std::string& text) { return base::FromHex(text).value(); }

constexpr AeadNonce kNonce = {0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce,
                              0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88};

void ExpectAnswer(AeadAlgorithm algorithm, const Bytes& key, const AeadNonce& nonce,
                  const Bytes& associated, const Bytes& message, const std::string& sealed_hex) {
  Aead aead(algorithm, key);
  Bytes sealed(message.size() + kAeadTagSize);
  aead.Seal(nonce, associated, message, sealed);
  EXPECT_EQ(base::Hex(sealed), sealed_hex);
  Bytes opened(message.size());
  EXPECT_TRUE(aead.Open(nonce, associated, sealed, opened));
  EXPECT_EQ(opened, message);
}

// RFC 8439, section 2.8.2.
TEST(AeadTest, KnownAnswerOfChaCha20Poly1305) {
  Bytes key(32);
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(0x80 + i);
  const ByteView text = base::AsBytes(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
      "sunscreen would be it.");
  ExpectAnswer(
      AeadAlgorithm::kChaCha20Poly1305, key,
      {0x07, 0x00, 0x00, 0x00, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47},
      FromHex("50515253c0c1c2c3c4c5c6c7"), Bytes(text.begin(), text.end()),
      "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92"
      "728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b"
      "4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691");
}

// McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 1, 4, 13, 16.
TEST(AeadTest, KnownAnswersOfAesGcm) {
  ExpectAnswer(AeadAlgorithm::kAes128Gcm, Bytes(16), {}, {}, {},
               "58e2fccefa7e3061367f1d57a4e7455a");
  ExpectAnswer(AeadAlgorithm::kAes256Gcm, Bytes(32), {}, {}, {},
               "530f8afbc74536b9a963b4f1c4cb738b");
  const Bytes message = FromHex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6"
      "b525b16aedf5aa0de657ba637b39");
  const Bytes associated = FromHex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const std::string key = "feffe9928665731c6d6a8f9467308308";
  ExpectAnswer(
      AeadAlgorithm::kAes128Gcm, FromHex(key), kNonce, associated, message,
      "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f"
      "6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47");
  ExpectAnswer(
      AeadAlgorithm::kAes256Gcm, FromHex(key + key), kNonce, associated, message,
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b0"
      "8b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
}

class EachAeadTest : public testing::TestWithParam<AeadAlgorithm> {
 protected:
  Aead New(uint8_t fill = 5) const {
    return Aead(GetParam(), Bytes(AeadKeySize(GetParam()), fill));
  }
};
INSTANTIATE_TEST_SUITE_P(Algorithms, EachAeadTest,
                         testing::Values(AeadAlgorithm::kAes128Gcm, AeadAlgorithm::kAes256Gcm,
                                         AeadAlgorithm::kChaCha20Poly1305));

TEST_P(EachAeadTest, ForgedBoxesGiveNothing) {
  const Bytes message(40, 0x77);
  const Bytes associated(5, 0x11);
  Bytes sealed(message.size() + kAeadTagSize);
  New().Seal(kNonce, associated, message, sealed);
  const auto refused = [&](Aead aead, const AeadNonce& nonce, ByteView data, ByteView box) {
    Bytes opened(box.size() - kAeadTagSize, 0xEE);
    EXPECT_FALSE(aead.Open(nonce, data, box, opened));
    EXPECT_EQ(opened, Bytes(opened.size()));
  };
  for (size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    Bytes changed = sealed;
    changed[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    refused(New(), kNonce, associated, changed);
  }
  for (size_t size = kAeadTagSize; size < sealed.size(); ++size) {
    refused(New(), kNonce, associated, ByteView(sealed).first(size));
  }
  refused(New(), kNonce, ByteView(associated).first(4), sealed);
  refused(New(), kNonce, {}, sealed);
  refused(New(), {}, associated, sealed);
  refused(New(6), kNonce, associated, sealed);
}

TEST_P(EachAeadTest, OneKeySealsAndOpensInAnyOrder) {
  Aead aead = New();
  for (uint8_t round = 0; round < 5; ++round) {
    const AeadNonce nonce = {round};
    const Bytes message(size_t{100} * round, round);
    Bytes sealed(message.size() + kAeadTagSize);
    aead.Seal(nonce, {}, message, sealed);
    Bytes by_another(sealed.size());
    New().Seal(nonce, {}, message, by_another);
    EXPECT_EQ(sealed, by_another);
    Bytes opened(message.size(), 0xEE);
    EXPECT_FALSE(aead.Open({9}, {}, sealed, opened));
    EXPECT_TRUE(aead.Open(nonce, {}, sealed, opened));
    EXPECT_EQ(opened, message);
  }
}

TEST_P(EachAeadTest, WorksInPlace) {
  const Bytes message(1000, 0x42);
  Bytes sealed(message.size() + kAeadTagSize);
  New().Seal(kNonce, {}, message, sealed);
  Bytes in_place = message;
  in_place.resize(sealed.size());
  New().Seal(kNonce, {}, ByteView(in_place).first(message.size()), in_place);
  EXPECT_EQ(in_place, sealed);
  EXPECT_TRUE(New().Open(kNonce, {}, in_place, Span<uint8_t>(in_place).first(message.size())));
  in_place.resize(message.size());
  EXPECT_EQ(in_place, message);
}

TEST_P(EachAeadTest, SpansOfOtherSizesEndTheProgram) {
  const size_t key = AeadKeySize(GetParam());
  for (const size_t size : {size_t{0}, key - 1, key + 1, 2 * key}) {
    EXPECT_DEATH(Aead(GetParam(), Bytes(size)), "AeadKeySize") << size;
  }
  Aead aead = New();
  Bytes sealed(40);
  Bytes message(40);
  for (const size_t size : {0U, 23U, 25U, 40U}) {
    const Span<uint8_t> part = Span<uint8_t>(message).first(size);
    EXPECT_DEATH(aead.Seal(kNonce, {}, part, sealed), "kAeadTagSize") << size;
    EXPECT_DEATH(static_cast<void>(aead.Open(kNonce, {}, sealed, part)), "kAeadTagSize") << size;
  }
  EXPECT_DEATH(static_cast<void>(aead.Open(kNonce, {}, ByteView(sealed).first(15), {})),
               "kAeadTagSize");
}

TEST(AeadDeathTest, NoOtherAlgorithm) {
  for (const uint16_t number : {uint16_t{0}, uint16_t{4}, uint16_t{0xFFFF}}) {
    EXPECT_DEATH(AeadKeySize(AeadAlgorithm{number}), "kCiphers");
  }
}

TEST_P(EachAeadTest, MovesWithItsKey) {
  Aead first = New(1);
  Aead second = std::move(first);
  Aead third = New(2);
  third = std::move(second);
  Bytes sealed(kAeadTagSize);
  Bytes expected(kAeadTagSize);
  third.Seal(kNonce, {}, {}, sealed);
  New(1).Seal(kNonce, {}, {}, expected);
  EXPECT_EQ(sealed, expected);
}

}  // namespace
}  // namespace florin::crypto
