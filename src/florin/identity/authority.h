// Florin's own certificate authority: one root key, certificates of thirty days.
//
// Nothing in a certificate comes from the requester but the key. Making one changes nothing: adding
// a site never touches what others hold. A deterministic state machine but for keys and serials:
// `now` comes from the caller, Save() goes into the caller's store. Save() holds the private key;
// sealing it at rest is the store's duty. One thread at a time.
//
// Rotation: BeginRotation() makes a new root that signs from then on, and wipes the old key;
// both roots are trusted, so nobody is cut off. Sites get trust() with every renewal and check-in.
// Let the coordinator renew its own certificate just before BeginRotation() and keep it in service
// (it lives thirty days, and under the old root even a site that has not heard accepts it).
// FinishRotation() drops the old root when no certificate under it can be valid any more;
// DropOldRoot() at once, because its key leaked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "florin/crypto/secret.h"
#include "florin/crypto/x509.h"
#include "florin/identity/peer.h"
#include "florin/identity/trust.h"

namespace florin::identity {

inline constexpr Duration kRootLife = Duration::Seconds(3652LL * 86'400);  // ten years
inline constexpr Duration kLeafLife = Duration::Seconds(30LL * 86'400);

struct Issued {
  std::string certificate_pem;
  crypto::Certificate certificate;
};

class Authority {
 public:
  // A new root. [NAME] for the workspace, [X509-VALIDITY] for a `now` outside 1970 to 9989.
  static Result<Authority> Make(std::string workspace, Time now);

  const Trust& trust() const { return trust_; }
  // Of the root that signs: what a token pins.
  crypto::Sha256Digest RootFingerprint() const;
  // Less than a year is left of the root: BeginRotation() is due.
  bool RotationDue(Time now) const;
  bool is_rotating() const { return rotated_at_.has_value(); }

  // For a site or an operator: client side only, valid from kClockLeeway before `now` to kLeafLife
  // after it. public_key: DER, as crypto::ParseCsr() gives it. [NAME]; [X509-KEY-WEAK],
  // [X509-VALIDITY] when the root ends earlier.
  Result<Issued> Issue(const Peer& member, ByteView public_key, Time now) const;
  // For a coordinator under these DNS names and IP addresses: both sides, as it may call another.
  Result<Issued> IssueCoordinator(ByteView public_key, std::vector<std::string> dns,
                                  std::vector<std::string> ips, Time now) const;

  // From now on no certificate of that serial is let in.
  void Deny(const crypto::CertificateSerial& serial);

  // [ROTATION-STATE] when one is under way.
  Status BeginRotation(Time now);
  // [ROTATION-STATE] when none is; [ROTATION-EARLY] within kLeafLife of BeginRotation().
  Status FinishRotation(Time now);
  // [ROTATION-STATE]
  Status DropOldRoot();

  Bytes Save() const;
  // [CODEC], [AUTHORITY-STATE] when the parts do not belong together, and what Trust::Restore says.
  static Result<Authority> Restore(ByteView bytes);

 private:
  Authority() = default;
  Result<Issued> Sign(const Peer& peer, ByteView public_key, crypto::SubjectNames names,
                      crypto::CertificateUse use, Time now) const;

  crypto::SecretBytes key_pem_;  // of trust_.roots[0]
  Trust trust_;
  std::optional<Time> rotated_at_;  // while two roots are trusted
};

// A certificate is renewed when half of its life is over.
bool RenewalDue(const crypto::Certificate& certificate, Time now);

}  // namespace florin::identity
