// For this room's tests: a coordinator whose engine runs on a thread of its own, members with real
// keys, and clients of it.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "florin/api/operator_client.h"
#include "florin/api/operator_service.h"
#include "florin/base/clock.h"
#include "florin/crypto/random.h"
#include "florin/identity/authority.h"
#include "florin/identity/roster.h"
#include "florin/job/vector.h"
#include "florin/store/job_book.h"
#include "florin/store/memory.h"
#include "florin/store/memory_records.h"
#include "florin/v1/operator.grpc.pb.h"

namespace florin::api {

constexpr auto kPatience = std::chrono::seconds(20);

class FixedClock final : public base::Clock {
 public:
  Time Now() override { return now; }
  Time now = base::SystemClock().Now();  // TLS looks at the machine's own
};

// Closures, one after the other, on one thread.
class Loop {
 public:
  Loop() : thread_([this] { Run(); }) {}
  ~Loop() { Stop(); }
  void Post(std::function<void()> closure) {
    {
      const std::lock_guard guard(lock_);
      if (!is_stopped_) closures_.push_back(std::move(closure));
    }
    changed_.notify_one();
  }
  // On the loop's thread, waited for.
  void Do(const std::function<void()>& body) {
    std::mutex done_lock;
    std::condition_variable done;
    bool is_done = false;
    Post([&] {
      body();
      const std::lock_guard guard(done_lock);
      is_done = true;
      done.notify_one();
    });
    std::unique_lock guard(done_lock);
    done.wait(guard, [&] { return is_done; });
  }
  // What waits is dropped.
  void Stop() {
    std::deque<std::function<void()>> dropped;
    {
      const std::lock_guard guard(lock_);
      is_stopped_ = true;
      dropped.swap(closures_);
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Run() {
    while (true) {
      std::function<void()> closure;
      {
        std::unique_lock guard(lock_);
        changed_.wait(guard, [&] { return is_stopped_ || !closures_.empty(); });
        if (is_stopped_) return;
        closure = std::move(closures_.front());
        closures_.pop_front();
      }
      closure();
    }
  }
  std::mutex lock_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> closures_;
  bool is_stopped_ = false;
  std::thread thread_;
};

// Real authority, roster and operators. Without a certificate (no TLS) the caller is `unproven`.
class TestMembers final : public Members {
 public:
  explicit TestMembers(Time now)
      : authority(*identity::Authority::Make("test", now)),
        operators(*identity::Operators::Make("test", {"ada", crypto::PublicKeyOf(ada)})) {
    Enrol({identity::Role::kOperator, "ada"}, crypto::PublicKeyOf(ada), now);
    Enrol(identity::Peer::Site(SiteId("eu")), {1}, now);
  }

  Result<std::string> AddSite(const SiteId& site, Duration ttl, Time) override {
    if (roster.Find(identity::Peer::Site(site)) != nullptr) {
      return Status(Kind::kConflict, "ROSTER-EXISTS", "taken.");
    }
    return "token-of-" + site.text() + "-" + std::to_string(ttl.micros);
  }
  Result<std::string> AddOperator(const std::string& name, Duration, Time) override {
    return "token-of-operator-" + name;
  }
  std::vector<identity::RosterEntry> members() const override { return roster.entries(); }
  Status Revoke(const identity::Peer& peer, Time now) override { return roster.Revoke(peer, now); }
  Status Deny(const crypto::CertificateSerial& serial, Time) override {
    authority.Deny(serial);
    return {};
  }
  identity::Trust trust() const override { return authority.trust(); }
  Result<identity::Peer> Authorise(std::string_view pem, Time now) const override {
    if (pem.empty()) return unproven;
    return roster.Authorise(authority.trust(), pem, now);
  }
  Result<Bytes> AcceptCommand(const identity::SignedCommand& command, Time now) override {
    FLORIN_TRY(operators.Accept(command, now));
    return command.command;
  }

  struct Files {
    std::string key;
    std::string certificate;
  };
  Files Enrol(const identity::Peer& peer, const crypto::Ed25519PublicKey& key, Time now) {
    Files files{crypto::NewTlsKey(), {}};
    const auto issued = *authority.Issue(peer, PublicKeyOf(files.key), now);
    files.certificate = issued.certificate_pem;
    identity::RosterEntry entry;
    entry.peer = peer;
    entry.identity_key = key;
    entry.serial = issued.certificate.serial;
    entry.enrolled_at = now;
    EXPECT_TRUE(roster.Add(entry).ok());
    kept[peer] = files;
    return files;
  }
  static Bytes PublicKeyOf(const std::string& key) {
    return crypto::ParseCsr(*crypto::MakeCsr(key, "test"))->public_key;
  }

  crypto::Ed25519Seed ada = crypto::NewSecretKey();
  identity::Authority authority;
  identity::Operators operators;
  identity::Roster roster;
  identity::Peer unproven{identity::Role::kOperator, "ada"};
  std::map<identity::Peer, Files> kept;
};

// Sites that are not there, but answer each offer of an update when they are told to.
class MadeUpSites final : public round::Transport {
 public:
  // Takes what they answer; runs later, not within Send.
  std::function<void(job::Contribution)> answer;

  void Send(job::Receipt) override {}
  void Send(job::Offer offer) override {
    if (!answer) return;
    const std::vector<float> values(offer.plan->update.values.size(), 0.5F);
    model::Yield yield;
    yield.values = num::Values::Of(Span<const float>(values));
    yield.weight = 10;
    yield.metrics.assign(offer.plan->update.metric_count, 1.0);
    base::SeededRng rng(7);
    job::Contribution contribution = job::ContributionTo(offer);
    contribution.id.bytes.fill(static_cast<uint8_t>(offer.self.index));
    contribution.message.from = offer.self;
    contribution.message.bulk = *job::EncodeYield(offer.plan->update, yield, 1.0, rng);
    answer(std::move(contribution));
  }
};

inline constexpr char kJobText[] =
    "job: mailing\n"
    "view: mailings\n"
    "model: {kind: logistic}\n"
    "schema:\n"
    "  label: {field: answered}\n"
    "  features:\n"
    "    - {field: age}\n"
    "training: {strategy: fedavg, rounds: 3}\n"
    "cohort: {minimum: 2}\n";

inline JobFiles JobOf(const std::string& name) {
  std::string text = kJobText;
  text.replace(text.find("mailing"), 7, name);
  return {"job.yaml", text, {}};
}

template <typename T>
std::string CodeOf(const Result<T>& result) {
  return result.ok() ? "" : std::string(result.status().code());
}
inline std::string CodeOf(const Status& status) { return std::string(status.code()); }

class OperatorTest : public testing::Test {
 protected:
  explicit OperatorTest(size_t events_kept = 1000) : hub_({.kept_max = events_kept}) {
    KeepGrpcAwake();
    auto made = round::Scheduler::Make({store_, book_, sites_, hub_, identities_});
    EXPECT_TRUE(made.ok());
    scheduler_ = std::move(*made);
    OperatorOptions options;
    options.post = [this](std::function<void()> closure) { loop_.Post(std::move(closure)); };
    options.disconnect = [this](const SiteId& site, const Status& why) {
      disconnected_.push_back(site.text() + " " + std::string(why.code()));
    };
    options.roots.rotate = [this](Time now) { return members_.authority.BeginRotation(now); };
    options.roots.end_old = [this](Time) { return members_.authority.DropOldRoot(); };
    service_ = std::make_unique<OperatorService>(Engine{*scheduler_, store_, book_}, members_,
                                                 audit_, hub_, clock_, std::move(options));
    Serve(grpc::InsecureServerCredentials());
  }
  ~OperatorTest() override {
    if (server_ != nullptr) server_->Shutdown(gpr_now(GPR_CLOCK_MONOTONIC));
    loop_.Stop();
    server_.reset();
  }

  void Serve(const std::shared_ptr<grpc::ServerCredentials>& credentials) {
    if (server_ != nullptr) server_->Shutdown();
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", credentials, &port_);
    builder.RegisterService(service_->service());
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  OperatorClient::Options ClientOptions() {
    OperatorClient::Options options;
    options.address = "localhost:" + std::to_string(port_);
    options.credentials = grpc::InsecureChannelCredentials();
    options.workspace = "test";
    options.operator_name = "ada";
    options.identity_key = members_.ada;
    options.explain = [](int code, const std::string& message) {
      return Status(Kind::kUnreachable, "NET-TEST", std::to_string(code) + " " + message);
    };
    options.patience = Duration::Seconds(20);
    return options;
  }
  OperatorClient Client() { return OperatorClient(ClientOptions(), clock_); }
  // Two sites arrive and answer whatever they are asked.
  void LetSitesAnswer() {
    sites_.answer = [this](job::Contribution contribution) {
      loop_.Post([this, held = std::move(contribution)] {
        EXPECT_TRUE(scheduler_->Handle(held, clock_.Now()).ok());
      });
    };
    loop_.Do([&] {
      for (const char* site : {"eu", "us"}) {
        EXPECT_TRUE(scheduler_->SiteArrived(SiteId(site), clock_.Now()).ok());
      }
    });
  }
  // The coordinator's audit, event by event.
  std::vector<std::string> Audited() {
    std::vector<std::string> events;
    loop_.Do([&] {
      const auto page = audit_.Read("calls", 0, 1000);
      for (const std::string& line : page->lines) {
        const size_t at = line.find("\"event\":\"") + 9;
        events.push_back(line.substr(at, line.find('"', at) - at));
      }
    });
    return events;
  }

  FixedClock clock_;
  TestMembers members_{clock_.now};
  store::MemoryStore store_{uint32_t{2}};  // keeps two models of a job
  store::MemoryRecords records_;
  store::RecordedJobBook book_{records_};
  AuditLog audit_{records_};
  MadeUpSites sites_;
  round::NoIdentities identities_;
  EventHub hub_;
  std::unique_ptr<round::Scheduler> scheduler_;
  std::vector<std::string> disconnected_;
  std::unique_ptr<OperatorService> service_;
  Loop loop_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;

 private:
  // gRPC 1.51 takes its callback threads down with the last server and aborts when an event comes
  // meanwhile.
  static void KeepGrpcAwake() {
    static v1::Operator::CallbackService* const service = new v1::Operator::CallbackService();
    static grpc::Server* const server = [] {
      grpc::ServerBuilder builder;
      builder.RegisterService(service);
      return builder.BuildAndStart().release();
    }();
    ASSERT_NE(server, nullptr);
  }
};

}  // namespace florin::api
