// Making a workspace, joining one, and keeping certificates fresh: what `florin init`, `join`,
// `coordinator` and `agent run` share. Folders as in workspace.h.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "florin/api/membership.h"
#include "florin/base/time.h"
#include "florin/store/vault.h"
#include "florin/transport/grpc/enrolment.h"
#include "workspace.h"

namespace florin::apps {

struct InitOptions {
  std::string folder;  // new, empty, or left by an init that was interrupted
  CoordinatorSettings settings;
  std::string first_operator = "admin";
};
struct Initialised {
  CoordinatorFolder folder;
  std::string root_fingerprint;  // hex: what a site's policy may pin
  std::string audit_key;         // hex: what `florin audit verify --key` takes
  PeerFolder first_operator;
};
// Authority, coordinator's certificate and the first operator's kit in FOLDER/operators/NAME. A
// crash at any step leaves a folder that the next init begins anew.
// [INIT-EXISTS] something is in the folder; [FOLDER-LOCKED] another process is at work in it;
// [NAME] [TOKEN-ADDRESS] [STORE-*] [FILE-WRITE]
Result<Initialised> InitWorkspace(const InitOptions& options, Time now);

// What an earlier program, or a hand, left open of a workspace's folder and its operators' kits is
// sealed. The folder's vault. For the one process that serves it. [KEYS-*] [FILE-*]
Result<store::Vault> SealWorkspace(const std::string& folder, Time now);

struct JoinOptions {
  std::string token;  // as text
  std::string folder;
  identity::Peer peer;  // the name that the token was made for
};
struct Joined {
  PeerFolder folder;
  std::string root_fingerprint;  // hex: what the site's policy may pin
  Time expires_at;               // of the certificate
  Duration clock_skew;           // the coordinator's clock less ours
};
// Keys are made here and never leave. The request is kept before it is sent, so a join that was
// interrupted anywhere, or whose answer was lost, is finished by running it again.
// [JOIN-EXISTS] the folder has joined already, or is a coordinator's; [TOKEN-*] [JOIN-*] [NET-*]
// [ENROL-*] [ROSTER-*] [FILE-*] [SECRET-OPEN] [FOLDER-LOCKED]
Result<Joined> JoinWorkspace(const JoinOptions& options, base::Clock& clock);

// Half of the certificate's life is over, or it cannot be read.
bool NeedsRenewal(const transport::TlsFiles& tls, Time now);
// A new TLS key, certificate and trust, in place when it returns; the old ones hold until then and
// after. Reads the folder as it is now; what the caller loaded before, its trust above all, is to
// be loaded again. The settings stay as their owner has them.
// [JOIN-*] [NET-*] [PEER-*] [RENEW-STALE] [FILE-WRITE]
Status RenewPeer(const PeerFolder& folder, base::Clock& clock);
// A member's folder for one call or command, where no process looks after it: renewed first when
// that is due. A renewal that fails matters only once the certificate has ended.
Result<PeerFolder> LoadFreshPeer(const std::string& path, base::Clock& clock);
// Takes the coordinator of the member's workspace, by the trust in the folder as it is at each
// check: a process that runs for months follows the root. The clock outlives it. [PEER-*]
transport::CheckPeerCertificate CheckCoordinatorOf(const std::string& path, base::Clock& clock);

// A new certificate for the coordinator, from its own authority, by the newest root.
Status RenewCoordinator(const CoordinatorFolder& folder, api::Membership& members, Time now);
// To be called when the coordinator starts and every hour: renews its certificate when that is due,
// puts roots that have changed in place, and ends a rotation whose time has come. While the root is
// rotated the certificate under the old one is kept until its last two days, so that members who
// have not heard of the new root still know their coordinator.
Status KeepCoordinatorFresh(const CoordinatorFolder& folder, api::Membership& members, Time now);
// Begins a rotation: a last certificate by the old root, then the new root beside it.
// [ROTATION-STATE]
Status RotateRoot(const CoordinatorFolder& folder, api::Membership& members, Time now);

// Ends it at once: certificates under the old root are let in no more. [ROTATION-STATE]
Status EndOldRoot(const CoordinatorFolder& folder, api::Membership& members, Time now);

// The enrolment listener of a coordinator, wired to its members, who are told the addresses of the
// settings. All outlive it. [NET-LISTEN]
Result<std::unique_ptr<transport::EnrolmentListener>> ServeEnrolment(
    const CoordinatorFolder& folder, api::Membership& members, base::Clock& clock,
    std::function<void(const transport::EnrolmentEvent&)> on_event);

}  // namespace florin::apps
