// PEM texts and OpenSSL objects; what a key must be. For the files of this folder alone.
#pragma once

#include <string>
#include <string_view>

#include "florin/base/bytes.h"
#include "florin/base/time.h"
#include "florin/crypto/backend/openssl_handles.h"
#include "florin/crypto/x509.h"

namespace florin::crypto::openssl {

Status Fault(std::string_view code, std::string message);

// [X509-PEM]; keys also [X509-KEY-WEAK].
Result<Key> ReadPrivateKey(std::string_view pem);
Result<X509Certificate> ReadCertificate(std::string_view pem);
Result<X509Request> ReadRequest(std::string_view pem);
Result<Key> ReadPublicKey(ByteView der);

std::string WriteCertificate(X509* certificate);
std::string WriteRequest(X509_REQ* request);

// [X509-KEY-WEAK] unless P-256 or Ed25519.
Status CheckKeyKind(EVP_PKEY* key);
// The digest to sign with: none for Ed25519.
const EVP_MD* SigningDigest(EVP_PKEY* key);

// [X509-FORM]
Result<SubjectNames> ReadNames(const GENERAL_NAMES* names);
Result<std::string> ReadCommonName(const X509_NAME* name);
// [X509-NAME]
Result<Names> WriteNames(const SubjectNames& names);

constexpr int64_t FloorSeconds(Time time) {
  return time.micros / 1'000'000 - (time.micros % 1'000'000 < 0 ? 1 : 0);
}

}  // namespace florin::crypto::openssl
