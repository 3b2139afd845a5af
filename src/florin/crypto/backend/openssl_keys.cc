// Ed25519, and how secrets are compared and wiped, by OpenSSL.
#include <openssl/crypto.h>

#include <ostream>
#include <utility>

#include "florin/base/check.h"
#include "florin/crypto/backend/openssl_handles.h"
#include "florin/crypto/constant_time.h"
#include "florin/crypto/ed25519.h"
#include "florin/crypto/secret.h"

namespace florin::crypto {
namespace {

using openssl::DigestContext;
using openssl::Key;
using openssl::QuietErrors;

Key PrivateKey(const Ed25519Seed& seed) {
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  FLORIN_CHECK(key != nullptr);
  return key;
}

DigestContext NewContext() {
  DigestContext context(EVP_MD_CTX_new());
  FLORIN_CHECK(context != nullptr);
  return context;
}

}  // namespace

Ed25519PublicKey PublicKeyOf(const Ed25519Seed& seed) {
  const Key key = PrivateKey(seed);
  Ed25519PublicKey bytes;
  size_t size = bytes.size();
  FLORIN_CHECK(EVP_PKEY_get_raw_public_key(key.get(), bytes.data(), &size) == 1);
  FLORIN_CHECK(size == bytes.size());
  return bytes;
}

Ed25519Signature SignEd25519(const Ed25519Seed& seed, ByteView message) {
  const Key key = PrivateKey(seed);
  const DigestContext context = NewContext();
  FLORIN_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  Ed25519Signature signature;
  size_t size = signature.size();
  FLORIN_CHECK(
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1);
  FLORIN_CHECK(size == signature.size());
  return signature;
}

bool VerifyEd25519(const Ed25519PublicKey& key, ByteView message,
                   const Ed25519Signature& signature) {
  const QuietErrors quiet;
  const Key public_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  if (public_key == nullptr) return false;
  const DigestContext context = NewContext();
  if (EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()) != 1) {
    return false;
  }
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

bool ConstantTimeEqual(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

SecretBytes SecretBytes::Take(std::string&& text) {
  SecretBytes secret(base::AsBytes(text));
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
  return secret;
}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    Wipe();
    bytes_ = std::move(other.bytes_);
  }
  return *this;
}

bool SecretBytes::operator==(const SecretBytes& other) const {
  return ConstantTimeEqual(bytes_, other.bytes_);
}

void SecretBytes::Wipe() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

std::ostream& operator<<(std::ostream& out, const SecretBytes& secret) {
  return out << "<secret " << secret.view().size() << " bytes>";
}

}  // namespace florin::crypto
