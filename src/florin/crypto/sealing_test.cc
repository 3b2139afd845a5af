#include "florin/crypto/sealing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "florin/base/rng.h"

namespace florin::crypto {
namespace {

constexpr size_t kWhole = kSealedChunk + kSealedChunkOverhead;

Bytes Key(uint8_t first = 0) {
  Bytes key(kSealingKeySize);
  for (uint8_t& byte : key) byte = first++;
  return key;
}
Bytes Message(size_t size) {
  Bytes message(size);
  for (size_t i = 0; i < size; ++i) message[i] = static_cast<uint8_t>(i % 251);
  return message;
}
Bytes Seal(const Bytes& message) { return SealBytes(Key(), base::AsBytes("model/7"), message); }
std::string Opened(ByteView sealed, std::string_view associated = "model/7", uint8_t key = 0) {
  const auto message = OpenBytes(Key(key), base::AsBytes(associated), sealed);
  return message.ok() ? base::Hex(*message) : std::string(message.status().code());
}

// The example of docs/spec/sealing.md, made without libsodium: XChaCha20-Poly1305 and secretstream
// written down over the ChaCha20 and HChaCha20 of PyCryptodome.
TEST(SealingTest, KnownAnswer) {
  const Bytes sealed =
      base::FromHex(
          "46534531c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf1d0d4ee32a1b160d34c618d930b24d10"
          "6ca1b390dfe250ca5f930870633f1cbb3d18aa11583c4d1e2a1fb8e35d8cc72132333435363738393a3b3c3d"
          "3e3f40414243444546474849c3e48fd4c16e29cc8888854695441805247b608e25dee7")
          .value();
  EXPECT_EQ(Opened(sealed), base::Hex(base::AsBytes("florin")));
}

TEST(SealingTest, AnySizeComesBack) {
  for (const size_t size : {size_t{0}, size_t{1}, kSealedChunk - 1, kSealedChunk, kSealedChunk + 1,
                            2 * kSealedChunk, 3 * kSealedChunk + 100}) {
    const Bytes message = Message(size);
    const Bytes sealed = Seal(message);
    EXPECT_EQ(sealed.size(), SealedSize(size));
    EXPECT_EQ(OpenBytes(Key(), base::AsBytes("model/7"), sealed).value(), message) << size;
    EXPECT_NE(Seal(message), sealed);  // each file has its own data key
  }
}

TEST(SealingTest, AnyChangeIsRefused) {
  const Bytes sealed = Seal(Message(50));
  for (size_t i = 0; i < sealed.size(); ++i) {
    Bytes changed = sealed;
    changed[i] ^= 0x10;
    EXPECT_EQ(Opened(changed), "SEAL-OPEN") << i;
    EXPECT_EQ(Opened(ByteView(sealed).first(i)), "SEAL-OPEN") << i;
  }
  Bytes longer = sealed;
  longer.push_back(0);
  EXPECT_EQ(Opened(longer), "SEAL-OPEN");
  EXPECT_EQ(Opened(sealed, "model/8"), "SEAL-OPEN");
  EXPECT_EQ(Opened(sealed, ""), "SEAL-OPEN");
  EXPECT_EQ(Opened(sealed, "model/7", 1), "SEAL-OPEN");
  EXPECT_EQ(Opened(sealed), base::Hex(Message(50)));
}

// A file of chunks put together anew; 0 is the prefix.
Bytes Assemble(const Bytes& sealed, const std::vector<size_t>& parts) {
  Bytes file;
  for (const size_t part : parts) {
    const size_t begin = part == 0 ? 0 : kSealedPrefixSize + (part - 1) * kWhole;
    const size_t size = part == 0 ? kSealedPrefixSize : std::min(kWhole, sealed.size() - begin);
    const auto from = sealed.begin() + static_cast<ptrdiff_t>(begin);
    file.insert(file.end(), from, from + static_cast<ptrdiff_t>(size));
  }
  return file;
}

TEST(SealingTest, ChunksHaveTheirPlace) {
  const Bytes sealed = Seal(Message(3 * kSealedChunk));
  ASSERT_EQ(Assemble(sealed, {0, 1, 2, 3}), sealed);
  const std::vector<std::vector<size_t>> orders = {
      {0}, {0, 1}, {0, 1, 2}, {0, 2, 3}, {0, 3}, {0, 2, 1, 3}, {0, 1, 1, 2, 3}, {0, 1, 2, 3, 3}};
  for (const auto& order : orders) {
    EXPECT_EQ(Opened(Assemble(sealed, order)), "SEAL-OPEN") << order.size();
  }
  // The same place in another file of the same key and name.
  Bytes other = Seal(Message(3 * kSealedChunk));
  std::copy_n(sealed.begin() + kSealedPrefixSize, kWhole, other.begin() + kSealedPrefixSize);
  EXPECT_EQ(Opened(other), "SEAL-OPEN");
}

TEST(SealingTest, PieceByPiece) {
  const Bytes message = Message(kSealedChunk + 10);
  StreamSealer first(Key(), {});
  StreamSealer sealer = std::move(first);
  const SealedPrefix prefix = sealer.prefix();
  Bytes one(kWhole);
  sealer.Seal(ByteView(message).first(kSealedChunk), false, one);
  Bytes two(10 + kSealedChunkOverhead);
  sealer.Seal(ByteView(message).last(10), true, two);

  StreamOpener opener = StreamOpener::Make(Key(), {}, prefix).value();
  Bytes chunk(10, 0xEE);
  EXPECT_EQ(opener.Open(two, chunk).code(), "SEAL-OPEN");  // not its turn
  EXPECT_EQ(chunk, Bytes(10));
  chunk.resize(kSealedChunk);
  EXPECT_TRUE(opener.Open(one, chunk).ok());
  EXPECT_TRUE(std::equal(chunk.begin(), chunk.end(), message.begin()));
  EXPECT_FALSE(opener.finished());
  StreamOpener moved = std::move(opener);
  chunk.resize(10);
  EXPECT_TRUE(moved.Open(two, chunk).ok());
  EXPECT_TRUE(moved.finished());
  EXPECT_EQ(moved.Open(two, chunk).code(), "SEAL-OPEN");
}

TEST(SealingDeathTest, OnlyWholeChunksInTheirForm) {
  const Bytes whole(kSealedChunk);
  Bytes sealed(kWhole);
  Bytes empty(kSealedChunkOverhead);
  StreamSealer sealer(Key(), {});
  EXPECT_DEATH(sealer.Seal(ByteView(whole).first(3), false, Span<uint8_t>(sealed).first(20)),
               "IsOfForm");
  EXPECT_DEATH(sealer.Seal(whole, false, Span<uint8_t>(sealed).first(kWhole - 1)),
               "broken invariant");
  sealer.Seal(whole, false, sealed);
  EXPECT_DEATH(sealer.Seal({}, true, empty), "IsOfForm");
  sealer.Seal(whole, true, sealed);
  EXPECT_DEATH(sealer.Seal(whole, true, sealed), "finished");
  EXPECT_DEATH(SealBytes(Bytes(31), {}, whole), "kSealingKeySize");
  EXPECT_DEATH(static_cast<void>(OpenBytes(Bytes(33), {}, Seal({}))), "kSealingKeySize");
}

TEST(SealingTest, AnotherKeyTakesOver) {
  const Bytes message = Message(1000);
  Bytes sealed = Seal(message);
  const ByteView associated = base::AsBytes("model/7");
  const ByteView prefix = ByteView(sealed).first(kSealedPrefixSize);
  EXPECT_EQ(RewrapSealed(Key(1), Key(9), associated, prefix).status().code(), "SEAL-OPEN");
  EXPECT_EQ(RewrapSealed(Key(), Key(9), {}, prefix).status().code(), "SEAL-OPEN");
  EXPECT_EQ(RewrapSealed(Key(), Key(9), associated, prefix.first(99)).status().code(), "SEAL-OPEN");
  const SealedPrefix rewrapped = RewrapSealed(Key(), Key(9), associated, prefix).value();
  std::copy(rewrapped.begin(), rewrapped.end(), sealed.begin());
  EXPECT_EQ(Opened(sealed), "SEAL-OPEN");
  EXPECT_EQ(Opened(sealed, "model/7", 9), base::Hex(message));
}

}  // namespace
}  // namespace florin::crypto
