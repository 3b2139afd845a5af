// StopSignal: SIGTERM and SIGINT as a call, for programs that serve until they are told to stop.
#pragma once

#include <functional>
#include <thread>

namespace florin::apps {

// Made before any other thread, since threads inherit the blocked signals. on_stop runs once, on a
// thread of its own.
class StopSignal {
 public:
  explicit StopSignal(std::function<void()> on_stop);
  ~StopSignal();

 private:
  std::jthread waiter_;
};

}  // namespace florin::apps
