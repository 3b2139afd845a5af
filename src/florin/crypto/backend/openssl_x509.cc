// The reading half of x509.h: requests, certificates, chains.
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "florin/base/check.h"
#include "florin/crypto/backend/openssl_pem.h"

namespace florin::crypto {
namespace {

using namespace openssl;  // this file is made of its objects

using Extensions = std::unique_ptr<X509_EXTENSIONS, decltype([](X509_EXTENSIONS* extensions) {
                                     sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
                                   })>;
using Store = std::unique_ptr<X509_STORE, Free<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Free<X509_STORE_CTX_free>>;

Status Malformed(const char* what) {
  return Fault("X509-FORM", std::string("certificate: ") + what);
}

Result<Time> ReadTime(const ASN1_TIME* time) {
  std::tm civil{};
  if (ASN1_TIME_to_tm(time, &civil) != 1) return Malformed("malformed time");
  const int64_t days =
      base::DaysFromCivil(civil.tm_year + 1900, static_cast<unsigned>(civil.tm_mon + 1),
                          static_cast<unsigned>(civil.tm_mday));
  const int64_t seconds =
      days * 86'400 + int64_t{civil.tm_hour} * 3'600 + int64_t{civil.tm_min} * 60 + civil.tm_sec;
  return Time{seconds * 1'000'000};
}

Result<CertificateSerial> ReadSerial(const ASN1_INTEGER* number) {
  CertificateSerial serial{};
  const ByteView bytes(ASN1_STRING_get0_data(number),
                       static_cast<size_t>(ASN1_STRING_length(number)));
  if (ASN1_STRING_type(number) == V_ASN1_NEG_INTEGER || bytes.size() > serial.size()) {
    return Malformed("serial: expected 1 to 20 bytes, not negative");
  }
  std::copy(bytes.begin(), bytes.end(), serial.end() - static_cast<std::ptrdiff_t>(bytes.size()));
  return serial;
}

Result<SubjectNames> ReadCertificateNames(const X509* certificate) {
  int place = 0;
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &place, nullptr)));
  if (names == nullptr && place != -1) return Malformed("malformed or doubled names");
  return ReadNames(names.get());
}

Result<SubjectNames> ReadRequestNames(X509_REQ* request) {
  const Extensions extensions(X509_REQ_get_extensions(request));
  if (extensions == nullptr) return SubjectNames{};
  int place = 0;
  const Names names(static_cast<GENERAL_NAMES*>(
      X509V3_get_d2i(extensions.get(), NID_subject_alt_name, &place, nullptr)));
  if (names == nullptr && place != -1) {
    return Fault("X509-FORM", "certificate request: malformed or doubled names");
  }
  return ReadNames(names.get());
}

Bytes WritePublicKey(EVP_PKEY* key) {
  uint8_t* data = nullptr;
  const int size = i2d_PUBKEY(key, &data);
  FLORIN_CHECK(size > 0);
  Bytes bytes(data, data + size);
  OPENSSL_free(data);
  return bytes;
}

Sha256Digest Fingerprint(const X509* certificate) {
  Sha256Digest digest;
  unsigned size = 0;
  FLORIN_CHECK(X509_digest(certificate, EVP_sha256(), digest.data(), &size) == 1);
  FLORIN_CHECK(size == digest.size());
  return digest;
}

Status Untrusted(std::string_view code, const std::string& message) {
  return Status(Kind::kDenied, code, message);
}

Status ChainFault(int error, const Certificate& leaf, Time now) {
  const std::string subject = "certificate of \"" + leaf.common_name + "\": ";
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return Untrusted("X509-EXPIRED", subject + "it or its root expired before " + now.ToString());
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Untrusted("X509-NOT-YET-VALID",
                       subject + "it or its root is not yet valid at " + now.ToString());
    case X509_V_ERR_INVALID_PURPOSE:
      return Untrusted("X509-USE", subject + "not made for this side of a connection");
    default:
      return Untrusted("X509-CHAIN", subject + "not signed by a trusted root (" +
                                         X509_verify_cert_error_string(error) + ")");
  }
}

Result<Store> MakeStore(Span<const std::string> roots_pem) {
  Store store(X509_STORE_new());
  FLORIN_CHECK(store != nullptr);
  for (const std::string& pem : roots_pem) {
    FLORIN_ASSIGN(const X509Certificate root, ReadCertificate(pem));
    FLORIN_CHECK(X509_STORE_add_cert(store.get(), root.get()) == 1);
  }
  return store;
}

bool Serves(const Certificate& certificate, CertificateUse use) {
  const auto bits = static_cast<unsigned>(use);
  return ((bits & 1) == 0 || certificate.may_serve) && ((bits & 2) == 0 || certificate.may_call);
}

}  // namespace

Result<Csr> ParseCsr(std::string_view pem) {
  const QuietErrors quiet;
  FLORIN_ASSIGN(const X509Request request, ReadRequest(pem));
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  if (key == nullptr) {
    return Fault("X509-KEY-WEAK", "key: expected P-256 (named curve) or Ed25519, found no key");
  }
  FLORIN_TRY(CheckKeyKind(key));
  if (X509_REQ_verify(request.get(), key) != 1) {
    return Fault("X509-SIGNATURE", "certificate request: not signed by the key in it");
  }
  Csr csr;
  csr.public_key = WritePublicKey(key);
  FLORIN_ASSIGN(csr.common_name, ReadCommonName(X509_REQ_get_subject_name(request.get())));
  FLORIN_ASSIGN(csr.names, ReadRequestNames(request.get()));
  return csr;
}

Result<Certificate> ParseCertificate(std::string_view pem) {
  const QuietErrors quiet;
  FLORIN_ASSIGN(const X509Certificate x509, ReadCertificate(pem));
  const uint32_t flags = X509_get_extension_flags(x509.get());
  if ((flags & EXFLAG_INVALID) != 0) return Malformed("malformed or doubled extension");
  Certificate certificate;
  FLORIN_ASSIGN(certificate.common_name, ReadCommonName(X509_get_subject_name(x509.get())));
  FLORIN_ASSIGN(certificate.names, ReadCertificateNames(x509.get()));
  FLORIN_ASSIGN(certificate.serial, ReadSerial(X509_get0_serialNumber(x509.get())));
  FLORIN_ASSIGN(certificate.validity.not_before, ReadTime(X509_get0_notBefore(x509.get())));
  FLORIN_ASSIGN(certificate.validity.not_after, ReadTime(X509_get0_notAfter(x509.get())));
  if ((flags & EXFLAG_XKUSAGE) != 0) {
    const uint32_t use = X509_get_extended_key_usage(x509.get());
    certificate.may_serve = (use & XKU_SSL_SERVER) != 0;
    certificate.may_call = (use & XKU_SSL_CLIENT) != 0;
  }
  certificate.is_ca = X509_check_ca(x509.get()) != 0;
  certificate.fingerprint = Fingerprint(x509.get());
  return certificate;
}

std::string SerialHex(const CertificateSerial& serial) {
  const std::string hex = base::Hex(serial);
  const size_t first = hex.find_first_not_of('0');
  return first == std::string::npos ? "0" : hex.substr(first);
}

Status CheckKeyPair(std::string_view certificate_pem, std::string_view key_pem) {
  const QuietErrors quiet;
  FLORIN_ASSIGN(const X509Certificate certificate, ReadCertificate(certificate_pem));
  FLORIN_ASSIGN(const Key key, ReadPrivateKey(key_pem));
  if (X509_check_private_key(certificate.get(), key.get()) == 1) return {};
  return Fault("X509-KEY-MISMATCH", "the private key is not that of the certificate");
}

Status VerifyChain(std::string_view leaf_pem, Span<const std::string> roots_pem, Time now,
                   CertificateUse use) {
  const QuietErrors quiet;
  FLORIN_ASSIGN(const Certificate parsed, ParseCertificate(leaf_pem));
  FLORIN_ASSIGN(const X509Certificate leaf, ReadCertificate(leaf_pem));
  FLORIN_ASSIGN(const Store store, MakeStore(roots_pem));
  const StoreContext context(X509_STORE_CTX_new());
  FLORIN_CHECK(context != nullptr);
  FLORIN_CHECK(X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr) == 1);
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  FLORIN_CHECK(X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT) == 1);
  FLORIN_CHECK(X509_VERIFY_PARAM_set_purpose(parameters, use == CertificateUse::kClient
                                                             ? X509_PURPOSE_SSL_CLIENT
                                                             : X509_PURPOSE_SSL_SERVER) == 1);
  X509_VERIFY_PARAM_set_auth_level(parameters, 2);  // 112 bits: no RSA-1024, no SHA-1
  X509_VERIFY_PARAM_set_time(parameters, FloorSeconds(now));
  if (X509_verify_cert(context.get()) != 1) {
    return ChainFault(X509_STORE_CTX_get_error(context.get()), parsed, now);
  }
  if (parsed.is_ca || !Serves(parsed, use)) {
    return ChainFault(X509_V_ERR_INVALID_PURPOSE, parsed, now);
  }
  return {};
}

}  // namespace florin::crypto
