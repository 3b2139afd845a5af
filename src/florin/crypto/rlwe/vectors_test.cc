#include "florin/crypto/rlwe/vectors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <string>

#include "florin/base/rng.h"
#include "florin/crypto/rlwe/ring.h"
#include "florin/crypto/sha256.h"

namespace florin::crypto::rlwe {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr size_t kSize = kVectorRing.size;
constexpr uint8_t kContextBytes[] = {'c', 't', 'x'};
constexpr ByteView kContext(kContextBytes);

// One that there is.
Packing PackingOf(uint64_t value_max, uint64_t contributors) {
  return PackingFor(value_max, contributors).value_or(Packing{});
}

Bytes SeedOf(uint64_t number) {
  Bytes seed(kSeedSize, 9);
  for (size_t i = 0; i < 8; ++i) seed[i] = static_cast<uint8_t>(number >> (8 * i));
  return seed;
}

template <typename Word>
Bytes Sealed(const VectorKey& key, const Packing& packing, const std::vector<Word>& values) {
  VectorSealer sealer(key, packing);
  const size_t count = packing.polynomials(values.size());
  Bytes message = NewMessage(MessageKind::kVector, count);
  for (size_t j = 0; j < count; ++j) {
    const Span<const Word> rest = Span<const Word>(values).subspan(j * packing.values());
    sealer.Seal(static_cast<uint32_t>(j), rest.first(std::min(rest.size(), packing.values())),
                message);
  }
  return message;
}

Message Parsed(const Bytes& bytes, size_t polynomials) {
  Result<Message> message = Message::Parse(MessageKind::kVector, polynomials, bytes);
  EXPECT_TRUE(message.ok()) << message.status().ToString();
  return *message;
}

Result<std::vector<uint64_t>> Opened(const VectorSum& sum, const std::vector<int64_t>& keys,
                                     const Packing& packing, size_t count) {
  VectorOpener opener(keys, kContext, packing);
  std::vector<uint64_t> values(count);
  for (size_t j = 0; j < sum.polynomials(); ++j) {
    const Span<uint64_t> rest = Span<uint64_t>(values).subspan(j * packing.values());
    FLORIN_TRY(opener.Open(sum, static_cast<uint32_t>(j),
                           rest.first(std::min(rest.size(), packing.values()))));
  }
  return values;
}

// Some contributors, their sum and the sum of their keys.
template <typename Word>
struct Cohort {
  Cohort(const Packing& of, size_t count, size_t contributors)
      : packing(of), sum(of.polynomials(count)), keys(kSize), expected(count) {
    for (size_t n = 0; n < contributors; ++n) {
      base::SeededRng rng(n, count);
      std::vector<Word> values(count);
      for (Word& value : values) {
        value = static_cast<Word>(of.value_max == ~uint64_t{0} ? rng.Next()
                                                               : rng.Below(of.value_max + 1));
      }
      values[n % count] = static_cast<Word>(of.value_max);
      const VectorKey key(SeedOf(n), kContext);
      const Bytes bytes = Sealed(key, packing, values);
      sum.Add(Parsed(bytes, sum.polynomials()));
      for (size_t i = 0; i < count; ++i) expected[i] += values[i];
      for (size_t i = 0; i < kSize; ++i) keys[i] += static_cast<int64_t>(key.coefficients()[i]);
    }
  }
  Packing packing;
  VectorSum sum;
  std::vector<int64_t> keys;
  std::vector<uint64_t> expected;
};

template <typename Word>
void ExpectOpens(uint64_t value_max, size_t count, size_t contributors) {
  const Cohort<Word> cohort(PackingOf(value_max, contributors), count, contributors);
  const auto opened = Opened(cohort.sum, cohort.keys, cohort.packing, count);
  ASSERT_TRUE(opened.ok()) << opened.status().ToString();
  EXPECT_TRUE(*opened == cohort.expected) << value_max << ", " << count;
}

TEST(RlweVectors, SumsOpenToSums) {
  for (const size_t count :
       {size_t{1}, size_t{7}, kSize, 5 * kSize - 1, 5 * kSize, 5 * kSize + 1}) {
    ExpectOpens<uint32_t>(0xffffffff, count, 2);
    ExpectOpens<uint64_t>(0xffffffff, count, 1);
  }
  ExpectOpens<uint32_t>(1, 20 * kSize, 3);
  ExpectOpens<uint32_t>(65535, 1000, 5);
  ExpectOpens<uint64_t>((uint64_t{1} << 52) - 1, 4 * kSize, 3);
  ExpectOpens<uint64_t>((uint64_t{1} << 60) - 1, 3 * kSize, 15);
  ExpectOpens<uint64_t>(~uint64_t{0}, 2 * kSize + 3, 1);
}

TEST(RlweVectors, PackingProvesThatSumsFit) {
  for (const uint64_t contributors : {1U, 2U, 3U, 1000U, 1U << 20}) {
    for (int bits = 1; bits <= 64; ++bits) {
      const uint64_t value_max = ~uint64_t{0} >> (64 - bits);
      const auto packing = PackingFor(value_max, contributors);
      const Wide largest = Wide{value_max} * contributors;
      ASSERT_EQ(packing.has_value(), largest >> 64 == 0) << bits << ", " << contributors;
      if (!packing) continue;
      EXPECT_EQ(largest >> packing->bits, Wide{0});
      EXPECT_TRUE(packing->bits == 1 || largest >> (packing->bits - 1) != 0);
      EXPECT_LE(kVectorGap + packing->bits * static_cast<int>(packing->slots), 199);
      EXPECT_GE(packing->slots, 1U);
    }
  }
  // What travels: 5 bytes a value of 32 bits from two, 6.25 from up to 2^13 contributors.
  EXPECT_EQ(PackingOf(0xffffffff, 2).slots, 5U);
  EXPECT_EQ(PackingOf(0xffffffff, 1 << 13).slots, 4U);
}

// The definition, coefficient by coefficient: c = a s + e + 2^G M, with a s by the schoolbook.
TEST(RlweVectors, ACiphertextIsWhatThePageSays) {
  const Packing packing = PackingOf(0xffffffff, 2);
  const VectorKey key(SeedOf(1), kContext);
  std::vector<uint32_t> values(2 * packing.values());
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<uint32_t>(i * 2654435761U);
  const Bytes bytes = Sealed(key, packing, values);
  std::vector<uint64_t> errors(kSize);
  key.Stream("florin/rlwe/vector-error", kContext).Draw(kGaussianError, kSize, errors);
  const auto of_prime = [](int64_t value, uint64_t prime) {
    return value < 0 ? prime - static_cast<uint64_t>(-value) : static_cast<uint64_t>(value);
  };
  for (size_t prime = 0; prime < 4; ++prime) {
    const uint64_t q = kVectorRing.primes[prime];
    std::vector<uint64_t> a(kSize);
    Ring::Vectors().MakePublic(kContext, 1, prime, a);
    Ring::Vectors().ntt(prime).Inverse(a);
    std::vector<uint64_t> found(kSize);
    Parsed(bytes, 2).AddTo(1, prime, found);
    for (const size_t i : {0U, 1U, 4095U, 8191U}) {
      Wide expected = of_prime(static_cast<int64_t>(errors[i]), q);
      for (size_t k = 0; k < kSize; ++k) {  // X^N = -1
        const auto s = static_cast<int64_t>(key.coefficients()[k]);
        expected += Wide{a[(i + kSize - k) % kSize]} * of_prime(k <= i ? s : -s, q) % q;
      }
      Wide power = 1 << kVectorGap;
      for (size_t p = 0; p < packing.slots; ++p) {
        expected += power * values[packing.values() + p * kSize + i] % q;
        power = (power << packing.bits) % q;
      }
      EXPECT_EQ(found[i], static_cast<uint64_t>(expected % q)) << prime << ", " << i;
    }
  }
}

TEST(RlweVectors, KnownAnswers) {
  const Packing packing = PackingOf(0xffffffff, 2);
  std::vector<uint32_t> values(packing.values() + 5);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<uint32_t>(i * i);
  const Bytes bytes = Sealed(VectorKey(SeedOf(0), kContext), packing, values);
  EXPECT_EQ(base::Hex(HashSha256(bytes)),
            "b01e50d624f388211f6f02c6e0a209e790ae6acf9ef153ab8a12b126327b8f15");
  std::vector<uint64_t> polynomial(kSize);
  Ring::Vectors().MakePublic(kContext, 1, 2, polynomial);
  EXPECT_EQ(polynomial[0], 654061442046648U);  // by openssl enc -aes-128-ctr
  const VectorKey key(SeedOf(0), kContext);    // likewise
  const std::vector<int64_t> first = {4, -5, 2, -1, -1, 4, 1, 3};
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(static_cast<int64_t>(key.coefficients()[i]), first[i]);
  }
  const std::vector<uint64_t> wide(values.begin(), values.end());
  EXPECT_EQ(Sealed(VectorKey(SeedOf(0), kContext), packing, wide), bytes);
}

// 2,000 sealed vectors: no value is off, and the errors keep far from the gap.
TEST(RlweVectors, NoiseOfTwoThousand) {
  constexpr size_t kContributors = 2000;
  const Packing packing = PackingOf(0x3fffff, kContributors);
  const Cohort<uint32_t> cohort(packing, packing.values(), kContributors);
  const auto opened = Opened(cohort.sum, cohort.keys, packing, packing.values());
  ASSERT_TRUE(opened.ok()) << opened.status().ToString();
  EXPECT_TRUE(*opened == cohort.expected);
  std::vector<uint64_t> errors(kSize);
  std::vector<uint64_t> one(kSize);
  for (size_t n = 0; n < kContributors; ++n) {
    VectorKey(SeedOf(n), kContext)
        .Stream("florin/rlwe/vector-error", kContext)
        .Draw(kGaussianError, 0, one);
    for (size_t i = 0; i < kSize; ++i) errors[i] += one[i];
  }
  int64_t most = 0;
  for (const uint64_t error : errors) {
    most = std::max(most, std::abs(static_cast<int64_t>(error)));
  }
  std::cout << "largest error " << most << ", bound " << ErrorBound(kContributors) << ", limit "
            << (1 << (kVectorGap - 1)) << '\n';
  EXPECT_LE(most, static_cast<int64_t>(ErrorBound(kContributors)));
  EXPECT_GT(most, 600);  // two deviations: they are there
  // As the sum of one they are too large, and nothing else is wrong.
  const Bytes packed = cohort.sum.Pack();
  VectorSum of_one(1);
  of_one.Add(Parsed(packed, 1), 1);
  EXPECT_EQ(Opened(of_one, cohort.keys, packing, 10).status().code(), "RLWE-SUM");
}

TEST(RlweVectors, AnyOrderAndPackedSumsGiveTheSame) {
  const Packing packing = PackingOf(1000, 4);
  Cohort<uint32_t> cohort(packing, 100, 4);
  VectorSum backwards(1);
  for (size_t n = 4; n-- > 2;) {
    base::SeededRng rng(n, 100);
    std::vector<uint32_t> values(100);
    for (uint32_t& value : values) value = static_cast<uint32_t>(rng.Below(1001));
    values[n] = 1000;
    const Bytes bytes = Sealed(VectorKey(SeedOf(n), kContext), packing, values);
    backwards.Add(Parsed(bytes, 1));
  }
  const Cohort<uint32_t> half(packing, 100, 2);
  const Bytes packed = half.sum.Pack();
  backwards.Add(Parsed(packed, 1), half.sum.contributors());
  EXPECT_EQ(backwards.contributors(), 4U);
  EXPECT_TRUE(backwards.Pack() == cohort.sum.Pack());
}

std::string CodeOf(const Status& status) { return std::string(status.code()); }

TEST(RlweVectors, OtherKeysDoNotOpen) {
  const Packing packing = PackingOf(1000, 3);
  Cohort<uint32_t> cohort(packing, 100, 3);
  const auto code = [&](const std::vector<int64_t>& keys) {
    return CodeOf(Opened(cohort.sum, keys, packing, 100).status());
  };
  EXPECT_EQ(code(cohort.keys), "");
  std::vector<int64_t> keys = cohort.keys;
  ++keys[17];
  EXPECT_EQ(code(keys), "RLWE-SUM");
  EXPECT_EQ(code(std::vector<int64_t>(kSize)), "RLWE-SUM");
  // A vector more than there are keys of.
  const Bytes bytes = Sealed(VectorKey(SeedOf(7), kContext), packing, std::vector<uint32_t>(100));
  VectorSum more(1);
  const Bytes packed = cohort.sum.Pack();
  more.Add(Parsed(packed, 1), 2);
  more.Add(Parsed(bytes, 1));
  EXPECT_EQ(CodeOf(Opened(more, cohort.keys, packing, 100).status()), "RLWE-SUM");
}

TEST(RlweVectors, MoreContributorsThanSlotsHoldAreRefused) {
  const Packing two = PackingOf(1000, 2);
  const Cohort<uint32_t> cohort(two, 100, 2);
  EXPECT_EQ(CodeOf(Opened(cohort.sum, cohort.keys, two, 100).status()), "");
  Packing one = two;
  one.contributors_max = 1;
  EXPECT_EQ(CodeOf(Opened(cohort.sum, cohort.keys, one, 100).status()), "RLWE-SUM");
}

// A vector of another packing fills what is above the slots.
TEST(RlweVectors, WhatIsAboveTheSlotsIsSeen) {
  const Packing small = PackingOf(1, 1);
  const Packing large = PackingOf(0xffffffff, 2);
  const VectorKey key(SeedOf(1), kContext);
  const std::vector<int64_t> keys(key.coefficients().begin(), key.coefficients().end());
  const Bytes bytes = Sealed(key, large, std::vector<uint32_t>(large.values(), 0xffffffff));
  VectorSum sum(1);
  sum.Add(Parsed(bytes, 1));
  EXPECT_EQ(CodeOf(Opened(sum, keys, large, 10).status()), "");
  EXPECT_EQ(CodeOf(Opened(sum, keys, small, 10).status()), "RLWE-SUM");
}

TEST(RlweVectors, ContextAndSeedDecide) {
  const Packing packing = PackingOf(1000, 2);
  const std::vector<uint32_t> values(10, 3);
  const Bytes first = Sealed(VectorKey(SeedOf(1), kContext), packing, values);
  EXPECT_TRUE(Sealed(VectorKey(SeedOf(1), kContext), packing, values) == first);
  EXPECT_FALSE(Sealed(VectorKey(SeedOf(2), kContext), packing, values) == first);
  EXPECT_FALSE(Sealed(VectorKey(SeedOf(1), Bytes(3, 1)), packing, values) == first);
}

// A sealer that has sealed a longer end before has nothing of it left.
TEST(RlweVectors, AShorterPolynomialIsFilledUpWithZeros) {
  const Packing packing = PackingOf(1000, 2);
  const VectorKey key(SeedOf(1), kContext);
  const std::vector<uint32_t> values(100, 3);
  Bytes message = NewMessage(MessageKind::kVector, 1);
  VectorSealer sealer(key, packing);
  sealer.Seal(0, Span<const uint32_t>(std::vector<uint32_t>(2 * kSize, 1000)), message);
  sealer.Seal(0, Span<const uint32_t>(values), message);
  EXPECT_TRUE(message == Sealed(key, packing, values));
}

TEST(RlweVectorsDeathTest, AValueAboveItsMaximumIsABug) {
  const Packing packing = PackingOf(1000, 2);
  EXPECT_DEATH(Sealed(VectorKey(SeedOf(1), kContext), packing, std::vector<uint32_t>(10, 1001)),
               "value_max");
}

}  // namespace
}  // namespace florin::crypto::rlwe
