// How secrets are compared and wiped, by OpenSSL.
#include <openssl/crypto.h>

#include <ostream>
#include <utility>

#include "florin/crypto/constant_time.h"
#include "florin/crypto/secret.h"

namespace florin::crypto {
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
