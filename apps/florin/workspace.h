// The two folders of a workspace, one of the coordinator and one of each peer: docs/spec/files.md.
//
// Reading checks all of it: a file that is missing, damaged, open to others or of another workspace
// is named, with what to do. Plain values; nothing is locked (the store does that).
//
// [WORKSPACE-MISSING] the folder is none of these     [WORKSPACE-PARTIAL] making it was interrupted
// [SETTINGS-*] [YAML-*] with line and column          [SECRET-OPEN] [FILE-*]
// [WORKSPACE-DAMAGED] parts that do not belong together   [KEYS-*] as store/vault.h
#pragma once

#include <string>
#include <vector>

#include "florin/crypto/ed25519.h"
#include "florin/crypto/random.h"
#include "florin/identity/peer.h"
#include "florin/identity/trust.h"
#include "florin/transport/grpc/tls.h"
#include "live_tls.h"

namespace florin::apps {

inline constexpr const char* kCoordinatorFile = "coordinator.yaml";
inline constexpr const char* kPeerFile = "agent.yaml";
inline constexpr const char* kTrustFile = "trust.bin";
inline constexpr const char* kInitMarker = "init.unfinished";  // while `florin init` is at work
inline constexpr const char* kPendingFile = "join.pending";    // from the first ask to the end

struct CoordinatorSettings {
  std::string workspace;
  std::string listen;           // where the port for members is opened: "0.0.0.0:7443"
  std::string enrol_listen;     // where the port for joiners is
  std::string address;          // where members reach it: "coordinator.example:7443"
  std::string enrol_address;    // where joiners reach it: tokens name it
  uint32_t kept_versions = 20;  // of each job, with their models (ADR-0009)
  bool operator==(const CoordinatorSettings&) const = default;
};
std::string ToYaml(const CoordinatorSettings& settings);
Result<CoordinatorSettings> ParseCoordinator(std::string_view yaml, const std::string& file);

struct CoordinatorFolder {
  std::string path;
  CoordinatorSettings settings;
  std::string store;              // for store::Directory
  transport::TlsFiles tls;        // of the port for members, as they lie on the disk
  transport::TlsFiles enrol_tls;  // of the enrolment listener
  LiveTls* live = nullptr;        // both, as gRPC reads them; loaded folders have one
};
Result<CoordinatorFolder> LoadCoordinator(const std::string& path);

struct PeerSettings {
  identity::Peer peer;  // a site or an operator
  std::string workspace;
  std::string address;
  std::string enrol_address;  // for renewals
  bool operator==(const PeerSettings&) const = default;
};
std::string ToYaml(const PeerSettings& settings);
Result<PeerSettings> ParsePeer(std::string_view yaml, const std::string& file);

struct PeerFolder {
  std::string path;
  PeerSettings settings;
  std::string store;        // for store::Directory
  transport::TlsFiles tls;  // as they lie on the disk
  LiveTls* live = nullptr;  // as gRPC reads them
  crypto::Ed25519Seed identity_key{};
  crypto::SecretKey site_secret{};  // keys a site's rounding; drawn anew for each folder
  identity::Trust trust;
};
Result<PeerFolder> LoadPeer(const std::string& path);

// The certificate that is in use now. [FILE-*] [X509-*]
Result<crypto::Certificate> CurrentCertificate(const transport::TlsFiles& tls);

// "[::1]:7443" -> "::1"; "host:1" -> "host".
std::string HostOf(const std::string& address);
// The names of a coordinator's certificate: the hosts of its addresses.
struct HostNames {
  std::vector<std::string> dns;
  std::vector<std::string> ips;
};
HostNames NamesOf(const CoordinatorSettings& settings);

}  // namespace florin::apps
