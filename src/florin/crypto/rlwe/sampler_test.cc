#include "florin/crypto/rlwe/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "florin/base/bytes.h"

namespace florin::crypto::rlwe {
namespace {

struct Case {
  const char* name;
  const Distribution* distribution;
  long double (*weight)(int k);  // proportional to P(X = k)
};

long double Binomial(int k) {
  long double ways = 1;  // C(42, 21 + k)
  for (int i = 0; i < 21 - std::abs(k); ++i) ways = ways * (42 - i) / (i + 1);
  return std::abs(k) > 21 ? 0 : ways;
}

constexpr Case kCases[] = {
    {"Ternary", &kTernary, [](int k) { return std::abs(k) <= 1 ? 1.0L : 0.0L; }},
    {"Binomial", &kBinomial21, Binomial},
    {"GaussianKey", &kGaussianKey, [](int k) { return std::exp(-k * k / (2 * 20.25L)); }},
    {"GaussianError", &kGaussianError, [](int k) { return std::exp(-k * k / (2 * 40.5L)); }}};

class SamplerTest : public testing::TestWithParam<Case> {
 protected:
  // P(X = k), for k from 0 on.
  static std::vector<long double> Probabilities() {
    long double all = GetParam().weight(0);
    for (int k = 1; k < 200; ++k) all += 2 * GetParam().weight(k);
    std::vector<long double> probabilities;
    probabilities.reserve(200);
    for (int k = 0; k < 200; ++k) probabilities.push_back(GetParam().weight(k) / all);
    return probabilities;
  }
};
INSTANTIATE_TEST_SUITE_P(Tables, SamplerTest, testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_P(SamplerTest, ThresholdsAreThoseOfTheDistribution) {
  const Distribution thresholds = *GetParam().distribution;
  const std::vector<long double> probabilities = Probabilities();
  long double beyond = 1;  // P(|X| > k), summed from the far end, where it is small
  for (size_t k = 0; k <= thresholds.size(); ++k) {
    beyond = 0;
    for (size_t far = probabilities.size(); --far > k;) beyond += 2 * probabilities[far];
    const long double missing = beyond * 0x1p63L;
    if (k == thresholds.size()) {
      EXPECT_LT(missing, 1.0L);
      break;
    }
    const auto found = static_cast<long double>((uint64_t{1} << 63) - thresholds[k]);
    EXPECT_NEAR(static_cast<double>((found - missing) / std::max(missing, 1e6L)), 0, 1.1e-6) << k;
  }
}

// With 1e6 draws; the seed is fixed. A false alarm: one in 10,000 for another seed.
TEST_P(SamplerTest, DrawsHaveTheDistribution) {
  constexpr size_t kDraws = 1'000'000;
  const SecretStream stream(Bytes(32, 7), GetParam().name, {});
  std::vector<uint64_t> words(kDraws);
  stream.Draw(*GetParam().distribution, 0, words);
  std::map<int64_t, double> counts;
  for (const uint64_t word : words) ++counts[static_cast<int64_t>(word)];
  const std::vector<long double> probabilities = Probabilities();
  const auto largest = static_cast<int64_t>(GetParam().distribution->size());
  double square = 0;
  double bins = 0;
  double tail_found = 0;
  double tail_expected = 0;
  for (int64_t k = -largest; k <= largest; ++k) {
    const auto expected =
        static_cast<double>(kDraws * probabilities[static_cast<size_t>(std::abs(k))]);
    const double found = counts[k];
    if (expected < 20) {
      tail_found += found;
      tail_expected += expected;
      continue;
    }
    square += (found - expected) * (found - expected) / expected;
    ++bins;
  }
  EXPECT_EQ(counts.rbegin()->first <= largest && counts.begin()->first >= -largest, true);
  if (tail_expected > 5) {
    square += (tail_found - tail_expected) * (tail_found - tail_expected) / tail_expected;
    ++bins;
  }
  const double freedom = bins - 1;
  // Wilson and Hilferty 1931.
  const double normal =
      (std::cbrt(square / freedom) - (1 - 2 / (9 * freedom))) / std::sqrt(2 / (9 * freedom));
  EXPECT_LT(normal, 3.72) << "chi-square " << square << " of " << freedom;
}

TEST(SecretStreamTest, APartIsAPartOfTheWhole) {
  const SecretStream stream(Bytes(32, 1), "label", {});
  std::vector<uint64_t> whole(64);
  stream.Draw(kGaussianError, 0, whole);
  for (const size_t first : {0U, 7U, 8U, 33U}) {
    std::vector<uint64_t> part(24);
    stream.Draw(kGaussianError, first, part);
    EXPECT_TRUE(std::ranges::equal(part, Span<uint64_t>(whole).subspan(first, 24))) << first;
  }
}

TEST(SecretStreamTest, SeedLabelAndWhatItIsBoundToDecide) {
  const auto draw = [](uint8_t seed, const char* label, const Bytes& bound_to = {}) {
    std::vector<uint64_t> words(64);
    SecretStream(Bytes(32, seed), label, bound_to).Draw(kGaussianKey, 0, words);
    return words;
  };
  EXPECT_EQ(draw(1, "a"), draw(1, "a"));
  EXPECT_NE(draw(1, "a"), draw(2, "a"));
  EXPECT_NE(draw(1, "a"), draw(1, "b"));
  EXPECT_NE(draw(1, "a"), draw(1, "a", {1}));
  EXPECT_NE(draw(1, "ab"), draw(1, "a", {'b'}));
}

// A word's bit 0 is the sign, the rest is compared: by hand.
TEST(SamplerTables, WordsByHand) {
  EXPECT_EQ(kTernary.size(), 1U);
  EXPECT_EQ(kTernary[0], 0x2AAAAAAAAAAAAAAAU);
  EXPECT_EQ(kBinomial21.size(), 21U);
  EXPECT_EQ(kBinomial21[0], 538257874440U << 21);                         // C(42, 21)
  EXPECT_EQ(kBinomial21[20], (uint64_t{1} << 63) - (uint64_t{2} << 21));  // all but +-21
  EXPECT_EQ(kGaussianKey.size(), 41U);
  EXPECT_EQ(kGaussianError.size(), 58U);
}

}  // namespace
}  // namespace florin::crypto::rlwe
