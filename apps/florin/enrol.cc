#include "enrol.h"

#include <algorithm>
#include <filesystem>

#include "files.h"
#include "florin/api/chain_log.h"
#include "florin/base/codec.h"
#include "florin/identity/enrolment.h"
#include "florin/store/sealed_records.h"
#include "florin/store/sqlite_records.h"
#include "secrets.h"

namespace florin::apps {
namespace {

namespace fs = std::filesystem;
using identity::Peer;
using identity::Role;

constexpr uint8_t kPendingForm = 1;
constexpr size_t kPendingMax = 64 << 10;
constexpr Duration kHour = Duration::Seconds(3600);
constexpr Duration kLastDays = Duration::Seconds(2LL * 86'400);

bool IsThere(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

std::string AsText(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

// A folder of ours: closed to others when nothing of somebody else is in it.
Status MakeOwnFolder(const std::string& path) {
  FLORIN_TRY(MakePrivateFolder(path));
  std::error_code error;
  if (fs::is_empty(path, error) && !error) {
    fs::permissions(path, fs::perms::owner_all, error);
  }
  return {};
}

std::string RootsOf(const identity::Trust& trust) {
  std::string text;
  for (const std::string& root : trust.roots) text += root;
  return text;
}

// The key in a file; drawn and kept there when there is none yet.
Result<crypto::SecretKey> KeyIn(const store::Vault& vault, const std::string& path,
                                std::string_view name) {
  if (!IsThere(path)) {
    const crypto::SecretKey key = crypto::NewSecretKey();
    FLORIN_TRY(WriteSealed(vault, path, name, AsText(key)));
    return key;
  }
  FLORIN_ASSIGN(const std::string bytes, ReadSealed(vault, path, name));
  crypto::SecretKey key;
  if (bytes.size() != key.size()) {
    return Status(Kind::kFailed, "WORKSPACE-DAMAGED",
                  path + ": expected 32 bytes, found " + std::to_string(bytes.size()) +
                      "; remove the folder and join with a new token");
  }
  std::ranges::copy(bytes, key.begin());
  return key;
}

// What was asked and is not answered yet.
struct Pending {
  identity::EnrolmentRequest request;
  std::string tls_key_pem;

  Bytes Save() const {
    base::Writer writer;
    writer.U8(kPendingForm).Blob(request.Save()).Text(tls_key_pem);
    return std::move(writer).Take();
  }
  static Result<Pending> Restore(ByteView bytes) {
    base::Reader reader(bytes);
    if (reader.U8() != kPendingForm) reader.Fail("unknown version");
    const ByteView request = reader.Blob(kPendingMax);
    Pending pending;
    pending.tls_key_pem = reader.Text(kPendingMax);
    FLORIN_TRY(reader.Finish("pending request"));
    FLORIN_ASSIGN(pending.request, identity::EnrolmentRequest::Restore(request));
    return pending;
  }
};

// Makes both keys and the request, or finds those of an earlier try with this token and name.
Result<Pending> AskAgainOrAnew(const identity::Token& token, const Peer& peer,
                               const std::string& folder, const store::Vault& vault) {
  FLORIN_ASSIGN(const crypto::SecretKey identity_seed,
                KeyIn(vault, folder + "/identity.key", kIdentityKey));
  FLORIN_TRY(KeyIn(vault, folder + "/site.secret", kSiteSecret).status());
  const std::string file = folder + "/" + kPendingFile;
  if (IsThere(file)) {
    FLORIN_ASSIGN(const std::string bytes, ReadSealed(vault, file, kPendingFile));
    auto kept = Pending::Restore(base::AsBytes(bytes));
    if (kept.ok() && kept->request.peer == peer && kept->request.secret == token.secret) {
      return kept;
    }
  }
  Pending pending{.request = {}, .tls_key_pem = crypto::NewTlsKey()};
  FLORIN_ASSIGN(pending.request,
                identity::RequestEnrolment(token, peer, pending.tls_key_pem, identity_seed));
  FLORIN_TRY(WriteSealed(vault, file, kPendingFile, AsText(pending.Save())));
  return pending;
}

Status KeepCertificate(const std::string& folder, const store::Vault& vault,
                       const transport::Admission& admission, const std::string& tls_key_pem) {
  FLORIN_TRY(crypto::CheckKeyPair(admission.certificate_pem, tls_key_pem));
  FLORIN_TRY(WriteSecret(folder + "/" + kTrustFile, AsText(admission.trust.Save())));
  return WriteTls(folder, {.key = SealTlsKey(vault, tls_key_pem),
                           .certificate_pem = admission.certificate_pem,
                           .roots_pem = RootsOf(admission.trust),
                           .chain_pem = {}});
}

// The settings come last: with them the folder is one that has joined.
Status KeepAdmission(const std::string& folder, const store::Vault& vault,
                     const transport::Admission& admission, const std::string& tls_key_pem,
                     const PeerSettings& settings) {
  FLORIN_TRY(KeepCertificate(folder, vault, admission, tls_key_pem));
  FLORIN_TRY(MakePrivateFolder(folder + "/store"));
  return WriteSecret(folder + "/" + kPeerFile, ToYaml(settings));
}

Status CheckNotJoined(const std::string& folder) {
  if (IsThere(folder + "/" + kCoordinatorFile)) {
    return Status(Kind::kConflict, "JOIN-EXISTS",
                  folder + ": it is a coordinator's folder; name another");
  }
  if (!IsThere(folder + "/" + kPeerFile)) return {};
  FLORIN_ASSIGN(const PeerFolder joined, LoadPeer(folder));
  FLORIN_TRY(RemoveFile(folder + "/" + kPendingFile));
  return Status(Kind::kConflict, "JOIN-EXISTS",
                folder + ": it has joined workspace \"" + joined.settings.workspace + "\" as " +
                    joined.settings.peer.ToString() + " already; name another folder");
}

// A folder that is new, empty or half made; what an interrupted init left is removed.
Status Clear(const std::string& folder) {
  std::error_code error;
  fs::remove(folder + "/" + kInitMarker + ".tmp", error);  // stopped while it was written
  const bool was_interrupted = IsThere(folder + "/" + kInitMarker);
  if (!was_interrupted && !fs::is_empty(folder, error)) {
    return Status(Kind::kConflict, "INIT-EXISTS",
                  folder + ": expected a new or empty folder, found one with something in it");
  }
  FLORIN_TRY(WriteSecret(folder + "/" + kInitMarker, "florin init is at work here\n"));
  for (const char* part :
       {"store", "tls", "operators", store::kDataKeyFile, store::kKekFile, kCoordinatorFile}) {
    fs::remove_all(folder + "/" + part, error);
    if (!error) continue;
    return Status(Kind::kFailed, "FILE-WRITE",
                  folder + "/" + part + ": cannot be removed (" + error.message() + ")");
  }
  return {};
}

bool IsCoordinatorDue(const transport::TlsFiles& tls, const identity::Trust& trust, Time now) {
  const auto pem = ReadFile(tls.certificate);
  if (!pem.ok()) return true;
  const auto who = identity::Identify(trust, *pem, crypto::CertificateUse::kServer, now);
  if (!who.ok()) return true;
  const bool is_rotating = trust.roots.size() > 1;
  return is_rotating ? now + kLastDays >= who->certificate.validity.not_after
                     : identity::RenewalDue(who->certificate, now);
}

// In place, and read by gRPC from now on.
Status PutTls(const CoordinatorFolder& folder, const TlsParts& parts) {
  FLORIN_TRY(WriteTls(folder.path, parts));
  return folder.live == nullptr ? Status() : folder.live->Refresh();
}

// The first operator joins as any other does, but without a network in between.
Status MakeOperator(const InitOptions& options, api::Membership& members, const std::string& folder,
                    Time now) {
  const Peer peer{Role::kOperator, options.first_operator};
  FLORIN_ASSIGN(const std::string text, members.AddOperator(peer.name, kHour, now));
  FLORIN_ASSIGN(const identity::Token token, identity::Token::Parse(text));
  FLORIN_TRY(MakePrivateFolder(folder));
  // Under the same KEK as the workspace, so that one copy of it brings both back.
  if (!store::IsKekElsewhere()) {
    FLORIN_ASSIGN(const crypto::SecretBytes kek, store::ReadKek(store::KekPath(options.folder)));
    FLORIN_TRY(WriteSecret(store::KekPath(folder), kek.text()));
  }
  FLORIN_ASSIGN(const store::Vault vault, MakeVault(folder, now));
  FLORIN_ASSIGN(const Pending pending, AskAgainOrAnew(token, peer, folder, vault));
  FLORIN_ASSIGN(const identity::Enrolment enrolment, members.Enrol(pending.request, now));
  const CoordinatorSettings& settings = options.settings;
  FLORIN_TRY(KeepAdmission(
      folder, vault, {enrolment.certificate_pem, members.trust(), settings.address},
      pending.tls_key_pem, {peer, settings.workspace, settings.address, settings.enrol_address}));
  return RemoveFile(folder + "/" + kPendingFile);
}

}  // namespace

Result<Initialised> InitWorkspace(const InitOptions& options, Time now) {
  const std::string& folder = options.folder;
  const CoordinatorSettings& settings = options.settings;
  FLORIN_TRY(base::CheckName("workspace", settings.workspace));
  FLORIN_TRY(base::CheckName("operator", options.first_operator));
  FLORIN_TRY(ParseCoordinator(ToYaml(settings), folder + "/" + kCoordinatorFile).status());
  FLORIN_TRY(MakeOwnFolder(folder));
  FLORIN_ASSIGN(const store::File lock, LockFolder(folder));
  FLORIN_TRY(Clear(folder));
  FLORIN_ASSIGN(const store::Vault vault, MakeVault(folder, now));

  Initialised made;
  made.folder = {folder, settings, folder + "/store", MutualTls(folder), EnrolmentTls(folder),
                 nullptr};
  const std::string kit = folder + "/operators/" + options.first_operator;
  {
    FLORIN_ASSIGN(const auto directory, store::Directory::Open(made.folder.store));
    store::SqliteRecords plain(*directory);
    store::SealedRecords records(plain, vault);
    FLORIN_ASSIGN(const auto members,
                  api::Membership::Create(records, settings.workspace, settings.address,
                                          settings.enrol_address, now));
    FLORIN_TRY(RenewCoordinator(made.folder, *members, now));
    FLORIN_TRY(MakePrivateFolder(folder + "/operators"));
    FLORIN_TRY(MakeOperator(options, *members, kit, now));
    FLORIN_ASSIGN(const auto root, crypto::ParseCertificate(members->trust().roots.front()));
    made.root_fingerprint = base::Hex(root.fingerprint);
    FLORIN_ASSIGN(const auto reading, records.Begin());
    FLORIN_ASSIGN(const crypto::Ed25519PublicKey audit_key, api::AuditKey(*reading));
    made.audit_key = base::Hex(audit_key);
  }
  FLORIN_TRY(WriteSecret(folder + "/" + kCoordinatorFile, ToYaml(settings)));
  FLORIN_TRY(RemoveFile(folder + "/" + kInitMarker));
  FLORIN_ASSIGN(made.folder, LoadCoordinator(folder));
  FLORIN_ASSIGN(made.first_operator, LoadPeer(kit));
  return made;
}

Result<store::Vault> SealWorkspace(const std::string& folder, Time now) {
  FLORIN_ASSIGN(store::Vault vault, SealFolder(folder, now));
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder + "/operators", error)) {
    const std::string kit = entry.path().string();
    if (IsThere(kit + "/" + kPeerFile)) FLORIN_TRY(SealFolder(kit, now).status());
  }
  return vault;
}

Result<Joined> JoinWorkspace(const JoinOptions& options, base::Clock& clock) {
  const std::string& folder = options.folder;
  FLORIN_ASSIGN(const identity::Token token, identity::Token::Parse(options.token));
  FLORIN_TRY(identity::CheckPeer(options.peer));
  FLORIN_TRY(MakeOwnFolder(folder));
  FLORIN_ASSIGN(const store::File lock, LockFolder(folder));
  FLORIN_TRY(CheckNotJoined(folder));
  FLORIN_ASSIGN(const store::Vault vault, MakeVault(folder, clock.Now()));
  FLORIN_ASSIGN(const Pending pending, AskAgainOrAnew(token, options.peer, folder, vault));
  FLORIN_ASSIGN(const transport::Admitted admitted, transport::Join(token, pending.request, clock));
  const transport::Admission& admission = admitted.admission;
  FLORIN_TRY(
      KeepAdmission(folder, vault, admission, pending.tls_key_pem,
                    {options.peer, admission.trust.workspace, admission.address, token.address}));
  FLORIN_TRY(RemoveFile(folder + "/" + kPendingFile));
  Joined joined;
  FLORIN_ASSIGN(joined.folder, LoadPeer(folder));
  joined.root_fingerprint = base::Hex(token.root_fingerprint);
  joined.expires_at = admitted.certificate.validity.not_after;
  joined.clock_skew = admitted.coordinator_time - clock.Now();
  return joined;
}

bool NeedsRenewal(const transport::TlsFiles& tls, Time now) {
  const auto certificate = CurrentCertificate(tls);
  return !certificate.ok() || identity::RenewalDue(*certificate, now);
}

Status RenewPeer(const PeerFolder& folder, base::Clock& clock) {
  FLORIN_ASSIGN(const PeerFolder present, LoadPeer(folder.path));  // roots may have changed
  const PeerSettings& settings = present.settings;
  const std::string tls_key_pem = crypto::NewTlsKey();
  FLORIN_ASSIGN(const auto request,
                identity::RequestRenewal(settings.workspace, settings.peer, tls_key_pem,
                                         present.identity_key, clock.Now()));
  FLORIN_ASSIGN(const transport::Admitted admitted,
                transport::Renew(settings.enrol_address, present.trust, request, clock));
  FLORIN_ASSIGN(const store::Vault vault, SealFolder(folder.path, clock.Now()));
  FLORIN_TRY(KeepCertificate(folder.path, vault, admitted.admission, tls_key_pem));
  return folder.live->Refresh();
}

Result<PeerFolder> LoadFreshPeer(const std::string& path, base::Clock& clock) {
  FLORIN_ASSIGN(PeerFolder folder, LoadPeer(path));
  if (!NeedsRenewal(folder.tls, clock.Now())) return folder;
  const Status renewed = RenewPeer(folder, clock);
  if (renewed.ok()) return LoadPeer(path);
  FLORIN_ASSIGN(const crypto::Certificate certificate, CurrentCertificate(folder.tls));
  if (clock.Now() >= certificate.validity.not_after) return renewed;
  return folder;
}

transport::CheckPeerCertificate CheckCoordinatorOf(const std::string& path, base::Clock& clock) {
  return [file = path + "/" + kTrustFile, &clock](std::string_view pem) -> Status {
    FLORIN_ASSIGN(const std::string bytes, ReadFile(file));
    FLORIN_ASSIGN(const identity::Trust trust, identity::Trust::Restore(base::AsBytes(bytes)));
    FLORIN_ASSIGN(const identity::Identified who,
                  identity::Identify(trust, pem, crypto::CertificateUse::kServer, clock.Now()));
    if (who.peer.role == Role::kCoordinator) return {};
    return Status(Kind::kDenied, "PEER-ROLE",
                  "the other side is " + who.peer.ToString() + ", not the coordinator.");
  };
}

Status RenewCoordinator(const CoordinatorFolder& folder, api::Membership& members, Time now) {
  const std::string tls_key_pem = crypto::NewTlsKey();
  HostNames names = NamesOf(folder.settings);
  FLORIN_ASSIGN(
      const identity::Issued issued,
      members.RenewCoordinator(tls_key_pem, std::move(names.dns), std::move(names.ips), now));
  const identity::Trust trust = members.trust();
  FLORIN_ASSIGN(const store::Vault vault, MakeVault(folder.path, now));
  return PutTls(folder, {.key = SealTlsKey(vault, tls_key_pem),
                         .certificate_pem = issued.certificate_pem,
                         .roots_pem = RootsOf(trust),
                         .chain_pem = issued.certificate_pem + trust.roots.front()});
}

Status KeepCoordinatorFresh(const CoordinatorFolder& folder, api::Membership& members, Time now) {
  if (members.trust().roots.size() > 1) {
    const Status finished = members.FinishRotation(now);
    if (!finished.ok() && finished.code() != "ROTATION-EARLY") return finished;
  }
  const identity::Trust trust = members.trust();
  if (IsCoordinatorDue(folder.tls, trust, now)) return RenewCoordinator(folder, members, now);
  const std::string roots = RootsOf(trust);
  FLORIN_ASSIGN(const std::string roots_now, ReadFile(folder.tls.roots));
  if (roots == roots_now) return {};
  TlsParts parts;
  FLORIN_ASSIGN(parts.key, ReadSecret(folder.tls.key));  // sealed, and stays so
  FLORIN_ASSIGN(parts.certificate_pem, ReadFile(folder.tls.certificate));
  FLORIN_ASSIGN(parts.chain_pem, ReadFile(folder.enrol_tls.certificate));
  parts.roots_pem = roots;
  return PutTls(folder, parts);
}

Status RotateRoot(const CoordinatorFolder& folder, api::Membership& members, Time now) {
  if (members.trust().roots.size() == 1) FLORIN_TRY(RenewCoordinator(folder, members, now));
  FLORIN_TRY(members.BeginRotation(now));
  return KeepCoordinatorFresh(folder, members, now);
}

Status EndOldRoot(const CoordinatorFolder& folder, api::Membership& members, Time now) {
  FLORIN_TRY(members.DropOldRoot(now));
  return KeepCoordinatorFresh(folder, members, now);
}

Result<std::unique_ptr<transport::EnrolmentListener>> ServeEnrolment(
    const CoordinatorFolder& folder, api::Membership& members, base::Clock& clock,
    std::function<void(const transport::EnrolmentEvent&)> on_event) {
  FLORIN_TRY(members.MoveTo({folder.settings.address, folder.settings.enrol_address}, clock.Now()));
  const auto admit = [&members](std::string certificate_pem) {
    return transport::Admission{std::move(certificate_pem), members.trust(),
                                members.addresses().work};
  };
  transport::EnrolmentOptions options;
  options.listen = folder.settings.enrol_listen;
  options.tls = folder.live->Enrolment();
  options.on_event = std::move(on_event);
  options.join = [&members, admit](const identity::EnrolmentRequest& request,
                                   Time now) -> Result<transport::Admission> {
    FLORIN_ASSIGN(identity::Enrolment enrolment, members.Enrol(request, now));
    return admit(std::move(enrolment.certificate_pem));
  };
  options.renew = [&members, admit](const identity::RenewalRequest& request,
                                    Time now) -> Result<transport::Admission> {
    FLORIN_ASSIGN(identity::Issued issued, members.Renew(request, now));
    return admit(std::move(issued.certificate_pem));
  };
  return transport::EnrolmentListener::Start(std::move(options), clock);
}

}  // namespace florin::apps
