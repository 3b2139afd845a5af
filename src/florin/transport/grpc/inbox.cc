#include "florin/transport/grpc/inbox.h"

#include <chrono>

namespace florin::transport {

size_t Inbox::BytesOf(const Arrival& arrival) {
  const auto* contribution = std::get_if<job::Contribution>(&arrival);
  return contribution == nullptr ? 0 : contribution->message.packed.bytes.size();
}

void Inbox::Push(Arrival arrival) {
  {
    const std::lock_guard lock(mutex_);
    bytes_ += BytesOf(arrival);
    arrivals_.push_back(std::move(arrival));
  }
  ready_.notify_one();
}

std::optional<Arrival> Inbox::Pop(Duration wait) {
  std::optional<Arrival> arrival;
  std::function<void()> on_space;
  {
    std::unique_lock lock(mutex_);
    ready_.wait_for(lock, std::chrono::microseconds(wait.micros),
                    [&] { return !arrivals_.empty() || is_woken_; });
    is_woken_ = false;
    if (arrivals_.empty()) return std::nullopt;
    const bool was_full = bytes_ > bytes_max_;
    arrival = std::move(arrivals_.front());
    arrivals_.pop_front();
    bytes_ -= BytesOf(*arrival);
    if (was_full && bytes_ <= bytes_max_) on_space = on_space_;
  }
  if (on_space) on_space();
  return arrival;
}

void Inbox::Wake() {
  {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
  }
  ready_.notify_one();
}

bool Inbox::is_full() const {
  const std::lock_guard lock(mutex_);
  return bytes_ > bytes_max_;
}

void Inbox::OnSpace(std::function<void()> on_space) {
  const std::lock_guard lock(mutex_);
  on_space_ = std::move(on_space);
}

}  // namespace florin::transport
