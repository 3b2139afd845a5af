#include "florin/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace florin::base {
namespace {

std::atomic<size_t>& Threads() {
  static std::atomic<size_t> count{std::max<size_t>(1, std::thread::hardware_concurrency())};
  return count;
}
thread_local bool inside_parallel_for = false;

}  // namespace

size_t ThreadCount() { return Threads().load(std::memory_order_relaxed); }

void SetThreadCount(size_t count) { Threads().store(std::max<size_t>(1, count)); }

void ParallelFor(size_t count, const std::function<void(size_t, size_t)>& body) {
  const size_t workers = inside_parallel_for ? 1 : std::min(count, ThreadCount());
  if (workers <= 1) {
    for (size_t i = 0; i < count; ++i) body(i, 0);
    return;
  }
  std::atomic<size_t> next{0};
  const auto work = [&](size_t worker) {
    inside_parallel_for = true;
    for (size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) body(i, worker);
    inside_parallel_for = false;
  };
  std::vector<std::jthread> threads;
  threads.reserve(workers - 1);
  for (size_t worker = 1; worker < workers; ++worker) threads.emplace_back(work, worker);
  work(0);
}

}  // namespace florin::base
