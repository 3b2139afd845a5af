#include "florin/crypto/backend/openssl_pem.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>

#include <algorithm>
#include <utility>

#include "florin/base/check.h"

namespace florin::crypto {
namespace openssl {
namespace {

constexpr size_t kPemSizeMax = 64 << 10;

// Without it OpenSSL asks the terminal for a password.
int NoPassword(char*, int, int, void*) { return -1; }

std::string_view TrimLines(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// The text as a source of bytes when it is one object of that label, else nothing.
Bio OneObject(std::string_view pem, const std::string& label) {
  pem = TrimLines(pem);
  const std::string begin = "-----BEGIN " + label + "-----";
  const std::string end = "-----END " + label + "-----";
  if (pem.size() > kPemSizeMax || !pem.starts_with(begin) || !pem.ends_with(end)) return nullptr;
  if (pem.find("-----BEGIN", begin.size()) != std::string_view::npos) return nullptr;
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Status NotPem(const std::string& label) {
  return Fault("X509-PEM", "expected one PEM object \"" + label + "\" of at most 64 KiB, found " +
                               "something else or a damaged one");
}

template <typename Handle, typename Read>
Result<Handle> ReadObject(std::string_view pem, const std::string& label, Read read) {
  const QuietErrors quiet;
  const Bio bio = OneObject(pem, label);
  if (bio == nullptr) return NotPem(label);
  Handle object(read(bio.get(), nullptr, NoPassword, nullptr));
  if (object == nullptr) return NotPem(label);
  return object;
}

std::string Written(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  FLORIN_CHECK(size > 0);
  return {data, static_cast<size_t>(size)};
}

Bio NewMemory() {
  Bio bio(BIO_new(BIO_s_mem()));
  FLORIN_CHECK(bio != nullptr);
  return bio;
}

}  // namespace

Status Fault(std::string_view code, std::string message) {
  return Status(Kind::kFailed, code, std::move(message));
}

Result<Key> ReadPrivateKey(std::string_view pem) {
  FLORIN_ASSIGN(Key key, ReadObject<Key>(pem, "PRIVATE KEY", PEM_read_bio_PrivateKey));
  FLORIN_TRY(CheckKeyKind(key.get()));
  return key;
}

Result<X509Certificate> ReadCertificate(std::string_view pem) {
  return ReadObject<X509Certificate>(pem, "CERTIFICATE", PEM_read_bio_X509);
}

Result<X509Request> ReadRequest(std::string_view pem) {
  return ReadObject<X509Request>(pem, "CERTIFICATE REQUEST", PEM_read_bio_X509_REQ);
}

Result<Key> ReadPublicKey(ByteView der) {
  const QuietErrors quiet;
  const uint8_t* at = der.data();
  Key key(der.size() > kPemSizeMax ? nullptr
                                   : d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  if (key == nullptr || at != der.data() + der.size()) {
    return Fault("X509-PEM", "public key: expected DER SubjectPublicKeyInfo, found something else");
  }
  FLORIN_TRY(CheckKeyKind(key.get()));
  return key;
}

std::string WriteCertificate(X509* certificate) {
  const Bio bio = NewMemory();
  FLORIN_CHECK(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return Written(bio.get());
}

std::string WriteRequest(X509_REQ* request) {
  const Bio bio = NewMemory();
  FLORIN_CHECK(PEM_write_bio_X509_REQ(bio.get(), request) == 1);
  return Written(bio.get());
}

// Curves spelt out as parameters are refused: a forged generator would make any key "P-256"
// (CVE-2020-0601).
Status CheckKeyKind(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return {};
  char group[32] = "";
  size_t size = 0;
  int is_explicit = 1;
  if (EVP_PKEY_is_a(key, "EC") == 1 &&
      EVP_PKEY_get_group_name(key, group, sizeof(group), &size) == 1 &&
      std::string_view(group) == "prime256v1" &&
      EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit) ==
          1 &&
      is_explicit == 0) {
    return {};
  }
  const char* kind = EVP_PKEY_get0_type_name(key);
  return Fault("X509-KEY-WEAK", "key: expected P-256 (named curve) or Ed25519, found " +
                                    std::string(kind != nullptr ? kind : "an unknown kind") +
                                    " of " + std::to_string(EVP_PKEY_get_bits(key)) + " bits");
}

const EVP_MD* SigningDigest(EVP_PKEY* key) {
  return EVP_PKEY_is_a(key, "ED25519") == 1 ? nullptr : EVP_sha256();
}

}  // namespace openssl

std::string NewTlsKey() {
  const openssl::Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  FLORIN_CHECK(key != nullptr);
  const openssl::Bio bio = openssl::NewMemory();  // wiped when freed
  FLORIN_CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                             nullptr) == 1);
  return openssl::Written(bio.get());
}

}  // namespace florin::crypto
