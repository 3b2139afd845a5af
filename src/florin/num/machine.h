// What this machine can do at most, so that every benchmark can be read as a share of it. Used by
// `florin bench machine`.
//
// One thread, the kernels of Active(). Each function repeats its pass for at least `time_min`
// seconds and answers with the best one. The clock is the caller's: this floor reads none.
#pragma once

#include <cstddef>
#include <functional>

namespace florin::num {

using SecondsClock = std::function<double()>;  // monotonic

constexpr size_t kStreamBytes = size_t{256} << 20;  // more than the caches hold

// GB/s of memory, over streams of `stream_bytes` each (allocated for the call): one stream read;
double MeasureReadBandwidth(const SecondsClock& now, double time_min,
                            size_t stream_bytes = kStreamBytes);
// a = b - c, two streams read and one written;
double MeasureTriadBandwidth(const SecondsClock& now, double time_min,
                             size_t stream_bytes = kStreamBytes);
// a += s b, as when a contribution is folded: all three streams counted.
double MeasureAddBandwidth(const SecondsClock& now, double time_min,
                           size_t stream_bytes = kStreamBytes);

// GFLOP/s of one core in float32, a multiply-add being two.
double MeasureFmaPeak(const SecondsClock& now, double time_min);

}  // namespace florin::num
