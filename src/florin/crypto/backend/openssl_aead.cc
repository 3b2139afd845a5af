// Authenticated encryption by OpenSSL. The context keeps the expanded key; each message brings its
// nonce and direction alone.
#include <algorithm>
#include <array>

#include "florin/base/check.h"
#include "florin/crypto/aead.h"
#include "florin/crypto/backend/openssl_handles.h"

namespace florin::crypto {
namespace {

constexpr uint64_t kMessageMax = (uint64_t{1} << 36) - 32;  // SP 800-38D, section 5.2.1.1
constexpr size_t kStep = size_t{1} << 30;                   // EVP counts in int

const EVP_CIPHER* Find(AeadAlgorithm algorithm) {
  const auto fetch = [](const char* name) {
    const EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
    FLORIN_CHECK(cipher != nullptr);
    return cipher;
  };
  static const std::array<const EVP_CIPHER*, 3> kCiphers = {
      fetch("AES-128-GCM"), fetch("AES-256-GCM"), fetch("ChaCha20-Poly1305")};
  const size_t place = static_cast<size_t>(algorithm) - 1;
  FLORIN_CHECK(place < kCiphers.size());
  return kCiphers[place];
}

// to: null for associated data.
void Feed(EVP_CIPHER_CTX* context, ByteView from, uint8_t* to) {
  while (!from.empty()) {
    const size_t count = std::min(from.size(), kStep);
    int made = 0;
    FLORIN_CHECK(EVP_CipherUpdate(context, to, &made, from.data(), static_cast<int>(count)) == 1);
    from = from.subspan(count);
    if (to != nullptr) to += count;
  }
}

void Begin(EVP_CIPHER_CTX* context, const AeadNonce& nonce, ByteView associated, bool seal) {
  FLORIN_CHECK(EVP_CipherInit_ex2(context, nullptr, nullptr, nonce.data(), seal ? 1 : 0, nullptr) ==
               1);
  Feed(context, associated, nullptr);
}

}  // namespace

struct Aead::Context {
  openssl::CipherContext cipher{EVP_CIPHER_CTX_new()};
};

size_t AeadKeySize(AeadAlgorithm algorithm) {
  return static_cast<size_t>(EVP_CIPHER_get_key_length(Find(algorithm)));
}

Aead::Aead(AeadAlgorithm algorithm, ByteView key) : context_(std::make_unique<Context>()) {
  FLORIN_CHECK(key.size() == AeadKeySize(algorithm));
  FLORIN_CHECK(context_->cipher != nullptr);
  FLORIN_CHECK(EVP_CipherInit_ex2(context_->cipher.get(), Find(algorithm), key.data(), nullptr, 1,
                                  nullptr) == 1);
}
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;
Aead::~Aead() = default;

void Aead::Seal(const AeadNonce& nonce, ByteView associated, ByteView message,
                Span<uint8_t> sealed) {
  FLORIN_CHECK(message.size() <= kMessageMax && sealed.size() == message.size() + kAeadTagSize);
  EVP_CIPHER_CTX* context = context_->cipher.get();
  Begin(context, nonce, associated, true);
  Feed(context, message, sealed.data());
  uint8_t* tag = sealed.data() + message.size();
  int made = 0;
  FLORIN_CHECK(EVP_CipherFinal_ex(context, tag, &made) == 1);
  FLORIN_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kAeadTagSize, tag) == 1);
}

bool Aead::Open(const AeadNonce& nonce, ByteView associated, ByteView sealed,
                Span<uint8_t> message) {
  const openssl::QuietErrors quiet;
  FLORIN_CHECK(message.size() <= kMessageMax && sealed.size() == message.size() + kAeadTagSize);
  std::array<uint8_t, kAeadTagSize> tag;
  std::copy_n(sealed.end() - kAeadTagSize, kAeadTagSize, tag.begin());
  EVP_CIPHER_CTX* context = context_->cipher.get();
  Begin(context, nonce, associated, false);
  Feed(context, sealed.first(message.size()), message.data());
  FLORIN_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kAeadTagSize, tag.data()) == 1);
  uint8_t none[kAeadTagSize];
  int made = 0;
  if (EVP_CipherFinal_ex(context, none, &made) == 1) return true;
  OPENSSL_cleanse(message.data(), message.size());
  return false;
}

}  // namespace florin::crypto
