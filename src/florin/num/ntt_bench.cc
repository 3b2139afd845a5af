// The transform on each path of the machine, at the sizes of lattice encryption.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "florin/base/rng.h"
#include "florin/num/ntt.h"
#include "florin/num/ntt_kernels.h"

namespace florin::num {
namespace {

uint64_t PrimeOf(int64_t size) { return size == 8192 ? 1125899906826241 : 281474976546817; }

template <typename Body>
void Bench(benchmark::State& state, const NttKernels& kernels, const Body& body) {
  const Ntt ntt(static_cast<size_t>(state.range(0)), PrimeOf(state.range(0)), kernels);
  base::SeededRng rng(1);
  std::vector<uint64_t> values(ntt.size());
  for (uint64_t& value : values) value = rng.Below(ntt.prime());
  std::vector<uint64_t> other = values;
  for (auto _ : state) {
    body(ntt, values, other);
    benchmark::DoNotOptimize(values.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

template <typename Body>
void Register(const NttKernels& kernels, const char* what, const Body& body) {
  const std::string name = std::string("ntt/") + kernels.name + "/" + what;
  benchmark::RegisterBenchmark(
      name.c_str(), [&kernels, body](benchmark::State& state) { Bench(state, kernels, body); })
      ->Arg(4096)
      ->Arg(8192);
}

const bool kRegistered = [] {
  using Words = std::vector<uint64_t>;
  for (const char* name : {"portable", "ifma"}) {
    const NttKernels* kernels = FindNtt(name);
    if (kernels == nullptr) continue;
    Register(*kernels, "forward", [](const Ntt& ntt, Words& a, Words&) { ntt.Forward(a); });
    Register(*kernels, "inverse", [](const Ntt& ntt, Words& a, Words&) { ntt.Inverse(a); });
    Register(*kernels, "multiply",
             [](const Ntt& ntt, Words& a, Words& b) { ntt.Multiply(a, b, a); });
    Register(*kernels, "multiply_add",
             [](const Ntt& ntt, Words& a, Words& b) { ntt.MultiplyAdd(b, b, a); });
    Register(*kernels, "add", [](const Ntt& ntt, Words& a, Words& b) { ntt.Add(a, b, a); });
  }
  return true;
}();

}  // namespace
}  // namespace florin::num
