// What a contribution costs at the edges of a process (encode, decode, its size) and inside (the
// sum). Entries are what encoded updates look like: 25 bits and a sign.
#include <benchmark/benchmark.h>

#include "florin/base/rng.h"
#include "florin/protocol/party.h"

namespace florin::protocol {
namespace {

Message UpdateOf(size_t size) {
  base::SeededRng rng(size);
  Message message{.from = {1}, .to = kAggregator, .header = {}, .bulk = {}};
  message.bulk.words.resize(size);
  for (uint64_t& word : message.bulk.words) {
    word = static_cast<uint64_t>(static_cast<int64_t>(rng.Next() >> 38) - (1 << 25));
  }
  return message;
}

void CountEntries(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void Size(benchmark::State& state) {
  const Message message = UpdateOf(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(EncodedSize(message));
  CountEntries(state);
}

void Encode(benchmark::State& state) {
  const Message message = UpdateOf(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(EncodeMessage(message));
  CountEntries(state);
}

void Decode(benchmark::State& state) {
  const auto size = static_cast<size_t>(state.range(0));
  const Bytes bytes = EncodeMessage(UpdateOf(size));
  for (auto _ : state) benchmark::DoNotOptimize(DecodeMessage(bytes, size));
  CountEntries(state);
}

BENCHMARK(Size)->Arg(7850)->Arg(1'000'000);
BENCHMARK(Encode)->Arg(7850)->Arg(1'000'000);
BENCHMARK(Decode)->Arg(7850)->Arg(1'000'000);

}  // namespace
}  // namespace florin::protocol
