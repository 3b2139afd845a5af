// The coordinator as a process: the scheduler over the disk's store and the network, on one thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "florin/api/chained_store.h"
#include "florin/base/clock.h"
#include "florin/base/status.h"
#include "florin/job/event.h"
#include "florin/round/scheduler.h"
#include "florin/store/directory.h"
#include "florin/store/failpoint.h"
#include "florin/store/job_book.h"
#include "florin/store/sealed_records.h"
#include "florin/store/sqlite_records.h"
#include "florin/store/sqlite_store.h"
#include "florin/transport/grpc/inbox.h"
#include "florin/transport/grpc/server.h"

namespace florin::apps {

class CoordinatorProcess {
 public:
  // Resumes what the directory holds; nothing listens yet. What it is given outlives it.
  // kept_versions: of each job, with their models.
  static Result<std::unique_ptr<CoordinatorProcess>> Open(store::Directory& directory,
                                                          const store::Vault& vault,
                                                          uint32_t kept_versions,
                                                          job::EventSink& events,
                                                          round::Identities& identities);

  ~CoordinatorProcess() { Close(); }

  // Serves until Stop(). The first error is a broken store: the process ends and resumes later.
  Status Listen(transport::ServerOptions options);
  Status Run();
  void Stop();  // from any thread

  // Runs on the engine's thread, between two arrivals; dropped when the process ends. Any thread.
  void Post(std::function<void()> work);
  round::Scheduler& scheduler() { return *scheduler_; }
  round::JobBook& book() { return book_; }
  round::Store& store() { return chained_; }
  store::Records& records() { return records_; }
  transport::Server& server() { return *server_; }  // while Run() does; the engine's thread
  size_t connection_count() const;                  // any thread
  Time Now() { return clock_.Now(); }

 private:
  // The engine sends before anybody listens, and after everybody left: then nobody is there.
  class Sender final : public round::Transport {
   public:
    void Send(job::Offer offer) override {
      static_cast<void>(store::AtFailpoint("offer.send"));
      if (server != nullptr) server->Send(std::move(offer));
    }
    void Send(job::Receipt receipt) override {
      static_cast<void>(store::AtFailpoint("receipt.send"));
      if (server != nullptr) server->Send(std::move(receipt));
    }
    transport::Server* server = nullptr;
  };

  CoordinatorProcess(store::Directory& directory, const store::Vault& vault, uint32_t kept_versions)
      : store_(directory, kept_versions),
        plain_(directory),
        records_(plain_, vault),
        book_(records_) {}
  Status Dispatch(transport::Arrival arrival);
  void Close();

  base::SystemClock clock_;
  store::SqliteStore store_;
  store::SqliteRecords plain_;
  store::SealedRecords records_;
  store::RecordedJobBook book_;
  api::ChainedStore chained_{store_, records_, clock_};
  transport::Inbox inbox_{size_t{16} << 20};
  Sender sender_;
  std::unique_ptr<round::Scheduler> scheduler_;
  std::unique_ptr<transport::Server> server_;
  std::atomic<bool> is_stopping_ = false;
  mutable std::mutex lock_;  // of is_closed_, and of server_ for other threads
  bool is_closed_ = false;   // nothing is posted any more
};

}  // namespace florin::apps
