#include "florin/api/event_hub.h"

#include <utility>

namespace florin::api {

void EventHub::Emit(const job::Event& event) {
  std::vector<std::function<void()>> wakes;
  {
    const std::lock_guard guard(lock_);
    kept_.push_back(std::make_shared<const job::Event>(event));
    ++next_;
    if (kept_.size() > options_.kept_max) kept_.pop_front();
    std::erase_if(waiting_, [&](Watch* watch) {
      if (watch->job_ == event.job) {
        wakes.push_back(watch->wake_);
        return true;
      }
      watch->next_ = next_;  // of another job: not behind
      return false;
    });
  }
  for (const auto& wake : wakes) wake();
}

std::unique_ptr<EventHub::Watch> EventHub::Open(const JobId& job, uint64_t after,
                                                std::function<void()> wake) {
  std::unique_ptr<Watch> watch(new Watch(*this, job, std::move(wake)));
  const std::lock_guard guard(lock_);
  const bool is_known = after + 1 >= oldest() && after < next_;
  watch->next_ = is_known ? after + 1 : oldest();
  watch->has_gap_ = after != 0 && !is_known;
  return watch;
}

uint64_t EventHub::newest() const {
  const std::lock_guard guard(lock_);
  return next_ - 1;
}

Result<std::optional<EventHub::Numbered>> EventHub::Next(Watch& watch) {
  const std::lock_guard guard(lock_);
  if (watch.next_ < oldest()) {
    return Status(Kind::kRefused, "WATCH-SLOW",
                  "the watcher fell behind by more than " + std::to_string(options_.kept_max) +
                      " events; watch again to go on with those that are kept.");
  }
  while (watch.next_ < next_) {
    const uint64_t number = watch.next_++;
    const auto& event = kept_[number - oldest()];
    if (event->job == watch.job_) return std::optional(Numbered{number, event});
  }
  waiting_.push_back(&watch);
  return std::optional<Numbered>();
}

void EventHub::Close(const Watch& watch) {
  const std::lock_guard guard(lock_);
  std::erase(waiting_, &watch);
}

EventHub::Watch::~Watch() { hub_.Close(*this); }

Result<std::optional<EventHub::Numbered>> EventHub::Watch::Next() { return hub_.Next(*this); }

}  // namespace florin::api
