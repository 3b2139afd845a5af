// What a contribution costs at the edges of a process (encode, decode, its size) and inside (the
// sum). Entries are what encoded updates look like: 25 bits and a sign.
#include <benchmark/benchmark.h>

#include "florin/base/rng.h"
#include "florin/protocol/party.h"

namespace florin::protocol {
namespace {

constexpr size_t kUpdateBits = 26;

Message UpdateOf(size_t size, size_t bits = kUpdateBits) {
  base::SeededRng rng(size);
  Message message{.from = {1}, .to = kAggregator, .header = {}, .bulk = {}};
  message.bulk.words.resize(size);
  for (uint64_t& word : message.bulk.words) {
    word = static_cast<uint64_t>(static_cast<int64_t>(rng.Next()) >> (64 - bits));
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

// -- by the bytes of an entry, the second argument

Message PackedUpdate(const benchmark::State& state) {
  const auto size = static_cast<size_t>(state.range(0));
  const Bytes bytes = EncodeMessage(UpdateOf(size, 8 * static_cast<size_t>(state.range(1))));
  return DecodeMessage(bytes, size).value();
}

void PackBulk(benchmark::State& state) {
  const auto size = static_cast<size_t>(state.range(0));
  const Message message = UpdateOf(size, 8 * static_cast<size_t>(state.range(1)));
  for (auto _ : state) benchmark::DoNotOptimize(Pack(message.bulk.words));
  CountEntries(state);
}

void CheckBulk(benchmark::State& state) {
  const Message message = PackedUpdate(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(CheckPacked(message.packed.bytes, message.packed.size).ok());
  }
  CountEntries(state);
}

void AddBulkToSum(benchmark::State& state) {
  const Message message = PackedUpdate(state);
  std::vector<uint64_t> sum(message.bulk_size());
  for (auto _ : state) {
    message.AddBulkTo(sum);
    benchmark::DoNotOptimize(sum.data());
  }
  CountEntries(state);
}

void SquaresOfBulk(benchmark::State& state) {
  const Message message = PackedUpdate(state);
  for (auto _ : state) {
    double squares = 0;
    message.ReadBulk(
        [&](size_t, Span<const uint64_t> entries) { squares += num::RingSquares(entries); });
    benchmark::DoNotOptimize(squares);
  }
  CountEntries(state);
}

void EveryWidth(benchmark::internal::Benchmark* bench) {
  bench->ArgsProduct({{7850, 1'000'000}, {1, 2, 3, 4, 8}});
}
BENCHMARK(PackBulk)->Apply(EveryWidth);
BENCHMARK(CheckBulk)->Apply(EveryWidth);
BENCHMARK(AddBulkToSum)->Apply(EveryWidth);
BENCHMARK(SquaresOfBulk)->Apply(EveryWidth);

BENCHMARK(Size)->Arg(7850)->Arg(1'000'000);
BENCHMARK(Encode)->Arg(7850)->Arg(1'000'000);
BENCHMARK(Decode)->Arg(7850)->Arg(1'000'000);

}  // namespace
}  // namespace florin::protocol
