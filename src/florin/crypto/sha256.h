// SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), computed by the backend.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "florin/base/bytes.h"
#include "florin/base/ids.h"

namespace florin::crypto {

using Sha256Digest = std::array<uint8_t, 32>;

// Incremental; Finish() may be called once. Not thread-safe per object.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();
  Sha256& Update(ByteView bytes);
  Sha256Digest Finish() &&;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

Sha256Digest HashSha256(ByteView bytes);
// ct: time depends on the lengths only.
Sha256Digest HmacSha256(ByteView key, ByteView message);

template <typename Id>  // ModelHash, PlanHash, ContributionId ...
Id HashAs(ByteView bytes) {
  Id id;
  id.bytes = HashSha256(bytes);
  return id;
}

}  // namespace florin::crypto
