#include "florin/encode/grid.h"

#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "florin/num/ring.h"

namespace florin::encode {
namespace {

using base::SeededRng;

Grid MakeGrid(double entry_max, uint64_t contributions_max) {
  auto grid = Grid::Make(entry_max, contributions_max);
  EXPECT_TRUE(grid.ok()) << grid.status().ToString();
  return *grid;
}

int64_t Signed(uint64_t word) { return static_cast<int64_t>(word); }

// -- the choice of the step

TEST(Grid, StepIsTheFinestThatFits) {
  EXPECT_EQ(MakeGrid(1, 10).fraction_bits(), Grid::kFractionBitsMax);
  EXPECT_EQ(MakeGrid(0x1p30, 1000).fraction_bits(), 23);  // 30 + 23 + log2(1000) < 63
  EXPECT_EQ(MakeGrid(0x1p30, 1024).fraction_bits(), 22);  // (2^53 + 1) 2^10 would be over
  EXPECT_EQ(MakeGrid(0x1p52, 1000).fraction_bits(), 1);
}

// For many shapes: the step chosen fits, and one bit more would not.
TEST(Grid, BoundHoldsAndIsTight) {
  __extension__ using Wide = unsigned __int128;
  SeededRng rng(7);
  for (int i = 0; i < 20000; ++i) {
    const double entry_max = std::ldexp(1 + rng.Uniform(), static_cast<int>(rng.Below(70)) - 10);
    const uint64_t contributions = 1 + (rng.Next() >> (1 + rng.Below(63)));
    const auto grid = Grid::Make(entry_max, contributions);
    const auto total = [&](int bits) {
      const double steps = std::floor(std::ldexp(entry_max, bits)) + 1;
      return steps < 0x1p64 ? static_cast<Wide>(steps) * contributions : Wide{1} << 127;
    };
    if (grid.ok()) {
      ASSERT_LT(total(grid->fraction_bits()), Wide{1} << 63) << entry_max << " " << contributions;
    }
    if (contributions == 1) continue;  // counted as two
    const int next = grid.ok() ? grid->fraction_bits() + 1 : 0;
    if (next <= Grid::kFractionBitsMax) {
      ASSERT_GE(total(next), Wide{1} << 63) << entry_max << " " << contributions;
    }
  }
}

TEST(Grid, WhatCannotBeProvenIsRefused) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {0.0, -1.0, infinity, std::nan(""), 0x1p63, 1e300}) {
    const auto grid = Grid::Make(bad, 10);
    ASSERT_FALSE(grid.ok());
    EXPECT_EQ(grid.status().code(), "ENCODE-OVERFLOW");
  }
  EXPECT_FALSE(Grid::Make(1, 0).ok());
  EXPECT_FALSE(Grid::Make(1, uint64_t{1} << 62).ok());
  EXPECT_FALSE(Grid::Make(0x1p40, uint64_t{1} << 23).ok());
  EXPECT_TRUE(Grid::Make(0x1p40 - 1, (uint64_t{1} << 23) - 1).ok());
  EXPECT_FALSE(Grid::MakeExact(0, 1).ok());
  EXPECT_FALSE(Grid::MakeExact(1, 0).ok());
  EXPECT_FALSE(Grid::MakeExact(Grid::kExactMax + 1, 1).ok());
  EXPECT_TRUE(Grid::MakeExact(Grid::kExactMax, 1).ok());
  EXPECT_FALSE(Grid::MakeExact(Grid::kExactMax, 1024).ok());
  EXPECT_TRUE(Grid::MakeExact(Grid::kExactMax, 1023).ok());
}

// -- rounding

TEST(EncodeUpdate, ValuesOnTheGridAreExact) {
  const Grid grid = MakeGrid(100, 1000);
  const double step = std::ldexp(1.0, -grid.fraction_bits());
  const std::vector<float> values{0, 1, -1, 0.5F, -0.25F, 99, -100, 100, static_cast<float>(step)};
  std::vector<uint64_t> words(values.size());
  SeededRng rng(1);
  ASSERT_TRUE(grid.EncodeUpdate(values, 1, rng, words).ok());
  std::vector<double> decoded(values.size());
  grid.DecodeReal(words, decoded);
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(decoded[i], double{values[i]}) << i;
}

TEST(EncodeUpdate, NeverMovesByAStepOrMore) {
  SeededRng rng(2);
  for (const double factor : {1.0, 0.37, 60.0, 12345.678}) {
    const Grid grid = MakeGrid(4 * factor, 1 << 30);
    std::vector<float> values(10001);
    for (float& value : values) value = static_cast<float>(8 * rng.Uniform() - 4);
    std::vector<uint64_t> words(values.size());
    ASSERT_TRUE(grid.EncodeUpdate(values, factor, rng, words).ok());
    for (size_t i = 0; i < values.size(); ++i) {
      const double exact = std::ldexp(double{values[i]} * factor, grid.fraction_bits());
      ASSERT_LT(std::abs(static_cast<double>(Signed(words[i])) - exact), 1) << i;
    }
  }
}

// The mean of n roundings of x lies within 5 standard errors of x: fails once in 1.7 million runs
// per value, and the seeds are fixed.
TEST(EncodeUpdate, RoundingIsUnbiased) {
  const Grid grid = MakeGrid(1 << 10, uint64_t{1} << 50);
  ASSERT_EQ(grid.fraction_bits(), 2);
  constexpr size_t kDraws = 400'000;
  SeededRng rng(3);
  std::vector<uint64_t> words(kDraws);
  for (const double target : {0.1, -0.1, 0.5, -0.73, 3.999, 511.3, -0.001}) {
    for (const double factor : {1.0, 0.3}) {
      const std::vector<float> values(kDraws, static_cast<float>(target));
      ASSERT_TRUE(grid.EncodeUpdate(values, factor, rng, words).ok());
      double sum = 0;
      for (const uint64_t word : words) sum += static_cast<double>(Signed(word));
      const double exact = double{values[0]} * factor * 4;
      const double part = exact - std::floor(exact);
      const double error = std::sqrt(part * (1 - part) / kDraws);
      // 16 random bits place the part to 2^-16, half of which the mean may be off.
      EXPECT_NEAR(sum / kDraws, exact, 5 * error + 0x1p-16) << target << " x " << factor;
    }
  }
}

TEST(EncodeUpdate, SameStreamSameBits) {
  const Grid grid = MakeGrid(8, 1000);
  std::vector<float> values(5000);
  SeededRng source(4);
  for (float& value : values) value = static_cast<float>(source.Normal());
  std::vector<uint64_t> first(values.size());
  std::vector<uint64_t> second(values.size());
  SeededRng a(5);
  SeededRng b(5);
  ASSERT_TRUE(grid.EncodeUpdate(values, 0.7, a, first).ok());
  ASSERT_TRUE(grid.EncodeUpdate(values, 0.7, b, second).ok());
  EXPECT_EQ(first, second);
}

// A cohort of few leaves more than 52 bits: products too wide for the kernel are whole already.
TEST(EncodeUpdate, WideProductsAreExact) {
  const Grid grid = MakeGrid(0x1p20, 2);
  ASSERT_EQ(grid.fraction_bits(), 40);
  const std::vector<float> values{0x1p20F, -0x1p20F, 0x1.fffffep19F, 0x1p12F, 0x1p11F, 0x1p-40F, 0};
  std::vector<uint64_t> words(values.size());
  SeededRng rng(6);
  ASSERT_TRUE(grid.EncodeUpdate(values, 1, rng, words).ok());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(static_cast<double>(Signed(words[i])), std::ldexp(double{values[i]}, 40)) << i;
  }
}

TEST(EncodeUpdate, BoundIsExactAtTheEdge) {
  SeededRng rng(8);
  for (const double factor : {1.0, 0.1, 3.0, 1e-30, 1e30}) {
    const double entry_max = 7 * factor;
    const auto grid = Grid::Make(entry_max, 1000);
    if (!grid.ok()) continue;
    std::vector<float> values(3000, 0.0F);
    std::vector<uint64_t> words(values.size());
    for (const float sign : {1.0F, -1.0F}) {
      values[2999] = sign * std::nextafter(7.0F, 0.0F);
      EXPECT_TRUE(grid->EncodeUpdate(values, factor, rng, words).ok()) << factor;
      values[2999] = sign * std::nextafter(7.0F, 8.0F);
      const Status status = grid->EncodeUpdate(values, factor, rng, words);
      ASSERT_FALSE(status.ok()) << factor;
      EXPECT_EQ(status.code(), "ENCODE-RANGE");
      EXPECT_NE(status.message().find("entry 2999 of 3000"), std::string_view::npos);
    }
  }
  std::vector<float> at_bound{7, -7};
  std::vector<uint64_t> words(2);
  EXPECT_TRUE(MakeGrid(7, 1000).EncodeUpdate(at_bound, 1, rng, words).ok());
}

TEST(EncodeUpdate, WhatIsNotFiniteIsNamed) {
  const Grid grid = MakeGrid(1e9, 10);
  const float infinity = std::numeric_limits<float>::infinity();
  SeededRng rng(9);
  for (const float bad : {infinity, -infinity, std::numeric_limits<float>::quiet_NaN(),
                          -std::numeric_limits<float>::quiet_NaN(), FLT_MAX}) {
    for (const size_t index : {size_t{0}, size_t{2047}, size_t{2048}, size_t{4999}}) {
      std::vector<float> values(5000, 1);
      values[index] = bad;
      std::vector<uint64_t> words(values.size());
      const Status status = grid.EncodeUpdate(values, 1, rng, words);
      ASSERT_FALSE(status.ok());
      EXPECT_EQ(status.code(), "ENCODE-RANGE");
      EXPECT_NE(status.message().find("entry " + std::to_string(index) + " of 5000"),
                std::string_view::npos);
    }
  }
}

TEST(EncodeUpdate, FactorZeroGivesZeros) {
  const Grid grid = MakeGrid(1, 10);
  const std::vector<float> values{FLT_MAX, -FLT_MAX, 0};
  std::vector<uint64_t> words(3, 99);
  SeededRng rng(10);
  ASSERT_TRUE(grid.EncodeUpdate(values, 0, rng, words).ok());
  EXPECT_EQ(words, std::vector<uint64_t>(3, 0));
}

TEST(EncodeReal, RoundsToTheNearestStep) {
  const Grid grid = MakeGrid(0x1p59, 4);
  ASSERT_EQ(grid.fraction_bits(), 1);
  const std::vector<double> values{0, 0.24, 0.26, -0.26, 0.25, 0.75, 1e15, -0x1p59};
  std::vector<uint64_t> words(values.size());
  ASSERT_TRUE(grid.EncodeReal(values, words).ok());
  const std::vector<int64_t> expected{
      0, 0, 1, -1, 0, 2, 2'000'000'000'000'000, -(int64_t{1} << 60)};
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(Signed(words[i]), expected[i]) << i;
}

TEST(EncodeReal, OverTheBoundOrNotFiniteIsNamed) {
  const Grid grid = MakeGrid(3, 4);
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double bad :
       {std::nextafter(3.0, 4.0), -std::nextafter(3.0, 4.0), infinity, -infinity, std::nan("")}) {
    const std::vector<double> values{3, -3, bad};
    std::vector<uint64_t> words(values.size());
    const Status status = grid.EncodeReal(values, words);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.code(), "ENCODE-RANGE");
    EXPECT_NE(status.message().find("entry 2 of 3"), std::string_view::npos);
  }
}

TEST(EncodeExact, CountsPassUnchangedUpToTheBound) {
  const auto grid = Grid::MakeExact(1000, 1000);
  ASSERT_TRUE(grid.ok());
  const std::vector<int64_t> values{0, 1, -1, 1000, -1000};
  std::vector<uint64_t> words(values.size());
  ASSERT_TRUE(grid->EncodeExact(values, words).ok());
  std::vector<int64_t> decoded(values.size());
  grid->DecodeExact(words, decoded);
  EXPECT_EQ(decoded, values);
  constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
  constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();
  for (const int64_t bad : {int64_t{1001}, int64_t{-1001}, kHighest, kLowest, kLowest + 1}) {
    for (const uint64_t entry_max : {uint64_t{1000}, Grid::kExactMax}) {
      if (std::abs(static_cast<double>(bad)) <= static_cast<double>(entry_max)) continue;
      const auto wider = Grid::MakeExact(entry_max, 1);
      const std::vector<int64_t> over{5, bad, 5};
      std::vector<uint64_t> out(3);
      const Status status = wider->EncodeExact(over, out);
      ASSERT_FALSE(status.ok()) << bad;
      EXPECT_EQ(status.code(), "ENCODE-RANGE");
      EXPECT_NE(status.message().find("entry 1 of 3"), std::string_view::npos);
    }
  }
}

// -- sums

// The largest cohort at the largest magnitude: the wrapped sum is the true sum on both sides.
TEST(Sum, FullCohortAtTheBoundDoesNotWrap) {
  const Grid grid = MakeGrid(1000.5, 513);
  SeededRng rng(11);
  for (const float sign : {1.0F, -1.0F}) {
    const std::vector<float> values(3, sign * 1000.5F);
    std::vector<uint64_t> sum(3, 0);
    std::vector<uint64_t> words(3);
    for (int i = 0; i < 513; ++i) {
      ASSERT_TRUE(grid.EncodeUpdate(values, 1, rng, words).ok());
      num::RingAdd(sum, words);
    }
    std::vector<double> decoded(3);
    grid.DecodeReal(sum, decoded);
    for (const double value : decoded) EXPECT_DOUBLE_EQ(value, double{sign} * 513 * 1000.5);
  }
}

TEST(Sum, IsExactInAnyOrder) {
  const Grid grid = MakeGrid(16, 100);
  SeededRng rng(12);
  std::vector<std::vector<uint64_t>> terms(100, std::vector<uint64_t>(257));
  __extension__ using Wide = __int128;
  std::vector<Wide> expected(257, 0);
  for (auto& term : terms) {
    std::vector<float> values(257);
    for (float& value : values) value = static_cast<float>(2 * rng.Normal());
    ASSERT_TRUE(grid.EncodeUpdate(values, 1, rng, term).ok());
    for (size_t i = 0; i < term.size(); ++i) expected[i] += Signed(term[i]);
  }
  for (int order = 0; order < 3; ++order) {
    std::vector<uint64_t> sum(257, 0);
    for (const auto& term : terms) num::RingAdd(sum, term);
    for (size_t i = 0; i < sum.size(); ++i) ASSERT_EQ(Wide{Signed(sum[i])}, expected[i]);
    for (size_t i = terms.size(); i > 1; --i) std::swap(terms[i - 1], terms[rng.Below(i)]);
  }
}

// -- fewer bits

constexpr int kWidths[] = {4, 8, 16, 20, 24, 32};

// What is left of a word in Z_2^bits, read as two's complement.
uint64_t Wrapped(uint64_t word, int bits) {
  const int shift = 64 - bits;
  return static_cast<uint64_t>(static_cast<int64_t>(word << shift) >> shift);
}

// For many shapes: the step chosen fits, and one half as large would not.
TEST(NarrowGrid, BoundHoldsAndIsTight) {
  __extension__ using Wide = unsigned __int128;
  SeededRng rng(13);
  size_t made = 0;
  for (int i = 0; i < 20000; ++i) {
    const int bits = kWidths[rng.Below(std::size(kWidths))];
    const double entry_max = std::ldexp(1 + rng.Uniform(), static_cast<int>(rng.Below(110)) - 50);
    const uint64_t contributions = 2 + rng.Below(uint64_t{1} << (1 + rng.Below(12)));
    const Wide limit = Wide{1} << (bits - 1);
    const auto total = [&](int fraction) {
      const double steps = std::floor(std::ldexp(entry_max, fraction)) + 1;
      return steps < 0x1p62 ? static_cast<Wide>(steps) * contributions : Wide{1} << 127;
    };
    const auto grid = Grid::Make(entry_max, contributions, bits);
    if (!grid.ok()) {
      EXPECT_EQ(grid.status().code(), "ENCODE-OVERFLOW");
      ASSERT_GE(total(Grid::kFractionBitsMin), limit) << entry_max << " " << contributions;
      continue;
    }
    ++made;
    ASSERT_EQ(grid->bits(), bits);
    ASSERT_LT(total(grid->fraction_bits()), limit) << entry_max << " " << contributions;
    if (grid->fraction_bits() == Grid::kFractionBitsMax) continue;
    ASSERT_GE(total(grid->fraction_bits() + 1), limit) << entry_max << " " << contributions;
  }
  EXPECT_GT(made, 10000U);
}

TEST(NarrowGrid, StepMayBeCoarserThanOne) {
  const auto grid = Grid::Make(1000, 10, 8);  // 10 x 12 < 128, so 12 steps: 1000 / 2^7 = 7.8
  ASSERT_TRUE(grid.ok());
  EXPECT_EQ(grid->fraction_bits(), -7);
  EXPECT_EQ(Grid::Make(1000, 127, 8)->fraction_bits(), -10);  // each sends -1, 0 or 1
  EXPECT_EQ(Grid::Make(0x1p63, 7, 4)->fraction_bits(), Grid::kFractionBitsMin);
}

TEST(NarrowGrid, WhatCannotBeProvenIsRefused) {
  EXPECT_TRUE(Grid::Make(1, 127, 8).ok());
  const auto crowd = Grid::Make(1, 128, 8);
  ASSERT_FALSE(crowd.ok());
  EXPECT_EQ(crowd.status().code(), "ENCODE-OVERFLOW");
  EXPECT_NE(crowd.status().message().find("7 bits"), std::string_view::npos);
  EXPECT_NE(crowd.status().message().find("privacy.bits"), std::string_view::npos);
  EXPECT_TRUE(Grid::Make(1, 7, 4).ok());
  EXPECT_FALSE(Grid::Make(1, 8, 4).ok());
  EXPECT_FALSE(Grid::Make(0x1p64, 7, 4).ok());
  EXPECT_FALSE(Grid::Make(std::nan(""), 2, 32).ok());
}

// As many as the grid was made for, each at its extreme: what is left of the sum in Z_2^bits is the
// true sum. Entries a hair below the bound are rounded up about as often as down.
TEST(NarrowGrid, FullCohortAtTheBoundDoesNotWrap) {
  SeededRng rng(14);
  for (const int bits : kWidths) {
    for (const uint64_t contributions : {2U, 3U, 7U, 100U, 513U}) {
      for (const double entry_max : {1.0, 0.7, 4095.0, 1e-9, 123456.7}) {
        const auto grid = Grid::Make(entry_max, contributions, bits);
        if (!grid.ok()) continue;
        const float largest = std::nextafter(static_cast<float>(entry_max), 0.0F);
        const std::vector<float> values{largest, -largest, largest / 2, 0};
        std::vector<uint64_t> sum(4, 0);
        std::vector<uint64_t> narrow(4, 0);
        std::vector<uint64_t> words(4);
        for (uint64_t i = 0; i < contributions; ++i) {
          ASSERT_TRUE(grid->EncodeUpdate(values, 1, rng, words).ok());
          num::RingAdd(sum, words);
          for (size_t k = 0; k < 4; ++k) narrow[k] = Wrapped(narrow[k] + words[k], bits);
        }
        EXPECT_EQ(narrow, sum) << bits << " " << contributions << " " << entry_max;
        std::vector<double> decoded(4);
        grid->DecodeReal(narrow, decoded);
        const double step = std::ldexp(1.0, -grid->fraction_bits());
        const auto most = static_cast<double>(contributions);
        for (size_t k = 0; k < 4; ++k) {
          EXPECT_LT(std::abs(decoded[k] - most * double{values[k]}), most * step);
        }
      }
    }
  }
}

// As RoundingIsUnbiased, where most values are small parts of one step.
TEST(NarrowGrid, RoundingIsUnbiased) {
  constexpr size_t kDraws = 400'000;
  SeededRng rng(15);
  std::vector<uint64_t> words(kDraws);
  for (const int bits : {4, 8, 16}) {
    const Grid grid = *Grid::Make(1000, 3, bits);
    for (const float target : {0.5F, -0.5F, 17.0F, -333.0F, 999.0F, 1000.0F, -1000.0F}) {
      const std::vector<float> values(kDraws, target);
      ASSERT_TRUE(grid.EncodeUpdate(values, 1, rng, words).ok());
      double sum = 0;
      for (const uint64_t word : words) sum += static_cast<double>(Signed(word));
      const double exact = std::ldexp(double{target}, grid.fraction_bits());
      const double part = exact - std::floor(exact);
      const double error = std::sqrt(part * (1 - part) / kDraws);
      EXPECT_NEAR(sum / kDraws, exact, 5 * error + 0x1p-16) << bits << " bits, " << target;
    }
  }
}

// -- bytes

TEST(GridBytes, RestoreIsTheInverseOfSave) {
  for (const Grid& grid : {MakeGrid(12.5, 77), *Grid::MakeExact(1 << 20, 3),
                           *Grid::Make(1000, 100, 8), *Grid::Make(0.1, 9, 32)}) {
    base::Writer writer;
    grid.Save(writer);
    base::Reader reader(writer.view());
    const auto restored = Grid::Restore(reader);
    ASSERT_TRUE(restored.ok());
    EXPECT_TRUE(reader.Finish("grid").ok());
    EXPECT_EQ(*restored, grid);
    for (size_t size = 0; size < writer.size(); ++size) {
      base::Reader shorter(writer.view().first(size));
      EXPECT_FALSE(Grid::Restore(shorter).ok()) << size;
    }
  }
}

// A grid of 64 bits is written as it was before there were others: plans keep their hashes.
TEST(GridBytes, WidthIsWrittenOnlyWhereItIsNot64) {
  const auto saved = [](const Grid& grid) {
    base::Writer writer;
    grid.Save(writer);
    return std::move(writer).Take();
  };
  base::Writer wide;
  wide.U8(40).F64(12.5).U64(77);
  EXPECT_EQ(saved(MakeGrid(12.5, 77)), std::move(wide).Take());
  base::Writer narrow;
  narrow.U8(64 + 8).U8(0xf6).F64(1000).U64(100);
  EXPECT_EQ(saved(*Grid::Make(1000, 100, 8)), std::move(narrow).Take());
}

TEST(GridBytes, GridThatCouldOverflowIsRefused) {
  const auto code = [](const base::Writer& writer) {
    base::Reader reader(writer.view());
    return std::string(Grid::Restore(reader).status().code());
  };
  EXPECT_EQ(code(base::Writer().U8(40).F64(0x1p20).U64(1000)), "ENCODE-OVERFLOW");
  EXPECT_EQ(code(base::Writer().U8(63).F64(1).U64(2)), "ENCODE-OVERFLOW");
  EXPECT_EQ(code(base::Writer().U8(64 + 8).U8(0xf7).F64(1000).U64(100)), "ENCODE-OVERFLOW");
  EXPECT_EQ(code(base::Writer().U8(64 + 8).U8(0xbf).F64(1000).U64(100)), "ENCODE-OVERFLOW");  // -65
  EXPECT_EQ(code(base::Writer().U8(64 + 8).U8(41).F64(1e-30).U64(2)), "ENCODE-OVERFLOW");
  for (const int bits : {0, 3, 64, 191}) {
    base::Writer writer;
    writer.U8(static_cast<uint8_t>(64 + bits)).U8(0).F64(1).U64(2);
    EXPECT_EQ(code(writer), "CODEC") << bits;
  }
}

}  // namespace
}  // namespace florin::encode
