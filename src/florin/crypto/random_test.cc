#include "florin/crypto/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <thread>
#include <utility>
#include <vector>

namespace florin::crypto {
namespace {

SecretKey CountingKey() {
  SecretKey key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(i);
  return key;
}

std::vector<uint64_t> Words(Rng& rng, size_t count) {
  std::vector<uint64_t> words(count);
  rng.Fill(words);
  return words;
}

// printf 'rounding/job/7' | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102...1f
//   d4a48ab360385a00cc6cfd07489f563e 3ca513c5f9fa0c5405bfaccafd02b81f
// head -c 80 /dev/zero | openssl enc -aes-128-ctr -K d4a4...563e -iv 3ca5...b81f
//   b12e2b5fbcc526248460248209cf0afd 5303b37005d2f1fea629c14e9f66ea3d 7994942349c760f6785c0b8b66...
// read as little-endian words.
TEST(KeyedRngTest, KnownAnswer) {
  KeyedRng rng(CountingKey(), base::AsBytes("rounding/job/7"));
  EXPECT_EQ(Words(rng, 10),
            (std::vector<uint64_t>{0x2426c5bc5f2b2eb1, 0xfd0acf0982246084, 0xfef1d20570b30353,
                                   0x3dea669f4ec129a6, 0xf660c74923949479, 0x93fb61668b0b5c78,
                                   0x11e3183c7edbe532, 0x8526b740543f377c, 0x6cd5ffc9ce3a2bc9,
                                   0xd937680f162b2ea3}));
}

TEST(KeyedRngTest, ChunksDoNotMatter) {
  constexpr size_t kCount = 1000;
  KeyedRng whole(CountingKey(), base::AsBytes("c"));
  const std::vector<uint64_t> expected = Words(whole, kCount);
  base::SeededRng sizes(1);
  for (int run = 0; run < 20; ++run) {
    KeyedRng rng(CountingKey(), base::AsBytes("c"));
    std::vector<uint64_t> words(kCount);
    for (size_t at = 0; at < kCount;) {
      const size_t count = std::min<size_t>(sizes.Below(run < 10 ? 4 : 300), kCount - at);
      rng.Fill(Span<uint64_t>(words).subspan(at, count));
      at += count;
    }
    EXPECT_EQ(words, expected);
  }
}

TEST(KeyedRngTest, KeysAndContextsGiveTheirOwnStreams) {
  std::vector<uint64_t> firsts;
  SecretKey key = CountingKey();
  for (int k = 0; k < 10; ++k, ++key[31]) {
    for (const char* context : {"", "a", "b", "aa", "rounding/job/1", "rounding/job/11"}) {
      KeyedRng rng(key, base::AsBytes(context));
      firsts.push_back(rng.Next());
    }
  }
  std::sort(firsts.begin(), firsts.end());
  EXPECT_EQ(std::adjacent_find(firsts.begin(), firsts.end()), firsts.end());
}

TEST(KeyedRngTest, FillOverwritesWhatWasThere) {
  KeyedRng first(CountingKey(), base::AsBytes("c"));
  KeyedRng second(CountingKey(), base::AsBytes("c"));
  std::vector<uint64_t> dirty(9, ~uint64_t{0});
  second.Fill(dirty);
  EXPECT_EQ(dirty, Words(first, 9));
}

TEST(KeyedRngTest, MovesWithItsPlaceInTheStream) {
  KeyedRng reference(CountingKey(), base::AsBytes("c"));
  const std::vector<uint64_t> expected = Words(reference, 3);
  KeyedRng a(CountingKey(), base::AsBytes("c"));
  EXPECT_EQ(a.Next(), expected[0]);
  KeyedRng b = std::move(a);
  EXPECT_EQ(b.Next(), expected[1]);
  KeyedRng c(CountingKey(), base::AsBytes("other"));
  c = std::move(b);
  EXPECT_EQ(c.Next(), expected[2]);
}

TEST(KeyedRngTest, StreamsMayBeMadeOnAnyThread) {
  KeyedRng reference(CountingKey(), base::AsBytes("c"));
  const std::vector<uint64_t> expected = Words(reference, 100);
  std::vector<std::vector<uint64_t>> results(4);
  {
    std::vector<std::jthread> threads;
    threads.reserve(results.size());
    for (auto& result : results) {
      threads.emplace_back([&result] {
        for (int i = 0; i < 50; ++i) {
          KeyedRng rng(CountingKey(), base::AsBytes("c"));
          result = Words(rng, 100);
        }
      });
    }
  }
  for (const auto& result : results) EXPECT_EQ(result, expected);
}

// 64,000 fair bits lie within 5 standard deviations of the middle but for two runs in a million.
void ExpectFairBits(Rng& rng) {
  constexpr int kWords = 1000;
  int ones = 0;
  for (const uint64_t word : Words(rng, kWords)) ones += std::popcount(word);
  EXPECT_NEAR(ones, kWords * 32, 5 * 126.5);
}

TEST(SystemRngTest, BitsAreFairAndNeverRepeat) {
  SystemRng rng;
  ExpectFairBits(rng);
  std::vector<uint64_t> words = Words(rng, 1000);
  rng.Fill({});
  std::sort(words.begin(), words.end());
  EXPECT_EQ(std::adjacent_find(words.begin(), words.end()), words.end());
}

TEST(SystemRngTest, NewKeysAreNew) {
  const SecretKey first = NewSecretKey();
  EXPECT_NE(first, NewSecretKey());
  EXPECT_NE(first, SecretKey{});
}

TEST(KeyedRngTest, BitsAreFair) {
  KeyedRng rng(CountingKey(), base::AsBytes("fair"));  // a fixed stream: passes or fails for good
  ExpectFairBits(rng);
}

}  // namespace
}  // namespace florin::crypto
