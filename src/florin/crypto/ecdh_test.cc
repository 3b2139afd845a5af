#include "florin/crypto/ecdh.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace florin::crypto {
namespace {

Bytes FromHex(const std::string& text) { return base::FromHex(text).value(); }

std::string Agreed(EcdhCurve curve, const std::string& secret, const std::string& public_key) {
  const auto shared = EcdhAgree(curve, FromHex(secret), FromHex(public_key));
  return shared.ok() ? base::Hex(shared->view()) : std::string(shared.status().code());
}
std::string PublicOf(EcdhCurve curve, const std::string& secret) {
  const auto pair = EcdhKeyPairOf(curve, FromHex(secret));
  return pair.ok() ? base::Hex(pair->public_key) : std::string(pair.status().code());
}

// RFC 7748, section 5.2.
TEST(X25519Test, KnownAnswers) {
  EXPECT_EQ(
      Agreed(EcdhCurve::kX25519, "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
             "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"),
      "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
  EXPECT_EQ(
      Agreed(EcdhCurve::kX25519, "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
             "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"),
      "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

TEST(X25519Test, AThousandTimes) {
  Bytes k(32);
  k[0] = 9;
  Bytes u = k;
  for (int i = 0; i < 1000; ++i) {
    const auto shared = EcdhAgree(EcdhCurve::kX25519, k, u);
    ASSERT_TRUE(shared.ok());
    u = std::exchange(k, Bytes(shared->view().begin(), shared->view().end()));
    if (i == 0) {
      EXPECT_EQ(base::Hex(k), "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
    }
  }
  EXPECT_EQ(base::Hex(k), "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

// RFC 7748, section 6.1.
TEST(X25519Test, AliceAndBob) {
  const std::string alice = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
  const std::string bob = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
  const std::string alice_public =
      "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
  const std::string bob_public = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
  EXPECT_EQ(PublicOf(EcdhCurve::kX25519, alice), alice_public);
  EXPECT_EQ(PublicOf(EcdhCurve::kX25519, bob), bob_public);
  const std::string shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
  EXPECT_EQ(Agreed(EcdhCurve::kX25519, alice, bob_public), shared);
  EXPECT_EQ(Agreed(EcdhCurve::kX25519, bob, alice_public), shared);
}

// The u of order 1, 2, 4 and 8, below p and above, with the bit that is not looked at and without.
TEST(X25519Test, PointsOfSmallOrderAreRefused) {
  const std::string f30(60, 'f');
  const std::vector<std::string> points = {
      std::string(64, '0'),
      "01" + std::string(62, '0'),
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ec" + f30 + "7f",
      "ed" + f30 + "7f",
      "ee" + f30 + "7f",
      "ec" + f30 + "ff",
      "ed" + f30 + "ff",
      "ee" + f30 + "ff",
      std::string(62, '0') + "80"};
  for (const std::string& point : points) {
    EXPECT_EQ(Agreed(EcdhCurve::kX25519, std::string(64, '5'), point), "ECDH-PUBLIC") << point;
  }
}

// RFC 5903, section 8.1.
TEST(P256Test, KnownAnswers) {
  const std::string initiator = "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433";
  const std::string responder = "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53";
  const std::string initiator_public =
      "04dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
      "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3";
  const std::string responder_public =
      "04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
      "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab";
  EXPECT_EQ(PublicOf(EcdhCurve::kP256, initiator), initiator_public);
  EXPECT_EQ(PublicOf(EcdhCurve::kP256, responder), responder_public);
  const std::string shared = "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de";
  EXPECT_EQ(Agreed(EcdhCurve::kP256, initiator, responder_public), shared);
  EXPECT_EQ(Agreed(EcdhCurve::kP256, responder, initiator_public), shared);
}

constexpr char kOrder[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
constexpr char kOrderLess1[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550";

TEST(P256Test, SecretsOutOfRangeAreRefused) {
  const EcdhKeyPair peer = NewEcdhKeyPair(EcdhCurve::kP256);
  for (const std::string& secret : {std::string(64, '0'), std::string(kOrder), std::string(64, 'f'),
                                    std::string(62, '1'), std::string(66, '1'), std::string()}) {
    EXPECT_EQ(PublicOf(EcdhCurve::kP256, secret), "ECDH-SECRET") << secret;
    EXPECT_EQ(Agreed(EcdhCurve::kP256, secret, base::Hex(peer.public_key)), "ECDH-SECRET");
  }
  // 1 shares the peer's x itself, and so does n - 1: the point mirrored.
  const std::string x = base::Hex(ByteView(peer.public_key).subspan(1, 32));
  EXPECT_EQ(Agreed(EcdhCurve::kP256, std::string(63, '0') + "1", base::Hex(peer.public_key)), x);
  EXPECT_EQ(Agreed(EcdhCurve::kP256, kOrderLess1, base::Hex(peer.public_key)), x);
}

TEST(P256Test, WhatIsNoPointIsRefused) {
  const EcdhKeyPair own = NewEcdhKeyPair(EcdhCurve::kP256);
  const Bytes good = NewEcdhKeyPair(EcdhCurve::kP256).public_key;
  std::vector<Bytes> wrong = {{}, {0}, Bytes(65), Bytes(65, 0xFF)};
  wrong.push_back(Bytes(good.begin(), good.end() - 1));
  wrong.push_back(good);
  wrong.back().push_back(0);
  wrong.push_back(good);
  wrong.back()[64] ^= 1;  // off the curve
  wrong.push_back(good);
  wrong.back()[0] = static_cast<uint8_t>(6 + good[64] % 2);  // the hybrid form
  wrong.push_back(Bytes(good.begin(), good.begin() + 33));   // the compressed form
  wrong.back()[0] = static_cast<uint8_t>(2 + good[64] % 2);
  for (const Bytes& point : wrong) {
    const auto shared = EcdhAgree(EcdhCurve::kP256, own.secret.view(), point);
    EXPECT_EQ(shared.status().code(), "ECDH-PUBLIC") << base::Hex(point);
  }
}

class EachCurveTest : public testing::TestWithParam<EcdhCurve> {};
INSTANTIATE_TEST_SUITE_P(Curves, EachCurveTest,
                         testing::Values(EcdhCurve::kX25519, EcdhCurve::kP256));

TEST_P(EachCurveTest, BothEndsShareTheSame) {
  const EcdhKeyPair a = NewEcdhKeyPair(GetParam());
  const EcdhKeyPair b = NewEcdhKeyPair(GetParam());
  EXPECT_EQ(a.public_key.size(), EcdhPublicSize(GetParam()));
  EXPECT_NE(a.public_key, b.public_key);
  const auto at_a = EcdhAgree(GetParam(), a.secret.view(), b.public_key);
  const auto at_b = EcdhAgree(GetParam(), b.secret.view(), a.public_key);
  ASSERT_TRUE(at_a.ok() && at_b.ok());
  EXPECT_TRUE(*at_a == *at_b);
  EXPECT_EQ(EcdhKeyPairOf(GetParam(), a.secret.view())->public_key, a.public_key);
}

TEST_P(EachCurveTest, WrongSizesAreRefused) {
  const EcdhKeyPair own = NewEcdhKeyPair(GetParam());
  for (const size_t size : {0U, 1U, 31U, 33U, 64U, 66U}) {
    EXPECT_EQ(EcdhKeyPairOf(GetParam(), Bytes(size, 1)).status().code(), "ECDH-SECRET");
    EXPECT_EQ(EcdhAgree(GetParam(), Bytes(size, 1), own.public_key).status().code(), "ECDH-SECRET");
    EXPECT_EQ(EcdhAgree(GetParam(), own.secret.view(), Bytes(size, 4)).status().code(),
              "ECDH-PUBLIC");
  }
}

}  // namespace
}  // namespace florin::crypto
