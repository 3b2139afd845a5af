// HKDF over HMAC (RFC 2104) on OpenSSL's hashes. A context is made for each call and freed after
// it: OpenSSL wipes what it held.
#include <algorithm>
#include <array>
#include <initializer_list>

#include "florin/base/check.h"
#include "florin/crypto/backend/openssl_handles.h"
#include "florin/crypto/hkdf.h"

namespace florin::crypto {
namespace {

struct Algorithm {
  const EVP_MD* digest;
  size_t block_size;
  size_t size;
};

const Algorithm& Find(HkdfHash hash) {
  const auto fetch = [](const char* name, size_t block_size, size_t size) {
    const EVP_MD* digest = EVP_MD_fetch(nullptr, name, nullptr);
    FLORIN_CHECK(digest != nullptr);
    return Algorithm{digest, block_size, size};
  };
  static const std::array<Algorithm, 3> kAlgorithms = {
      fetch("SHA256", 64, 32), fetch("SHA384", 128, 48), fetch("SHA512", 128, 64)};
  const auto place = static_cast<size_t>(hash);
  FLORIN_CHECK(place < kAlgorithms.size());
  return kAlgorithms[place];
}

class Hasher {
 public:
  explicit Hasher(const Algorithm& algorithm) : algorithm_(algorithm) {
    FLORIN_CHECK(context_ != nullptr);
    FLORIN_CHECK(EVP_DigestInit_ex(context_.get(), algorithm.digest, nullptr) == 1);
  }
  void Feed(ByteView bytes) {
    FLORIN_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }
  SecretBytes Close() {
    SecretBytes digest = SecretBytes::Zeros(algorithm_.size);
    FLORIN_CHECK(EVP_DigestFinal_ex(context_.get(), digest.span().data(), nullptr) == 1);
    return digest;
  }

 private:
  const Algorithm& algorithm_;
  openssl::DigestContext context_{EVP_MD_CTX_new()};
};

SecretBytes Hmac(const Algorithm& algorithm, ByteView key, std::initializer_list<ByteView> parts) {
  SecretBytes pad = SecretBytes::Zeros(algorithm.block_size);
  SecretBytes short_key;
  if (key.size() > algorithm.block_size) {
    Hasher hasher(algorithm);
    hasher.Feed(key);
    short_key = hasher.Close();
    key = short_key.view();
  }
  std::copy(key.begin(), key.end(), pad.span().begin());
  for (uint8_t& byte : pad.span()) byte ^= 0x36;
  Hasher inner(algorithm);
  inner.Feed(pad.view());
  for (const ByteView part : parts) inner.Feed(part);
  for (uint8_t& byte : pad.span()) byte ^= 0x36 ^ 0x5c;
  Hasher outer(algorithm);
  outer.Feed(pad.view());
  outer.Feed(inner.Close().view());
  return outer.Close();
}

}  // namespace

size_t HkdfHashSize(HkdfHash hash) { return Find(hash).size; }

SecretBytes HkdfExtract(HkdfHash hash, ByteView salt, ByteView key_material) {
  return Hmac(Find(hash), salt, {key_material});  // no salt and zeros make the same HMAC key
}

SecretBytes HkdfExpand(HkdfHash hash, ByteView pseudorandom_key, ByteView info, size_t size) {
  const Algorithm& algorithm = Find(hash);
  FLORIN_CHECK(size <= 255 * algorithm.size);
  SecretBytes output = SecretBytes::Zeros(size);
  SecretBytes block;
  uint8_t counter = 0;
  for (Span<uint8_t> left = output.span(); !left.empty();) {
    ++counter;
    block = Hmac(algorithm, pseudorandom_key, {block.view(), info, ByteView(&counter, 1)});
    const size_t count = std::min(left.size(), algorithm.size);
    std::copy_n(block.view().begin(), count, left.begin());
    left = left.subspan(count);
  }
  return output;
}

SecretBytes Hkdf(HkdfHash hash, ByteView salt, ByteView key_material, ByteView info, size_t size) {
  return HkdfExpand(hash, HkdfExtract(hash, salt, key_material).view(), info, size);
}

}  // namespace florin::crypto
