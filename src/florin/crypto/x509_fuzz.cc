// Any DER bytes as a certificate and as a request: no crash, no name with a hidden byte, and
// nothing is its own root.
#include "florin/crypto/x509.h"

#include <algorithm>
#include <string>
#include <vector>

#include "florin/base/check.h"

namespace florin::crypto {
namespace {

std::string Pem(const std::string& label, ByteView der) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text = "-----BEGIN " + label + "-----";
  size_t column = 0;
  for (size_t i = 0; i < der.size(); i += 3) {
    const size_t count = std::min<size_t>(3, der.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? der[i + k] : 0U);
    if (column++ % 16 == 0) text += '\n';
    for (size_t k = 0; k < 4; ++k) text += k <= count ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text + "\n-----END " + label + "-----\n";
}

void CheckNames(const SubjectNames& names) {
  for (const auto& list : {names.uris, names.dns, names.ips}) {
    for (const std::string& name : list) {
      FLORIN_CHECK(!name.empty() && std::all_of(name.begin(), name.end(),
                                                [](char c) { return c > 0x20 && c < 0x7f; }));
    }
  }
}

}  // namespace
}  // namespace florin::crypto

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace crypto = florin::crypto;
  const std::string pem = crypto::Pem("CERTIFICATE", {data, size});
  const auto certificate = crypto::ParseCertificate(pem);
  if (certificate.ok()) crypto::CheckNames(certificate->names);
  const std::vector<std::string> roots{pem};
  FLORIN_CHECK(!crypto::VerifyChain(pem, roots, florin::Time{1'800'000'000'000'000},
                                    crypto::CertificateUse::kClient)
                    .ok());
  const auto csr = crypto::ParseCsr(crypto::Pem("CERTIFICATE REQUEST", {data, size}));
  if (csr.ok()) crypto::CheckNames(csr->names);
  return 0;
}
