// Each path of this machine against the ring's definition, at every size that is used.
#include "florin/num/ntt.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "florin/base/rng.h"
#include "florin/num/kernels.h"
#include "florin/num/ntt_kernels.h"

namespace florin::num {
namespace {

using Words = std::vector<uint64_t>;

// = 1 (mod 2^14), and (mod 2^13): the rings of 8192 and of 4096.
constexpr uint64_t kPrimesOf8192[] = {1125899906826241, 1125899906629633, 1125899905744897,
                                      1125899905351681};
constexpr uint64_t kPrimesOf4096[] = {281474976546817, 281474975662081};
constexpr uint64_t kSmallPrime = 40961;  // 5 * 2^13 + 1
constexpr uint64_t kAllPrimes[] = {1125899906826241, 1125899906629633, 1125899905744897,
                                   1125899905351681, 281474976546817,  281474975662081,
                                   kSmallPrime};

std::vector<const NttKernels*> Paths() {
  std::vector<const NttKernels*> paths;
  for (const char* name : {"portable", "ifma"}) {
    if (const NttKernels* kernels = FindNtt(name)) paths.push_back(kernels);
  }
  return paths;
}

Words Draw(size_t size, uint64_t bound, uint64_t seed) {
  base::SeededRng rng(seed, size);
  Words words(size);
  for (uint64_t& word : words) word = rng.Below(bound);
  return words;
}

// Draws, and what is hardest on lazy values.
std::vector<Words> Inputs(size_t size, uint64_t prime) {
  std::vector<Words> inputs = {Words(size, 0), Words(size, 1), Words(size, prime - 1),
                               Draw(size, prime, 1), Draw(size, prime, 2)};
  Words ends = Words(size, 0);
  for (size_t i = 0; i < size; i += 2) ends[i] = prime - 1;
  inputs.push_back(ends);
  Words one = Words(size, 0);
  one[size - 1] = prime - 1;
  inputs.push_back(one);
  return inputs;
}

// The definition: X^N is -1.
Words Schoolbook(const Words& a, const Words& b, uint64_t prime) {
  __extension__ using Wide = unsigned __int128;
  const size_t size = a.size();
  Words product(size, 0);
  for (size_t i = 0; i < size; ++i) {
    for (size_t j = 0; j < size; ++j) {
      const auto term = static_cast<uint64_t>(Wide{a[i]} * b[j] % prime);
      uint64_t& to = product[(i + j) % size];
      to = i + j < size ? (to + term) % prime : (to + prime - term) % prime;
    }
  }
  return product;
}

class NttTest : public testing::TestWithParam<const NttKernels*> {
 protected:
  const NttKernels& kernels() const { return *GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(Paths, NttTest, testing::ValuesIn(Paths()),
                         [](const auto& path) { return std::string(path.param->name); });

TEST_P(NttTest, ProductsAreThoseOfTheRing) {
  for (const size_t size : {16U, 32U, 64U, 128U}) {
    for (const uint64_t prime : kAllPrimes) {
      const Ntt ntt(size, prime, kernels());
      const std::vector<Words> inputs = Inputs(size, prime);
      for (const Words& first : inputs) {
        for (const Words& second : inputs) {
          Words a = first;
          Words b = second;
          ntt.Forward(a);
          ntt.Forward(b);
          ntt.Multiply(a, b, a);
          ntt.Inverse(a);
          ASSERT_EQ(a, Schoolbook(first, second, prime)) << size << " " << prime;
        }
      }
    }
  }
}

TEST_P(NttTest, ForwardEvaluatesAtOddPowersOfPsi) {
  __extension__ using Wide = unsigned __int128;
  constexpr size_t kSize = 32;
  const Ntt ntt(kSize, kAllPrimes[0], kernels());
  const Words coefficients = Draw(kSize, ntt.prime(), 3);
  Words values = coefficients;
  ntt.Forward(values);
  Words powers(2 * kSize, 1);  // of psi
  for (size_t i = 1; i < powers.size(); ++i) {
    powers[i] = static_cast<uint64_t>(Wide{powers[i - 1]} * ntt.psi() % ntt.prime());
  }
  EXPECT_EQ(powers[kSize], ntt.prime() - 1);
  for (size_t i = 0; i < kSize; ++i) {
    size_t reversed = 0;
    for (size_t bit = 1; bit < kSize; bit *= 2) reversed = 2 * reversed + (i & bit ? 1 : 0);
    uint64_t value = 0;
    for (size_t k = 0; k < kSize; ++k) {
      const uint64_t power = powers[(2 * reversed + 1) * k % (2 * kSize)];
      value = static_cast<uint64_t>((Wide{coefficients[k]} * power + value) % ntt.prime());
    }
    EXPECT_EQ(values[i], value) << i;
  }
}

TEST_P(NttTest, InverseUndoesForward) {
  const auto check = [&](size_t size, uint64_t prime) {
    const Ntt ntt(size, prime, kernels());
    for (const Words& input : Inputs(size, prime)) {
      Words values = input;
      ntt.Forward(values);
      for (const uint64_t value : values) ASSERT_LT(value, prime);
      ntt.Inverse(values);
      ASSERT_EQ(values, input) << size << " " << prime;
      ntt.Inverse(values);
      ntt.Forward(values);
      ASSERT_EQ(values, input) << size << " " << prime;
    }
  };
  for (size_t size = kNttSizeMin; size <= 4096; size *= 2) {
    for (const uint64_t prime : kAllPrimes) check(size, prime);
  }
  for (const uint64_t prime : kPrimesOf8192) check(8192, prime);
}

// Forward takes values below 4 q and Inverse below 2 q.
TEST_P(NttTest, LazyValuesAreTaken) {
  for (const size_t size : {16U, 64U, 4096U}) {
    for (const uint64_t prime : kAllPrimes) {
      const Ntt ntt(size, prime, kernels());
      Words values = Draw(size, prime, 4);
      Words forward = values;
      Words inverse = values;
      for (size_t i = 0; i < size; ++i) {
        forward[i] += i % 4 * prime;
        inverse[i] += i % 2 * prime;
      }
      Words expected = values;
      ntt.Forward(expected);
      ntt.Forward(forward);
      EXPECT_EQ(forward, expected);
      ntt.Inverse(values);
      ntt.Inverse(inverse);
      EXPECT_EQ(inverse, values);
      forward.assign(size, 4 * prime - 1);
      expected.assign(size, prime - 1);
      ntt.Forward(forward);
      ntt.Forward(expected);
      EXPECT_EQ(forward, expected);
    }
  }
}

TEST_P(NttTest, ElementwiseArithmeticOfEverySize) {
  __extension__ using Wide = unsigned __int128;
  for (const uint64_t prime : kAllPrimes) {
    const Ntt ntt(16, prime, kernels());
    for (size_t n = 0; n <= 40; ++n) {
      Words a = Draw(n, prime, 5);
      Words b = Draw(n, prime, 6);
      if (n > 2) a[0] = b[0] = a[1] = prime - 1;
      if (n > 2) b[2] = 0;
      Words product(n);
      Words sum(n);
      Words difference(n);
      Words added = Draw(n, prime, 7);
      const Words before = added;
      ntt.Multiply(a, b, product);
      ntt.MultiplyAdd(a, b, added);
      ntt.Add(a, b, sum);
      ntt.Subtract(a, b, difference);
      for (size_t i = 0; i < n; ++i) {
        const Wide term = Wide{a[i]} * b[i];
        ASSERT_EQ(product[i], static_cast<uint64_t>(term % prime));
        ASSERT_EQ(added[i], static_cast<uint64_t>((term + before[i]) % prime));
        ASSERT_EQ(sum[i], (a[i] + b[i]) % prime);
        ASSERT_EQ(difference[i], (a[i] + prime - b[i]) % prime);
      }
    }
  }
}

// The estimate of a quotient is worst where remainders are largest.
TEST_P(NttTest, ProductsAtTheEndsAreReduced) {
  __extension__ using Wide = unsigned __int128;
  for (const uint64_t prime : kAllPrimes) {
    const Ntt ntt(16, prime, kernels());
    Words a = Draw(20000, 1000, 8);
    Words b = Draw(20000, 1000, 9);
    for (size_t i = 0; i < a.size(); ++i) {
      if (i % 2 == 0) a[i] = prime - 1 - a[i];
      if (i % 3 == 0) b[i] = prime - 1 - b[i];
      if (i % 5 == 0) b[i] = prime / (a[i] + 1);
    }
    Words product(a.size());
    ntt.Multiply(a, b, product);
    for (size_t i = 0; i < a.size(); ++i) {
      ASSERT_EQ(product[i], static_cast<uint64_t>(Wide{a[i]} * b[i] % prime))
          << a[i] << " " << b[i];
    }
  }
}

TEST(NttPathsTest, BothGiveTheSameBits) {
  const auto check = [](size_t size, uint64_t prime) {
    const Words input = Draw(size, prime, 10);
    std::vector<Words> forward;
    std::vector<Words> inverse;
    for (const NttKernels* kernels : Paths()) {
      const Ntt ntt(size, prime, *kernels);
      forward.push_back(input);
      inverse.push_back(input);
      ntt.Forward(forward.back());
      ntt.Inverse(inverse.back());
      EXPECT_EQ(forward.back(), forward.front()) << size << " " << prime;
      EXPECT_EQ(inverse.back(), inverse.front()) << size << " " << prime;
    }
    EXPECT_NE(forward.front(), input);
  };
  for (size_t size = kNttSizeMin; size <= 4096; size *= 2) {
    for (const uint64_t prime : kAllPrimes) check(size, prime);
  }
  for (const uint64_t prime : kPrimesOf8192) check(8192, prime);
}

TEST(NttPathsTest, ActiveIsTheOneThatTheKernelsAllow) {
  EXPECT_EQ(FindNtt("avx2"), nullptr);
  const bool is_allowed = std::string(Active().name) == "avx512";
  EXPECT_EQ(&ActiveNtt(), is_allowed ? Paths().back() : FindNtt("portable"));
}

TEST(NttDeathTest, NoTableForWhatIsNoRing) {
  EXPECT_DEATH(Ntt(16384, kPrimesOf8192[0]), "IsOfRing");     // not 1 mod 2N
  EXPECT_DEATH(Ntt(4096, kPrimesOf4096[0] + 2), "IsOfRing");  // nor this
  EXPECT_DEATH(Ntt(16, 75361), "IsOfRing");  // 1 mod 2N, and what Fermat takes for a prime
  EXPECT_DEATH(Ntt(16, kPrimesOf4096[0] - 32), "IsOfRing");      // nor is this one
  EXPECT_DEATH(Ntt(16, (uint64_t{1} << 50) + 193), "IsOfRing");  // too large
  EXPECT_DEATH(Ntt(24, kPrimesOf4096[0]), "IsOfRing");           // no power of two
  EXPECT_DEATH(Ntt(8, kPrimesOf4096[0]), "IsOfRing");            // too small
  EXPECT_DEATH(Ntt(16, 1), "IsOfRing");
  const Ntt ntt(16, kSmallPrime);
  Words short_one(15);
  EXPECT_DEATH(ntt.Forward(short_one), "broken invariant");
}

}  // namespace
}  // namespace florin::num
