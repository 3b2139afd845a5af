// Heartbeat: a body run now and then on a thread of its own, until the object goes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace florin::apps {

class Heartbeat {
 public:
  // The first time after one `beat`.
  Heartbeat(std::chrono::milliseconds beat, std::function<void()> body)
      : thread_([this, beat, body = std::move(body)](const std::stop_token& stop) {
          std::unique_lock guard(lock_);
          while (!changed_.wait_for(guard, stop, beat, [&] { return stop.stop_requested(); })) {
            body();
          }
        }) {}

 private:
  std::mutex lock_;
  std::condition_variable_any changed_;
  std::jthread thread_;
};

}  // namespace florin::apps
