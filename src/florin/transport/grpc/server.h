// Server: the coordinator's side of the network, over gRPC with mutual TLS. docs/spec/wire.md.
//
// Sites dial in and hold one stream each; offers and receipts are pushed over it, arrivals go to
// the inbox. A site that dials in again takes the place of its older connection. A peer that breaks
// the protocol loses its connection, nobody else notices. All functions are thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/impl/service_type.h>

#include "florin/base/status.h"
#include "florin/base/time.h"
#include "florin/round/ports.h"
#include "florin/transport/grpc/inbox.h"
#include "florin/transport/grpc/tls.h"

namespace florin::transport {

// Names the site that a client certificate (PEM) belongs to, or says why it may not come in.
using AuthoriseSite = std::function<Result<SiteId>(std::string_view certificate_pem, Time now)>;

// What an operator should know of a connection: "site.refused", "site.connected", "site.left".
struct ConnectionEvent {
  std::string name;
  SiteId site;  // empty when it is not known
  std::string peer;
  std::string code;
  std::string reason;
};

struct ServerOptions {
  std::string listen = "0.0.0.0:7443";
  TlsFiles tls;
  AuthoriseSite authorise;
  std::function<void(const ConnectionEvent&)> on_event = [](const ConnectionEvent&) {};
  Duration idle = Duration::Seconds(120);  // a peer that makes no progress for so long is gone
  std::vector<grpc::Service*> services;    // others on the same port; they outlive the server
};

class Server final : public round::Transport {
 public:
  // The inbox and the clock outlive the server. [NET-LISTEN] the address is taken or not ours.
  static Result<std::unique_ptr<Server>> Start(ServerOptions options, Inbox& inbox,
                                               base::Clock& clock);
  ~Server() override;  // says goodbye to all and waits for the last connection

  // To a site that is not connected they are lost: it is asked again when it arrives. They wait for
  // Flush(), so that what one step of the engine says to a site goes together; that a contribution
  // was accepted waits for the next that is said to that site.
  void Send(job::Offer offer) override;
  void Send(job::Receipt receipt) override;
  void Flush();
  // Ends a site's connection, with the reason for its log: its certificate was revoked.
  void Disconnect(const SiteId& site, const Status& why);

  int port() const;
  size_t connection_count() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace florin::transport
