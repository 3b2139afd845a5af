// One digest of everything that two ends must have understood alike: what a round is about, whose
// keys, which model (docs/spec/transcript.md). Each item goes in with its label and its size, so
// that two lists of items give the same digest only when they are the same list.
//
// ct: as kt128.h; what is added is public, or may be learnt from its digest by who can guess it.
#pragma once

#include <cstdint>
#include <string_view>

#include "florin/base/bytes.h"
#include "florin/crypto/kt128.h"

namespace florin::crypto {

// A plain value: a copy goes on by itself. Not thread-safe per object.
class Transcript {
 public:
  // domain: what the digest is for, 1 to 255 bytes (FLORIN_CHECK), such as "florin/secagg/1".
  // Digests of different domains have nothing in common.
  explicit Transcript(std::string_view domain);

  // label: 1 to 255 bytes (FLORIN_CHECK). value: of any size, not kept.
  Transcript& Add(std::string_view label, ByteView value);
  Transcript& Add(std::string_view label, std::string_view text) {
    return Add(label, base::AsBytes(text));
  }
  Transcript& Add(std::string_view label, uint64_t number);  // 8 bytes, little-endian

  Kt128Digest Digest() const;  // of what there is so far; more may follow

 private:
  Kt128 hash_;
};

}  // namespace florin::crypto
