#include "florin/crypto/shamir.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

#include "florin/crypto/random.h"

namespace florin::crypto {
namespace {

SecretBytes AnySecret(base::Rng& rng) {
  SecretBytes secret = SecretBytes::Zeros(kSharedSecretSize);
  for (uint8_t& byte : secret.span()) byte = static_cast<uint8_t>(rng.Next());
  return secret;
}

Result<SecretBytes> Open(const std::vector<SecretBytes>& shares,
                         const std::vector<uint32_t>& indices) {
  FLORIN_ASSIGN(const ShareOpener opener, ShareOpener::Make(indices));
  std::vector<ByteView> views;
  views.reserve(indices.size());
  for (const uint32_t index : indices) views.push_back(shares[index - 1].view());
  return opener.Open(views);
}

std::vector<uint32_t> IndicesOf(uint32_t bits) {
  std::vector<uint32_t> indices;
  for (uint32_t i = 0; i < 32; ++i) {
    if ((bits >> i & 1) != 0) indices.push_back(i + 1);
  }
  return indices;
}

uint64_t WordOf(ByteView bytes, size_t i) {
  uint64_t word;
  std::memcpy(&word, bytes.data() + 8 * i, 8);
  return word;
}

// Gives 1, 2, 3, ... as what a polynomial's coefficients will be.
class Counting final : public base::Rng {
 public:
  void Fill(Span<uint64_t> words) override {
    for (uint64_t& word : words) word = ++last_ << 3;
  }

 private:
  uint64_t last_ = 0;
};

// By hand: limb i of share x is s_i + (i + 1) x + (i + 6) x^2 where the threshold is 3.
TEST(ShamirTest, SharesAreThePolynomialsValues) {
  SecretBytes secret = SecretBytes::Zeros(kSharedSecretSize);
  secret.span()[0] = 9;     // limb 0
  secret.span()[6] = 0x70;  // bit 52: limb 1 is 7
  secret.span()[31] = 1;    // bit 248: limb 4 is 2^40
  Counting rng;
  const auto shares = ShareSecret(secret.view(), 3, 4, rng);
  const std::array<uint64_t, 5> limbs{9, 7, 0, 0, uint64_t{1} << 40};
  for (uint64_t x = 1; x <= 4; ++x) {
    for (size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(WordOf(shares[x - 1].view(), i), limbs[i] + (i + 1) * x + (i + 6) * x * x);
    }
  }
}

// Two words in three are p once they are cut to 61 bits, which is no element.
class OftenNone final : public base::Rng {
 public:
  void Fill(Span<uint64_t> words) override {
    for (uint64_t& word : words) word = ++drawn_ % 3 == 0 ? drawn_ << 3 : ~uint64_t{0};
  }

 private:
  uint64_t drawn_ = 0;
};

TEST(ShamirTest, CoefficientsThatAreNoElementsAreDrawnAgain) {
  OftenNone rng;
  const auto shares = ShareSecret(Bytes(kSharedSecretSize), 2, 2, rng);
  // The first draw has five words, of which the third is an element; then one word at a time.
  const std::array<uint64_t, 5> expected{6, 9, 3, 12, 15};
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(WordOf(shares[0].view(), i), expected[i]) << i;
}

TEST(ShamirDeathTest, WhatNoDealerMayAsk) {
  SystemRng rng;
  const Bytes secret(kSharedSecretSize);
  EXPECT_DEATH(ShareSecret(Bytes(kSharedSecretSize - 1), 1, 1, rng), "kSharedSecretSize");
  EXPECT_DEATH(ShareSecret(secret, 0, 1, rng), "threshold");
  EXPECT_DEATH(ShareSecret(secret, 3, 2, rng), "threshold");
  EXPECT_DEATH(ShareSecret(secret, 1, kSharesMax + 1, rng), "kSharesMax");
  const auto opener = ShareOpener::Make(std::vector<uint32_t>{1, 2});
  EXPECT_DEATH(static_cast<void>(opener->Open(std::vector<ByteView>(1))), "indices_.size");
}
static_assert(!std::is_default_constructible_v<ShareOpener>);

TEST(ShamirTest, EverySubsetOfTheThresholdOpensAndNoOther) {
  SystemRng rng;
  for (uint32_t count = 1; count <= 6; ++count) {
    for (uint32_t threshold = 1; threshold <= count; ++threshold) {
      const SecretBytes secret = AnySecret(rng);
      const auto shares = ShareSecret(secret.view(), threshold, count, rng);
      for (uint32_t bits = 1; bits < 1U << count; ++bits) {
        const auto opened = Open(shares, IndicesOf(bits));
        const bool is_enough = std::popcount(bits) >= static_cast<int>(threshold);
        EXPECT_EQ(opened.ok() && *opened == secret, is_enough) << count << ' ' << threshold;
      }
    }
  }
}

TEST(ShamirTest, SecretsOfAllBitsAndNone) {
  SystemRng rng;
  for (const uint8_t byte : std::array<uint8_t, 4>{0x00, 0xff, 0x80, 0x01}) {
    const Bytes secret(kSharedSecretSize, byte);
    const auto opened = Open(ShareSecret(secret, 67, 100, rng), [] {
      std::vector<uint32_t> last;
      for (uint32_t i = 34; i <= 100; ++i) last.push_back(i);
      return last;
    }());
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(*opened, SecretBytes(secret));
  }
}

// One share fewer than the threshold fits every secret: whatever the secret is, a last share makes
// the others open to it.
TEST(ShamirTest, TooFewSharesSayNothing) {
  SystemRng rng;
  const auto shares = ShareSecret(AnySecret(rng).view(), 2, 2, rng);
  const auto opener = ShareOpener::Make(std::vector<uint32_t>{1, 2});
  ASSERT_TRUE(opener.ok());
  for (int i = 0; i < 50; ++i) {
    const SecretBytes other = AnySecret(rng);
    const auto at_1 = ShareSecret(other.view(), 1, 1, rng);  // the other secret's limbs
    SecretBytes last = SecretBytes::Zeros(kShareSize);
    for (size_t k = 0; k < 5; ++k) {  // the line through (0, limb) and (1, first share) at 2
      const num::Field61 first(WordOf(shares[0].view(), k));
      const uint64_t word = (first + first - num::Field61(WordOf(at_1[0].view(), k))).value();
      std::memcpy(last.span().data() + 8 * k, &word, 8);
    }
    const auto opened = opener->Open(std::vector<ByteView>{shares[0].view(), last.view()});
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(*opened, other);
  }
}

TEST(ShamirTest, AWrongShareDoesNotGiveTheSecret) {
  SystemRng rng;
  const SecretBytes secret = AnySecret(rng);
  for (size_t byte = 0; byte < kShareSize; ++byte) {
    auto shares = ShareSecret(secret.view(), 3, 5, rng);
    shares[1].span()[byte] ^= 1;
    const auto opened = Open(shares, {1, 2, 5});
    EXPECT_FALSE(opened.ok() && *opened == secret);
  }
}

TEST(ShamirTest, WhatIsNoShareIsNamed) {
  SystemRng rng;
  auto shares = ShareSecret(AnySecret(rng).view(), 2, 3, rng);
  const auto code = [&](const std::vector<uint32_t>& indices) {
    const auto opened = Open(shares, indices);
    return opened.ok() ? std::string() : std::string(opened.status().code());
  };
  EXPECT_EQ(code({1, 3}), "");
  std::memset(shares[2].span().data() + 8, 0xff, 8);  // a word above the prime
  EXPECT_EQ(code({1, 3}), "SHAMIR-SHARE");
  shares[2] = SecretBytes::Zeros(kShareSize - 1);
  EXPECT_EQ(code({1, 3}), "SHAMIR-SHARE");
  EXPECT_EQ(code({1, 2}), "");
}

TEST(ShamirTest, IndicesAreOnesThatWereDealt) {
  const auto code = [](const std::vector<uint32_t>& indices) {
    const auto opener = ShareOpener::Make(indices);
    return opener.ok() ? std::string() : std::string(opener.status().code());
  };
  EXPECT_EQ(code({kSharesMax, 1}), "");
  EXPECT_EQ(code({}), "SHAMIR-INDEX");
  EXPECT_EQ(code({1, 0}), "SHAMIR-INDEX");
  EXPECT_EQ(code({kSharesMax + 1}), "SHAMIR-INDEX");
  EXPECT_EQ(code({3, 1, 3}), "SHAMIR-INDEX");
}

}  // namespace
}  // namespace florin::crypto
