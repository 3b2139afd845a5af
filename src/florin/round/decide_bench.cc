// Decide per contribution, with a cohort of 1,000: arrived and folded, two decisions. Budget 1.5 us
// each, so that the engine stays far below what a virtual device costs to train.
#include <benchmark/benchmark.h>

#include <string>

#include "florin/round/decide.h"

namespace florin::round {
namespace {

RoundState Opened(const job::Plan& plan, uint32_t sites) {
  RoundState state;
  state.plan = plan.hash;
  for (uint32_t i = 0; i < sites; ++i) {
    state.present.emplace_back("site-" + std::to_string(100'000 + i));
  }
  return Decide(plan, std::move(state), JobStarted{}, Time{}).state;
}

void BM_DecideContribution(benchmark::State& bench) {
  const auto sites = static_cast<uint32_t>(bench.range(0));
  job::Plan plan;
  plan.spec.cohort.maximum = sites;
  const RoundState opened = Opened(plan, sites);
  RoundState state = opened;
  uint32_t next = 0;
  for (auto _ : bench) {
    const SiteId& site = opened.cohort[next].site;
    ContributionId id;
    id.bytes[0] = 1;
    Decision arrived =
        Decide(plan, std::move(state),
               ContributionArrived{site, RoundId{1}, job::Work::kUpdate, plan.hash, id}, Time{});
    benchmark::DoNotOptimize(arrived.effects.data());
    Decision folded = Decide(plan, std::move(arrived.state),
                             ContributionFolded{site, RoundId{1}, job::Work::kUpdate}, Time{});
    benchmark::DoNotOptimize(folded.effects.data());
    state = std::move(folded.state);
    if (++next < sites - 1) continue;
    bench.PauseTiming();
    next = 0;
    state = opened;
    bench.ResumeTiming();
  }
}
BENCHMARK(BM_DecideContribution)->Arg(10)->Arg(1000)->Arg(100'000);

}  // namespace
}  // namespace florin::round
