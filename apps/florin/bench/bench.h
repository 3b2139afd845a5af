// `florin bench`: numbers with goals, measured on the machine at hand. Speed is proven here and
// never in a test. Ids are stable: scripts and later benchmarks compare by them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "florin/base/span.h"
#include "florin/base/status.h"

namespace florin::apps::bench {

struct Measurement {
  std::string id;  // "sim.client_update"
  double value = 0;
  std::string unit;     // "us", "GB/s", "x", "share"
  std::string goal;     // "<= 60", ">= 0.6", or "" for a plain figure
  std::string note;     // what was measured, and what it includes
  bool is_met() const;  // true without a goal
};

struct Options {
  std::string data;       // folder of the demonstration's markets, for `demo`
  std::string source;     // folder of the source tree, for `build`
  std::string jobs;       // folder of the demonstration's job files, for `demo`
  bool is_quick = false;  // smaller sizes: to see that it runs, not to be quoted
};

using Run = Result<std::vector<Measurement>> (*)(const Options&);

Result<std::vector<Measurement>> BenchMachine(const Options& options);
Result<std::vector<Measurement>> BenchSim(const Options& options);
Result<std::vector<Measurement>> BenchFold(const Options& options);
Result<std::vector<Measurement>> BenchCsv(const Options& options);
Result<std::vector<Measurement>> BenchDemo(const Options& options);
Result<std::vector<Measurement>> BenchNewton(const Options& options);
Result<std::vector<Measurement>> BenchPrivacy(const Options& options);
Result<std::vector<Measurement>> BenchBuild(const Options& options);
Result<std::vector<Measurement>> BenchDeploy(const Options& options);

struct Entry {
  const char* name;
  const char* help;
  Run run;
};
Span<const Entry> Benches();

// -- tools the benches share
double Seconds();  // monotonic
double
CpuSeconds();  // of this process, all its threads: what others do on the machine is not in it
// The fastest of `repeats` runs, in seconds: the machine's other work only ever adds.
double Fastest(int repeats, const std::function<void()>& body);
double FastestCpu(int repeats, const std::function<void()>& body);  // by CpuSeconds()
double ResidentMegabytes();
// Reference figures of this machine, measured once per process on one core.
double CopyBandwidth();  // GB/s moved by a += b over arrays far larger than the caches
double FmaPeak();        // GFLOP/s of one core on the active kernels

}  // namespace florin::apps::bench
