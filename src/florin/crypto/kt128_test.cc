#include "florin/crypto/kt128.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "florin/base/rng.h"
#include "florin/crypto/keccak.h"
#include "florin/num/kernels.h"

namespace florin::crypto {
namespace {

constexpr size_t kChunk = 8192;

// RFC 9861, section 5: 00 01 .. FA, again and again.
Bytes Pattern(size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i % 251);
  return bytes;
}

std::string Kt(const Bytes& message, const Bytes& customisation = {}) {
  return base::Hex(HashKt128(message, customisation));
}

size_t Power(size_t base, int exponent) {
  return exponent == 0 ? 1 : base * Power(base, exponent - 1);
}

// RFC 9861, section 5.
TEST(Kt128Test, KnownAnswersOfMessages) {
  EXPECT_EQ(Kt({}), "1ac2d450fc3b4205d19da7bfca1b37513c0803577ac7167f06fe2ce1f0ef39e5");
  const std::vector<std::string> powers_of_17 = {
      "2bda92450e8b147f8a7cb629e784a058efca7cf7d8218e02d345dfaa65244a1f",
      "6bf75fa2239198db4772e36478f8e19b0f371205f6a9a93a273f51df37122888",
      "0c315ebcdedbf61426de7dcf8fb725d1e74675d7f5327a5067f367b108ecb67c",
      "cb552e2ec77d9910701d578b457ddf772c12e322e4ee7fe417f92c758f0d59d0",
      "8701045e22205345ff4dda05555cbb5c3af1a771c2b89baef37db43d9998b9fe",
      "844d610933b1b9963cbdeb5ae3b6b05cc7cbd67ceedf883eb678a0a8e0371682",
      "3c390782a8a4e89fa6367f72feaaf13255c8d95878481d3cd8ce85f58e880af8"};
  for (size_t i = 0; i < powers_of_17.size(); ++i) {
    EXPECT_EQ(Kt(Pattern(Power(17, static_cast<int>(i)))), powers_of_17[i]) << i;
  }
  EXPECT_EQ(Kt(Pattern(8191)), "1b577636f723643e990cc7d6a659837436fd6a103626600eb8301cd1dbe553d6");
  EXPECT_EQ(Kt(Pattern(8192)), "48f256f6772f9edfb6a8b661ec92dc93b95ebd05a08a17b39ae3490870c926c3");
}

TEST(Kt128Test, KnownAnswersWithCustomisation) {
  EXPECT_EQ(Kt({}, Pattern(1)), "fab658db63e94a246188bf7af69a133045f46ee984c56e3c3328caaf1aa1a583");
  EXPECT_EQ(Kt(Bytes(1, 0xFF), Pattern(41)),
            "d848c5068ced736f4462159b9867fd4c20b808acc3d5bc48e0b06ba0a3762ec4");
  EXPECT_EQ(Kt(Bytes(3, 0xFF), Pattern(Power(41, 2))),
            "c389e5009ae57120854c2e8c64670ac01358cf4c1baf89447a724234dc7ced74");
  EXPECT_EQ(Kt(Bytes(7, 0xFF), Pattern(Power(41, 3))),
            "75d2f86a2e644566726b4fbcfc5657b9dbcf070c7b0dca06450ab291d7443bcf");
  EXPECT_EQ(Kt(Pattern(8192), Pattern(8189)),
            "3ed12f70fb05ddb58689510ab3e4d23c6c6033849aa01e1d8c220a297fedcd0b");
  EXPECT_EQ(Kt(Pattern(8192), Pattern(8190)),
            "6a7c1b6a5cd0d8c9ca943a4a216cc64604559a2ea45f78570a15253d67ba00ae");
}

TEST(Kt128Test, OutputsOfAnyLength) {
  Bytes output(10032);
  Kt128().Finish(Span<uint8_t>(output));
  EXPECT_EQ(base::Hex(ByteView(output).first(64)),
            "1ac2d450fc3b4205d19da7bfca1b37513c0803577ac7167f06fe2ce1f0ef39e5"
            "4269c056b8c82e48276038b6d292966cc07a3d4645272e31ff38508139eb0a71");
  EXPECT_EQ(base::Hex(ByteView(output).last(32)),
            "e8dc563642f7228c84684c898405d3a834799158c079b12880277a1d28e2ff6d");
  for (const size_t size : {0U, 1U, 167U, 168U, 169U, 336U}) {
    Bytes shorter(size);
    Kt128().Finish(Span<uint8_t>(shorter));
    EXPECT_TRUE(std::equal(shorter.begin(), shorter.end(), output.begin())) << size;
  }
}

// The tree of section 3.2 written down as it reads, from nodes that are hashed byte by byte.
Bytes TurboShake(const Bytes& message, uint8_t domain) {
  std::vector<uint64_t> state(keccak::kWords);
  auto* bytes = reinterpret_cast<uint8_t*>(state.data());
  size_t at = 0;
  for (const uint8_t byte : message) {
    bytes[at++] ^= byte;
    if (at < keccak::kRate) continue;
    keccak::Permute(state.data());
    at = 0;
  }
  bytes[at] ^= domain;
  bytes[keccak::kRate - 1] ^= 0x80;
  keccak::Permute(state.data());
  return Bytes(bytes, bytes + 32);
}
Bytes PlainTree(Bytes message) {
  message.push_back(0);  // length_encode(|C|) of no customisation
  if (message.size() <= kChunk) return TurboShake(message, 0x07);
  const auto chunk = [&](size_t i) {
    const auto begin = message.begin() + static_cast<ptrdiff_t>(i * kChunk);
    return Bytes(begin,
                 begin + static_cast<ptrdiff_t>(std::min(kChunk, message.size() - i * kChunk)));
  };
  Bytes final_node = chunk(0);
  final_node.insert(final_node.end(), {3, 0, 0, 0, 0, 0, 0, 0});
  size_t leaves = 0;
  for (size_t i = 1; i * kChunk < message.size(); ++i, ++leaves) {
    const Bytes value = TurboShake(chunk(i), 0x0B);
    final_node.insert(final_node.end(), value.begin(), value.end());
  }
  if (leaves >= 256) final_node.push_back(static_cast<uint8_t>(leaves / 256));
  final_node.push_back(static_cast<uint8_t>(leaves % 256));
  final_node.push_back(leaves >= 256 ? 2 : 1);
  final_node.insert(final_node.end(), {0xFF, 0xFF});
  return TurboShake(final_node, 0x06);
}

TEST(Kt128Test, TheTreeAsItReads) {
  for (const size_t chunks : {0U, 1U, 2U, 3U, 8U, 9U, 10U, 17U, 64U, 65U, 66U, 130U, 257U, 258U}) {
    for (const int off : {-1, 0, 1, 100}) {
      if (chunks == 0 && off < 0) continue;
      const Bytes message = Pattern(chunks * kChunk + static_cast<size_t>(off));
      EXPECT_EQ(Kt(message), base::Hex(PlainTree(message))) << chunks << " chunks and " << off;
    }
  }
}

TEST(Kt128Test, SplitsDoNotMatter) {
  const Bytes message = Pattern(4 * kChunk + 77);
  const Kt128Digest whole = HashKt128(message);
  std::vector<size_t> cuts;
  for (size_t chunk = 0; chunk <= 4; ++chunk) {
    for (const int off : {-2, -1, 0, 1, 2, 168, 4000}) {
      if (chunk > 0 || off >= 0) cuts.push_back(chunk * kChunk + static_cast<size_t>(off));
    }
  }
  for (const size_t first : cuts) {
    for (const size_t second : cuts) {
      if (second < first || second > message.size()) continue;
      Kt128 hash;
      hash.Update(ByteView(message).first(first))
          .Update({})
          .Update(ByteView(message).subspan(first, second - first))
          .Update(ByteView(message).subspan(second));
      EXPECT_EQ(std::move(hash).Finish(), whole) << first << " " << second;
    }
  }
}

TEST(Kt128Test, PiecesOfAnySizeDoNotMatter) {
  const Bytes message = Pattern(80 * kChunk + 5);
  const Kt128Digest whole = HashKt128(message);
  base::SeededRng sizes(3);
  for (const size_t largest : {1U, 7U, 1000U, 8193U, 40000U, 400000U}) {
    Kt128 hash;
    for (size_t at = 0; at < message.size();) {
      const size_t count = std::min<size_t>(1 + sizes.Below(largest), message.size() - at);
      hash.Update(ByteView(message).subspan(at, count));
      at += count;
    }
    EXPECT_EQ(std::move(hash).Finish(), whole) << largest;
  }
}

TEST(Kt128Test, ACopyGoesOnByItself) {
  Kt128 first(base::AsBytes("c"));
  first.Update(Pattern(3 * kChunk));
  Kt128 second = first;
  first.Update(Bytes(9, 1));
  second.Update(Bytes(9, 2));
  Bytes message = Pattern(3 * kChunk);
  message.insert(message.end(), 9, 1);
  EXPECT_EQ(std::move(first).Finish(), HashKt128(message, base::AsBytes("c")));
  std::fill(message.end() - 9, message.end(), uint8_t{2});
  EXPECT_EQ(std::move(second).Finish(), HashKt128(message, base::AsBytes("c")));
}

TEST(Kt128DeathTest, NothingFollowsFinish) {
  Kt128 hash;
  hash.Update(Pattern(10));
  EXPECT_EQ(std::move(hash).Finish(), HashKt128(Pattern(10)));
  // NOLINTBEGIN(bugprone-use-after-move): that it is an end is the point
  EXPECT_DEATH(hash.Update({}), "finished");
  EXPECT_DEATH(static_cast<void>(std::move(hash).Finish()), "finished");
  // NOLINTEND(bugprone-use-after-move)
}

std::vector<const keccak::Path*> Available() {
  std::vector<const keccak::Path*> all;
  for (const char* name : {"baseline", "avx2", "avx512"}) {
    if (const keccak::Path* path = keccak::Find(name)) all.push_back(path);
  }
  return all;
}

class Kt128PathTest : public testing::TestWithParam<const keccak::Path*> {};
INSTANTIATE_TEST_SUITE_P(Paths, Kt128PathTest, testing::ValuesIn(Available()),
                         [](const auto& path) { return std::string(path.param->name); });

TEST_P(Kt128PathTest, ChunksGiveTheSameBits) {
  const Bytes bytes = Pattern(20 * kChunk + 1);
  for (size_t count = 0; count <= 20; ++count) {
    Bytes values(count * 32 + 1, 0xAA);
    GetParam()->hash_chunks(bytes.data() + 1, count, values.data(), nullptr);
    for (size_t i = 0; i < count; ++i) {
      const auto begin = bytes.begin() + 1 + static_cast<ptrdiff_t>(i * kChunk);
      EXPECT_EQ(base::Hex(ByteView(values).subspan(i * 32, 32)),
                base::Hex(TurboShake(Bytes(begin, begin + kChunk), 0x0B)));
    }
    EXPECT_EQ(values.back(), 0xAA);
  }
}

TEST_P(Kt128PathTest, TheRootHasTakenTheFirstChunk) {
  const Bytes bytes = Pattern(9 * kChunk);
  uint64_t root[keccak::kWords];
  uint64_t expected[keccak::kWords];
  Bytes values(size_t{9} * 32);
  Bytes expected_values(size_t{9} * 32);
  GetParam()->hash_chunks(bytes.data(), 9, values.data(), root);
  keccak::kBaselinePath.hash_chunks(bytes.data(), 9, expected_values.data(), expected);
  EXPECT_TRUE(std::equal(root, root + keccak::kWords, expected));
  EXPECT_EQ(values, expected_values);
}

TEST(Kt128DispatchTest, GoesTheWayOfTheKernels) {
  EXPECT_STREQ(keccak::Active().name, num::Active().name);
  EXPECT_EQ(keccak::Find("mmx"), nullptr);
  for (const keccak::Path* path : Available()) EXPECT_EQ(keccak::Find(path->name), path);
  EXPECT_EQ(keccak::kBaselinePath.lanes, 1U);
}

}  // namespace
}  // namespace florin::crypto
