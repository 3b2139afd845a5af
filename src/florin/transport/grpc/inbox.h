// Inbox: what connections give to the engine's one thread, in order, with a bound on its memory.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <variant>

#include "florin/base/time.h"
#include "florin/job/exchange.h"
#include "florin/round/event.h"

namespace florin::transport {

// Work for the engine's thread, from an operator's call.
struct Posted {
  std::function<void()> run;
};

using Arrival =
    std::variant<round::SiteArrived, round::SiteLeft, job::Contribution, job::Refusal, Posted>;

// Thread-safe. Push never blocks: a pusher that finds the inbox full stops reading from its peer
// until on_space says that there is room again.
class Inbox {
 public:
  explicit Inbox(size_t bytes_max) : bytes_max_(bytes_max) {}

  void Push(Arrival arrival);
  // The next arrival, waiting for at most `wait`; none when there was none, or after Wake().
  std::optional<Arrival> Pop(Duration wait);
  // Makes a waiting Pop return.
  void Wake();
  bool is_full() const;
  // Called by Pop, without a lock, when a full inbox is full no longer.
  void OnSpace(std::function<void()> on_space);

 private:
  static size_t BytesOf(const Arrival& arrival);

  const size_t bytes_max_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Arrival> arrivals_;
  size_t bytes_ = 0;
  bool is_woken_ = false;
  std::function<void()> on_space_;
};

}  // namespace florin::transport
