// Files that no writer of ours makes, though who made them held the key: written by libsodium
// itself.
#include <gtest/gtest.h>
#include <sodium.h>

#include <string>
#include <vector>

#include "florin/crypto/backend/sodium_setup.h"
#include "florin/crypto/sealing.h"

namespace florin::crypto {
namespace {

constexpr uint8_t kMessage = crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
constexpr uint8_t kFinal = crypto_secretstream_xchacha20poly1305_TAG_FINAL;

struct Chunk {
  size_t size = 0;
  uint8_t tag = kMessage;
};

Bytes Key() { return Bytes(kSealingKeySize, 3); }

// A file of zeros in those chunks, as docs/spec/sealing.md has its prefix.
Bytes Write(const std::vector<Chunk>& chunks) {
  SetUpSodium();
  const Bytes data_key(32, 4);
  const std::string magic = "FSE1";
  const auto* bound = reinterpret_cast<const uint8_t*>(magic.data());
  Bytes file(bound, bound + magic.size());
  file.resize(kSealedPrefixSize, 5);  // the nonce is fives
  EXPECT_EQ(crypto_aead_xchacha20poly1305_ietf_encrypt(&file[28], nullptr, data_key.data(),
                                                       data_key.size(), bound, magic.size(),
                                                       nullptr, &file[4], Key().data()),
            0);
  crypto_secretstream_xchacha20poly1305_state state;
  EXPECT_EQ(crypto_secretstream_xchacha20poly1305_init_push(&state, &file[76], data_key.data()), 0);
  for (const Chunk& chunk : chunks) {
    const Bytes zeros(chunk.size);
    Bytes sealed(chunk.size + kSealedChunkOverhead);
    EXPECT_EQ(
        crypto_secretstream_xchacha20poly1305_push(&state, sealed.data(), nullptr, zeros.data(),
                                                   zeros.size(), nullptr, 0, chunk.tag),
        0);
    file.insert(file.end(), sealed.begin(), sealed.end());
  }
  return file;
}

std::string CodeOf(const std::vector<Chunk>& chunks) {
  return std::string(OpenBytes(Key(), {}, Write(chunks)).status().code());
}

TEST(SealedFormTest, WhatAWriterMakesOpens) {
  EXPECT_EQ(CodeOf({{0, kFinal}}), "");
  EXPECT_EQ(CodeOf({{1, kFinal}}), "");
  EXPECT_EQ(CodeOf({{kSealedChunk, kFinal}}), "");
  EXPECT_EQ(CodeOf({{kSealedChunk, kMessage}, {1, kFinal}}), "");
}

TEST(SealedFormTest, EverythingElseIsRefused) {
  EXPECT_EQ(CodeOf({{kSealedChunk, kMessage}, {0, kFinal}}), "SEAL-OPEN");
  EXPECT_EQ(CodeOf({{7, kMessage}, {1, kFinal}}), "SEAL-OPEN");
  EXPECT_EQ(CodeOf({{0, kMessage}, {1, kFinal}}), "SEAL-OPEN");
  EXPECT_EQ(CodeOf({{kSealedChunk + 1, kFinal}}), "SEAL-OPEN");
  EXPECT_EQ(CodeOf({{1, kFinal}, {1, kFinal}}), "SEAL-OPEN");
  for (const uint8_t tag :
       {uint8_t{crypto_secretstream_xchacha20poly1305_TAG_PUSH},
        uint8_t{crypto_secretstream_xchacha20poly1305_TAG_REKEY}, uint8_t{0x13}, uint8_t{0x80}}) {
    EXPECT_EQ(CodeOf({{kSealedChunk, tag}, {1, kFinal}}), "SEAL-OPEN") << int{tag};
    EXPECT_EQ(CodeOf({{1, tag}}), "SEAL-OPEN") << int{tag};
  }
}

// The stream has gone past the chunk, so the next would open: it must not stand in for a whole
// file.
TEST(SealedFormTest, NothingOpensBehindWhatWasRefused) {
  const Bytes file = Write({{7, kMessage}, {1, kFinal}});
  StreamOpener opener =
      StreamOpener::Make(Key(), {}, ByteView(file).first(kSealedPrefixSize)).value();
  const ByteView chunks = ByteView(file).subspan(kSealedPrefixSize);
  const size_t first = 7 + kSealedChunkOverhead;
  Bytes chunk(7, 0xEE);
  EXPECT_EQ(opener.Open(chunks.first(first), chunk).code(), "SEAL-OPEN");
  EXPECT_EQ(chunk, Bytes(7));
  chunk.resize(1);
  EXPECT_EQ(opener.Open(chunks.subspan(first), chunk).code(), "SEAL-OPEN");
  EXPECT_FALSE(opener.finished());
}

}  // namespace
}  // namespace florin::crypto
