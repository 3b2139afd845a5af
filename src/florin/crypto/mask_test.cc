#include "florin/crypto/mask.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "florin/base/rng.h"
#include "florin/crypto/mask_kernels.h"
#include "florin/num/kernels.h"

namespace florin::crypto {
namespace {

// SP 800-38A, appendix F.5.
constexpr std::array<uint8_t, 16> kKey = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                                          0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};

std::vector<const mask::Path*> Available() {
  std::vector<const mask::Path*> all;
  for (const char* name : {"baseline", "avx2", "avx512"}) {
    if (const mask::Path* path = mask::Find(name)) all.push_back(path);
  }
  return all;
}

class MaskPathTest : public testing::TestWithParam<const mask::Path*> {
 protected:
  // values +- the stream from that counter on; values: whole blocks.
  void Apply(mask::Operation operation, mask::Counter counter, Bytes& values) const {
    Apply(*GetParam(), operation, counter, values);
  }
  static void Apply(const mask::Path& path, mask::Operation operation, mask::Counter counter,
                    Bytes& values, ByteView key = kKey) {
    Bytes schedule(mask::kSchedule);
    path.expand(key.data(), schedule.data());
    path.apply(operation, schedule.data(), counter, values.size() / mask::kBlock, values.data());
  }
};
INSTANTIATE_TEST_SUITE_P(Paths, MaskPathTest, testing::ValuesIn(Available()),
                         [](const auto& path) { return std::string(path.param->name); });

// SP 800-38A, appendix F.5.1: the output blocks of CTR-AES128.Encrypt.
TEST_P(MaskPathTest, KnownAnswer) {
  Bytes stream(64);
  Apply(mask::Operation::kAdd32, {0xf0f1f2f3f4f5f6f7, 0xf8f9fafbfcfdfeff}, stream);
  EXPECT_EQ(base::Hex(stream),
            "ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae"
            "6a2cc3787889374fbeb4c81b17ba6c44e89c399ff0f198c6d40a31db156cabfe");
}

// Every number of blocks, from counters whose carry goes through every byte.
TEST_P(MaskPathTest, SameBitsAsTheBackend) {
  base::SeededRng rng(1);
  for (size_t blocks = 0; blocks <= mask::kRunMax / mask::kBlock;
       blocks += blocks < 100 ? 1 : 231) {
    Bytes values(blocks * mask::kBlock);
    for (uint8_t& byte : values) byte = static_cast<uint8_t>(rng.Below(256));
    Bytes key(16);
    for (uint8_t& byte : key) byte = static_cast<uint8_t>(rng.Below(256));
    const mask::Counter counter = {rng.Next(), (uint64_t{1} << (8 + blocks % 50)) - blocks % 7};
    for (const auto operation : {mask::Operation::kAdd32, mask::Operation::kSubtract32,
                                 mask::Operation::kAdd64, mask::Operation::kSubtract64}) {
      Bytes ours = values;
      Bytes expected = values;
      Apply(*GetParam(), operation, counter, ours, key);
      Apply(mask::kBaselinePath, operation, counter, expected, key);
      ASSERT_EQ(base::Hex(ours), base::Hex(expected)) << blocks << " blocks";
    }
  }
}

TEST_P(MaskPathTest, TouchesNothingBeyond) {
  Bytes schedule(mask::kSchedule);
  GetParam()->expand(kKey.data(), schedule.data());
  for (size_t blocks = 0; blocks < 70; ++blocks) {
    const size_t size = blocks * mask::kBlock;
    Bytes values(size + 2, 0xA5);
    GetParam()->apply(mask::Operation::kAdd64, schedule.data(), {}, blocks, values.data() + 1);
    EXPECT_EQ(values.front(), 0xA5);
    EXPECT_EQ(values.back(), 0xA5);
  }
}

TEST(MaskDispatchTest, TheWayOfTheKernelsOrTheNextBelow) {
  ASSERT_NE(mask::Find("baseline"), nullptr);
  EXPECT_EQ(mask::Find("mmx"), nullptr);
  for (const mask::Path* path : Available()) EXPECT_EQ(mask::Find(path->name), path);
  const mask::Path* wanted = mask::Find(num::Active().name);
  if (wanted != nullptr) {
    EXPECT_EQ(&mask::Active(), wanted);
  } else if (std::string(num::Active().name) == "avx512" && mask::Find("avx2") != nullptr) {
    EXPECT_EQ(&mask::Active(), mask::Find("avx2"));
  } else {
    EXPECT_EQ(&mask::Active(), &mask::kBaselinePath);
  }
}

template <typename Word>
class MaskTest : public testing::Test {
 protected:
  static std::vector<Word> Values(size_t size) {
    std::vector<Word> values(size);
    for (size_t i = 0; i < size; ++i) values[i] = static_cast<Word>(i * 0x9E3779B97F4A7C15ULL);
    return values;
  }
  static std::vector<Mask> Masks(size_t count) {
    std::vector<Mask> masks;
    masks.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      masks.emplace_back(Bytes(16, static_cast<uint8_t>(i)),
                         i % 3 == 0 ? MaskSign::kSubtract : MaskSign::kAdd);
    }
    return masks;
  }
};
using Words = testing::Types<uint32_t, uint64_t>;
TYPED_TEST_SUITE(MaskTest, Words);

// The example of docs/spec/masks.md: AES of the counters 0, 1, 2 under that key (openssl enc
// -aes-128-ctr -iv 0), little-endian.
TEST(MaskKnownAnswerTest, StreamsBeginAtZero) {
  std::vector<Mask> masks;
  masks.emplace_back(kKey, MaskSign::kAdd);
  std::vector<uint32_t> narrow(12);
  ApplyMasks(masks, 0, narrow);
  EXPECT_EQ(narrow, (std::vector<uint32_t>{0x0c6bf77d, 0xb399b81a, 0x47f0423e, 0x6f541bb9,
                                           0x407d1257, 0xbfbeb134, 0xb966f4ae, 0xc66f72c7,
                                           0xf32e3f97, 0x02e27948, 0x3034177f, 0x891ff23f}));
  std::vector<uint64_t> wide(6);
  ApplyMasks(masks, 0, wide);
  EXPECT_EQ(wide,
            (std::vector<uint64_t>{0xb399b81a0c6bf77d, 0x6f541bb947f0423e, 0xbfbeb134407d1257,
                                   0xc66f72c7b966f4ae, 0x02e27948f32e3f97, 0x891ff23f3034177f}));
}

// Any part by itself is what it is in the whole.
TYPED_TEST(MaskTest, PartsAreMaskedAlike) {
  const std::vector<Mask> masks = this->Masks(3);
  std::vector<TypeParam> whole = this->Values(20000);
  ApplyMasks(masks, 0, whole);
  base::SeededRng rng(2);
  for (int run = 0; run < 400; ++run) {
    const size_t begin = rng.Below(run % 2 == 0 ? 40 : whole.size());
    const size_t size = std::min<size_t>(rng.Below(run < 200 ? 40 : 9000), whole.size() - begin);
    std::vector<TypeParam> part = this->Values(20000);
    ApplyMasks(masks, begin, Span<TypeParam>(part).subspan(begin, size));
    std::vector<TypeParam> expected = this->Values(20000);
    std::copy_n(whole.begin() + static_cast<ptrdiff_t>(begin), size,
                expected.begin() + static_cast<ptrdiff_t>(begin));
    ASSERT_EQ(part, expected) << begin << " " << size;
  }
}

TYPED_TEST(MaskTest, ManyAtOnceAreOneAfterAnother) {
  const std::vector<Mask> masks = this->Masks(9);
  std::vector<TypeParam> at_once = this->Values(5003);
  ApplyMasks(masks, 7, at_once);
  std::vector<TypeParam> one_by_one = this->Values(5003);
  for (size_t i = masks.size(); i-- > 0;) {
    ApplyMasks(Span<const Mask>(masks).subspan(i, 1), 7, one_by_one);
  }
  EXPECT_EQ(at_once, one_by_one);
}

TYPED_TEST(MaskTest, OppositesCancelAndNothingElseDoes) {
  const std::vector<TypeParam> values = this->Values(10001);
  std::vector<Mask> masks;
  masks.emplace_back(kKey, MaskSign::kAdd);
  std::vector<TypeParam> masked = values;
  ApplyMasks(masks, 3, masked);
  size_t alike = 0;
  for (size_t i = 0; i < values.size(); ++i) alike += masked[i] == values[i] ? 1U : 0U;
  EXPECT_LE(alike, 1U);
  std::vector<Mask> opposite;
  opposite.emplace_back(kKey, MaskSign::kSubtract);
  ApplyMasks(opposite, 3, masked);
  EXPECT_EQ(masked, values);
}

TYPED_TEST(MaskTest, TheLastElementOfAStream) {
  const uint64_t end = Mask::kElementsMax<TypeParam>;
  const std::vector<Mask> masks = this->Masks(2);
  std::vector<TypeParam> values = this->Values(10);
  ApplyMasks(masks, end - 10, values);
  std::vector<TypeParam> last = {this->Values(10).back()};
  ApplyMasks(masks, end - 1, last);
  EXPECT_EQ(last[0], values[9]);
  ApplyMasks(masks, end, Span<TypeParam>());
}

// Not even one element beyond, and no sum that wraps.
TYPED_TEST(MaskTest, NothingBeyondTheEndOfAStream) {
  const uint64_t end = Mask::kElementsMax<TypeParam>;
  const std::vector<Mask> masks = this->Masks(1);
  std::vector<TypeParam> values = this->Values(10);
  EXPECT_DEATH(ApplyMasks(masks, end - 9, values), "kElementsMax");
  EXPECT_DEATH(ApplyMasks(masks, end + 1, Span<TypeParam>()), "kElementsMax");
  EXPECT_DEATH(ApplyMasks(masks, ~uint64_t{0}, values), "kElementsMax");
}

TEST(MaskDeathTest, KeysOfAnotherSize) {
  for (const size_t size : {0U, 15U, 17U, 32U}) {
    EXPECT_DEATH(Mask(Bytes(size), MaskSign::kAdd), "kKeySize");
  }
}

TYPED_TEST(MaskTest, NoMasksChangeNothing) {
  std::vector<TypeParam> values = this->Values(100);
  ApplyMasks({}, 1, values);
  EXPECT_EQ(values, this->Values(100));
}

}  // namespace
}  // namespace florin::crypto
