#include "florin/transport/grpc/client.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <random>
#include <thread>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "florin/transport/grpc/agent_end.h"
#include "florin/transport/grpc/stream.h"

namespace florin::transport {
namespace {

constexpr const char* kConnect = "/florin.v1.Site/Connect";

struct Explanation {
  std::string_view sign;  // in gRPC's words
  Kind kind;
  const char* code;
  const char* remedy;
};
// The first that fits.
constexpr Explanation kExplanations[] = {
    {"Connection refused", Kind::kUnreachable, "NET-REFUSED",
     "Is the coordinator running there, and is this its port?"},
    {"DNS resolution failed", Kind::kUnreachable, "NET-DNS",
     "The name does not resolve here: check its spelling and this machine's resolver."},
    {"errors resolving", Kind::kUnreachable, "NET-DNS",
     "The name does not resolve here: check its spelling and this machine's resolver."},
    {"CERTIFICATE_VERIFY_FAILED", Kind::kDenied, "NET-TLS",
     "One side does not trust the other's certificate: enrolled at another workspace, or expired?"},
    {"andshake", Kind::kDenied, "NET-TLS",
     "No TLS connection came about: is this the coordinator's port, and is a proxy in between?"},
    {"SSL", Kind::kDenied, "NET-TLS",
     "No TLS connection came about: is this the coordinator's port, and is a proxy in between?"},
    {"proxy", Kind::kUnreachable, "NET-PROXY",
     "The proxy of the environment (https_proxy) does not pass the connection on."},
};

std::string Address(std::string_view address) { return "coordinator " + std::string(address); }

int Millis(Duration duration) { return static_cast<int>(duration.micros / 1000); }

}  // namespace

Status ExplainFailure(const std::string& address, int grpc_code, const std::string& message) {
  const std::string words = message.substr(0, 512);
  for (const Explanation& entry : kExplanations) {
    if (words.find(entry.sign) == std::string::npos) continue;
    return {entry.kind, entry.code, Address(address) + ": " + words + ". " + entry.remedy};
  }
  if (grpc_code == grpc::StatusCode::PERMISSION_DENIED ||
      grpc_code == grpc::StatusCode::UNAUTHENTICATED) {
    return {Kind::kDenied, "NET-DENIED", Address(address) + " does not let this site in: " + words};
  }
  if (grpc_code == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return {Kind::kTimeout, "NET-TIMEOUT", Address(address) + " did not answer in time."};
  }
  return {Kind::kUnreachable, "NET-UNREACHABLE",
          Address(address) + ": " + (words.empty() ? "the connection ended" : words) + "."};
}

class Client::Impl {
 public:
  class Connection;

  Impl(ClientOptions options, ClientEvents& events, base::Clock& clock)
      : options_(std::move(options)),
        events_(events),
        clock_(clock),
        memory_(options_.parcel_max),
        retry_(options_.retry_min),
        dialler_([this](const std::stop_token& stop) { Run(stop); }) {}
  ~Impl();

  template <typename Noun>
  void Send(const Noun& noun, ConnectionNumber number);

  const ClientOptions& options() const { return options_; }
  AgentMemory& memory() { return memory_; }
  ClientEvents& events() { return events_; }
  Time Now() { return clock_.Now(); }
  void Welcomed();
  void Ended(Status why);

 private:
  void Run(const std::stop_token& stop);
  std::shared_ptr<grpc::Channel> Dial();

  ClientOptions options_;
  ClientEvents& events_;
  base::Clock& clock_;
  AgentMemory memory_;  // of the one connection there is
  std::mutex lock_;
  std::condition_variable_any changed_;
  std::shared_ptr<Connection> current_;
  ConnectionNumber number_ = 0;
  bool has_ended_ = false;
  bool was_welcomed_ = false;
  Status why_;
  Duration retry_;
  std::minstd_rand jitter_{std::random_device{}()};
  std::jthread dialler_;  // last: it uses all of the above
};

class Client::Impl::Connection final
    : public Stream<grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>>,
      public AgentEvents {
 public:
  Connection(Impl& client, std::shared_ptr<grpc::Channel> channel, ConnectionNumber number)
      : client_(client),
        channel_(std::move(channel)),
        stub_(channel_),
        number_(number),
        end_(client.options().site, client.memory(), *this, client.Now()) {}

  void Start(std::shared_ptr<Connection> self) {
    const std::lock_guard guard(lock_);
    self_ = std::move(self);
    is_started_ = true;
    stub_.PrepareBidiStreamingCall(&context_, kConnect, {}, this);
    AddHold();  // writes come from outside of reactions too
    WriteOn();
    ReadOn();
    StartCall();
    if (is_closed()) Close();  // cancelled before it began
  }
  template <typename Noun>
  void Send(const Noun& noun) {
    const std::lock_guard guard(lock_);
    if (!end_.is_ready() || is_closed()) return;
    end_.Send(noun);
    WriteOn();
  }
  void Cancel() {
    const std::lock_guard guard(lock_);
    End();
  }

  void OnDone(const grpc::Status& status) override {
    const std::shared_ptr<Connection> self = std::move(self_);
    if (!last().ok()) {
      client_.Ended(Status(last()));
    } else {
      client_.Ended(
          ExplainFailure(client_.options().address, status.error_code(), status.error_message()));
    }
  }

  // -- AgentEvents, under lock_
  void Welcomed(const v1::Hello&) override {
    client_.Welcomed();
    client_.events().Connected(number_);
  }
  void Offered(job::Offer offer) override { client_.events().Offered(std::move(offer), number_); }
  void Received(job::Receipt receipt) override { client_.events().Received(std::move(receipt)); }

 private:
  Status Take(const v1::Frame& frame) override { return end_.Receive(frame); }
  Outbox& outbox() override { return end_.outbox(); }
  void Close() override {
    if (!is_started_) return;
    context_.TryCancel();
    RemoveHold();
  }

  Impl& client_;
  std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  ConnectionNumber number_;
  AgentEnd end_;
  bool is_started_ = false;
  std::shared_ptr<Connection> self_;  // until OnDone
};

Client::Impl::~Impl() {
  std::shared_ptr<Connection> current;
  {
    const std::lock_guard guard(lock_);
    current = current_;
  }
  dialler_.request_stop();
  if (current != nullptr) current->Cancel();
  current.reset();
  dialler_.join();
}

// Dials, waits for the connection to end, waits a while, dials again.
void Client::Impl::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::shared_ptr<Connection> connection;
    {
      const std::lock_guard guard(lock_);
      has_ended_ = false;
      was_welcomed_ = false;
      current_ = std::make_shared<Connection>(*this, Dial(), ++number_);
      connection = current_;
    }
    connection->Start(connection);
    connection.reset();
    std::unique_lock guard(lock_);
    changed_.wait(guard, [&] { return has_ended_; });
    current_.reset();
    retry_ = was_welcomed_ ? options_.retry_min
                           : std::min(options_.retry_max, Duration{retry_.micros * 2});
    const Duration wait{std::uniform_int_distribution<int64_t>(options_.retry_min.micros / 2,
                                                               retry_.micros)(jitter_)};
    const Status why = why_;
    guard.unlock();
    if (stop.stop_requested()) return;
    events_.Disconnected(why, wait);
    guard.lock();
    changed_.wait_for(guard, stop, std::chrono::microseconds(wait.micros), [] { return false; });
  }
}

std::shared_ptr<grpc::Channel> Client::Impl::Dial() {
  grpc::ChannelArguments arguments;
  const int third = Millis(options_.idle) / 3;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, third);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, third);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kWindowBytes);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // back-off is ours alone
  arguments.SetMaxReceiveMessageSize(static_cast<int>(kMessageBytesMax));
  return grpc::CreateCustomChannel(options_.address,
                                   MakeChannelCredentials(options_.tls, options_.check_coordinator),
                                   arguments);
}

void Client::Impl::Welcomed() {
  const std::lock_guard guard(lock_);
  was_welcomed_ = true;
}

void Client::Impl::Ended(Status why) {
  {
    const std::lock_guard guard(lock_);
    has_ended_ = true;
    why_ = std::move(why);
  }
  changed_.notify_all();
}

template <typename Noun>
void Client::Impl::Send(const Noun& noun, ConnectionNumber number) {
  std::shared_ptr<Connection> connection;
  {
    const std::lock_guard guard(lock_);
    if (number == number_) connection = current_;
  }
  if (connection != nullptr) connection->Send(noun);
}

Client::Client(ClientOptions options, ClientEvents& events, base::Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), events, clock)) {}
Client::~Client() = default;

void Client::Send(const std::shared_ptr<const job::Contribution>& contribution,
                  ConnectionNumber connection) {
  impl_->Send(contribution, connection);
}

void Client::Send(const job::Refusal& refusal, ConnectionNumber connection) {
  impl_->Send(refusal, connection);
}

}  // namespace florin::transport
