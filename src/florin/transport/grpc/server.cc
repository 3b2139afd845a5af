#include "florin/transport/grpc/server.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "florin/base/tally.h"
#include "florin/transport/grpc/coordinator_end.h"
#include "florin/transport/grpc/stream.h"
#include "florin/v1/site.grpc.pb.h"

namespace florin::transport {
namespace {

constexpr size_t kLoadsKept = 4;     // plans, and states, that connections may still need
constexpr size_t kBrokenOffMax = 8;  // contributions that wait for their rest
// Each connection keeps a buffer of either for as long as it lasts.
constexpr int kReadBytes = 8192;       // of a socket at once
constexpr int kRecordBytes = 8192;     // of a TLS record that is sent
constexpr int kStreamsAtOnceMax = 64;  // of a connection; an operator has a few
constexpr uint32_t kStreamsMax = 16;   // of a connection in kCountedFor; a site opens one
constexpr size_t kPeersCounted = 1024;
constexpr Duration kCountedFor = Duration::Seconds(60);
constexpr Duration kSkewMax = Duration::Seconds(300);

using Reactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

// Says no before anything is read.
class Refusal final : public Reactor {
 public:
  explicit Refusal(const Status& why) {
    Finish({grpc::StatusCode::PERMISSION_DENIED, why.ToString()});
  }
  void OnDone() override { delete this; }
};

// The certificate that the TLS handshake proved, or nothing.
std::string PeerCertificate(const grpc::CallbackServerContext& context) {
  const auto found = context.auth_context()->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  return found.empty() ? std::string() : std::string(found[0].data(), found[0].size());
}

Bytes PlanBytes(const job::Plan& plan) {
  base::Writer writer;
  plan.spec.Save(writer);
  return std::move(writer).Take();
}

Bytes StateBytes(const model::State& state) {
  base::Writer writer;
  state.SaveWithoutMemory(writer);
  return std::move(writer).Take();
}

// Loads by the hash of what they carry, made once for all sites; the oldest goes first.
template <typename Id>
class LoadCache {
 public:
  template <typename Make>
  Load Get(const Id& id, const Make& make) {
    for (const auto& [key, load] : loads_) {
      if (key == id) return load;
    }
    if (loads_.size() == kLoadsKept) loads_.pop_front();
    loads_.emplace_back(id, MakeLoad(std::make_shared<const Bytes>(make())));
    return loads_.back().second;
  }

 private:
  std::deque<std::pair<Id, Load>> loads_;
};

}  // namespace

// The lock guards the maps alone: it is never held while a connection's is taken, nor the other
// way.
class Server::Impl final : public v1::Site::WithRawCallbackMethod_Connect<v1::Site::Service> {
 public:
  class Connection;
  using Held = std::shared_ptr<Connection>;

  Impl(ServerOptions options, Inbox& inbox, base::Clock& clock)
      : options_(std::move(options)), inbox_(inbox), clock_(clock) {}

  Status Listen();
  void Stop();
  Reactor* Connect(grpc::CallbackServerContext* context) override;

  void Send(job::Offer offer);
  void Send(const job::Receipt& receipt);
  void Flush();
  Held Find(const SiteId& site) const;
  int port() const { return port_; }
  size_t connection_count() const;

  // -- for connections
  Inbox& inbox() { return inbox_; }
  const ServerOptions& options() const { return options_; }
  Time Now() { return clock_.Now(); }
  void Park(Held connection);           // its reads wait for room in the inbox
  bool Unpark(const Held& connection);  // false: somebody else does
  void Gone(const Held& connection, Assembler& bulk, const Status& why);
  void Report(const ConnectionEvent& event) const { options_.on_event(event); }

 private:
  void ReadOn();
  Status CountStream(const std::string& peer);

  ServerOptions options_;
  Inbox& inbox_;
  base::Clock& clock_;
  int port_ = 0;
  mutable std::mutex lock_;
  std::condition_variable gone_;
  std::map<SiteId, Held> connections_;  // of each site the latest
  size_t alive_ = 0;                    // connections of any age
  std::deque<std::pair<SiteId, Assembler>> broken_off_;
  base::Tally streams_{kCountedFor, kPeersCounted};  // opened by each peer's address and port
  std::vector<Held> parked_;
  std::vector<Held> unsent_;  // have something to say since the last flush
  bool is_stopping_ = false;
  LoadCache<PlanHash> plans_;  // these two: only the thread that sends
  LoadCache<ModelHash> states_;
  std::unique_ptr<grpc::Server> server_;
};

class Server::Impl::Connection final : public Stream<Reactor>, public CoordinatorEvents {
 public:
  Connection(Impl& server, grpc::CallbackServerContext& context, SiteId site, Assembler bulk)
      : server_(server),
        context_(context),
        site_(std::move(site)),
        peer_(context.peer()),
        bulk_(std::move(bulk)),
        end_(site_, bulk_, *this) {}

  const SiteId& site() const { return site_; }
  const std::string& peer() const { return peer_; }
  bool has_arrived() const { return has_arrived_; }

  void Start(Held self) {
    const std::lock_guard guard(lock_);
    self_ = std::move(self);
    ReadOn();
  }
  template <typename Noun>
  void Send(const Noun& noun) {
    const std::lock_guard guard(lock_);
    if (!end_.is_ready() || is_closed()) return;  // it gets its offers when it has arrived
    if (IsStalled(server_.options().idle)) {
      EndWith({Kind::kTimeout, "WIRE-STALLED",
               "the site reads nothing of what it is sent; it may dial in again."});
      context_.TryCancel();  // what it does not take would hold the stream open
      return;
    }
    end_.Send(noun);
  }
  void Flush() {
    const std::lock_guard guard(lock_);
    WriteOn();
  }
  void SayGoodbye(const Status& why) {
    const std::lock_guard guard(lock_);
    end_.outbox().Push(Goodbye(why));
    EndAfterWrites();
  }
  void Resume() {
    const std::lock_guard guard(lock_);
    ReadOn();
  }

  void OnCancel() override {
    const std::lock_guard guard(lock_);
    End();
  }
  void OnDone() override {
    const Held self = std::move(self_);
    server_.Gone(self, bulk_, last());
  }

  // -- CoordinatorEvents, under lock_
  void Arrived(const v1::Hello& hello) override {
    has_arrived_ = true;
    server_.inbox().Push(round::SiteArrived{site_});
    server_.Report({"site.connected", site_, peer_, {}, {}});
    const int64_t skew = hello.clock_micros() - server_.Now().micros;
    if (skew > kSkewMax.micros || skew < -kSkewMax.micros) {
      server_.Report({"site.clock", site_, peer_, "NET-CLOCK",
                      "its clock is " + std::to_string(skew / 1'000'000) +
                          " s from ours: set it, certificates depend on it."});
    }
  }
  void Contributed(job::Contribution contribution) override {
    server_.inbox().Push(std::move(contribution));
  }
  void Refused(job::Refusal refusal) override { server_.inbox().Push(std::move(refusal)); }

 private:
  Status Take(const v1::Frame& frame) override { return end_.Receive(frame, server_.Now()); }
  Outbox& outbox() override { return end_.outbox(); }
  bool MayRead() override {
    if (!server_.inbox().is_full()) return true;
    server_.Park(self_);
    return !server_.inbox().is_full() && server_.Unpark(self_);  // it was emptied meanwhile
  }
  void Close() override { Finish(grpc::Status::OK); }

  Impl& server_;
  grpc::CallbackServerContext& context_;  // until OnDone
  SiteId site_;
  std::string peer_;
  Assembler bulk_;
  CoordinatorEnd end_;
  std::atomic<bool> has_arrived_ = false;
  Held self_;  // until OnDone
};

Status Server::Impl::Listen() {
  inbox_.OnSpace([this] { ReadOn(); });
  grpc::ServerBuilder builder;
  builder.AddListeningPort(options_.listen, MakeServerCredentials(options_.tls), &port_);
  builder.RegisterService(this);
  for (grpc::Service* service : options_.services) builder.RegisterService(service);
  builder.SetMaxReceiveMessageSize(static_cast<int>(kMessageBytesMax));
  const auto third = static_cast<int>(options_.idle.micros / 3000);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 3 * third);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, third);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, third);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, third / 2);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsAtOnceMax);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kWindowBytes);
  builder.AddChannelArgument(GRPC_ARG_TCP_READ_CHUNK_SIZE, kReadBytes);
  builder.AddChannelArgument(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, kReadBytes);
  builder.AddChannelArgument(GRPC_ARG_TSI_MAX_FRAME_SIZE, kRecordBytes);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port_ == 0) {
    return {Kind::kUnreachable, "NET-LISTEN",
            "cannot listen on " + options_.listen +
                ": the address is taken, or not one of this machine."};
  }
  return {};
}

void Server::Impl::Stop() {
  inbox_.OnSpace(nullptr);
  std::map<SiteId, Held> connections;
  {
    const std::lock_guard guard(lock_);
    is_stopping_ = true;
    connections = connections_;
    parked_.clear();
    unsent_.clear();
  }
  const Status why(Kind::kUnreachable, "NET-STOPPED", "the coordinator stops; try again later.");
  for (const auto& [site, connection] : connections) connection->SayGoodbye(why);
  connections.clear();
  if (server_ == nullptr) return;
  server_->Shutdown(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(2, GPR_TIMESPAN)));
  std::unique_lock guard(lock_);
  gone_.wait(guard, [&] { return alive_ == 0; });
}

Reactor* Server::Impl::Connect(grpc::CallbackServerContext* context) {
  const std::string peer = context->peer();
  if (const auto flood = CountStream(peer); !flood.ok()) return new Refusal(flood);
  const auto site = options_.authorise(PeerCertificate(*context), Now());
  if (!site.ok()) {
    Report({"site.refused",
            {},
            peer,
            std::string(site.status().code()),
            std::string(site.status().message())});
    return new Refusal(site.status());
  }
  Assembler bulk;
  Held older;
  Held connection;
  {
    const std::lock_guard guard(lock_);
    if (is_stopping_) {
      return new Refusal({Kind::kUnreachable, "NET-STOPPED", "the coordinator stops."});
    }
    const auto broken = std::ranges::find(broken_off_, *site, &std::pair<SiteId, Assembler>::first);
    if (broken != broken_off_.end()) {
      bulk = std::move(broken->second);
      broken_off_.erase(broken);
    }
    connection = std::make_shared<Connection>(*this, *context, *site, std::move(bulk));
    older = std::exchange(connections_[*site], connection);
    ++alive_;
  }
  if (older != nullptr) {
    if (older->has_arrived()) inbox_.Push(round::SiteLeft{*site});
    older->SayGoodbye(
        {Kind::kConflict, "WIRE-REPLACED", "the site has dialled in again, from " + peer + "."});
  }
  connection->Start(connection);
  return connection.get();
}

// Looking at a certificate takes half a millisecond, opening a stream and resetting it nothing: who
// does no more than that would keep this side busy. [WIRE-STREAMS]
Status Server::Impl::CountStream(const std::string& peer) {
  const Time now = Now();
  uint32_t count = 0;
  {
    const std::lock_guard guard(lock_);
    count = streams_.Count(peer, now);
  }
  if (count <= kStreamsMax) return {};
  Status why(Kind::kRefused, "WIRE-STREAMS", "a connection opens one stream after another.");
  if (count == kStreamsMax + 1) {  // once
    Report({"site.refused", {}, peer, std::string(why.code()), std::string(why.message())});
  }
  return why;
}

void Server::Impl::Gone(const Held& connection, Assembler& bulk, const Status& why) {
  bool was_latest = false;
  {
    const std::lock_guard guard(lock_);
    const auto found = connections_.find(connection->site());
    was_latest = found != connections_.end() && found->second == connection;
    if (was_latest) connections_.erase(found);
    std::erase(parked_, connection);
    bulk.BreakOff();
    if (bulk.partial().has_value()) {
      if (broken_off_.size() == kBrokenOffMax) broken_off_.pop_front();
      broken_off_.emplace_back(connection->site(), std::move(bulk));
    }
  }
  if (was_latest && connection->has_arrived()) inbox_.Push(round::SiteLeft{connection->site()});
  Report({"site.left", connection->site(), connection->peer(), std::string(why.code()),
          std::string(why.message())});
  const std::lock_guard guard(lock_);
  --alive_;
  gone_.notify_all();
}

void Server::Impl::Park(Held connection) {
  const std::lock_guard guard(lock_);
  parked_.push_back(std::move(connection));
}

bool Server::Impl::Unpark(const Held& connection) {
  const std::lock_guard guard(lock_);
  return std::erase(parked_, connection) > 0;
}

void Server::Impl::ReadOn() {
  std::vector<Held> parked;
  {
    const std::lock_guard guard(lock_);
    parked.swap(parked_);
  }
  for (const Held& connection : parked) connection->Resume();
}

Server::Impl::Held Server::Impl::Find(const SiteId& site) const {
  const std::lock_guard guard(lock_);
  const auto found = connections_.find(site);
  return found == connections_.end() ? nullptr : found->second;
}

size_t Server::Impl::connection_count() const {
  const std::lock_guard guard(lock_);
  return connections_.size();
}

void Server::Impl::Send(job::Offer offer) {
  const Held connection = Find(offer.site);
  if (connection == nullptr) return;
  LoadedOffer loaded;
  loaded.plan = plans_.Get(offer.plan->hash, [&] { return PlanBytes(*offer.plan); });
  loaded.state = states_.Get(offer.model_hash, [&] { return StateBytes(*offer.state); });
  loaded.offer = std::move(offer);
  connection->Send(loaded);
  const std::lock_guard guard(lock_);
  unsent_.push_back(connection);
}

void Server::Impl::Send(const job::Receipt& receipt) {
  const Held connection = Find(receipt.site);
  if (connection == nullptr) return;
  connection->Send(receipt);
  if (receipt.verdict == job::Verdict::kAccepted) return;
  const std::lock_guard guard(lock_);
  unsent_.push_back(connection);
}

void Server::Impl::Flush() {
  std::vector<Held> unsent;
  {
    const std::lock_guard guard(lock_);
    unsent.swap(unsent_);
  }
  for (const Held& connection : unsent) connection->Flush();
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { impl_->Stop(); }

Result<std::unique_ptr<Server>> Server::Start(ServerOptions options, Inbox& inbox,
                                              base::Clock& clock) {
  auto impl = std::make_unique<Impl>(std::move(options), inbox, clock);
  FLORIN_TRY(impl->Listen());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

void Server::Send(job::Offer offer) { impl_->Send(std::move(offer)); }

void Server::Send(job::Receipt receipt) { impl_->Send(receipt); }
void Server::Flush() { impl_->Flush(); }

void Server::Disconnect(const SiteId& site, const Status& why) {
  if (const auto connection = impl_->Find(site)) connection->SayGoodbye(why);
}

int Server::port() const { return impl_->port(); }
size_t Server::connection_count() const { return impl_->connection_count(); }

}  // namespace florin::transport
