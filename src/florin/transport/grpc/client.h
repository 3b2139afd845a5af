// Client: a site's side of the network. Dials out, holds one stream, dials again when it breaks.
//
// All functions are thread-safe; events come on gRPC's threads, one at a time. What a site computes
// is sent on the connection it was asked on, or not at all: a coordinator that comes back asks
// again, and the site answers alike.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "florin/base/status.h"
#include "florin/base/time.h"
#include "florin/job/exchange.h"
#include "florin/transport/grpc/tls.h"

namespace florin::transport {

struct ClientOptions {
  std::string address;  // "coordinator.example:7443"
  SiteId site;
  TlsFiles tls;
  CheckPeerCertificate check_coordinator;
  Duration retry_min = Duration::Seconds(1);  // doubled with each failure, full jitter
  Duration retry_max = Duration::Seconds(60);
  Duration idle = Duration::Seconds(120);   // a coordinator that is silent for so long is gone
  uint64_t parcel_max = uint64_t{1} << 30;  // bytes of a plan or a state
};

// A connection, by number: answers name the one they belong to.
using ConnectionNumber = uint64_t;

class ClientEvents {
 public:
  virtual ~ClientEvents() = default;
  virtual void Connected(ConnectionNumber connection) = 0;
  // Why it ended or could not be made, in words that name address, cause and remedy; it is tried
  // again after `retry`.
  virtual void Disconnected(const Status& why, Duration retry) = 0;
  virtual void Offered(job::Offer offer, ConnectionNumber connection) = 0;
  virtual void Received(job::Receipt receipt) = 0;
};

class Client {
 public:
  // Dials at once and from then on whenever it must. The events and the clock outlive the client.
  Client(ClientOptions options, ClientEvents& events, base::Clock& clock);
  ~Client();  // says nothing more; waits for what is under way

  // Dropped when that connection is not the current one any more.
  void Send(const std::shared_ptr<const job::Contribution>& contribution,
            ConnectionNumber connection);
  void Send(const job::Refusal& refusal, ConnectionNumber connection);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// What a failed call means and what helps: [NET-REFUSED], [NET-DNS], [NET-TLS], [NET-DENIED],
// [NET-TIMEOUT], [NET-UNREACHABLE].
Status ExplainFailure(const std::string& address, int grpc_code, const std::string& message);

}  // namespace florin::transport
