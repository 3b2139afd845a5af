#include "workspace.h"

#include <arpa/inet.h>

#include <algorithm>
#include <filesystem>

#include "files.h"
#include "florin/base/text.h"
#include "florin/identity/token.h"
#include "florin/job/section.h"
#include "secrets.h"

namespace florin::apps {
namespace {

namespace fs = std::filesystem;
using identity::Peer;
using identity::Role;
using enum job::FieldType;

constexpr job::Field kCoordinatorFields[] = {
    {.path = "workspace", .type = kName, .is_required = true, .help = "The workspace's name."},
    {.path = "listen",
     .type = kText,
     .is_required = true,
     .help = "Where the port for members is opened, host:port."},
    {.path = "enrol_listen",
     .type = kText,
     .is_required = true,
     .help = "Where the port for joiners is opened, host:port."},
    {.path = "address",
     .type = kText,
     .is_required = true,
     .help = "Where members reach the coordinator, host:port."},
    {.path = "enrol_address",
     .type = kText,
     .is_required = true,
     .help = "Where joiners reach it, host:port; tokens name it."},
    {.path = "kept_versions",
     .type = kWhole,
     .standard = "20",
     .bound = {.low = 1, .high = 1e6},
     .unit = "versions",
     .help = "How many of each job's newest versions keep their models."},
};

constexpr job::Field kPeerFields[] = {
    {.path = "site", .type = kName, .help = "The site's name; or operator."},
    {.path = "operator", .type = kName, .help = "The operator's name; or site."},
    {.path = "workspace", .type = kName, .is_required = true, .help = "The workspace's name."},
    {.path = "address",
     .type = kText,
     .is_required = true,
     .help = "Where the coordinator is reached, host:port."},
    {.path = "enrol_address",
     .type = kText,
     .is_required = true,
     .help = "Where certificates are renewed, host:port."},
};

std::string ReadAddress(const job::Section& section, std::string_view key) {
  std::string text = section.Text(key);
  const bool is_fit = identity::CheckAddress(text).ok();
  if (section.Has(key) && !is_fit) {
    section.Fault(key, "expected host:port in lower case, IPv6 in brackets.", "VALUE");
  }
  return text;
}

// Reads a settings file through its table.
template <typename Settings, typename Body>
Result<Settings> Parse(std::string_view yaml, const std::string& file,
                       Span<const job::Field> fields, Body body) {
  job::Faults faults(file, "SETTINGS");
  job::YamlTree tree = job::ParseYaml(yaml);
  for (job::YamlFault& fault : tree.faults) {
    faults.AddWhole(fault.mark, std::move(fault.message), std::move(fault.code));
  }
  Settings settings;
  if (faults.empty()) body(job::Section(tree.root, fields, faults), settings);
  if (!faults.empty()) return job::FaultStatus(std::move(faults).Take());
  return settings;
}

std::string Line(const char* key, const std::string& value) {
  return std::string(key) + ": " + base::JsonQuote(value) + "\n";
}

bool IsThere(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

Status Damaged(const std::string& path, const std::string& why) {
  return Status(Kind::kFailed, "WORKSPACE-DAMAGED", path + ": " + why);
}

template <typename Key>
Result<Key> ReadKey(const store::Vault& vault, const std::string& path, std::string_view name) {
  FLORIN_ASSIGN(const std::string bytes, ReadSealed(vault, path, name));
  Key key;
  if (bytes.size() != key.size()) {
    return Damaged(path, "expected " + std::to_string(key.size()) + " bytes, found " +
                             std::to_string(bytes.size()) + "; restore it from a copy");
  }
  std::ranges::copy(bytes, key.begin());
  return key;
}

// What every folder needs of its TLS files: a key that is closed to others and fits.
Status CheckTls(const store::Vault& vault, const transport::TlsFiles& tls) {
  FLORIN_ASSIGN(const std::string key, ReadSealed(vault, tls.key, kTlsKey));
  FLORIN_ASSIGN(const std::string certificate, ReadFile(tls.certificate));
  const Status pair = crypto::CheckKeyPair(certificate, key);
  return pair.ok() ? Status() : Damaged(tls.certificate, std::string(pair.message()));
}

}  // namespace

std::string ToYaml(const CoordinatorSettings& settings) {
  return "# The coordinator of a workspace: read when it starts.\n" +
         Line("workspace", settings.workspace) + Line("listen", settings.listen) +
         Line("enrol_listen", settings.enrol_listen) + Line("address", settings.address) +
         Line("enrol_address", settings.enrol_address) +
         "kept_versions: " + std::to_string(settings.kept_versions) + "\n";
}

Result<CoordinatorSettings> ParseCoordinator(std::string_view yaml, const std::string& file) {
  return Parse<CoordinatorSettings>(
      yaml, file, kCoordinatorFields, [](const job::Section& section, CoordinatorSettings& to) {
        to.workspace = section.Name("workspace");
        to.listen = section.Text("listen");
        to.enrol_listen = section.Text("enrol_listen");
        to.address = ReadAddress(section, "address");
        to.enrol_address = ReadAddress(section, "enrol_address");
        to.kept_versions = static_cast<uint32_t>(section.Whole("kept_versions", to.kept_versions));
      });
}

Result<CoordinatorFolder> LoadCoordinator(const std::string& path) {
  if (IsThere(path + "/" + kInitMarker)) {
    return Status(Kind::kConflict, "WORKSPACE-PARTIAL",
                  path + ": florin init was interrupted here; run it again");
  }
  const std::string file = path + "/" + kCoordinatorFile;
  if (!IsThere(file)) {
    return Status(Kind::kNotFound, "WORKSPACE-MISSING",
                  path + ": no coordinator's folder (it has no " + kCoordinatorFile +
                      "); make one with florin init " + path);
  }
  CoordinatorFolder folder{.path = path,
                           .settings = {},
                           .store = path + "/store",
                           .tls = MutualTls(path),
                           .enrol_tls = EnrolmentTls(path)};
  FLORIN_ASSIGN(const std::string yaml, ReadFile(file));
  FLORIN_ASSIGN(folder.settings, ParseCoordinator(yaml, file));
  FLORIN_ASSIGN(const store::Vault vault, store::Vault::Load(path));
  FLORIN_TRY(CheckTls(vault, folder.tls));
  FLORIN_ASSIGN(folder.live, LiveTls::Of(path));
  return folder;
}

std::string ToYaml(const PeerSettings& settings) {
  return "# A member of a workspace: written when it joined.\n" +
         Line(settings.peer.role == Role::kSite ? "site" : "operator", settings.peer.name) +
         Line("workspace", settings.workspace) + Line("address", settings.address) +
         Line("enrol_address", settings.enrol_address);
}

Result<PeerSettings> ParsePeer(std::string_view yaml, const std::string& file) {
  return Parse<PeerSettings>(
      yaml, file, kPeerFields, [](const job::Section& section, PeerSettings& to) {
        if (section.Has("site") == section.Has("operator")) {
          section.Fault("site", "expected either site or operator, and not both.", "MISSING");
        }
        to.peer = section.Has("site") ? Peer{Role::kSite, section.Name("site")}
                                      : Peer{Role::kOperator, section.Name("operator")};
        to.workspace = section.Name("workspace");
        to.address = ReadAddress(section, "address");
        to.enrol_address = ReadAddress(section, "enrol_address");
      });
}

Result<PeerFolder> LoadPeer(const std::string& path) {
  const std::string file = path + "/" + kPeerFile;
  if (!IsThere(file)) {
    if (IsThere(path + "/" + kPendingFile)) {
      return Status(Kind::kConflict, "WORKSPACE-PARTIAL",
                    path + ": joining did not come to its end; run the same join again");
    }
    return Status(Kind::kNotFound, "WORKSPACE-MISSING",
                  path + ": no member's folder (it has no " + kPeerFile +
                      "); join a workspace first: florin agent join TOKEN --dir " + path);
  }
  PeerFolder folder{.path = path,
                    .settings = {},
                    .store = path + "/store",
                    .tls = MutualTls(path),
                    .live = nullptr,
                    .identity_key = {},
                    .site_secret = {},
                    .trust = {}};
  FLORIN_ASSIGN(const std::string yaml, ReadFile(file));
  FLORIN_ASSIGN(folder.settings, ParsePeer(yaml, file));
  FLORIN_ASSIGN(const store::Vault vault, store::Vault::Load(path));
  FLORIN_ASSIGN(folder.identity_key,
                ReadKey<crypto::Ed25519Seed>(vault, path + "/identity.key", kIdentityKey));
  FLORIN_ASSIGN(folder.site_secret,
                ReadKey<crypto::SecretKey>(vault, path + "/site.secret", kSiteSecret));
  FLORIN_ASSIGN(const std::string trust, ReadFile(path + "/" + kTrustFile));
  FLORIN_ASSIGN(folder.trust, identity::Trust::Restore(base::AsBytes(trust)));
  if (folder.trust.workspace != folder.settings.workspace) {
    return Damaged(file, "workspace: trust.bin is of workspace \"" + folder.trust.workspace +
                             "\"; mend the file");
  }
  FLORIN_TRY(CheckTls(vault, folder.tls));
  FLORIN_ASSIGN(const crypto::Certificate certificate, CurrentCertificate(folder.tls));
  FLORIN_ASSIGN(const Peer peer, identity::PeerOf(certificate, folder.trust.workspace));
  if (peer != folder.settings.peer) {
    return Damaged(file, "it names " + folder.settings.peer.ToString() +
                             ", the certificate is that of " + peer.ToString());
  }
  FLORIN_ASSIGN(folder.live, LiveTls::Of(path));
  return folder;
}

Result<crypto::Certificate> CurrentCertificate(const transport::TlsFiles& tls) {
  FLORIN_ASSIGN(const std::string pem, ReadFile(tls.certificate));
  return crypto::ParseCertificate(pem);
}

std::string HostOf(const std::string& address) {
  const std::string host = address.substr(0, address.rfind(':'));
  return host.size() > 2 && host.front() == '[' ? host.substr(1, host.size() - 2) : host;
}

HostNames NamesOf(const CoordinatorSettings& settings) {
  HostNames names;
  for (const std::string& address : {settings.address, settings.enrol_address}) {
    const std::string host = HostOf(address);
    in6_addr bytes{};
    const bool is_ip = inet_pton(AF_INET, host.c_str(), &bytes) == 1 ||
                       inet_pton(AF_INET6, host.c_str(), &bytes) == 1;
    std::vector<std::string>& kind = is_ip ? names.ips : names.dns;
    if (std::ranges::find(kind, host) == kind.end()) kind.push_back(host);
  }
  return names;
}

}  // namespace florin::apps
