// Who is on the other side of a connection, and how a certificate says it.
//
// A workspace is one coordinator's realm: the trust domain of its certificates. Each peer has one
// name in it, a URI in the subject alternative names (the form of SPIFFE-ID, section 2):
//
//   spiffe://<workspace>/site/<id>   spiffe://<workspace>/operator/<name>
//   spiffe://<workspace>/coordinator
//
// Workspace, id and name follow the rule of base::CheckName. Pure values, no threading rule.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "florin/base/ids.h"
#include "florin/crypto/x509.h"

namespace florin::identity {

enum class Role : uint8_t { kSite = 0, kOperator = 1, kCoordinator = 2 };

std::string_view RoleName(Role role);  // "site", "operator", "coordinator"

struct Peer {
  Role role = Role::kSite;
  std::string name;  // "" for the coordinator
  auto operator<=>(const Peer&) const = default;

  static Peer Site(const SiteId& site) { return {Role::kSite, site.text()}; }
  std::string ToString() const;  // site "acme"
};

// [NAME]
Status CheckPeer(const Peer& peer);

std::string PeerUri(std::string_view workspace, const Peer& peer);

// The peer that a certificate names: its one URI under spiffe://<workspace>/, wherever it stands
// among the others. [PEER-UNKNOWN] when there is none, more than one, or one of another form. Says
// nothing about who signed it: that is Identify().
Result<Peer> PeerOf(const crypto::Certificate& certificate, std::string_view workspace);

}  // namespace florin::identity
