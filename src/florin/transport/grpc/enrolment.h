// Enrolment over the network: a listener of its own at the coordinator, and a peer's calls to it.
//
// Whoever joins has no certificate, so only the listener shows one: a chain of its leaf and its
// root. A joiner takes the root by the fingerprint in its token, the leaf by that root; a member
// that renews takes the leaf by the roots it trusts, and proves itself by its identity key. What is
// decided comes in as functions. Messages: proto/florin/v1/enrolment.proto.
//
// Codes of the calls, beside those with which the coordinator refuses ([TOKEN-*], [ENROL-*],
// [ROSTER-*], [PEER-*], [RENEW-STALE], [JOIN-BUSY]) and those of ExplainFailure():
//   [TOKEN-CA]     the listener shows another root than the token names
//   [JOIN-TLS]     its certificate is not one that this root signed for a coordinator, or not now
//   [JOIN-ANSWER]  what it answered is no certificate for this peer under this root
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "florin/base/time.h"
#include "florin/identity/enrolment.h"
#include "florin/transport/grpc/tls.h"

namespace florin::transport {

// What a peer that is let in goes home with.
struct Admission {
  std::string certificate_pem;
  identity::Trust trust;
  std::string address;  // host:port where members work
};

// What an operator should know: "join.accepted", "join.refused", "renewal.accepted",
// "renewal.refused".
struct EnrolmentEvent {
  std::string name;
  identity::Peer member;  // as it calls itself; no name when the request could not be read
  std::string peer;       // its network address
  std::string code;
  std::string reason;
};

struct EnrolmentOptions {
  std::string listen = "0.0.0.0:7444";
  TlsFiles tls;  // certificate: the coordinator's, then its root; no roots
  // Called on gRPC's threads, several at a time.
  std::function<Result<Admission>(const identity::EnrolmentRequest&, Time now)> join;
  std::function<Result<Admission>(const identity::RenewalRequest&, Time now)> renew;
  std::function<void(const EnrolmentEvent&)> on_event = [](const EnrolmentEvent&) {};
  double calls_per_second = 5;  // of all peers together; what is more is [JOIN-BUSY]
  double calls_at_once = 20;    // after a quiet while
};

// Thread-safe.
class EnrolmentListener {
 public:
  // The clock outlives the listener. [NET-LISTEN]
  static Result<std::unique_ptr<EnrolmentListener>> Start(EnrolmentOptions options,
                                                          base::Clock& clock);
  ~EnrolmentListener();  // waits for calls under way

  int port() const;

 private:
  class Impl;
  explicit EnrolmentListener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct Admitted {
  Admission admission;
  crypto::Certificate certificate;  // that of the admission
  Time coordinator_time;            // by its clock, to warn of one that is wrong
};

inline constexpr Duration kEnrolmentPatience = Duration::Seconds(20);

// One call each; the same request may be repeated when the answer did not come. Any thread.
Result<Admitted> Join(const identity::Token& token, const identity::EnrolmentRequest& request,
                      base::Clock& clock, Duration patience = kEnrolmentPatience);
// address: of the enrolment listener.
Result<Admitted> Renew(const std::string& address, const identity::Trust& trust,
                       const identity::RenewalRequest& request, base::Clock& clock,
                       Duration patience = kEnrolmentPatience);

// The time by the coordinator's clock, for who wonders about their own.
Result<Time> AskTime(const std::string& address, const identity::Trust& trust, base::Clock& clock,
                     Duration patience = kEnrolmentPatience);

}  // namespace florin::transport
