// Who belongs to the workspace: sites and operators with their identity keys and certificates.
//
// A value that a store keeps; entries stand in the order of their peers, so that the same members
// give the same bytes and the same root hash everywhere. Entries are never removed, only revoked.
// One thread at a time.
//
// Several certificates of one member may be valid at once: a renewal does not end the one before,
// because the answer that carried the new one may have been lost, and two connections may overlap.
// An old certificate ends when it expires (within thirty days), when its serial is denied, or when
// its member is revoked; enrolling a revoked member anew does not bring it back.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "florin/base/ids.h"
#include "florin/crypto/ed25519.h"
#include "florin/identity/authority.h"
#include "florin/identity/peer.h"
#include "florin/identity/trust.h"

namespace florin::identity {

struct RosterHashTag;
using RosterHash = base::Digest<RosterHashTag>;

struct RosterEntry {
  Peer peer;  // a site or an operator
  crypto::Ed25519PublicKey identity_key{};
  crypto::CertificateSerial serial{};  // of the newest certificate
  crypto::Sha256Digest fingerprint{};
  Time enrolled_at;
  std::optional<Time> revoked_at;
  bool operator==(const RosterEntry&) const = default;
};

class Roster {
 public:
  const std::vector<RosterEntry>& entries() const { return entries_; }
  // nullptr when there was never such a member. Valid until the next change.
  const RosterEntry* Find(const Peer& peer) const;

  // A member enrols: a new one, or one that was revoked before. The same enrolment again (same key,
  // same time) takes the newer certificate. [ROSTER-EXISTS] when an active member has the name,
  // [ROSTER-KEY] when another active one has the key (two machines with one copied folder),
  // [PEER-REVOKED] when the enrolment is not later than the revocation.
  Status Add(const RosterEntry& entry);
  // [PEER-UNKNOWN] [PEER-REVOKED]
  Status Renew(const Peer& peer, const crypto::Certificate& certificate);
  // Stays at the first time when repeated. The caller also drops unspent tokens of that name, and
  // for an operator sees to Operators.
  // [PEER-UNKNOWN]
  Status Revoke(const Peer& peer, Time now);

  // Who calls with this certificate, if they are let in. Beside the codes of Identify():
  //   [PEER-UNKNOWN] not in the roster      [PEER-REVOKED] a revoked member
  //   [PEER-SUPERSEDED] issued before the member's present enrolment
  // A coordinator's certificate needs no entry: only the Authority makes one.
  Result<Peer> Authorise(const Trust& trust, std::string_view certificate_pem, Time now) const;

  // SHA-256 of Save().
  RosterHash RootHash() const;
  Bytes Save() const;
  static Result<Roster> Restore(ByteView bytes);  // [CODEC]

  bool operator==(const Roster&) const = default;

 private:
  std::vector<RosterEntry>::iterator Place(const Peer& peer);
  Result<RosterEntry*> Active(const Peer& peer);

  std::vector<RosterEntry> entries_;  // peers ascending
};

}  // namespace florin::identity
