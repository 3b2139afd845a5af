// Mask streams of secure aggregation: a vector is hidden under the key streams of its masks, which
// cancel in the sum (docs/spec/masks.md).
//
// The stream of a key is AES-128 in counter mode (SP 800-38A, section 6.5) with the 128-bit
// big-endian counter starting at 0, read as little-endian words as wide as the vector's: word j
// masks element j. So any part of a vector can be masked by itself, in any order and on any thread.
//
// All masks go over a block of 16 KiB while it is in the nearest cache. On one core this takes
// about a nanosecond for an element of 64 bits and mask, or less, and half of that for one of 32:
// with VAES on AVX-512, with AES-NI, or elsewhere by the backend; the path is that of num::Active()
// where the processor has its instructions. Same bits from all.
//
// ct: with AES instructions time depends on the sizes only; without them it is the backend's AES,
// which OpenSSL makes so on x86-64 from SSSE3 on.
#pragma once

#include <cstddef>
#include <cstdint>

#include "florin/base/bytes.h"
#include "florin/crypto/secret.h"

namespace florin::crypto {

enum class MaskSign : uint8_t { kAdd, kSubtract };

// A key and which way it goes; wiped when it is dropped. What the paths leave on the stack of a
// call is not, and the backend keeps the last key that a thread used until its next. Immutable: any
// number of threads.
class Mask {
 public:
  static constexpr size_t kKeySize = 16;
  // Of elements that one key may mask: 2^32 blocks of AES.
  template <typename Word>
  static constexpr uint64_t kElementsMax = (uint64_t{1} << 32) * (16 / sizeof(Word));

  // key: kKeySize bytes (FLORIN_CHECK), secret, for one vector alone: the stream under two vectors
  // gives away their difference.
  Mask(ByteView key, MaskSign sign);

  MaskSign sign() const { return sign_; }
  ByteView schedule() const { return schedule_.view(); }  // for the kernels

 private:
  SecretBytes schedule_;
  MaskSign sign_;
};

// values[i] +- word (first + i) of each mask's stream, mod 2^32 or 2^64. first: where in the whole
// vector values lies; first + values.size() <= Mask::kElementsMax (FLORIN_CHECK). Allocates
// nothing. Thread-safe on distinct values.
void ApplyMasks(Span<const Mask> masks, uint64_t first, Span<uint32_t> values);
void ApplyMasks(Span<const Mask> masks, uint64_t first, Span<uint64_t> values);

}  // namespace florin::crypto
