// Randomness that an outsider cannot guess.
//
// SystemRng draws from the operating system's generator through the backend: keys, secrets, noise.
// KeyedRng is AES-128 in counter mode under HMAC-SHA-256(key, context): the stream for stochastic
// rounding, replayable by whoever holds the key and unpredictable to everyone else (law 6). One per
// thread at a time; making one costs less than a microsecond.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "florin/base/bytes.h"
#include "florin/base/rng.h"

namespace florin::crypto {

using SecretKey = std::array<uint8_t, 32>;

class SystemRng final : public Rng {
 public:
  void Fill(Span<uint64_t> words) override;
};

SecretKey NewSecretKey();

class KeyedRng final : public Rng {
 public:
  // context: what the stream is for, for example "rounding" + job + round. Distinct contexts give
  // independent streams.
  KeyedRng(const SecretKey& key, ByteView context);
  KeyedRng(KeyedRng&&) noexcept;
  KeyedRng& operator=(KeyedRng&&) noexcept;
  ~KeyedRng() override;
  void Fill(Span<uint64_t> words) override;  // bulk: whole blocks straight into the span

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace florin::crypto
