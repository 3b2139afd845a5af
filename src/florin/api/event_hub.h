// EventHub: the last events under ascending numbers, and those who watch them.
//
// Emit never waits for a watcher: watchers have a place in the hub's one bounded queue and fetch at
// their own pace; who falls behind its oldest event has lost the stream. Numbers start where the
// caller says (the start of the process in microseconds, so that they rise over restarts too).
// All functions are thread-safe; the hub outlives its watches.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "florin/job/event.h"

namespace florin::api {

class EventHub final : public job::EventSink {
 public:
  struct Options {
    size_t kept_max = 10'000;  // events
    uint64_t first = 1;        // number of the first event
  };
  struct Numbered {
    uint64_t number = 0;
    std::shared_ptr<const job::Event> event;
  };

  // One watcher's place among the events of its job. One thread at a time.
  class Watch {
   public:
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    // The next event; nothing when there is none yet: `wake` is called once, on the emitting
    // thread, when there may be one. Kind::kRefused, [WATCH-SLOW]: it is not kept any more.
    Result<std::optional<Numbered>> Next();
    // Events behind the number it was opened with were not kept any more.
    bool has_gap() const { return has_gap_; }

   private:
    friend class EventHub;
    Watch(EventHub& hub, JobId job, std::function<void()> wake)
        : hub_(hub), job_(std::move(job)), wake_(std::move(wake)) {}

    EventHub& hub_;
    JobId job_;
    std::function<void()> wake_;
    uint64_t next_ = 0;  // under the hub's lock
    bool has_gap_ = false;
  };

  explicit EventHub(Options options) : options_(options), next_(options.first) {}

  void Emit(const job::Event& event) override;
  // Events of `job` after the number `after`; 0: from the oldest that is kept. wake must not call
  // back at once what may wait for the emitting thread.
  std::unique_ptr<Watch> Open(const JobId& job, uint64_t after, std::function<void()> wake);
  // Of the newest event; the one before the first when there is none.
  uint64_t newest() const;

 private:
  Result<std::optional<Numbered>> Next(Watch& watch);
  void Close(const Watch& watch);
  uint64_t oldest() const { return next_ - kept_.size(); }

  Options options_;
  mutable std::mutex lock_;
  uint64_t next_;
  std::deque<std::shared_ptr<const job::Event>> kept_;  // numbered oldest() ... next_ - 1
  std::vector<Watch*> waiting_;                         // have seen all
};

}  // namespace florin::api
