// For this room's tests over a network: a server, clients and streams by hand, on loopback, with
// mutual TLS and certificates of a real authority.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <grpcpp/create_channel.h>

#include "florin/base/clock.h"
#include "florin/transport/grpc/agent_end.h"
#include "florin/transport/grpc/client.h"
#include "florin/transport/grpc/parcel_testing.h"
#include "florin/transport/grpc/server.h"
#include "florin/transport/grpc/transport_testing.h"
#include "florin/v1/site.grpc.pb.h"

namespace florin::transport {

// What a client hears, waited for.
class Heard final : public ClientEvents {
 public:
  void Connected(ConnectionNumber connection) override {
    Note([&] { connections.push_back(connection); });
  }
  void Disconnected(const Status& why, Duration) override {
    Note([&] { ends.push_back(why.ToString()); });
  }
  void Offered(job::Offer offer, ConnectionNumber connection) override {
    Note([&] { offers.emplace_back(std::move(offer), connection); });
  }
  void Received(job::Receipt receipt) override {
    Note([&] { receipts.push_back(std::move(receipt)); });
  }
  std::optional<std::pair<job::Offer, ConnectionNumber>> TakeOffer() { return Take(offers); }
  std::optional<job::Receipt> TakeReceipt() { return Take(receipts); }
  template <typename Condition>
  bool Wait(Condition condition) {
    std::unique_lock guard(lock_);
    return changed_.wait_for(guard, kPatience, condition);
  }

  std::vector<ConnectionNumber> connections;
  std::vector<std::string> ends;
  std::vector<std::pair<job::Offer, ConnectionNumber>> offers;
  std::vector<job::Receipt> receipts;

 private:
  template <typename Body>
  void Note(Body body) {
    {
      const std::lock_guard guard(lock_);
      body();
    }
    changed_.notify_all();
  }
  template <typename Item>
  std::optional<Item> Take(std::vector<Item>& items) {
    const std::lock_guard guard(lock_);
    if (items.empty()) return std::nullopt;
    std::optional<Item> item = std::move(items.front());
    items.erase(items.begin());
    return item;
  }
  std::mutex lock_;
  std::condition_variable changed_;
};

// The machine's clock, shifted by a test.
class ShiftedClock final : public base::Clock {
 public:
  Time Now() override { return clock_.Now() + Duration{shift_}; }
  void ShiftTo(Duration shift) { shift_ = shift.micros; }

 private:
  base::SystemClock clock_;
  std::atomic<int64_t> shift_ = 0;
};

// A coordinator's server with its workspace, and what dials it.
class Loopback {
 protected:
  Loopback() { Serve("127.0.0.1:0"); }

  // A workspace made at another time, with a coordinator of its own.
  void Rebuild(Time made) {
    server_.reset();
    made_ = made;
    workspace_ = std::make_unique<Workspace>(made);
    coordinator_files_ = workspace_->Coordinator(made);
    trust_ = workspace_->trust();
    Serve("127.0.0.1:0");
  }
  void Serve(const std::string& listen) {
    ServerOptions options;
    options.listen = listen;
    options.tls = coordinator_files_;
    options.idle = idle_;
    options.on_event = [this](const ConnectionEvent& event) {
      const std::lock_guard guard(lock_);
      events_.push_back(event);
    };
    options.authorise = [this](std::string_view pem, Time now) -> Result<SiteId> {
      FLORIN_ASSIGN(const identity::Identified who,
                    identity::Identify(trust_, pem, crypto::CertificateUse::kClient, now));
      if (who.peer.name == "banned") return Status(Kind::kDenied, "PEER-REVOKED", "banned.");
      return SiteId(who.peer.name);
    };
    auto server = Server::Start(std::move(options), inbox_, clock_);
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(*server);
    port_ = server_->port();
  }
  ClientOptions OptionsOf(const std::string& site) {
    ClientOptions options;
    options.address = "127.0.0.1:" + std::to_string(port_);
    options.site = SiteId(site);
    options.tls = workspace_->Site(site, made_);
    options.check_coordinator = [this](std::string_view pem) -> Status {
      FLORIN_ASSIGN(const identity::Identified who,
                    identity::Identify(trust_, pem, crypto::CertificateUse::kServer, clock_.Now()));
      if (who.peer.role == identity::Role::kCoordinator) return {};
      return {Kind::kDenied, "PEER-ROLE", "not a coordinator."};
    };
    options.retry_min = Duration::Millis(20);
    return options;
  }
  std::unique_ptr<Client> Dial(const std::string& site, Heard& heard) {
    return std::make_unique<Client>(OptionsOf(site), heard, clock_);
  }
  // Has the operator been told of it? An empty code is any.
  bool WasTold(const std::string& name, const std::string& code) {
    const std::lock_guard guard(lock_);
    return std::ranges::any_of(events_, [&](const ConnectionEvent& event) {
      return event.name == name && (code.empty() || event.code == code);
    });
  }
  // The next arrival of that kind; others are passed over.
  template <typename Kind>
  std::optional<Kind> Next() {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < until) {
      auto arrival = inbox_.Pop(Duration::Millis(100));
      if (arrival && std::holds_alternative<Kind>(*arrival)) return std::get<Kind>(*arrival);
    }
    return std::nullopt;
  }

  ShiftedClock clock_;
  Time made_ = clock_.Now();  // the workspace and its certificates
  std::unique_ptr<Workspace> workspace_ = std::make_unique<Workspace>(made_);
  TlsFiles coordinator_files_ = workspace_->Coordinator(made_);
  identity::Trust trust_ = workspace_->trust();
  Duration idle_ = ServerOptions().idle;
  std::mutex lock_;
  std::vector<ConnectionEvent> events_;
  Inbox inbox_{size_t{4} << 20};
  std::unique_ptr<Server> server_;
  int port_ = 0;
};

class GrpcTest : public testing::Test, protected Loopback {};

// A stream in the test's own hands: it says what an agent would not.
class RawSite final : public AgentEvents {
 public:
  RawSite(const std::shared_ptr<grpc::Channel>& channel, const SiteId& site)
      : end(site, memory_, *this, Time{}), stub_(v1::Site::NewStub(channel)) {
    context.set_deadline(
        gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_seconds(20, GPR_TIMESPAN)));
    stream = stub_->Connect(&context);
  }
  void Welcomed(const v1::Hello&) override {}
  void Offered(job::Offer offer) override { offers.push_back(std::move(offer)); }
  void Received(job::Receipt) override {}

  // What its end has to say, at most so many frames in one message.
  bool Say(int frames_max = 1000) {
    v1::Frames batch;
    while (batch.frame_size() < frames_max && NextFrame(end.outbox(), *batch.add_frame())) {
    }
    return stream->Write(batch);
  }
  bool Hear() {
    v1::Frames batch;
    if (!stream->Read(&batch)) return false;
    for (const v1::Frame& frame : batch.frame()) EXPECT_TRUE(end.Receive(frame).ok());
    return true;
  }
  grpc::StatusCode Finish() {
    while (Hear()) {
    }
    return stream->Finish().error_code();
  }

 private:
  AgentMemory memory_{uint64_t{1} << 26};

 public:
  AgentEnd end;
  std::vector<job::Offer> offers;
  grpc::ClientContext context;

 private:
  std::unique_ptr<v1::Site::Stub> stub_;

 public:
  std::unique_ptr<grpc::ClientReaderWriter<v1::Frames, v1::Frames>> stream;
};

inline std::shared_ptr<grpc::Channel> ChannelOf(const ClientOptions& options) {
  return grpc::CreateChannel(options.address,
                             MakeChannelCredentials(options.tls, options.check_coordinator));
}

}  // namespace florin::transport
