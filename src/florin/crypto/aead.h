// Authenticated encryption with associated data: AES-128-GCM, AES-256-GCM (SP 800-38D) and
// ChaCha20-Poly1305 (RFC 8439, section 2.8), computed by the backend.
//
// A nonce is good for one message under a key, ever: a second one gives away what both say and lets
// anybody forge. Callers count, or use a key once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "florin/base/bytes.h"

namespace florin::crypto {

// The numbers are those of RFC 9180, section 7.3.
enum class AeadAlgorithm : uint16_t { kAes128Gcm = 1, kAes256Gcm = 2, kChaCha20Poly1305 = 3 };

constexpr size_t kAeadTagSize = 16;
using AeadNonce = std::array<uint8_t, 12>;

size_t AeadKeySize(AeadAlgorithm algorithm);  // 16, 32, 32 bytes

// A key and what was computed from it once; wiped when it is dropped. Not thread-safe per object.
// ct: time depends on the algorithm and the sizes only, and on whether a box is forged.
class Aead {
 public:
  // key: AeadKeySize() bytes (FLORIN_CHECK).
  Aead(AeadAlgorithm algorithm, ByteView key);
  Aead(Aead&&) noexcept;
  Aead& operator=(Aead&&) noexcept;
  ~Aead();

  // sealed: message.size() + kAeadTagSize bytes (FLORIN_CHECK), the tag last. It may begin where
  // the message does, and must not overlap it otherwise. Messages end at 2^36 - 32 bytes.
  void Seal(const AeadNonce& nonce, ByteView associated, ByteView message, Span<uint8_t> sealed);

  // message: sealed.size() - kAeadTagSize bytes (FLORIN_CHECK); it may begin where sealed does.
  // False when anything was changed or cut: message is zeros then, and why is not said.
  [[nodiscard]] bool Open(const AeadNonce& nonce, ByteView associated, ByteView sealed,
                          Span<uint8_t> message);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace florin::crypto
