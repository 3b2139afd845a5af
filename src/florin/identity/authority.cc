#include "florin/identity/authority.h"

#include <algorithm>
#include <utility>

#include "florin/base/check.h"
#include "florin/identity/forms.h"

namespace florin::identity {
namespace {

constexpr Duration kDay = Duration::Seconds(86'400);
constexpr Duration kRotationNotice = Duration::Seconds(365LL * 86'400);
constexpr size_t kTrustSizeMax = 64 << 20;

struct Root {
  crypto::SecretBytes key_pem;
  std::string certificate_pem;
};

Time Before(Time time, Duration span) { return {time.micros - span.micros}; }

// Times that certificates can hold: from here no sum of times overflows.
Status CheckClock(Time now) {
  constexpr Time kLast{253'402'300'799'000'000};  // the year 9999
  if (now >= Time{} + kDay && now <= Before(kLast, kRootLife)) return {};
  return Status(Kind::kFailed, "X509-VALIDITY",
                "certificate: the clock says " + now.ToString() + "; set it");
}

// Roots of one workspace differ in name too, so that people can tell them apart.
Result<Root> MakeRoot(const std::string& workspace, Time now) {
  FLORIN_TRY(CheckClock(now));
  Root root{.key_pem = crypto::SecretBytes::Take(crypto::NewTlsKey()), .certificate_pem = {}};
  const std::string name =
      "Florin root of " + now.ToString().substr(0, 10) + ", " + workspace.substr(0, 32);
  FLORIN_ASSIGN(root.certificate_pem,
                crypto::MakeRoot(root.key_pem.text(), name,
                                 {.not_before = Before(now, kDay), .not_after = now + kRootLife}));
  return root;
}

crypto::Certificate Parsed(const std::string& pem) {
  auto certificate = crypto::ParseCertificate(pem);
  FLORIN_CHECK(certificate.ok());  // made or checked by us
  return std::move(certificate).value();
}

Status NotRotating() {
  return Status(Kind::kConflict, "ROTATION-STATE", "no rotation of the root is under way");
}

}  // namespace

Result<Authority> Authority::Make(std::string workspace, Time now) {
  FLORIN_TRY(base::CheckName("workspace", workspace));
  FLORIN_ASSIGN(Root root, MakeRoot(workspace, now));
  Authority authority;
  authority.key_pem_ = std::move(root.key_pem);
  authority.trust_.workspace = std::move(workspace);
  authority.trust_.roots.push_back(std::move(root.certificate_pem));
  return authority;
}

crypto::Sha256Digest Authority::RootFingerprint() const {
  return Parsed(trust_.roots.front()).fingerprint;
}

bool Authority::RotationDue(Time now) const {
  return now > Before(Parsed(trust_.roots.front()).validity.not_after, kRotationNotice);
}

Result<Issued> Authority::Issue(const Peer& member, ByteView public_key, Time now) const {
  FLORIN_CHECK(member.role != Role::kCoordinator);
  return Sign(member, public_key, {}, crypto::CertificateUse::kClient, now);
}

Result<Issued> Authority::IssueCoordinator(ByteView public_key, std::vector<std::string> dns,
                                           std::vector<std::string> ips, Time now) const {
  return Sign({Role::kCoordinator, ""}, public_key,
              {.uris = {}, .dns = std::move(dns), .ips = std::move(ips)},
              crypto::CertificateUse::kBoth, now);
}

Result<Issued> Authority::Sign(const Peer& peer, ByteView public_key, crypto::SubjectNames names,
                               crypto::CertificateUse use, Time now) const {
  FLORIN_TRY(CheckClock(now));
  FLORIN_TRY(CheckPeer(peer));
  names.uris = {PeerUri(trust_.workspace, peer)};
  const crypto::CertificateOrder order{
      .common_name = peer.role == Role::kCoordinator ? "coordinator" : peer.name,
      .names = std::move(names),
      .use = use,
      .validity = {.not_before = Before(now, kClockLeeway), .not_after = now + kLeafLife}};
  Issued issued;
  FLORIN_ASSIGN(
      issued.certificate_pem,
      crypto::IssueCertificate({trust_.roots.front(), key_pem_.text()}, public_key, order));
  issued.certificate = Parsed(issued.certificate_pem);
  return issued;
}

void Authority::Deny(const crypto::CertificateSerial& serial) {
  auto& denied = trust_.denied;
  const auto at = std::lower_bound(denied.begin(), denied.end(), serial);
  if (at == denied.end() || *at != serial) denied.insert(at, serial);
}

Status Authority::BeginRotation(Time now) {
  if (rotated_at_) {
    return Status(
        Kind::kConflict, "ROTATION-STATE",
        "a rotation of the root began at " + rotated_at_->ToString() + "; finish it first");
  }
  FLORIN_ASSIGN(Root root, MakeRoot(trust_.workspace, now));
  key_pem_ = std::move(root.key_pem);
  trust_.roots.insert(trust_.roots.begin(), std::move(root.certificate_pem));
  rotated_at_ = now;
  return {};
}

Status Authority::FinishRotation(Time now) {
  if (!rotated_at_) return NotRotating();
  const Time end = *rotated_at_ + kLeafLife;
  if (now < end) {
    return Status(Kind::kConflict, "ROTATION-EARLY",
                  "certificates under the old root may be valid until " + end.ToString() +
                      "; wait, or drop the old root and cut them off");
  }
  return DropOldRoot();
}

Status Authority::DropOldRoot() {
  if (!rotated_at_) return NotRotating();
  trust_.roots.resize(1);
  rotated_at_.reset();
  return {};
}

Bytes Authority::Save() const {
  base::Writer writer;
  writer.U8(kFormVersion).Blob(key_pem_.view());
  WriteMaybe(writer, rotated_at_);
  writer.Blob(trust_.Save());
  return std::move(writer).Take();
}

Result<Authority> Authority::Restore(ByteView bytes) {
  base::Reader reader(bytes);
  CheckVersion(reader);
  Authority authority;
  authority.key_pem_ = crypto::SecretBytes(reader.Blob(kPemSizeMax));
  authority.rotated_at_ = ReadMaybe(reader);
  const ByteView trust = reader.Blob(kTrustSizeMax);
  FLORIN_TRY(reader.Finish("authority"));
  FLORIN_ASSIGN(authority.trust_, Trust::Restore(trust));
  const bool is_pair =
      crypto::CheckKeyPair(authority.trust_.roots.front(), authority.key_pem_.text()).ok();
  if (!is_pair || authority.is_rotating() != (authority.trust_.roots.size() == 2)) {
    return Status(Kind::kFailed, "AUTHORITY-STATE",
                  "saved authority: key, roots and rotation do not belong together");
  }
  return authority;
}

bool RenewalDue(const crypto::Certificate& certificate, Time now) {
  const Duration life = certificate.validity.not_after - certificate.validity.not_before;
  return now >= certificate.validity.not_before + Duration{life.micros / 2};
}

}  // namespace florin::identity
