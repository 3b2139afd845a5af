// Membership: who belongs to one workspace, kept in the coordinator's records.
//
// The authority, the roster, the tokens that are out and the operators change together: every
// change is one transaction, with its entry in the audit chain of chain_log.h, and holds in
// memory only once it is durable. All functions are thread-safe. Authorise(), trust() and members()
// do not wait for a change that is being stored, so connections are judged while the disk is slow;
// the others wait for the store, so a thread that has a transaction of these records open must not
// call them.
//
// Errors beside those that are named: what records.h and identity/ say. Whatever fails changes
// nothing. The records hold the authority's private key: their folder is the owner's alone.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "florin/api/members.h"
#include "florin/identity/authority.h"
#include "florin/identity/enrolment.h"
#include "florin/identity/operators.h"
#include "florin/identity/roster.h"
#include "florin/round/ports.h"
#include "florin/store/records.h"

namespace florin::api {

// Where peers reach the coordinator, host:port each.
struct Addresses {
  std::string work;   // agents and operators, with certificates
  std::string enrol;  // whoever holds a token; tokens carry it
  bool operator==(const Addresses&) const = default;
};

class Membership final : public Members, public round::Identities {
 public:
  // A new workspace with its authority and nobody in it. The records outlive the object.
  // [WORKSPACE-EXISTS] they hold one; [NAME] [TOKEN-ADDRESS] [X509-VALIDITY]
  static Result<std::unique_ptr<Membership>> Create(store::Records& records,
                                                    const std::string& workspace,
                                                    const std::string& address,
                                                    const std::string& enrol_address, Time now);
  // [WORKSPACE-MISSING] they hold none
  static Result<std::unique_ptr<Membership>> Load(store::Records& records);
  ~Membership() override;

  std::string workspace() const;
  Addresses addresses() const;
  identity::Trust trust() const override;
  std::vector<identity::RosterEntry> members() const override;  // revoked ones too; peers ascending
  std::vector<identity::Operator> operators() const;            // names ascending
  bool RotationDue(Time now) const;
  // The coordinator has moved: tokens and renewals name these from now on. Ok when it has not.
  // [TOKEN-ADDRESS]
  Status MoveTo(const Addresses& addresses, Time now);

  // The one-time token as text: it is shown now and never again. A token that was made for that
  // name before and is not used yet ends. [ROSTER-EXISTS] an active member has the name;
  // [TOKEN-LIFE] [NAME]
  Result<std::string> AddSite(const SiteId& site, Duration ttl, Time now) override;
  Result<std::string> AddOperator(const std::string& name, Duration ttl, Time now) override;

  // Redeems a token. The very same request may be repeated until the token expires, and is answered
  // with a new certificate: a lost answer costs nothing. [TOKEN-*] [ENROL-*] [ROSTER-*]
  // [OPERATOR-EXISTS] the key is another operator's
  Result<identity::Enrolment> Enrol(const identity::EnrolmentRequest& request, Time now);
  // A new certificate for a member, who is known by the signature in the request.
  // [PEER-UNKNOWN] [PEER-REVOKED] [ENROL-PROOF] [RENEW-STALE]
  Result<identity::Issued> Renew(const identity::RenewalRequest& request, Time now);
  // Ends a member and its unused tokens; an operator commands no more. Connections that are open
  // are the caller's to end. [PEER-UNKNOWN] [OPERATOR-LAST]
  Status Revoke(const identity::Peer& peer, Time now) override;
  // Ends one certificate by its serial.
  Status Deny(const crypto::CertificateSerial& serial, Time now) override;

  // A certificate for the coordinator itself, by the newest root. [X509-NAME] an odd name or
  // address
  Result<identity::Issued> RenewCoordinator(const std::string& tls_key_pem,
                                            std::vector<std::string> dns,
                                            std::vector<std::string> ips, Time now);

  // Who calls with this certificate (PEM), if they are let in. [PEER-*]
  Result<identity::Peer> Authorise(std::string_view certificate_pem, Time now) const override;
  // The identity key of an enrolled site that is not revoked.
  std::optional<crypto::Ed25519PublicKey> IdentityOf(const SiteId& site) override;
  // The bytes of a command that an operator signed, once: its nonce is kept in the records.
  // [OPERATOR-UNKNOWN] [COMMAND-*]
  Result<Bytes> AcceptCommand(const identity::SignedCommand& command, Time now) override;

  // Rotation of the root, as authority.h has it. Tokens pin the root of the coordinator's present
  // certificate: unused ones end when that is renewed under the new root, or the old one is
  // dropped. [ROTATION-STATE] [ROTATION-EARLY]
  Status BeginRotation(Time now);
  Status FinishRotation(Time now);
  Status DropOldRoot(Time now);

 private:
  class Change;
  struct Known;  // what connections are judged by: replaced as a whole
  struct State;

  Membership(store::Records& records, std::unique_ptr<State> state);
  Result<std::string> AddMember(const identity::Peer& peer, Duration ttl, Time now);
  template <typename Body>
  Status Rotate(const char* event, Time now, Body body);
  std::shared_ptr<const Known> known() const;

  store::Records& records_;
  std::mutex change_mutex_;         // one change at a time, across its storing
  std::unique_ptr<State> state_;    // under change_mutex_
  mutable std::mutex known_mutex_;  // held for a moment only
  std::shared_ptr<const Known> known_;
};

}  // namespace florin::api
