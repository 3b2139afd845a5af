#include "florin/base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace florin::base {
namespace {

class ParallelTest : public testing::Test {
 protected:
  ~ParallelTest() override { SetThreadCount(before_); }

 private:
  size_t before_ = ThreadCount();
};

TEST_F(ParallelTest, EveryIndexOnceForAnyThreadCount) {
  for (const size_t threads : {1U, 2U, 3U, 8U}) {
    SetThreadCount(threads);
    EXPECT_EQ(ThreadCount(), threads);
    for (const size_t count : {0U, 1U, 2U, 7U, 1000U}) {
      std::vector<std::atomic<int>> seen(count);
      std::atomic<bool> worker_in_range = true;
      ParallelFor(count, [&](size_t index, size_t worker) {
        ++seen[index];
        if (worker >= threads) worker_in_range = false;
      });
      EXPECT_TRUE(worker_in_range);
      for (size_t i = 0; i < count; ++i) EXPECT_EQ(seen[i], 1) << i << " of " << count;
    }
  }
}

TEST_F(ParallelTest, AWorkerIsOneThreadAtATime) {
  SetThreadCount(4);
  std::vector<size_t> scratch(4, 0);  // not atomic: a thread sanitizer sees any sharing
  ParallelFor(5000, [&](size_t, size_t worker) { ++scratch[worker]; });
  EXPECT_EQ(scratch[0] + scratch[1] + scratch[2] + scratch[3], 5000U);
}

TEST_F(ParallelTest, NestedCallsRunInTheCallingThread) {
  SetThreadCount(3);
  std::atomic<int> inner_calls = 0;
  std::atomic<bool> inner_worker_is_zero = true;
  ParallelFor(6, [&](size_t, size_t) {
    int mine = 0;  // would race if the inner loop had threads of its own
    ParallelFor(10, [&](size_t, size_t worker) {
      ++mine;
      if (worker != 0) inner_worker_is_zero = false;
    });
    inner_calls += mine;
  });
  EXPECT_EQ(inner_calls, 60);
  EXPECT_TRUE(inner_worker_is_zero);
  // and the outer loop has its threads again afterwards
  std::atomic<int> calls = 0;
  ParallelFor(10, [&](size_t, size_t) { ++calls; });
  EXPECT_EQ(calls, 10);
}

TEST_F(ParallelTest, ZeroThreadsMeansOne) {
  SetThreadCount(0);
  EXPECT_EQ(ThreadCount(), 1U);
}

}  // namespace
}  // namespace florin::base
