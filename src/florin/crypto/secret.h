// Bytes that must not outlive their use: wiped when they are dropped or replaced, never printed,
// compared in constant time. For keys that live long; moved, not copied by accident.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

#include "florin/base/bytes.h"

namespace florin::crypto {

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(ByteView bytes) : bytes_(bytes.begin(), bytes.end()) {}
  // Zeros, to be written over by way of span(): what is drawn or derived never lies elsewhere.
  static SecretBytes Zeros(size_t size) {
    SecretBytes secret;
    secret.bytes_.resize(size);
    return secret;
  }
  // The text's own memory is wiped.
  static SecretBytes Take(std::string&& text);
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::move(other.bytes_)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { Wipe(); }

  ByteView view() const { return bytes_; }
  Span<uint8_t> span() { return bytes_; }
  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }
  // ct: time depends on the sizes only.
  bool operator==(const SecretBytes& other) const;

 private:
  void Wipe();
  Bytes bytes_;  // never grown in place: growing would leave a copy behind
};

// "<secret 32 bytes>"
std::ostream& operator<<(std::ostream& out, const SecretBytes& secret);

}  // namespace florin::crypto
