#include "florin/crypto/ed25519.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "florin/crypto/random.h"

namespace florin::crypto {
namespace {

template <size_t n>
std::array<uint8_t, n> Fixed(std::string_view hex) {
  const Bytes bytes = base::FromHex(hex).value();
  EXPECT_EQ(bytes.size(), n);
  std::array<uint8_t, n> fixed{};
  std::copy_n(bytes.begin(), std::min(n, bytes.size()), fixed.begin());
  return fixed;
}

struct Vector {
  const char* seed;
  const char* key;
  const char* message;
  const char* signature;
};

// RFC 8032, section 7.1: TEST 1, TEST 2, TEST 3, TEST SHA(abc).
constexpr Vector kVectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
     "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"},
};

TEST(Ed25519Test, KnownAnswers) {
  for (const Vector& vector : kVectors) {
    const auto seed = Fixed<32>(vector.seed);
    const auto key = Fixed<32>(vector.key);
    const auto signature = Fixed<64>(vector.signature);
    const Bytes message = base::FromHex(vector.message).value();
    EXPECT_EQ(PublicKeyOf(seed), key);
    EXPECT_EQ(SignEd25519(seed, message), signature);
    EXPECT_TRUE(VerifyEd25519(key, message, signature));
  }
}

TEST(Ed25519Test, EveryBitOfASignatureCounts) {
  const auto key = Fixed<32>(kVectors[1].key);
  const Bytes message = base::FromHex(kVectors[1].message).value();
  auto signature = Fixed<64>(kVectors[1].signature);
  for (size_t bit = 0; bit < 512; ++bit) {
    const auto flip = static_cast<uint8_t>(1U << (bit % 8));
    signature[bit / 8] ^= flip;
    EXPECT_FALSE(VerifyEd25519(key, message, signature)) << bit;
    signature[bit / 8] ^= flip;
  }
  EXPECT_TRUE(VerifyEd25519(key, message, signature));
}

TEST(Ed25519Test, AnotherKeyOrMessageIsRefused) {
  const auto signature = Fixed<64>(kVectors[2].signature);
  const Bytes message = base::FromHex(kVectors[2].message).value();
  EXPECT_FALSE(VerifyEd25519(Fixed<32>(kVectors[1].key), message, signature));
  EXPECT_FALSE(VerifyEd25519(Fixed<32>(kVectors[2].key), {}, signature));
  EXPECT_FALSE(VerifyEd25519(Fixed<32>(kVectors[2].key), base::AsBytes("\xaf\x82!"), signature));
}

// S + L verifies in the equation and is refused by the range check of section 5.1.7.
TEST(Ed25519Test, ASecondSignatureByAddingTheOrderIsRefused) {
  const auto order = Fixed<32>("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  auto signature = Fixed<64>(kVectors[0].signature);
  unsigned carry = 0;
  for (size_t i = 0; i < 32; ++i) {
    const unsigned sum = signature[32 + i] + order[i] + carry;
    signature[32 + i] = static_cast<uint8_t>(sum);
    carry = sum >> 8;
  }
  EXPECT_FALSE(VerifyEd25519(Fixed<32>(kVectors[0].key), {}, signature));
}

TEST(Ed25519Test, AKeyThatIsNoPointIsRefused) {
  Ed25519PublicKey key{};
  key.fill(0x02);
  EXPECT_FALSE(VerifyEd25519(key, {}, Fixed<64>(kVectors[0].signature)));
}

// The neutral element as key and as R, S = 0: the equation holds whatever the message.
TEST(Ed25519Test, AKeyOfSmallOrderIsRefused) {
  Ed25519PublicKey key{};
  key[0] = 1;
  Ed25519Signature signature{};
  signature[0] = 1;
  EXPECT_FALSE(VerifyEd25519(key, {}, signature));
  EXPECT_FALSE(VerifyEd25519(key, base::AsBytes("anything"), signature));
}

TEST(Ed25519Test, FreshSeedsSignAndVerify) {
  const Ed25519Seed seed = NewSecretKey();
  const Bytes message(100'000, 0x5a);
  const Ed25519Signature signature = SignEd25519(seed, message);
  EXPECT_TRUE(VerifyEd25519(PublicKeyOf(seed), message, signature));
  EXPECT_NE(SignEd25519(NewSecretKey(), message), signature);
}

}  // namespace
}  // namespace florin::crypto
