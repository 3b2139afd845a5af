// Each path of this machine against the other, and against definitions.
#include "florin/crypto/rlwe/kernels.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "florin/base/bytes.h"
#include "florin/base/rng.h"
#include "florin/crypto/rlwe/ring.h"
#include "florin/crypto/rlwe/sampler.h"
#include "florin/num/ntt_kernels.h"

namespace florin::crypto::rlwe {
namespace {

using Words = std::vector<uint64_t>;
constexpr size_t kSizes[] = {8, 16, 24, 64, 136};

std::vector<const Kernels*> Paths() {
  std::vector<const Kernels*> paths;
  for (const char* name : {"portable", "avx512"}) {
    if (const Kernels* kernels = Find(name)) paths.push_back(kernels);
  }
  return paths;
}

Words Draw(size_t size, uint64_t bound, uint64_t seed) {
  base::SeededRng rng(seed, size);
  Words words(size);
  for (uint64_t& word : words) word = bound == 0 ? rng.Next() : rng.Below(bound);
  return words;
}

class RlweKernelsTest : public testing::TestWithParam<const Kernels*> {
 protected:
  const Kernels& kernels() const { return *GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(Paths, RlweKernelsTest, testing::ValuesIn(Paths()),
                         [](const auto& path) { return std::string(path.param->name); });

TEST_P(RlweKernelsTest, SampleCountsThresholds) {
  for (const Distribution table : {kTernary, kBinomial21, kGaussianKey, kGaussianError}) {
    for (const size_t size : kSizes) {
      Words words = Draw(size, 0, 1);
      words[0] = 0;
      words[1] = ~uint64_t{0};
      words[2] = ~uint64_t{0} - 1;
      words[3] = table.back() << 1;
      words[4] = (table.back() - 1) << 1 | 1;
      words[5] = table.front() << 1 | 1;
      Words expected;
      for (const uint64_t word : words) {
        uint64_t reached = 0;
        for (const uint64_t threshold : table) reached += word >> 1 >= threshold ? 1 : 0;
        expected.push_back((word & 1) != 0 ? 0 - reached : reached);
      }
      kernels().sample(table.data(), table.size(), words.data(), size);
      EXPECT_EQ(words, expected);
      EXPECT_EQ(words[1], 0 - table.size());
    }
  }
}

TEST_P(RlweKernelsTest, AllBelowTellsAndMasks) {
  for (const size_t size : kSizes) {
    const Words drawn = Draw(size, 0, 2);
    const uint64_t mask = (uint64_t{1} << 50) - 1;
    for (size_t at = 0; at <= size; ++at) {
      Words words = drawn;
      for (uint64_t& word : words) word &= ~(uint64_t{1} << 49);  // below 2^49, with high bits
      if (at < size) words[at] |= mask;
      Words expected = words;
      for (uint64_t& word : expected) word &= mask;
      EXPECT_EQ(kernels().all_below(mask, mask, words.data(), size), at == size);
      EXPECT_EQ(words, expected);
    }
  }
}

TEST_P(RlweKernelsTest, PackPutsResiduesSideBySide) {
  for (const int bits : {33, 48, 50, 56}) {
    for (const size_t size : kSizes) {
      const Words residues = Draw(size, uint64_t{1} << bits, 3);
      const size_t bytes = size * static_cast<size_t>(bits) / 8;
      Bytes packed(bytes + 2, 0xA5);
      kernels().pack(bits, residues.data(), size, packed.data() + 1);
      EXPECT_EQ(packed.front(), 0xA5);
      EXPECT_EQ(packed.back(), 0xA5);
      packed.pop_back();
      packed.erase(packed.begin());
      for (size_t bit = 0; bit < 8 * bytes; ++bit) {
        const auto width = static_cast<size_t>(bits);
        ASSERT_EQ(packed[bit / 8] >> (bit % 8) & 1,
                  static_cast<int>(residues[bit / width] >> (bit % width) & 1))
            << bits << " bits, bit " << bit;
      }
      Words unpacked(size);
      kernels().unpack(bits, packed.data(), size, unpacked.data());
      EXPECT_EQ(unpacked, residues);
    }
  }
}

TEST_P(RlweKernelsTest, PackedResiduesAreCheckedAndAdded) {
  for (const RingShape& shape : {kVectorRing, kKeyRing}) {
    const uint64_t prime = shape.primes[1];
    for (const size_t size : kSizes) {
      for (size_t at = 0; at <= size; ++at) {
        Words residues = Draw(size, prime, 4);
        residues[0] = prime - 1;
        if (at < size) residues[at] = prime;
        Bytes packed(size * static_cast<size_t>(shape.residue_bits) / 8);
        kernels().pack(shape.residue_bits, residues.data(), size, packed.data());
        EXPECT_EQ(kernels().all_below_packed(shape.residue_bits, prime, packed.data(), size),
                  at == size);
        if (at < size) continue;
        Words sum = Draw(size, prime, 5);
        sum[0] = prime - 1;
        Words expected;
        for (size_t i = 0; i < size; ++i) expected.push_back((sum[i] + residues[i]) % prime);
        kernels().add_packed(shape.residue_bits, prime, packed.data(), size, sum.data());
        EXPECT_EQ(sum, expected);
      }
    }
  }
}

__extension__ using Wide = unsigned __int128;

uint64_t PowerOfTwo(size_t exponent, uint64_t prime) {
  Wide power = 1;
  for (size_t i = 0; i < exponent; ++i) power = power * 2 % prime;
  return static_cast<uint64_t>(power);
}

SlotPlan PlanOf(const Packing& packing, uint64_t prime) {
  SlotPlan plan = {.prime = prime, .word = PowerOfTwo(52, prime), .slots = packing.slots};
  plan.word_quotient = static_cast<uint64_t>((Wide{plan.word} << 52) / prime);
  for (size_t p = 0; p < packing.slots; ++p) {
    const size_t at = kVectorGap + p * static_cast<size_t>(packing.bits);
    plan.weights[p] = PowerOfTwo(at, prime);
    plan.high_weights[p] = PowerOfTwo(at + 52, prime);
  }
  return plan;
}

template <typename Word>
Words PutByDefinition(const SlotPlan& plan, const std::vector<Word>& values, const Words& small,
                      const Words& sum) {
  Words expected;
  const size_t n = sum.size();
  for (size_t i = 0; i < n; ++i) {
    const auto error = static_cast<int64_t>(small[i]);
    Wide all = Wide{sum[i]} + (error < 0 ? plan.prime - static_cast<uint64_t>(-error) : small[i]);
    for (size_t p = 0; p < plan.slots; ++p) {
      all += Wide{values[p * n + i] % plan.prime} * plan.weights[p] % plan.prime;
    }
    expected.push_back(static_cast<uint64_t>(all % plan.prime));
  }
  return expected;
}

TEST_P(RlweKernelsTest, PutAddsValuesInTheirSlots) {
  for (const uint64_t value_max :
       {uint64_t{1}, uint64_t{0xffff}, uint64_t{0xffffffff}, (uint64_t{1} << 45) - 1,
        (uint64_t{1} << 52) - 1, (uint64_t{1} << 60) - 1, ~uint64_t{0}}) {
    const Packing packing = PackingFor(value_max, 1).value_or(Packing{});
    for (const uint64_t prime : kVectorRing.primes) {
      const SlotPlan plan = PlanOf(packing, prime);
      const size_t n = 24;
      Words values = Draw(n * packing.slots, value_max, 6);
      for (size_t p = 0; p < packing.slots; ++p) values[p * n] = value_max;
      Words small = Draw(n, 58, 7);
      for (size_t i = 0; i < n; i += 2) small[i] = 0 - small[i];
      Words sum = Draw(n, prime, 8);
      sum[0] = prime - 1;
      small[0] = 58;
      Words expected = PutByDefinition(plan, values, small, sum);
      Words found = sum;
      kernels().put64(plan, values.data(), small.data(), n, found.data());
      EXPECT_EQ(found, expected) << value_max;
      if (value_max > 0xffffffff) continue;
      const std::vector<uint32_t> narrow(values.begin(), values.end());
      found = sum;
      kernels().put32(plan, narrow.data(), small.data(), n, found.data());
      EXPECT_EQ(found, expected) << value_max;
      EXPECT_EQ(kernels().largest32(narrow.data(), n), value_max);
      EXPECT_EQ(kernels().largest64(values.data(), n), value_max);
    }
  }
}

TEST(RlwePaths, FollowThoseOfTheTransform) {
  EXPECT_EQ(Find("mmx"), nullptr);
  ASSERT_EQ(Find("portable"), &kPortableKernels);
  const bool is_portable = &num::ActiveNtt() == &num::kPortableNtt;
  EXPECT_EQ(&Active() == &kPortableKernels, is_portable);
}

// What rejection leaves out, by definition, for bounds that are not just below a power of two.
TEST(RlweRing, DrawBelowLeavesOutWhatIsNotBelow) {
  const Bytes key(Mask::kKeySize, 3);
  const Mask stream(key, MaskSign::kAdd);
  Words words(4096);
  ApplyMasks({&stream, 1}, 0, Span<uint64_t>(words));
  const uint64_t met = words[0] & 0xffff;  // a word that is the bound itself
  ASSERT_EQ(met, 0xb5e5U);
  for (const uint64_t bound : {uint64_t{40961}, met, (uint64_t{1} << 50) - 7}) {
    Words expected;
    for (const uint64_t word : words) {
      uint64_t mask = 1;
      while (mask < bound) mask = mask << 1 | 1;
      if ((word & mask) < bound && expected.size() < 1024) expected.push_back(word & mask);
    }
    ASSERT_EQ(expected.size(), 1024U);
    Words found(1024);
    DrawBelow(bound, key, found);
    EXPECT_EQ(found, expected) << bound;
  }
}

TEST(RlweRing, PublicPolynomialsDependOnAllThatNamesThem) {
  const auto make = [](const Ring& ring, uint8_t context, uint32_t j, size_t prime) {
    Words words(ring.shape().size);
    ring.MakePublic(Bytes(4, context), j, prime, words);
    for (const uint64_t word : words) EXPECT_LT(word, ring.shape().primes[prime]);
    words.resize(64);
    return words;
  };
  const Words first = make(Ring::Vectors(), 1, 0, 0);
  EXPECT_EQ(make(Ring::Vectors(), 1, 0, 0), first);
  EXPECT_NE(make(Ring::Vectors(), 2, 0, 0), first);
  EXPECT_NE(make(Ring::Vectors(), 1, 1, 0), first);
  EXPECT_NE(make(Ring::Vectors(), 1, 0, 1), first);
  EXPECT_NE(make(Ring::Keys(), 1, 0, 0), first);
}

}  // namespace
}  // namespace florin::crypto::rlwe
