// Against the remainder of 128-bit numbers.
#include "florin/num/field61.h"

#include <gtest/gtest.h>

#include <vector>

#include "florin/base/rng.h"

namespace florin::num {
namespace {

__extension__ using Wide = unsigned __int128;
constexpr uint64_t kPrime = Field61::kPrime;

// The ends, what is next to them, and draws.
std::vector<uint64_t> Words() {
  std::vector<uint64_t> words = {0,          1,          2,          3,
                                 kPrime - 3, kPrime - 2, kPrime - 1, kPrime / 2,
                                 1U << 31,   1ULL << 32, 1ULL << 60, (1ULL << 60) - 1};
  base::SeededRng rng(61);
  for (int i = 0; i < 300; ++i) words.push_back(rng.Below(kPrime) >> rng.Below(61));
  return words;
}

TEST(Field61, SumsDifferencesAndProductsAreRemainders) {
  const std::vector<uint64_t> words = Words();
  for (const uint64_t a : words) {
    for (const uint64_t b : words) {
      const Field61 x(a);
      const Field61 y(b);
      ASSERT_EQ((x + y).value(), static_cast<uint64_t>((Wide{a} + b) % kPrime)) << a << " " << b;
      ASSERT_EQ((x - y).value(), static_cast<uint64_t>((Wide{a} + kPrime - b) % kPrime));
      ASSERT_EQ((x * y).value(), static_cast<uint64_t>(Wide{a} * b % kPrime)) << a << " " << b;
    }
  }
}

TEST(Field61, AnyWordIsReduced) {
  for (const uint64_t word : {uint64_t{0}, kPrime - 1, kPrime, kPrime + 1, 2 * kPrime - 1,
                              2 * kPrime, 2 * kPrime + 1, 8 * kPrime, ~uint64_t{0}}) {
    EXPECT_EQ(Field61(word).value(), word % kPrime) << word;
  }
  base::SeededRng rng(62);
  for (int i = 0; i < 10000; ++i) {
    const uint64_t word = rng.Next();
    ASSERT_EQ(Field61(word).value(), word % kPrime);
  }
}

TEST(Field61, OnlyCanonicalWordsAreRead) {
  for (const uint64_t word : {uint64_t{0}, uint64_t{1}, kPrime - 1}) {
    EXPECT_EQ(Field61::FromCanonical(word), Field61(word)) << word;
  }
  for (const uint64_t word : {kPrime, kPrime + 1, uint64_t{1} << 61, ~uint64_t{0}}) {
    EXPECT_FALSE(Field61::FromCanonical(word).has_value()) << word;
  }
}

TEST(Field61, ProductsWithTheInverseAreOne) {
  EXPECT_EQ(Field61(0).Inverse(), Field61(0));
  for (const uint64_t word : Words()) {
    if (word == 0) continue;
    EXPECT_EQ(Field61(word) * Field61(word).Inverse(), Field61(1)) << word;
    EXPECT_EQ(Field61(word).Inverse().Inverse(), Field61(word)) << word;
  }
  // 2^61 = 1, so that 1 / 2 is 2^60.
  static_assert(Field61(2).Inverse() == Field61(uint64_t{1} << 60));
  static_assert(Field61(kPrime - 1).Inverse() == Field61(kPrime - 1));
}

TEST(Field61, LawsOfAField) {
  base::SeededRng rng(63);
  for (int i = 0; i < 10000; ++i) {
    const Field61 a(rng.Next());
    const Field61 b(rng.Next());
    const Field61 c(rng.Next());
    ASSERT_EQ((a + b) + c, a + (b + c));
    ASSERT_EQ((a * b) * c, a * (b * c));
    ASSERT_EQ(a * b, b * a);
    ASSERT_EQ(a * (b + c), a * b + a * c);
    ASSERT_EQ((a - b) + b, a);
    ASSERT_EQ(a - a, Field61());
  }
}

// What it is for: any three values of a polynomial of degree two tell the one at 0 (Shamir 1979).
TEST(Field61, APolynomialIsKnownByItsValues) {
  base::SeededRng rng(64);
  const Field61 secret(rng.Next());
  const Field61 linear(rng.Next());
  const Field61 square(rng.Next());
  const auto at = [&](Field61 x) { return (square * x + linear) * x + secret; };
  const std::vector<Field61> points = {Field61(3), Field61(17), Field61(1000003)};
  Field61 found;
  for (const Field61 x : points) {
    Field61 factor(1);  // Lagrange's, at 0
    for (const Field61 other : points) {
      if (other != x) factor = factor * other * (other - x).Inverse();
    }
    found = found + at(x) * factor;
  }
  EXPECT_EQ(found, secret);
}

}  // namespace
}  // namespace florin::num
