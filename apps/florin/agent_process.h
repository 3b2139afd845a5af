// The agent as a process: one site, its owner's gate, and the coordinator it dials.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

#include "florin/base/clock.h"
#include "florin/base/status.h"
#include "florin/job/event.h"
#include "florin/site/site.h"
#include "florin/transport/grpc/client.h"

namespace florin::apps {

class AgentProcess final : public transport::ClientEvents {
 public:
  // The site's work is done on the thread of Run(). All ports outlive the process.
  AgentProcess(site::Site::Options options, site::Rows& rows, site::SiteStore& store,
               site::KitCache& kits, job::EventSink& events);

  // Told of every answer before it is sent; an error ends the process. Before Run().
  using OnAnswered = std::function<Status(const job::Offer&, const Status& answer)>;
  void OnAnswer(OnAnswered on_answer) { on_answer_ = std::move(on_answer); }

  // Dials, answers offers, until Stop(). An error is a store that is broken.
  Status Run(const transport::ClientOptions& options);
  // For a thread that serves many agents instead: it is told, on other threads, of each piece of
  // work, and does one with each Step(). OnWork() before Start(), Step() when that has returned.
  void OnWork(std::function<void()> on_work) { on_work_ = std::move(on_work); }
  void Start(const transport::ClientOptions& options);
  Status Step();
  void Stop();  // from any thread
  // Dials anew, since the certificate is another. Any thread.
  void DialAnew() { Push(Redial{}); }
  // Whether the coordinator has asked for a new certificate since this was last asked. Any thread.
  bool TakeRenewalAsked() {
    const std::lock_guard guard(lock_);
    return std::exchange(is_renewal_asked_, false);
  }
  // The owner has decided: dials anew when an offer was held for that on this connection, so that
  // the coordinator asks again. Any thread.
  void OwnerDecided();

  // -- transport::ClientEvents, on the network's threads
  void Connected(transport::ConnectionNumber connection) override;
  void Disconnected(const Status& why, Duration retry) override;
  void Offered(job::Offer offer, transport::ConnectionNumber connection) override;
  void Received(job::Receipt receipt) override;

 private:
  struct Asked {
    job::Offer offer;
    transport::ConnectionNumber connection = 0;
  };
  struct Redial {};
  using Work = std::variant<Asked, job::Receipt, Redial>;

  void Push(Work work);
  bool AwaitWork();  // false: it stops
  std::optional<Work> Pop();
  Status Do(Asked asked);
  Status Do(const job::Receipt& receipt);
  Status Do(Redial);
  void DropOffers();
  bool Hold(uint64_t decisions);
  void Tell(std::string name, const JobId& job, RoundId round, std::string text);

  base::SystemClock clock_;
  site::Site site_;
  transport::ClientOptions options_;
  std::function<void()> on_work_ = [this] { ready_.notify_all(); };
  OnAnswered on_answer_ = [](const job::Offer&, const Status&) { return Status(); };
  job::EventSink& events_;
  std::mutex lock_;  // of all below, and of events_
  std::condition_variable ready_;
  std::deque<Work> work_;
  transport::ConnectionNumber connection_ = 0;
  uint64_t decisions_ = 0;
  bool is_held_ = false;  // an offer of this connection waits for the owner
  bool is_renewal_asked_ = false;
  bool is_stopping_ = false;
  std::unique_ptr<transport::Client> client_;  // last: it calls back
};

}  // namespace florin::apps
