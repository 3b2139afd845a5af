// X.509 certificates for mutual TLS (RFC 5280), certificate requests (RFC 2986) and their keys
// (RFC 5958): a small CA's needs, no more. Computed by the backend.
//
// Pure functions on PEM texts: no file, no clock. Times go into certificates as whole seconds,
// rounded down, 1970 to 9999. A PEM text holds exactly one object, 64 KiB at most. All functions
// are thread-safe. Errors are of Kind::kFailed with one of the codes
//
//   [X509-PEM]            not one readable object of the kind that is asked for
//   [X509-FORM]           readable, but parts are missing, doubled or malformed
//   [X509-KEY-WEAK]       the key is neither P-256 (as a named curve) nor Ed25519
//   [X509-KEY-MISMATCH]   private key and certificate do not belong together
//   [X509-SIGNATURE]      a request whose signature is not that of its own key
//   [X509-NAME]           a name to be written is empty, too long or of the wrong characters
//   [X509-VALIDITY]       a span of time that is empty, out of range or longer than its issuer's
//   [X509-NOT-CA]         the issuer is no CA
//   [X509-CHAIN] [X509-EXPIRED] [X509-NOT-YET-VALID] [X509-USE]   VerifyChain() says no
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/bytes.h"
#include "florin/base/time.h"
#include "florin/crypto/sha256.h"

namespace florin::crypto {

struct Validity {
  Time not_before;
  Time not_after;  // exclusive: OpenSSL lets it end a second before RFC 5280 does
  bool operator==(const Validity&) const = default;
};

// Subject alternative names (RFC 5280, section 4.2.1.6).
struct SubjectNames {
  std::vector<std::string> uris;  // 1-512 visible ASCII characters each
  std::vector<std::string> dns;   // lower case, no wildcard
  std::vector<std::string> ips;   // "10.0.0.1"; IPv6 as OpenSSL reads it, given back as 8 groups
  bool empty() const { return uris.empty() && dns.empty() && ips.empty(); }
  bool operator==(const SubjectNames&) const = default;
};

// Extended key usage (RFC 5280, section 4.2.1.12): which side of a TLS connection.
enum class CertificateUse : uint8_t { kServer = 1, kClient = 2, kBoth = 3 };

// Big-endian with zeros in front: RFC 5280, section 4.1.2.2 allows 20 bytes. Ours have 16.
using CertificateSerial = std::array<uint8_t, 20>;

// A fresh P-256 private key as PKCS#8 PEM without password. A secret: the caller keeps it.
std::string NewTlsKey();

// A self-signed CA certificate that may sign leaves, not other CAs (path length 0).
// common_name: 1-64 printable ASCII characters.
Result<std::string> MakeRoot(std::string_view key_pem, std::string_view common_name,
                             const Validity& validity);

// A signed request for a certificate on this key.
Result<std::string> MakeCsr(std::string_view key_pem, std::string_view common_name,
                            const SubjectNames& names = {});

// What a requester claims. Only the key is proven (its signature was checked); names are wishes.
struct Csr {
  std::string common_name;  // "" without one
  SubjectNames names;
  Bytes public_key;  // DER SubjectPublicKeyInfo
};
Result<Csr> ParseCsr(std::string_view pem);

// Everything a certificate says but the key comes from here: from the CA, never from a request.
struct CertificateOrder {
  std::string common_name;  // 1-64 printable ASCII characters
  SubjectNames names;
  CertificateUse use = CertificateUse::kClient;
  Validity validity;  // within the issuer's
};
struct Issuer {
  std::string_view certificate_pem;
  std::string_view key_pem;
};
// public_key: DER SubjectPublicKeyInfo, as ParseCsr() gives it. The serial is random, 128 bits.
Result<std::string> IssueCertificate(const Issuer& issuer, ByteView public_key,
                                     const CertificateOrder& order);

struct Certificate {
  std::string common_name;
  SubjectNames names;
  CertificateSerial serial{};
  Validity validity;
  bool may_serve = false;  // extended key usage: false when the certificate states none
  bool may_call = false;
  bool is_ca = false;
  Sha256Digest fingerprint{};  // of the DER bytes
};
// Reads; trusts nothing.
Result<Certificate> ParseCertificate(std::string_view pem);

// "5fa0...": without the zeros in front.
std::string SerialHex(const CertificateSerial& serial);

// [X509-KEY-MISMATCH] unless the private key is that of the certificate.
Status CheckKeyPair(std::string_view certificate_pem, std::string_view key_pem);

// Ok when `leaf_pem` is a certificate for `use`, no CA, valid at `now`, and signed by one of
// `roots` that is valid at `now` too (RFC 5280, section 6, without intermediates). An extended key
// usage must be stated. Kind::kDenied when it is not trusted, kFailed when it cannot be read.
Status VerifyChain(std::string_view leaf_pem, Span<const std::string> roots_pem, Time now,
                   CertificateUse use);

}  // namespace florin::crypto
