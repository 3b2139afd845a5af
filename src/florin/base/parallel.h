// The one way the core uses threads.
#pragma once

#include <cstddef>
#include <functional>

namespace florin::base {

// How many threads ParallelFor uses; the default is the machine's. 1 runs in the calling thread.
size_t ThreadCount();
void SetThreadCount(size_t count);

// Calls body(index, worker) for index in [0, count), each exactly once, and returns when all are
// done. worker is in [0, ThreadCount()): room for per-worker scratch. The caller must not depend on
// order. Nested calls run in the calling thread.
void ParallelFor(size_t count, const std::function<void(size_t index, size_t worker)>& body);

}  // namespace florin::base
