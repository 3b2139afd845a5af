// What it takes to judge a certificate: roots and denied serials. Public, so that every site may
// hold a copy; the keys are the Authority's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "florin/crypto/x509.h"
#include "florin/identity/peer.h"

namespace florin::identity {

// How far clocks of one workspace may be apart: certificates begin so long before they are issued,
// signed commands and renewals are taken so long before and after they were signed.
inline constexpr Duration kClockLeeway = Duration::Seconds(300);
// Both ends count; no overflow for any two times.
bool IsWithinLeeway(Time signed_at, Time now);

struct Trust {
  std::string workspace;
  std::vector<std::string> roots;  // PEM; two while the root is rotated, the newer one first
  // Ascending. Never forgotten: a clock that was wrong for an hour would let them in again.
  std::vector<crypto::CertificateSerial> denied;
  bool operator==(const Trust&) const = default;

  bool IsDenied(const crypto::CertificateSerial& serial) const;
  Bytes Save() const;
  // [CODEC], [NAME], [TRUST-STATE] when roots or order do not make a Trust.
  static Result<Trust> Restore(ByteView bytes);
};

struct Identified {
  Peer peer;
  crypto::Certificate certificate;
};

// Who holds this certificate: signed by a root of ours for that side of a connection, valid at
// `now`, not denied, and named in our workspace. Kind::kDenied with
//   [PEER-UNKNOWN] not ours, or no name of ours     [PEER-EXPIRED] [PEER-NOT-YET-VALID] [PEER-USE]
//   [PEER-REVOKED] its serial is denied
// A site checks its coordinator so (kServer, then peer.role); for whom the coordinator lets in see
// Roster::Authorise().
Result<Identified> Identify(const Trust& trust, std::string_view certificate_pem,
                            crypto::CertificateUse side, Time now);

}  // namespace florin::identity
