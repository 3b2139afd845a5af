#include "florin/identity/roster.h"

#include <algorithm>
#include <utility>

#include "florin/base/check.h"
#include "florin/identity/forms.h"

namespace florin::identity {
namespace {

constexpr std::string_view kLabel = "florin roster 1";

Status Denied(std::string_view code, const Peer& peer, const std::string& why) {
  return Status(Kind::kDenied, code, peer.ToString() + ": " + why);
}

Status Unknown(const Peer& peer) { return Denied("PEER-UNKNOWN", peer, "not in the roster"); }

Status Revoked(const Peer& peer, Time at) {
  return Denied("PEER-REVOKED", peer, "revoked at " + at.ToString());
}

bool IsSameEnrolment(const RosterEntry& a, const RosterEntry& b) {
  return !a.revoked_at && a.peer == b.peer && a.identity_key == b.identity_key &&
         a.enrolled_at == b.enrolled_at;
}

// Certificates begin kClockLeeway before they are issued, at a whole second.
bool IsFromThisEnrolment(const RosterEntry& entry, const crypto::Certificate& certificate) {
  const Time issued_until = certificate.validity.not_before + kClockLeeway + Duration::Seconds(1);
  return certificate.serial == entry.serial || entry.enrolled_at < issued_until;
}

void WriteEntry(base::Writer& writer, const RosterEntry& entry) {
  WritePeer(writer, entry.peer);
  writer.Fixed(entry.identity_key).Fixed(entry.serial).Fixed(entry.fingerprint);
  writer.I64(entry.enrolled_at.micros);
  WriteMaybe(writer, entry.revoked_at);
}

RosterEntry ReadEntry(base::Reader& reader) {
  RosterEntry entry;
  entry.peer = ReadPeer(reader);
  if (entry.peer.role == Role::kCoordinator) reader.Fail("a coordinator in the roster");
  entry.identity_key = ReadFixed<32>(reader);
  entry.serial = ReadFixed<20>(reader);
  entry.fingerprint = ReadFixed<32>(reader);
  entry.enrolled_at = ReadTime(reader);
  entry.revoked_at = ReadMaybe(reader);
  return entry;
}

}  // namespace

std::vector<RosterEntry>::iterator Roster::Place(const Peer& peer) {
  return std::lower_bound(
      entries_.begin(), entries_.end(), peer,
      [](const RosterEntry& entry, const Peer& wanted) { return entry.peer < wanted; });
}

const RosterEntry* Roster::Find(const Peer& peer) const {
  const auto at = std::lower_bound(
      entries_.begin(), entries_.end(), peer,
      [](const RosterEntry& entry, const Peer& wanted) { return entry.peer < wanted; });
  return at != entries_.end() && at->peer == peer ? &*at : nullptr;
}

Result<RosterEntry*> Roster::Active(const Peer& peer) {
  const auto at = Place(peer);
  if (at == entries_.end() || at->peer != peer) return Unknown(peer);
  if (const auto& when = at->revoked_at) return Revoked(at->peer, *when);
  return &*at;
}

Status Roster::Add(const RosterEntry& entry) {
  FLORIN_CHECK(entry.peer.role != Role::kCoordinator && !entry.revoked_at);
  for (const RosterEntry& other : entries_) {
    if (other.revoked_at || other.peer == entry.peer) continue;
    if (other.identity_key == entry.identity_key) {
      return Status(Kind::kConflict, "ROSTER-KEY",
                    entry.peer.ToString() + ": its identity key is that of " +
                        other.peer.ToString() + "; make each its own");
    }
  }
  const auto at = Place(entry.peer);
  if (at == entries_.end() || at->peer != entry.peer) {
    entries_.insert(at, entry);
    return {};
  }
  if (!at->revoked_at && !IsSameEnrolment(*at, entry)) {
    return Status(Kind::kConflict, "ROSTER-EXISTS",
                  entry.peer.ToString() + ": enrolled at " + at->enrolled_at.ToString() +
                      "; revoke it first to enrol another of that name");
  }
  const std::optional<Time>& revoked = at->revoked_at;
  if (revoked && entry.enrolled_at <= *revoked) return Revoked(at->peer, *revoked);
  *at = entry;
  return {};
}

Status Roster::Renew(const Peer& peer, const crypto::Certificate& certificate) {
  FLORIN_ASSIGN(RosterEntry * entry, Active(peer));
  entry->serial = certificate.serial;
  entry->fingerprint = certificate.fingerprint;
  return {};
}

Status Roster::Revoke(const Peer& peer, Time now) {
  const auto at = Place(peer);
  if (at == entries_.end() || at->peer != peer) return Unknown(peer);
  if (!at->revoked_at) at->revoked_at = now;
  return {};
}

Result<Peer> Roster::Authorise(const Trust& trust, std::string_view certificate_pem,
                               Time now) const {
  FLORIN_ASSIGN(Identified caller,
                Identify(trust, certificate_pem, crypto::CertificateUse::kClient, now));
  if (caller.peer.role == Role::kCoordinator) return std::move(caller.peer);
  const RosterEntry* entry = Find(caller.peer);
  if (entry == nullptr) return Unknown(caller.peer);
  if (const auto& when = entry->revoked_at) return Revoked(entry->peer, *when);
  if (!IsFromThisEnrolment(*entry, caller.certificate)) {
    return Denied("PEER-SUPERSEDED", caller.peer,
                  "certificate " + crypto::SerialHex(caller.certificate.serial) +
                      " is from before its enrolment at " + entry->enrolled_at.ToString());
  }
  return std::move(caller.peer);
}

RosterHash Roster::RootHash() const { return crypto::HashAs<RosterHash>(Save()); }

Bytes Roster::Save() const {
  base::Writer writer;
  writer.Text(kLabel).Varint(entries_.size());
  for (const RosterEntry& entry : entries_) WriteEntry(writer, entry);
  return std::move(writer).Take();
}

Result<Roster> Roster::Restore(ByteView bytes) {
  base::Reader reader(bytes);
  if (reader.Text(kLabel.size()) != kLabel) reader.Fail("not a roster of version 1");
  Roster roster;
  const uint64_t count = reader.Varint();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    RosterEntry entry = ReadEntry(reader);
    const bool is_ordered = roster.entries_.empty() || roster.entries_.back().peer < entry.peer;
    if (!is_ordered) reader.Fail("entries out of order");
    roster.entries_.push_back(std::move(entry));
  }
  FLORIN_TRY(reader.Finish("roster"));
  return roster;
}

}  // namespace florin::identity
