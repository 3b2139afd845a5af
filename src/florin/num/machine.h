// What this machine can do at most, so that every benchmark can be read as a share of it. Used by
// `florin bench machine`.
//
// One thread, the kernels of Active(). Each function repeats its pass for at least `time_min`
// seconds and answers with the best one. The clock is the caller's: nothing on this floor reads one.
#pragma once

#include <cstddef>
#include <functional>

namespace florin::num {

using Seconds = std::function<double()>;  // monotonic

constexpr size_t kStreamBytes = size_t{256} << 20;  // more than the caches hold

// Bytes a second of memory, over streams of `stream_bytes` (allocated for the call):
double ReadBandwidth(const Seconds& now, double time_min, size_t stream_bytes = kStreamBytes);
// a = b - c: two streams read, one written.
double TriadBandwidth(const Seconds& now, double time_min, size_t stream_bytes = kStreamBytes);
// a += s b: two streams read, one of them written, as when a contribution is folded.
double UpdateBandwidth(const Seconds& now, double time_min, size_t stream_bytes = kStreamBytes);

// Float32 operations a second of one core, a multiply-add being two.
double MultiplyAddPeak(const Seconds& now, double time_min);

}  // namespace florin::num
