// Members: who may call, as the operator calls need to know it. A port: the workspace's authority,
// roster, tokens and operators stand behind it.
//
// Authorise may be called from any thread; all else comes on the engine's thread. What a call
// changes is durable when it answers ok.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "florin/base/ids.h"
#include "florin/base/status.h"
#include "florin/base/time.h"
#include "florin/identity/operators.h"
#include "florin/identity/peer.h"
#include "florin/identity/roster.h"

namespace florin::api {

class Members {
 public:
  virtual ~Members() = default;

  // The token by which a new member enrols, once, within `ttl`. [NAME], [ROSTER-EXISTS], [TOKEN-*]
  virtual Result<std::string> AddSite(const SiteId& site, Duration ttl, Time now) = 0;
  virtual Result<std::string> AddOperator(const std::string& name, Duration ttl, Time now) = 0;
  virtual std::vector<identity::RosterEntry> members() const = 0;
  // A site or an operator. [PEER-UNKNOWN]; [OPERATOR-LAST] nobody would be left.
  virtual Status Revoke(const identity::Peer& peer, Time now) = 0;

  // Ends one certificate; its member stays.
  virtual Status Deny(const crypto::CertificateSerial& serial, Time now) = 0;
  virtual identity::Trust trust() const = 0;

  // Who calls with this certificate. Kind::kDenied: [PEER-*]
  virtual Result<identity::Peer> Authorise(std::string_view certificate_pem, Time now) const = 0;
  // The command's bytes, once. Kind::kDenied: [OPERATOR-UNKNOWN], [COMMAND-*]
  virtual Result<Bytes> AcceptCommand(const identity::SignedCommand& command, Time now) = 0;
};

}  // namespace florin::api
