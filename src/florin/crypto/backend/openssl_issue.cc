// The writing half of x509.h: roots, requests, certificates.
#include <openssl/rand.h>

#include <algorithm>
#include <utility>

#include "florin/base/check.h"
#include "florin/crypto/backend/openssl_pem.h"

namespace florin::crypto {
namespace {

using namespace openssl;  // this file is made of its objects

using BasicConstraints = std::unique_ptr<BASIC_CONSTRAINTS, Free<BASIC_CONSTRAINTS_free>>;
using BitString = std::unique_ptr<ASN1_BIT_STRING, Free<ASN1_BIT_STRING_free>>;
using Usages = std::unique_ptr<EXTENDED_KEY_USAGE, Free<EXTENDED_KEY_USAGE_free>>;
using KeyId = std::unique_ptr<AUTHORITY_KEYID, Free<AUTHORITY_KEYID_free>>;
using Asn1Integer = std::unique_ptr<ASN1_INTEGER, Free<ASN1_INTEGER_free>>;
using Asn1Time = std::unique_ptr<ASN1_TIME, Free<ASN1_TIME_free>>;
using SubjectName = std::unique_ptr<X509_NAME, Free<X509_NAME_free>>;

constexpr int64_t kLastSecond = 253'402'300'799;  // of the year 9999 (RFC 5280, section 4.1.2.5)

Status CheckValidity(const Validity& validity) {
  const int64_t first = FloorSeconds(validity.not_before);
  const int64_t last = FloorSeconds(validity.not_after);
  if (first >= 0 && first < last && last <= kLastSecond) return {};
  return Fault("X509-VALIDITY", "validity: expected a span of time between 1970 and 9999, found " +
                                    validity.not_before.ToString() + " to " +
                                    validity.not_after.ToString());
}

Result<SubjectName> MakeName(std::string_view common_name) {
  const bool is_printable = std::all_of(common_name.begin(), common_name.end(),
                                        [](char c) { return c >= 0x20 && c < 0x7f; });
  if (common_name.empty() || common_name.size() > 64 || !is_printable) {
    return Fault("X509-NAME", "common name: expected 1 to 64 printable ASCII characters, found \"" +
                                  std::string(common_name) + "\"");
  }
  SubjectName name(X509_NAME_new());
  FLORIN_CHECK(name != nullptr);
  FLORIN_CHECK(
      X509_NAME_add_entry_by_NID(name.get(), NID_commonName, MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(common_name.data()),
                                 static_cast<int>(common_name.size()), -1, 0) == 1);
  return name;
}

// 128 random bits; the first is set, so that every serial has 16 bytes and none is zero.
Asn1Integer NewSerial() {
  std::array<uint8_t, 16> bytes;
  FLORIN_CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  bytes[0] |= 0x80;
  const Bignum number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  Asn1Integer serial(BN_to_ASN1_INTEGER(number.get(), nullptr));
  FLORIN_CHECK(serial != nullptr);
  return serial;
}

void SetTimes(X509* certificate, const Validity& validity) {
  const Asn1Time first(ASN1_TIME_set(nullptr, FloorSeconds(validity.not_before)));
  const Asn1Time last(ASN1_TIME_set(nullptr, FloorSeconds(validity.not_after)));
  FLORIN_CHECK(first != nullptr && last != nullptr);
  FLORIN_CHECK(X509_set1_notBefore(certificate, first.get()) == 1);
  FLORIN_CHECK(X509_set1_notAfter(certificate, last.get()) == 1);
}

void Add(X509* certificate, int nid, void* value, bool is_critical) {
  FLORIN_CHECK(
      X509_add1_ext_i2d(certificate, nid, value, is_critical ? 1 : 0, X509V3_ADD_DEFAULT) == 1);
}

void AddConstraints(X509* certificate, bool is_ca) {
  const BasicConstraints constraints(BASIC_CONSTRAINTS_new());
  FLORIN_CHECK(constraints != nullptr);
  if (is_ca) {
    constraints->ca = 0xff;
    constraints->pathlen = ASN1_INTEGER_new();  // 0: signs leaves only
    FLORIN_CHECK(constraints->pathlen != nullptr);
  }
  Add(certificate, NID_basic_constraints, constraints.get(), true);

  // RFC 5280, section 4.2.1.3: keyCertSign and cRLSign, or digitalSignature.
  const BitString usage(ASN1_BIT_STRING_new());
  FLORIN_CHECK(usage != nullptr);
  const std::array<int, 2> bits = is_ca ? std::array{5, 6} : std::array{0, 0};
  for (const int bit : bits) FLORIN_CHECK(ASN1_BIT_STRING_set_bit(usage.get(), bit, 1) == 1);
  Add(certificate, NID_key_usage, usage.get(), true);
}

// RFC 7093, section 2, method 1: the first 160 bits of the key's SHA-256.
void AddSubjectKeyId(X509* certificate) {
  const ASN1_BIT_STRING* key = X509_get0_pubkey_bitstr(certificate);
  const Sha256Digest digest =
      HashSha256({ASN1_STRING_get0_data(key), static_cast<size_t>(ASN1_STRING_length(key))});
  const OctetString id(ASN1_OCTET_STRING_new());
  FLORIN_CHECK(id != nullptr && ASN1_OCTET_STRING_set(id.get(), digest.data(), 20) == 1);
  Add(certificate, NID_subject_key_identifier, id.get(), false);
}

void AddAuthorityKeyId(X509* certificate, X509* issuer) {
  const KeyId id(AUTHORITY_KEYID_new());
  FLORIN_CHECK(id != nullptr);
  id->keyid = ASN1_OCTET_STRING_dup(X509_get0_subject_key_id(issuer));
  FLORIN_CHECK(id->keyid != nullptr);
  Add(certificate, NID_authority_key_identifier, id.get(), false);
}

void AddUse(X509* certificate, CertificateUse use) {
  const Usages usages(EXTENDED_KEY_USAGE_new());
  FLORIN_CHECK(usages != nullptr);
  const auto bits = static_cast<unsigned>(use);
  if ((bits & 1) != 0) sk_ASN1_OBJECT_push(usages.get(), OBJ_nid2obj(NID_server_auth));
  if ((bits & 2) != 0) sk_ASN1_OBJECT_push(usages.get(), OBJ_nid2obj(NID_client_auth));
  Add(certificate, NID_ext_key_usage, usages.get(), false);
}

X509Certificate Draft(const X509_NAME* subject, const X509_NAME* issuer, EVP_PKEY* key,
                      const Validity& validity) {
  X509Certificate certificate(X509_new());
  FLORIN_CHECK(certificate != nullptr);
  FLORIN_CHECK(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  FLORIN_CHECK(X509_set_serialNumber(certificate.get(), NewSerial().get()) == 1);
  FLORIN_CHECK(X509_set_subject_name(certificate.get(), subject) == 1);
  FLORIN_CHECK(X509_set_issuer_name(certificate.get(), issuer) == 1);
  FLORIN_CHECK(X509_set_pubkey(certificate.get(), key) == 1);
  SetTimes(certificate.get(), validity);
  return certificate;
}

// The issuer's certificate, when it may sign leaves that live so long.
Result<X509Certificate> ReadIssuer(const Issuer& issuer, const Validity& validity) {
  FLORIN_ASSIGN(const Certificate parsed, ParseCertificate(issuer.certificate_pem));
  FLORIN_ASSIGN(X509Certificate certificate, ReadCertificate(issuer.certificate_pem));
  if (!parsed.is_ca || X509_get0_subject_key_id(certificate.get()) == nullptr) {
    return Fault("X509-NOT-CA", "issuer \"" + parsed.common_name + "\" is no CA with a key id");
  }
  if (validity.not_before < parsed.validity.not_before ||
      FloorSeconds(validity.not_after) > FloorSeconds(parsed.validity.not_after)) {
    return Fault("X509-VALIDITY", "a certificate from " + validity.not_before.ToString() + " to " +
                                      validity.not_after.ToString() +
                                      " is valid outside its issuer's time");
  }
  FLORIN_TRY(CheckKeyPair(issuer.certificate_pem, issuer.key_pem));
  return certificate;
}

}  // namespace

Result<std::string> MakeRoot(std::string_view key_pem, std::string_view common_name,
                             const Validity& validity) {
  FLORIN_TRY(CheckValidity(validity));
  FLORIN_ASSIGN(const Key key, ReadPrivateKey(key_pem));
  FLORIN_ASSIGN(const SubjectName name, MakeName(common_name));
  const X509Certificate root = Draft(name.get(), name.get(), key.get(), validity);
  AddConstraints(root.get(), true);
  AddSubjectKeyId(root.get());
  FLORIN_CHECK(X509_sign(root.get(), key.get(), SigningDigest(key.get())) > 0);
  return WriteCertificate(root.get());
}

Result<std::string> MakeCsr(std::string_view key_pem, std::string_view common_name,
                            const SubjectNames& names) {
  FLORIN_ASSIGN(const Key key, ReadPrivateKey(key_pem));
  FLORIN_ASSIGN(const SubjectName name, MakeName(common_name));
  FLORIN_ASSIGN(const Names alternatives, WriteNames(names));
  const X509Request request(X509_REQ_new());
  FLORIN_CHECK(request != nullptr);
  FLORIN_CHECK(X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1);
  FLORIN_CHECK(X509_REQ_set_subject_name(request.get(), name.get()) == 1);
  FLORIN_CHECK(X509_REQ_set_pubkey(request.get(), key.get()) == 1);
  if (!names.empty()) {
    X509_EXTENSIONS* extensions = nullptr;
    FLORIN_CHECK(X509V3_add1_i2d(&extensions, NID_subject_alt_name, alternatives.get(), 0,
                                 X509V3_ADD_DEFAULT) == 1);
    FLORIN_CHECK(X509_REQ_add_extensions(request.get(), extensions) == 1);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  }
  FLORIN_CHECK(X509_REQ_sign(request.get(), key.get(), SigningDigest(key.get())) > 0);
  return WriteRequest(request.get());
}

Result<std::string> IssueCertificate(const Issuer& issuer, ByteView public_key,
                                     const CertificateOrder& order) {
  FLORIN_TRY(CheckValidity(order.validity));
  FLORIN_ASSIGN(const X509Certificate root, ReadIssuer(issuer, order.validity));
  FLORIN_ASSIGN(const Key root_key, ReadPrivateKey(issuer.key_pem));
  FLORIN_ASSIGN(const Key key, ReadPublicKey(public_key));
  FLORIN_ASSIGN(const SubjectName name, MakeName(order.common_name));
  FLORIN_ASSIGN(const Names names, WriteNames(order.names));
  const X509Certificate leaf =
      Draft(name.get(), X509_get_subject_name(root.get()), key.get(), order.validity);
  AddConstraints(leaf.get(), false);
  AddUse(leaf.get(), order.use);
  if (!order.names.empty()) Add(leaf.get(), NID_subject_alt_name, names.get(), false);
  AddSubjectKeyId(leaf.get());
  AddAuthorityKeyId(leaf.get(), root.get());
  FLORIN_CHECK(X509_sign(leaf.get(), root_key.get(), SigningDigest(root_key.get())) > 0);
  return WriteCertificate(leaf.get());
}

}  // namespace florin::crypto
