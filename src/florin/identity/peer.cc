#include "florin/identity/peer.h"

#include <optional>

namespace florin::identity {
namespace {

std::string Prefix(std::string_view workspace) {
  return "spiffe://" + std::string(workspace) + "/";
}

std::optional<Peer> ParsePath(std::string_view path) {
  if (path == RoleName(Role::kCoordinator)) return Peer{Role::kCoordinator, ""};
  for (const Role role : {Role::kSite, Role::kOperator}) {
    const std::string folder = std::string(RoleName(role)) + "/";
    if (!path.starts_with(folder)) continue;
    Peer peer{role, std::string(path.substr(folder.size()))};
    if (CheckPeer(peer).ok()) return peer;
  }
  return std::nullopt;
}

Status Unknown(const crypto::Certificate& certificate, const std::string& fault) {
  return Status(Kind::kDenied, "PEER-UNKNOWN",
                "certificate " + crypto::SerialHex(certificate.serial) + ": " + fault);
}

}  // namespace

std::string_view RoleName(Role role) {
  switch (role) {
    case Role::kSite:
      return "site";
    case Role::kOperator:
      return "operator";
    case Role::kCoordinator:
      break;
  }
  return "coordinator";
}

std::string Peer::ToString() const {
  if (role == Role::kCoordinator) return "the coordinator";
  return std::string(RoleName(role)) + " \"" + name + "\"";
}

Status CheckPeer(const Peer& peer) {
  if (peer.role != Role::kCoordinator) return base::CheckName(RoleName(peer.role), peer.name);
  if (peer.name.empty()) return {};
  return Status(Kind::kConfig, "NAME",
                "coordinator: expected no name, found \"" + peer.name + "\"");
}

std::string PeerUri(std::string_view workspace, const Peer& peer) {
  const std::string folder = Prefix(workspace) + std::string(RoleName(peer.role));
  return peer.role == Role::kCoordinator ? folder : folder + "/" + peer.name;
}

Result<Peer> PeerOf(const crypto::Certificate& certificate, std::string_view workspace) {
  const std::string prefix = Prefix(workspace);
  std::optional<Peer> found;
  for (const std::string& uri : certificate.names.uris) {
    if (!uri.starts_with(prefix)) continue;
    if (found) return Unknown(certificate, "more than one name under " + prefix);
    found = ParsePath(std::string_view(uri).substr(prefix.size()));
    if (!found)
      return Unknown(certificate, "\"" + uri + "\" names no site, operator or coordinator");
  }
  if (!found) return Unknown(certificate, "no name under " + prefix);
  return *std::move(found);
}

}  // namespace florin::identity
