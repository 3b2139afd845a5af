// The peer's side of enrolment.h.
#include <algorithm>
#include <chrono>
#include <mutex>

#include <grpcpp/grpcpp.h>

#include "florin/transport/grpc/client.h"
#include "florin/transport/grpc/enrolment.h"
#include "florin/v1/enrolment.grpc.pb.h"

namespace florin::transport {
namespace {

using identity::Peer;
using identity::Trust;

constexpr int kAnswerMax = 8 << 20;  // a trust with 400,000 denied serials
constexpr size_t kWordsMax = 2048;

std::string At(const std::string& address) { return "coordinator at " + address; }

// The certificates of a PEM text, one by one.
std::vector<std::string> SplitPem(std::string_view pem) {
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  std::vector<std::string> parts;
  for (size_t at = pem.find("-----BEGIN"); at != std::string_view::npos && parts.size() < 8;
       at = pem.find("-----BEGIN", at)) {
    const size_t end = pem.find(kEnd, at);
    if (end == std::string_view::npos) break;
    parts.emplace_back(std::string(pem.substr(at, end + kEnd.size() - at)) + "\n");
    at = end;
  }
  return parts;
}

Status NotTrusted(const std::string& address, const Status& why, Time now) {
  std::string text = At(address) + ": its certificate does not hold: " + std::string(why.message());
  if (why.code() == "X509-EXPIRED" || why.code() == "X509-NOT-YET-VALID") {
    text += ". It is " + now.ToString() + " by this machine's clock; is that right?";
  }
  return Status(Kind::kDenied, "JOIN-TLS", std::move(text));
}

// Only a coordinator's certificate is for the server side.
Status CheckLeaf(const std::string& address, const std::vector<std::string>& chain,
                 Span<const std::string> roots, Time now) {
  if (chain.empty()) {
    return Status(Kind::kDenied, "JOIN-TLS", At(address) + ": it shows no certificate.");
  }
  const Status status =
      crypto::VerifyChain(chain.front(), roots, now, crypto::CertificateUse::kServer);
  return status.ok() ? Status() : NotTrusted(address, status, now);
}

// The root that the token names must be among what the listener shows, and have signed its leaf.
Status CheckPinned(const identity::Token& token, std::string_view pem, Time now) {
  const std::vector<std::string> chain = SplitPem(pem);
  if (chain.empty()) return CheckLeaf(token.address, chain, {}, now);
  for (const std::string& root : chain) {
    if (!identity::CheckPinnedRoot(token, root).ok()) continue;
    return CheckLeaf(token.address, chain, {&root, 1}, now);
  }
  return identity::CheckPinnedRoot(token, chain.back());
}

// What gRPC would only repeat in other words.
class Verdict {
 public:
  void Set(const Status& status) {
    const std::lock_guard guard(lock_);
    status_ = status;
  }
  Status Get() {
    const std::lock_guard guard(lock_);
    return status_;
  }

 private:
  std::mutex lock_;
  Status status_;
};

bool IsCode(std::string_view code) {
  return !code.empty() && code.size() <= 64 && std::ranges::all_of(code, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// The coordinator's own words, when they are its; else what the failure means.
Status FaultOf(const std::string& address, const grpc::Status& status) {
  v1::EnrolmentRefusal refusal;
  const bool is_refusal = refusal.ParseFromString(status.error_details()) &&
                          IsCode(refusal.code()) && refusal.kind() >= 1 && refusal.kind() <= 8;
  if (!is_refusal) return ExplainFailure(address, status.error_code(), status.error_message());
  std::string words = refusal.message().substr(0, kWordsMax);
  std::ranges::replace_if(words, [](unsigned char c) { return c < 0x20; }, ' ');
  return Status(static_cast<Kind>(refusal.kind()), refusal.code(), At(address) + ": " + words);
}

Status BadAnswer(const std::string& address, const std::string& why) {
  return Status(Kind::kFailed, "JOIN-ANSWER", At(address) + ": its answer is no good: " + why);
}

Result<Admitted> ReadAnswer(const std::string& address, const Peer& peer,
                            const v1::EnrolmentAnswer& answer, Time now) {
  Admitted admitted;
  auto trust = Trust::Restore(base::AsBytes(answer.trust()));
  if (!trust.ok()) return BadAnswer(address, std::string(trust.status().message()));
  admitted.admission = {answer.certificate(), std::move(trust).value(), answer.address()};
  const Status reachable = identity::CheckAddress(answer.address());
  if (!reachable.ok()) return BadAnswer(address, std::string(reachable.message()));
  const auto who = identity::Identify(admitted.admission.trust, answer.certificate(),
                                      crypto::CertificateUse::kClient, now);
  if (!who.ok()) return BadAnswer(address, std::string(who.status().message()));
  if (who->peer != peer) return BadAnswer(address, "a certificate for " + who->peer.ToString());
  admitted.certificate = who->certificate;
  admitted.coordinator_time = {answer.clock_micros()};
  return admitted;
}

template <typename Ask, typename Answer>
using Method = grpc::Status (v1::Enrolment::Stub::*)(grpc::ClientContext*, const Ask&, Answer*);

// check: all its own, since a handshake may go on behind a call that ran out of patience.
template <typename Ask, typename Answer>
Result<Answer> Call(const std::string& address, Method<Ask, Answer> method, const Ask& ask,
                    const CheckPeerCertificate& check, Duration patience) {
  const auto verdict = std::make_shared<Verdict>();
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kAnswerMax);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto channel =
      grpc::CreateCustomChannel(address, MakePinnedCredentials([verdict, check](auto pem) {
                                  Status status = check(pem);
                                  verdict->Set(status);
                                  return status;
                                }),
                                arguments);
  const auto stub = v1::Enrolment::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +  // tidy-ok: gRPC's deadlines
                       std::chrono::microseconds(patience.micros));
  Answer answer;
  const grpc::Status status = (stub.get()->*method)(&context, ask, &answer);
  if (status.ok()) return answer;
  FLORIN_TRY(verdict->Get());
  return FaultOf(address, status);
}

v1::EnrolmentAsk AskOf(const Bytes& request) {
  v1::EnrolmentAsk ask;
  ask.set_request(request.data(), request.size());
  return ask;
}

// For a member: whom the roots it trusts vouch for.
CheckPeerCertificate CheckTrusted(const std::string& address, const Trust& trust, Time now) {
  return [address, trust, now](std::string_view pem) -> Status {
    const std::vector<std::string> chain = SplitPem(pem);
    FLORIN_TRY(CheckLeaf(address, chain, trust.roots, now));
    return identity::Identify(trust, chain.front(), crypto::CertificateUse::kServer, now).status();
  };
}

}  // namespace

Result<Admitted> Join(const identity::Token& token, const identity::EnrolmentRequest& request,
                      base::Clock& clock, Duration patience) {
  const auto check = [token, now = clock.Now()](std::string_view pem) {
    return CheckPinned(token, pem, now);
  };
  FLORIN_ASSIGN(const v1::EnrolmentAnswer answer, Call(token.address, &v1::Enrolment::Stub::Join,
                                                       AskOf(request.Save()), check, patience));
  FLORIN_ASSIGN(Admitted admitted, ReadAnswer(token.address, request.peer, answer, clock.Now()));
  const auto& roots = admitted.admission.trust.roots;
  const bool has_pinned = std::ranges::any_of(
      roots, [&](const std::string& root) { return identity::CheckPinnedRoot(token, root).ok(); });
  if (!has_pinned) return BadAnswer(token.address, "it trusts other roots than the token's");
  return admitted;
}

Result<Admitted> Renew(const std::string& address, const Trust& trust,
                       const identity::RenewalRequest& request, base::Clock& clock,
                       Duration patience) {
  FLORIN_ASSIGN(const v1::EnrolmentAnswer answer,
                Call(address, &v1::Enrolment::Stub::Renew, AskOf(request.Save()),
                     CheckTrusted(address, trust, clock.Now()), patience));
  FLORIN_ASSIGN(Admitted admitted, ReadAnswer(address, request.peer, answer, clock.Now()));
  if (admitted.admission.trust.workspace != trust.workspace) {
    return BadAnswer(address, "another workspace");
  }
  return admitted;
}

Result<Time> AskTime(const std::string& address, const Trust& trust, base::Clock& clock,
                     Duration patience) {
  FLORIN_ASSIGN(const v1::ClockAnswer answer,
                Call(address, &v1::Enrolment::Stub::Clock, v1::ClockAsk(),
                     CheckTrusted(address, trust, clock.Now()), patience));
  return Time{answer.clock_micros()};
}

}  // namespace florin::transport
