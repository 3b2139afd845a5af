#include "signals.h"

#include <csignal>
#include <ctime>

namespace florin::apps {

StopSignal::StopSignal(std::function<void()> on_stop) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): it cannot fail for a valid signal
  waiter_ = std::jthread([signals, on_stop = std::move(on_stop)](const std::stop_token& stop) {
    constexpr timespec kPatience{.tv_sec = 0, .tv_nsec = 100'000'000};
    while (!stop.stop_requested()) {
      if (sigtimedwait(&signals, nullptr, &kPatience) > 0) return on_stop();
    }
  });
}

StopSignal::~StopSignal() = default;

}  // namespace florin::apps
