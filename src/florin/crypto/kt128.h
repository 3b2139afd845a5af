// KT128 (RFC 9861, section 3): a tree hash over TurboSHAKE128, for digests of large things (models,
// updates, masked vectors). Leaves of 8,192 bytes are hashed eight at a time with AVX-512, four
// with AVX2, one by one elsewhere; the digest is the same. 128 bits of security, against
// collisions as well; as an XOF its output may have any length, and a longer output begins with a
// shorter one.
//
// What is shorter than two leaves is hashed one by one: there SHA-256 is faster on a processor with
// instructions for it.
//
// ct: time depends on the lengths only. What was hashed is not wiped: a secret does not belong
// here.
#pragma once

#include <array>
#include <cstdint>

#include "florin/base/bytes.h"

namespace florin::crypto {

using Kt128Digest = std::array<uint8_t, 32>;

// Incremental, a plain value: a copy goes on by itself. Nothing follows Finish() (FLORIN_CHECK).
// Not thread-safe per object. Full speed needs updates of 64 KiB or more.
class Kt128 {
 public:
  // customisation: what the digest is for. Distinct strings give unrelated digests.
  explicit Kt128(ByteView customisation = {});
  Kt128& Update(ByteView bytes);
  Kt128Digest Finish() &&;
  void Finish(Span<uint8_t> output) &&;  // of any size

 private:
  struct Sponge {  // TurboSHAKE128 (section 2)
    void Absorb(ByteView bytes);
    void Close(uint8_t domain);  // no more to absorb
    void Squeeze(Span<uint8_t> output) const;

    std::array<uint64_t, 25> words{};
    size_t at = 0;  // bytes of the block that are taken, below the rate of 168
  };

  void TakePart(ByteView part);       // within one chunk
  size_t TakeChunks(ByteView bytes);  // whole ones; how many bytes
  void CloseLeaf();

  Bytes customisation_;
  uint64_t taken_ = 0;  // bytes
  Sponge root_;         // the first chunk, then the chaining values of the others
  Sponge leaf_;         // a chunk that came in parts
  bool finished_ = false;
};

Kt128Digest HashKt128(ByteView bytes, ByteView customisation = {});

}  // namespace florin::crypto
