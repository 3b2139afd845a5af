#include "florin/encode/rotation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "florin/base/rng.h"
#include "florin/encode/grid.h"
#include "florin/num/ring.h"

namespace florin::encode {
namespace {

using base::SeededRng;

std::vector<float> Normals(size_t size, uint64_t seed) {
  SeededRng rng(seed);
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(rng.Normal());
  return values;
}

double NormOf(Span<const float> values) {
  double squares = 0;
  for (const float value : values) squares += double{value} * double{value};
  return std::sqrt(squares);
}

std::vector<double> Wide(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

// docs/spec/encode.md, entry by entry from the matrix.
void TurnByTheSpec(Span<double> x, uint64_t seed, uint64_t stream) {
  SeededRng rng(seed, stream);
  const size_t m = x.size();
  std::vector<uint64_t> words((m + 2047) / 2048 * 32);
  rng.Fill(words);
  std::vector<double> turned(m, 0);
  for (size_t c = 0; c < m; ++c) {
    const size_t word = c / 2048 * 64 + c % 64;
    const uint64_t bit = words[word / 2] >> (word % 2 * 32 + c % 2048 / 64) & 1;
    const double value = bit == 1 ? -x[c] : x[c];
    for (size_t r = 0; r < m; ++r) {
      turned[r] += std::popcount(r & c) % 2 == 0 ? value : -value;
    }
  }
  for (size_t r = 0; r < m; ++r) x[r] = turned[r] / std::sqrt(static_cast<double>(m));
}

TEST(Rotation, IsWhatTheSpecSays) {
  for (const size_t size : {1U, 2U, 3U, 7U, 64U, 100U, 128U, 3000U, 4096U}) {
    const std::vector<float> values = Normals(size, size);
    std::vector<float> turned = values;
    Rotation(size, 42).Apply(turned);
    std::vector<double> expected = Wide(values);
    const size_t block = std::bit_floor(size);
    TurnByTheSpec(Span<double>(expected).first(block), 42, 0x726f746174696f6e);
    if (block < size) TurnByTheSpec(Span<double>(expected).last(block), 42, 0x726f746174696f6f);
    for (size_t i = 0; i < size; ++i) ASSERT_NEAR(turned[i], expected[i], 1e-5) << size << " " << i;
  }
}

TEST(Rotation, InvertTurnsBackAndNormsStay) {
  for (const size_t size : {0U, 1U, 2U, 3U, 5U, 64U, 100U, 1000U, 4096U, 4097U, 100'000U}) {
    const std::vector<float> values = Normals(size, 7);
    std::vector<float> turned = values;
    const Rotation rotation(size, 3);
    EXPECT_EQ(rotation.size(), size);
    rotation.Apply(turned);
    EXPECT_NEAR(NormOf(turned), NormOf(values), (Rotation::kSlack - 1) * NormOf(values));
    std::vector<double> back = Wide(turned);
    rotation.Invert(back);
    for (size_t i = 0; i < size; ++i) ASSERT_NEAR(back[i], values[i], 4e-6) << size << " " << i;
  }
}

// Turned vectors turn back as their sum.
TEST(Rotation, SumsTurnBackIntoSums) {
  constexpr size_t kSize = 777;
  const Rotation rotation(kSize, 5);
  std::vector<double> sum(kSize, 0);
  std::vector<double> turned_sum(kSize, 0);
  for (uint64_t site = 0; site < 20; ++site) {
    std::vector<float> values = Normals(kSize, site);
    for (size_t i = 0; i < kSize; ++i) sum[i] += double{values[i]};
    rotation.Apply(values);
    for (size_t i = 0; i < kSize; ++i) turned_sum[i] += double{values[i]};
  }
  rotation.Invert(turned_sum);
  for (size_t i = 0; i < kSize; ++i) EXPECT_NEAR(turned_sum[i], sum[i], 2e-5);
}

// Every instruction set: the build runs this test on each. A change here changes sums of old and
// new sites together.
TEST(RotationPaths, GiveTheSameBits) {
  std::vector<float> values(10'000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 101) / 7 - 3;
  Rotation(values.size(), 1).Apply(values);
  uint64_t digest = 0;
  for (const float value : values) digest = base::HashMix(digest ^ std::bit_cast<uint32_t>(value));
  EXPECT_EQ(digest, 12909745018559599486U);
}

// The worst shapes there are, over many seeds; and vectors of one entry meet 1 / sqrt(m) only.
TEST(EntryMax, HoldsForShapesOfAllKinds) {
  for (const size_t size : {1U, 2U, 3U, 40U, 1000U, 4096U, 6000U}) {
    const double most = Rotation::EntryMax(size);
    for (uint64_t seed = 0; seed < 100; ++seed) {
      std::vector<std::vector<float>> shapes(4, std::vector<float>(size, 0.0F));
      shapes[0][seed % size] = 1;
      for (float& value : shapes[1]) value = 1;
      for (size_t i = 0; i < size; i += 1 + size / 7) shapes[2][i] = i % 2 == 0 ? 1.0F : -5.0F;
      shapes[3] = Normals(size, seed);
      for (const std::vector<float>& shape : shapes) {
        std::vector<float> turned = shape;
        Rotation(size, seed).Apply(turned);
        const double norm = NormOf(shape);
        for (const float value : turned) ASSERT_LE(std::abs(double{value}), most * norm) << size;
      }
    }
  }
}

TEST(EntryMax, FallsWithTheSize) {
  EXPECT_EQ(Rotation::EntryMax(1), Rotation::kSlack);
  EXPECT_EQ(Rotation::EntryMax(32), Rotation::kSlack);
  EXPECT_NEAR(Rotation::EntryMax(4096), 0.122, 0.001);
  EXPECT_NEAR(Rotation::EntryMax(1'000'000), 0.0117, 0.0001);
}

// What few bits cost the mean of 7 updates of norm 1: the root of the mean square error, over the
// norm of the mean.
double ErrorOf(size_t size, int bits, bool is_turned) {
  constexpr uint64_t kSites = 7;
  const Rotation rotation(size, 99);
  const double entry_max = is_turned ? Rotation::EntryMax(size) : Rotation::kSlack;
  const Grid grid = *Grid::Make(entry_max, kSites, bits);
  SeededRng rng(17);
  std::vector<double> exact(size, 0);
  std::vector<uint64_t> sum(size, 0);
  std::vector<uint64_t> words(size);
  for (uint64_t site = 0; site < kSites; ++site) {
    std::vector<float> values = Normals(size, 5);  // what all sites agree on
    const std::vector<float> own = Normals(size, 100 + site);
    for (size_t i = 0; i < size; ++i) values[i] += own[i];
    const auto norm = static_cast<float>(NormOf(values));
    for (float& value : values) value /= norm;
    for (size_t i = 0; i < size; ++i) exact[i] += double{values[i]};
    if (is_turned) rotation.Apply(values);
    EXPECT_TRUE(grid.EncodeUpdate(values, 1, rng, words).ok());
    num::RingAdd(sum, words);
  }
  std::vector<double> decoded(size);
  grid.DecodeReal(sum, decoded);
  if (is_turned) rotation.Invert(decoded);
  double error = 0;
  double norm = 0;
  for (size_t i = 0; i < size; ++i) {
    error += (decoded[i] - exact[i]) * (decoded[i] - exact[i]);
    norm += exact[i] * exact[i];
  }
  return std::sqrt(error / norm);
}

TEST(FewBits, CostLessWhenTurned) {
  for (const size_t size : {1000U, 4096U, 100'000U}) {
    for (const int bits : {4, 8, 16}) {
      const double plain = ErrorOf(size, bits, false);
      const double turned = ErrorOf(size, bits, true);
      EXPECT_LT((size < 4096 ? 1.5 : 4) * turned, plain) << size << " entries, " << bits << " bits";
    }
  }
}

}  // namespace
}  // namespace florin::encode
