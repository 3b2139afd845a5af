#include "florin/identity/trust.h"

#include <algorithm>
#include <utility>

#include "florin/identity/forms.h"

namespace florin::identity {
namespace {

constexpr size_t kRootsMax = 2;

Status Odd(const std::string& fault) {
  return Status(Kind::kFailed, "TRUST-STATE", "saved trust: " + fault);
}

Status CheckRoots(const Trust& trust) {
  if (trust.roots.empty()) return Odd("no root");
  for (const std::string& pem : trust.roots) {
    FLORIN_ASSIGN(const crypto::Certificate root, crypto::ParseCertificate(pem));
    if (!root.is_ca) return Odd("a root that is no CA");
  }
  return {};
}

// The codes of a chain in the words of a peer.
Status PeerFault(const Status& status) {
  constexpr std::pair<std::string_view, std::string_view> kCodes[] = {
      {"X509-EXPIRED", "PEER-EXPIRED"},
      {"X509-NOT-YET-VALID", "PEER-NOT-YET-VALID"},
      {"X509-USE", "PEER-USE"}};
  std::string_view code = "PEER-UNKNOWN";
  for (const auto& [from, to] : kCodes) {
    if (status.code() == from) code = to;
  }
  return Status(Kind::kDenied, code, std::string(status.message()));
}

}  // namespace

bool IsWithinLeeway(Time signed_at, Time now) {
  const auto a = static_cast<uint64_t>(signed_at.micros);
  const auto b = static_cast<uint64_t>(now.micros);
  return (signed_at > now ? a - b : b - a) <= static_cast<uint64_t>(kClockLeeway.micros);
}

bool Trust::IsDenied(const crypto::CertificateSerial& serial) const {
  return std::binary_search(denied.begin(), denied.end(), serial);
}

Bytes Trust::Save() const {
  base::Writer writer;
  writer.U8(kFormVersion).Text(workspace).Varint(roots.size());
  for (const std::string& root : roots) writer.Text(root);
  writer.Varint(denied.size());
  for (const auto& serial : denied) writer.Fixed(serial);
  return std::move(writer).Take();
}

Result<Trust> Trust::Restore(ByteView bytes) {
  base::Reader reader(bytes);
  CheckVersion(reader);
  Trust trust;
  trust.workspace = reader.Text(kNameSizeMax);
  const uint64_t root_count = reader.Varint();
  if (root_count > kRootsMax) reader.Fail("more than two roots");
  for (uint64_t i = 0; i < root_count && reader.ok(); ++i) {
    trust.roots.push_back(reader.Text(kPemSizeMax));
  }
  const uint64_t denied_count = reader.Varint();
  for (uint64_t i = 0; i < denied_count && reader.ok(); ++i) {
    trust.denied.push_back(ReadFixed<20>(reader));
    if (i > 0 && trust.denied[i - 1] >= trust.denied[i]) reader.Fail("denials out of order");
  }
  FLORIN_TRY(reader.Finish("trust"));
  FLORIN_TRY(base::CheckName("workspace", trust.workspace));
  FLORIN_TRY(CheckRoots(trust));
  return trust;
}

Result<Identified> Identify(const Trust& trust, std::string_view certificate_pem,
                            crypto::CertificateUse side, Time now) {
  const Status chain = crypto::VerifyChain(certificate_pem, trust.roots, now, side);
  if (!chain.ok()) return PeerFault(chain);
  FLORIN_ASSIGN(crypto::Certificate certificate, crypto::ParseCertificate(certificate_pem));
  FLORIN_ASSIGN(Peer peer, PeerOf(certificate, trust.workspace));
  if (trust.IsDenied(certificate.serial)) {
    return Status(
        Kind::kDenied, "PEER-REVOKED",
        peer.ToString() + ": certificate " + crypto::SerialHex(certificate.serial) + " is denied");
  }
  return Identified{std::move(peer), std::move(certificate)};
}

}  // namespace florin::identity
