// The shapes that decide the speed of training and folding. Each runs on every instruction set of
// the machine; counters are shares to compare with `florin bench machine`.
#include <benchmark/benchmark.h>

#include <vector>

#include "florin/base/parallel.h"
#include "florin/base/rng.h"
#include "florin/num/kernels.h"
#include "florin/num/linalg.h"

namespace florin::num {
namespace {

std::vector<float> Normals(size_t n) {
  base::SeededRng rng(n);
  std::vector<float> values(n);
  for (float& value : values) value = static_cast<float>(rng.Normal());
  return values;
}

void CountFlops(benchmark::State& state, double flops_each) {
  state.counters["flop/s"] = benchmark::Counter(
      flops_each, benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
}

using Product = decltype(Kernels::matmul_nn);

void BenchProduct(benchmark::State& state, Product product) {
  const auto m = static_cast<size_t>(state.range(0));
  const auto n = static_cast<size_t>(state.range(1));
  const auto k = static_cast<size_t>(state.range(2));
  const std::vector<float> a = Normals(m * k);
  const std::vector<float> b = Normals(n * k);
  std::vector<float> c(m * n);
  for (auto _ : state) {
    product(a.data(), b.data(), c.data(), m, n, k, false);
    benchmark::DoNotOptimize(c.data());
  }
  CountFlops(state, 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k));
}

// Softmax regression 784 -> 10, 60 rows, batches of 10, one epoch: what a simulated client trains.
void BenchClientUpdate(benchmark::State& state, const Kernels& kernels) {
  constexpr size_t kFeatures = 784;
  constexpr size_t kClasses = 10;
  constexpr size_t kRows = 60;
  constexpr size_t kBatch = 10;
  const std::vector<float> x = Normals(kRows * kFeatures);
  std::vector<float> weights(kClasses * kFeatures);
  std::vector<float> gradient(kClasses * kFeatures);
  std::vector<float> scores(kBatch * kClasses);
  for (auto _ : state) {
    for (size_t first = 0; first < kRows; first += kBatch) {
      const float* rows = x.data() + first * kFeatures;
      kernels.matmul_nt(rows, weights.data(), scores.data(), kBatch, kClasses, kFeatures, false);
      kernels.softmax_rows(scores.data(), kBatch, kClasses);
      for (size_t r = 0; r < kBatch; ++r) scores[r * kClasses + r % kClasses] -= 1;
      kernels.matmul_tn(scores.data(), rows, gradient.data(), kClasses, kFeatures, kBatch, false);
      kernels.axpy(-0.001F, gradient.data(), weights.data(), weights.size());
    }
    benchmark::DoNotOptimize(weights.data());
  }
}

void BenchGramKernel(benchmark::State& state, const Kernels& kernels) {
  const auto d = static_cast<size_t>(state.range(0));
  const size_t rows = 512;
  const std::vector<float> x = Normals(rows * d);
  const std::vector<float> w(rows, 0.5F);
  std::vector<float> h(d * d);
  for (auto _ : state) {
    kernels.gram(x.data(), w.data(), h.data(), rows, d);
    benchmark::DoNotOptimize(h.data());
  }
  CountFlops(state, static_cast<double>(rows * d * (d + 1)));
}

void BenchWeightedGram(benchmark::State& state) {
  const auto rows = static_cast<size_t>(state.range(0));
  const auto d = static_cast<size_t>(state.range(1));
  const std::vector<float> x = Normals(rows * d);
  const std::vector<float> w(rows, 0.5F);
  std::vector<double> gram(d * d);
  base::SetThreadCount(static_cast<size_t>(state.range(2)));
  for (auto _ : state) {
    WeightedGram(x, w, rows, d, gram);
    benchmark::DoNotOptimize(gram.data());
  }
  CountFlops(state, static_cast<double>(rows * d * (d + 1)));
}
BENCHMARK(BenchWeightedGram)
    ->Args({100000, 120, 1})
    ->Args({100000, 120, 2})
    ->Args({20000, 500, 1})
    ->MeasureProcessCPUTime();

void BenchSolveSpd(benchmark::State& state) {
  const auto d = static_cast<size_t>(state.range(0));
  std::vector<double> matrix(d * d, 1.0);
  for (size_t i = 0; i < d; ++i) matrix[i * d + i] = static_cast<double>(d);
  std::vector<double> a;
  std::vector<double> b;
  for (auto _ : state) {
    a = matrix;
    b.assign(d, 1.0);
    benchmark::DoNotOptimize(SolveSpd(a, b, d).ok());
  }
  CountFlops(state, static_cast<double>(d) * static_cast<double>(d) * static_cast<double>(d) / 3);
}
BENCHMARK(BenchSolveSpd)->Arg(120)->Arg(1000);

void BenchQuantiseAdd(benchmark::State& state, const Kernels& kernels) {
  const auto n = static_cast<size_t>(state.range(0));
  const std::vector<float> x = Normals(n);
  const std::vector<uint16_t> u(n, 77);
  std::vector<uint64_t> sum(n);
  for (auto _ : state) {
    benchmark::DoNotOptimize(kernels.quantise_add(x.data(), 0x1p20, u.data(), sum.data(), n));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(n * (4 + 2 + 16)));
}

void BenchRingAdd(benchmark::State& state, const Kernels& kernels) {
  const auto n = static_cast<size_t>(state.range(0));
  const std::vector<uint64_t> term(n, 3);
  std::vector<uint64_t> sum(n);
  for (auto _ : state) {
    kernels.ring_add(sum.data(), term.data(), n);
    benchmark::DoNotOptimize(sum.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(n * 24));
}

void BenchVector(benchmark::State& state, const Kernels& kernels,
                 void (*body)(const Kernels&, std::vector<float>&, std::vector<float>&)) {
  std::vector<float> x = Normals(static_cast<size_t>(state.range(0)));
  std::vector<float> y = Normals(x.size());
  for (auto _ : state) {
    body(kernels, x, y);
    benchmark::DoNotOptimize(y.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BenchBurst(benchmark::State& state, const Kernels& kernels) {
  float seed[] = {0.5F, 1.0F, 0.0F};
  double flops = 0;
  for (auto _ : state) flops = kernels.fma_burst(10000, seed);
  CountFlops(state, flops);
}

template <typename... Arguments>
benchmark::internal::Benchmark* Register(const Kernels& kernels, const char* what,
                                         Arguments... arguments) {
  const std::string name = std::string(kernels.name) + "/" + what;
  return benchmark::RegisterBenchmark(name.c_str(), arguments...);
}

void RegisterVectors(const Kernels& kernels) {
  using Values = std::vector<float>;
  Register(
      kernels, "axpy", BenchVector, kernels,
      [](const Kernels& k, Values& x, Values& y) { k.axpy(1e-9F, x.data(), y.data(), x.size()); })
      ->Arg(7850)
      ->Arg(10'000'000);
  Register(kernels, "sum_squares", BenchVector, kernels, [](const Kernels& k, Values& x, Values&) {
    benchmark::DoNotOptimize(k.sum_squares(x.data(), x.size()));
  })->Arg(7850);
  Register(kernels, "dot", BenchVector, kernels, [](const Kernels& k, Values& x, Values& y) {
    benchmark::DoNotOptimize(k.dot(x.data(), y.data(), x.size()));
  })->Arg(7850);
  Register(kernels, "sigmoid", BenchVector, kernels, [](const Kernels& k, Values&, Values& y) {
    k.sigmoid(y.data(), y.size());
  })->Arg(7850);
  Register(kernels, "softmax_10", BenchVector, kernels, [](const Kernels& k, Values&, Values& y) {
    k.softmax_rows(y.data(), y.size() / 10, 10);
  })->Arg(1000);
}

const bool kRegistered = [] {
  for (const char* name : {"baseline", "avx2", "avx512"}) {
    const Kernels* kernels = Find(name);
    if (kernels == nullptr) continue;
    Register(*kernels, "fma_burst", BenchBurst, *kernels);
    Register(*kernels, "client_update", BenchClientUpdate, *kernels);
    Register(*kernels, "matmul_nt", BenchProduct, kernels->matmul_nt)
        ->Args({10, 10, 784})
        ->Args({256, 128, 784})
        ->Args({256, 10, 32})
        ->Args({1000, 64, 64});
    Register(*kernels, "matmul_tn", BenchProduct, kernels->matmul_tn)
        ->Args({10, 784, 10})
        ->Args({128, 784, 256})
        ->Args({2, 120, 4096});
    Register(*kernels, "matmul_nn", BenchProduct, kernels->matmul_nn)
        ->Args({10, 784, 10})
        ->Args({256, 784, 128})
        ->Args({512, 512, 512});
    Register(*kernels, "gram", BenchGramKernel, *kernels)->Arg(120)->Arg(48)->Arg(17)->Arg(500);
    Register(*kernels, "quantise_add", BenchQuantiseAdd, *kernels)->Arg(7850)->Arg(10'000'000);
    Register(*kernels, "ring_add", BenchRingAdd, *kernels)->Arg(7850)->Arg(10'000'000);
    RegisterVectors(*kernels);
  }
  return true;
}();

}  // namespace
}  // namespace florin::num
