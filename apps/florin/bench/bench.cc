#include "bench.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <limits>

#include "florin/base/text.h"

namespace florin::apps::bench {
namespace {

constexpr Entry kBenches[] = {
    {"machine", "memory bandwidth, FMA peak, SHA-256, AES, fsync: what other figures are shares of",
     BenchMachine},
    {"sim", "a simulated client update of softmax regression 784 -> 10, and its overhead",
     BenchSim},
    {"fold", "contributions of d = 1e6 folded into the running sum, and the memory that takes",
     BenchFold},
    {"csv", "CSV text to batches of features, one core", BenchCsv},
    {"demo", "both demonstration jobs over four markets (--data DIR --jobs DIR)", BenchDemo},
    {"newton", "an iteration of exact Newton logistic regression, 100,000 x 120", BenchNewton},
    {"deploy", "rounds between processes: a coordinator on SQLite, agents over mutual TLS",
     BenchDeploy},
    {"privacy", "masks, a round of secure aggregation at both ends, lattice encryption, one core",
     BenchPrivacy},
    {"build", "a warm incremental build and the unit tests of one room (--source DIR)", BenchBuild},
};

double FastestBy(double (*now)(), int repeats, const std::function<void()>& body) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < repeats; ++i) {
    const double start = now();
    body();
    best = std::min(best, now() - start);
  }
  return best;
}

}  // namespace

Span<const Entry> Benches() { return kBenches; }

bool Measurement::is_met() const {
  if (goal.empty()) return true;
  const auto bound = base::ParseDouble(base::Trim(goal.substr(2)));
  FLORIN_CHECK(bound.has_value());
  return goal.starts_with("<=") ? value <= *bound : value >= *bound;
}

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double CpuSeconds() {
  timespec time{};
  FLORIN_CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double Fastest(int repeats, const std::function<void()>& body) {
  return FastestBy(Seconds, repeats, body);
}

double FastestCpu(int repeats, const std::function<void()>& body) {
  return FastestBy(CpuSeconds, repeats, body);
}

double ResidentMegabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  }
  return 0;
}

}  // namespace florin::apps::bench
