#include "florin/protocol/pack.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "florin/base/rng.h"

namespace florin::protocol {
namespace {

using Words = std::vector<uint64_t>;

Words Negated(Words words) {
  for (uint64_t& word : words) word = -word;
  return words;
}

void ExpectInverse(const Words& words) {
  const Bytes bytes = Pack(words);
  EXPECT_EQ(bytes.size(), PackedSize(words));
  EXPECT_LE(bytes.size(), PackedMax(words.size()));
  EXPECT_GE(bytes.size(), PackedMin(words.size()));
  ASSERT_TRUE(CheckPacked(bytes, words.size()).ok());
  const PackedVector packed{words.size(), bytes};
  Words read;
  ReadPacked(packed, [&](size_t first, Span<const uint64_t> entries) {
    EXPECT_EQ(first, read.size());
    read.insert(read.end(), entries.begin(), entries.end());
  });
  EXPECT_EQ(read, words);
  Words sum(words.size(), ~uint64_t{0});
  AddPacked(packed, sum);
  for (size_t i = 0; i < words.size(); ++i) EXPECT_EQ(sum[i], words[i] - 1);
  for (const size_t first : {size_t{0}, words.size() / 3, words.size() - words.size() / 5}) {
    Words part((words.size() - first + 1) / 2);
    UnpackPart(packed, first, part);
    EXPECT_TRUE(std::ranges::equal(part, Span<const uint64_t>(words).subspan(first, part.size())));
  }
}

bool IsRefused(const Bytes& bytes, size_t size) {
  return CheckPacked(bytes, size).code() == "PROTO-MESSAGE";
}

TEST(Pack, IsInvertible) {
  ExpectInverse({});
  base::SeededRng rng(1);
  for (int i = 0; i < 3000; ++i) {
    Words words(rng.Below(1100));
    const double density = rng.Uniform();
    for (size_t k = 0; k < words.size();) {  // runs of one magnitude each
      const uint64_t shift = rng.Below(64);
      for (const size_t end = std::min(words.size(), k + 1 + rng.Below(400)); k < end; ++k) {
        if (rng.Uniform() >= density) continue;
        words[k] = rng.Next() >> shift;
        if (rng.Below(2) == 0) words[k] = -words[k];
      }
    }
    ExpectInverse(words);
  }
}

TEST(Pack, WidthIsWhatTheWidestEntryNeeds) {
  for (size_t width = 1; width <= 8; ++width) {
    const uint64_t least = uint64_t{1} << (8 * width - 1);  // the least that needs a byte more
    for (const uint64_t word : {least - 1, -least}) {
      const Words words(300, word);
      EXPECT_EQ(PackedSize(words), 2 + 300 * width);
      ExpectInverse(words);
    }
    if (width == 8) break;
    EXPECT_EQ(PackedSize(Words(300, least)), 2 + 300 * (width + 1));
    EXPECT_EQ(PackedSize(Words(300, -least - 1)), 2 + 300 * (width + 1));
  }
}

TEST(Pack, ABlockIsAsWideAsItsOwnEntries) {
  Words words(1000, 1);
  words[300] = uint64_t{1} << 62;
  EXPECT_EQ(PackedSize(words), 4 + 744U + 256 * 8);
  ExpectInverse(words);
  ExpectInverse(Negated(words));
}

TEST(Pack, TheSmallerFormIsUsedAndDenseWhenTheyAreOfOneSize) {
  Words words(1000, 0);
  EXPECT_EQ(PackedSize(words), 4U);
  words[999] = 1;
  EXPECT_EQ(PackedSize(words), 4U + 1 + 2);
  // 7 entries of 1 byte: dense with three of them not zero, 1 + 3 * 2 = 7; sparse with two.
  EXPECT_EQ(Pack(Words{1, 0, 2, 0, 3, 0, 0}), (Bytes{1, 1, 0, 2, 0, 3, 0, 0}));
  EXPECT_EQ(Pack(Words{1, 0, 2, 0, 0, 0, 0}), (Bytes{0x11, 2, 0, 1, 2, 2}));
}

TEST(Pack, OtherSpellingsAreRefused) {
  EXPECT_FALSE(IsRefused({1, 5, 6}, 2));
  EXPECT_TRUE(IsRefused({2, 5, 0, 6, 0}, 2));        // wider than needed
  EXPECT_TRUE(IsRefused({1, 0, 0}, 2));              // zeros, spelt out
  EXPECT_TRUE(IsRefused({9, 5, 6}, 2));              // no such width
  EXPECT_TRUE(IsRefused({0x10, 0}, 2));              // sparse, of width 0
  EXPECT_TRUE(IsRefused({0x21, 5, 6}, 2));           // a bit that means nothing
  EXPECT_TRUE(IsRefused({0x11, 2, 0, 5, 1, 6}, 2));  // dense is smaller
  EXPECT_FALSE(IsRefused({0x11, 2, 0, 5, 8, 6}, 9));
  EXPECT_TRUE(IsRefused({0x11, 2, 8, 6, 0, 5}, 9));           // places do not ascend
  EXPECT_TRUE(IsRefused({0x11, 2, 0, 5, 0, 6}, 9));           // a place twice
  EXPECT_TRUE(IsRefused({0x11, 2, 0, 5, 9, 6}, 9));           // beyond the end
  EXPECT_TRUE(IsRefused({0x11, 2, 0, 5, 8, 0}, 9));           // a zero, as an entry
  EXPECT_TRUE(IsRefused({0x11, 0}, 9));                       // no entries, sparse
  EXPECT_TRUE(IsRefused({1, 1, 0, 0, 0, 0, 0, 0, 0, 0}, 9));  // sparse is smaller
}

TEST(Pack, CutAnywhereItIsRefused) {
  base::SeededRng rng(2);
  Words words(600);
  for (size_t i = 0; i < words.size(); ++i) words[i] = i < 300 ? rng.Next() >> 30 : i % 100 == 0;
  const Bytes bytes = Pack(words);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_TRUE(IsRefused({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}, 600));
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_TRUE(IsRefused(longer, 600));
}

}  // namespace
}  // namespace florin::protocol
