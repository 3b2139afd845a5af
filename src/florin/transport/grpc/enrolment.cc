#include "florin/transport/grpc/enrolment.h"

#include <algorithm>
#include <chrono>
#include <mutex>

#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include "florin/v1/enrolment.grpc.pb.h"

namespace florin::transport {
namespace {

constexpr int kMessageMax = 64 << 10;
constexpr size_t kMemoryMax = size_t{32} << 20;  // of all connections together
constexpr size_t kReasonMax = 1024;

// Calls that may still come in: filled at a steady rate up to a bound.
class Allowance {
 public:
  Allowance(double per_second, double at_once)
      : per_second_(per_second), at_once_(at_once), left_(at_once) {}

  bool Take() {
    const std::lock_guard guard(lock_);
    const auto now = Monotonic::now();
    const std::chrono::duration<double> passed = now - filled_at_;
    left_ = std::min(at_once_, left_ + per_second_ * passed.count());
    filled_at_ = now;
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  using Monotonic = std::chrono::steady_clock;
  const double per_second_;
  const double at_once_;
  std::mutex lock_;
  double left_;
  Monotonic::time_point filled_at_ = Monotonic::now();
};

grpc::StatusCode CodeFor(Kind kind) {
  switch (kind) {
    case Kind::kDenied:
    case Kind::kRefused:
      return grpc::StatusCode::PERMISSION_DENIED;
    case Kind::kNotFound:
      return grpc::StatusCode::NOT_FOUND;
    case Kind::kConflict:
      return grpc::StatusCode::FAILED_PRECONDITION;
    case Kind::kTimeout:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    default:
      return grpc::StatusCode::INVALID_ARGUMENT;
  }
}

grpc::Status RefusalOf(const Status& why) {
  v1::EnrolmentRefusal refusal;
  refusal.set_kind(static_cast<uint32_t>(why.kind()));
  refusal.set_code(std::string(why.code()));
  refusal.set_message(std::string(why.message().substr(0, kReasonMax)));
  return {CodeFor(why.kind()), why.ToString().substr(0, kReasonMax), refusal.SerializeAsString()};
}

Status Busy() {
  return Status(Kind::kTimeout, "JOIN-BUSY",
                "too many peers ask for certificates at this moment; try again in a few seconds");
}

}  // namespace

class EnrolmentListener::Impl final : public v1::Enrolment::CallbackService {
 public:
  Impl(EnrolmentOptions options, base::Clock& clock)
      : options_(std::move(options)),
        clock_(clock),
        allowance_(options_.calls_per_second, options_.calls_at_once) {}
  ~Impl() override {
    if (server_ == nullptr) return;
    server_->Shutdown(
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(2, GPR_TIMESPAN)));
  }

  Status Listen();
  int port() const { return port_; }

  grpc::ServerUnaryReactor* Join(grpc::CallbackServerContext* context, const v1::EnrolmentAsk* ask,
                                 v1::EnrolmentAnswer* answer) override {
    return Decide<identity::EnrolmentRequest>("join", options_.join, *context, *ask, *answer);
  }
  grpc::ServerUnaryReactor* Renew(grpc::CallbackServerContext* context, const v1::EnrolmentAsk* ask,
                                  v1::EnrolmentAnswer* answer) override {
    return Decide<identity::RenewalRequest>("renewal", options_.renew, *context, *ask, *answer);
  }
  grpc::ServerUnaryReactor* Clock(grpc::CallbackServerContext* context, const v1::ClockAsk*,
                                  v1::ClockAnswer* answer) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    answer->set_clock_micros(clock_.Now().micros);
    reactor->Finish(allowance_.Take() ? grpc::Status::OK : RefusalOf(Busy()));
    return reactor;
  }

 private:
  template <typename Request, typename Handler>
  grpc::ServerUnaryReactor* Decide(const std::string& what, const Handler& handler,
                                   grpc::CallbackServerContext& context,
                                   const v1::EnrolmentAsk& ask, v1::EnrolmentAnswer& answer) {
    grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
    EnrolmentEvent event{what + ".refused", {}, context.peer(), {}, {}};
    const auto decided = Ask<Request>(handler, ask, event.member);
    if (decided.ok()) {
      event.name = what + ".accepted";
      answer.set_certificate(decided->certificate_pem);
      const Bytes trust = decided->trust.Save();
      answer.set_trust(trust.data(), trust.size());
      answer.set_address(decided->address);
      answer.set_clock_micros(clock_.Now().micros);
    } else {
      event.code = decided.status().code();
      event.reason = decided.status().message();
    }
    options_.on_event(event);
    reactor->Finish(decided.ok() ? grpc::Status::OK : RefusalOf(decided.status()));
    return reactor;
  }
  template <typename Request, typename Handler>
  Result<Admission> Ask(const Handler& handler, const v1::EnrolmentAsk& ask,
                        identity::Peer& member) {
    if (!allowance_.Take()) return Busy();
    FLORIN_ASSIGN(const Request request, Request::Restore(base::AsBytes(ask.request())));
    FLORIN_TRY(identity::CheckPeer(request.peer));
    member = request.peer;
    return handler(request, clock_.Now());
  }

  EnrolmentOptions options_;
  base::Clock& clock_;
  Allowance allowance_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

Status EnrolmentListener::Impl::Listen() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(options_.listen,
                           MakeServerCredentials({options_.tls.key, options_.tls.certificate, ""}),
                           &port_);
  builder.RegisterService(this);
  builder.SetMaxReceiveMessageSize(kMessageMax);
  builder.SetResourceQuota(grpc::ResourceQuota("enrolment").Resize(kMemoryMax));
  // A call takes milliseconds: who stays longer holds a socket for nothing.
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 4);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  server_ = builder.BuildAndStart();
  if (server_ != nullptr && port_ != 0) return {};
  return Status(Kind::kUnreachable, "NET-LISTEN",
                "cannot listen on " + options_.listen +
                    ": the address is taken, or not one of this machine.");
}

EnrolmentListener::EnrolmentListener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EnrolmentListener::~EnrolmentListener() = default;

Result<std::unique_ptr<EnrolmentListener>> EnrolmentListener::Start(EnrolmentOptions options,
                                                                    base::Clock& clock) {
  auto impl = std::make_unique<Impl>(std::move(options), clock);
  FLORIN_TRY(impl->Listen());
  return std::unique_ptr<EnrolmentListener>(new EnrolmentListener(std::move(impl)));
}

int EnrolmentListener::port() const { return impl_->port(); }

}  // namespace florin::transport
