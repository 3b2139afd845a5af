// The calls that are streams, and what ends a call exactly once. Internal to this room.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "florin/api/event_hub.h"
#include "florin/api/status_code.h"
#include "florin/job/version.h"
#include "florin/v1/operator.grpc.pb.h"

namespace florin::api {

// Ends a call with its answer, or as stopped when nobody answered. Shared by copies of a closure.
template <typename Reactor>
class Pending {
 public:
  explicit Pending(Reactor& reactor) : reactor_(&reactor) {}
  ~Pending() {
    Finish({Kind::kUnreachable, "NET-STOPPED", "the coordinator stops; try again later."});
  }
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;

  void Finish(const Status& status);
  // Nothing is left to end here: the reactor goes on alone.
  Reactor& Release() { return *std::exchange(reactor_, nullptr); }

 private:
  Reactor* reactor_;
};

template <typename Reactor>
void Pending<Reactor>::Finish(const Status& status) {
  Reactor* const reactor = std::exchange(reactor_, nullptr);
  if (reactor == nullptr) return;
  if constexpr (requires { reactor->End(status); }) {
    reactor->End(status);
  } else {
    reactor->Finish(ToGrpc(status));
  }
}

// A model file in pieces. Made on the engine's thread, cut on gRPC's.
class VersionStream final : public grpc::ServerWriteReactor<v1::Piece> {
 public:
  void Begin(job::Version version);
  void End(const Status& status);

  void OnSendInitialMetadataDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  void WriteOn(bool ok);

  std::optional<job::Version> version_;
  Bytes bytes_;
  size_t sent_ = 0;
  v1::Piece piece_;
};

// The job as it is, then its events as they come, until it is over. Events wake it on the engine's
// thread; it never waits there.
class WatchStream final : public grpc::ServerWriteReactor<v1::WatchItem>,
                          public std::enable_shared_from_this<WatchStream> {
 public:
  // Lives until OnDone.
  static std::shared_ptr<WatchStream> Make();
  // On the engine's thread, so that no event falls between the job's state and the watch.
  void Begin(EventHub& hub, v1::Job job, uint64_t after);
  void End(const Status& status);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override { self_.reset(); }

 private:
  void WriteOn();
  // Under lock_.
  void Step();
  void Write(const EventHub::Numbered& next);
  void Close(const grpc::Status& status);

  std::mutex lock_;
  std::shared_ptr<WatchStream> self_;
  std::unique_ptr<EventHub::Watch> watch_;
  v1::WatchItem item_;
  bool is_over_ = false;  // the job was, when the watch began
  bool is_first_ = true;  // event
  bool is_writing_ = false;
  bool is_last_ = false;
  bool is_closed_ = false;
};

}  // namespace florin::api
