// What a contributor pays to seal, the coordinator to add and open, a decryptor to answer. Items
// are values of 33 bits, five to a coefficient. FLORIN_KERNELS=baseline shows the portable path.
#include <benchmark/benchmark.h>

#include <vector>

#include "florin/crypto/rlwe/keys.h"
#include "florin/crypto/rlwe/ring.h"

namespace florin::crypto::rlwe {
namespace {

constexpr Packing kPacking = PackingFor(0xffffffff, 2).value_or(Packing{});
constexpr uint8_t kSeedBytes[kSeedSize] = {1, 2, 3};
constexpr ByteView kSeed(kSeedBytes);
constexpr ByteView kContext(kSeedBytes);

std::vector<uint32_t> Values() {
  std::vector<uint32_t> values(kPacking.values());
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<uint32_t>(i * 2654435761U);
  return values;
}

Bytes SealedVector() {
  const VectorKey key(kSeed, kContext);
  Bytes message = NewMessage(MessageKind::kVector, 1);
  VectorSealer(key, kPacking).Seal(0, Span<const uint32_t>(Values()), message);
  return message;
}

void ValuesProcessed(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kPacking.values()));
}

void BenchVectorKey(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(VectorKey(kSeed, kContext).transformed().data());
}
BENCHMARK(BenchVectorKey);

void BenchVectorSeal(benchmark::State& state) {
  const VectorKey key(kSeed, kContext);
  VectorSealer sealer(key, kPacking);
  const std::vector<uint32_t> values = Values();
  Bytes message = NewMessage(MessageKind::kVector, 1);
  for (auto _ : state) sealer.Seal(0, Span<const uint32_t>(values), message);
  ValuesProcessed(state);
}
BENCHMARK(BenchVectorSeal);

void BenchVectorParse(benchmark::State& state) {
  const Bytes bytes = SealedVector();
  for (auto _ : state) {
    benchmark::DoNotOptimize(Message::Parse(MessageKind::kVector, 1, bytes).ok());
  }
  ValuesProcessed(state);
}
BENCHMARK(BenchVectorParse);

// Polynomials: of one in the caches, of 25 as in a vector of a million values.
void BenchVectorAdd(benchmark::State& state) {
  const auto count = static_cast<size_t>(state.range(0));
  const Bytes bytes = NewMessage(MessageKind::kVector, count);
  const auto message = Message::Parse(MessageKind::kVector, count, bytes);
  VectorSum sum(count);
  for (auto _ : state) sum.Add(*message);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(count * kPacking.values()));
}
BENCHMARK(BenchVectorAdd)->Arg(1)->Arg(25);

void BenchVectorOpen(benchmark::State& state) {
  const Bytes bytes = SealedVector();
  VectorSum sum(1);
  sum.Add(*Message::Parse(MessageKind::kVector, 1, bytes));
  const VectorKey key(kSeed, kContext);
  const std::vector<int64_t> keys(key.coefficients().begin(), key.coefficients().end());
  VectorOpener opener(keys, kContext, kPacking);
  std::vector<uint64_t> values(kPacking.values());
  for (auto _ : state) {
    if (!opener.Open(sum, 0, values).ok()) state.SkipWithError("does not open");
  }
  ValuesProcessed(state);
}
BENCHMARK(BenchVectorOpen);

// The parts of a sealed polynomial.
void BenchPublic(benchmark::State& state) {
  std::vector<uint64_t> words(kVectorRing.size);
  for (auto _ : state) Ring::Vectors().MakePublic(kContext, 0, 0, words);
}
BENCHMARK(BenchPublic);

void BenchErrors(benchmark::State& state) {
  const SecretStream stream(kSeed, "errors", {});
  std::vector<uint64_t> words(kVectorRing.size);
  for (auto _ : state) stream.Draw(kGaussianError, 0, words);
}
BENCHMARK(BenchErrors);

Bytes Shared() { return DecryptorKey(kSeed, kContext).Share(); }

void BenchKeyShare(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Shared().data());
}
BENCHMARK(BenchKeyShare);

void BenchKeySeal(benchmark::State& state) {
  const Bytes share = Shared();
  const auto message = Message::Parse(MessageKind::kKeyShare, kKeySharePolynomials, share);
  const JointKey joint({&message.value(), 1}, kContext);
  const VectorKey key(kSeed, kContext);
  for (auto _ : state) benchmark::DoNotOptimize(joint.Seal(key).data());
}
BENCHMARK(BenchKeySeal);

void BenchKeyOpening(benchmark::State& state) {
  const DecryptorKey decryptor(kSeed, kContext);
  const KeySum sum;
  for (auto _ : state) benchmark::DoNotOptimize(decryptor.Open(sum).data());
}
BENCHMARK(BenchKeyOpening);

void BenchOpenKeys(benchmark::State& state) {
  const KeySum sum;
  const Bytes bytes = DecryptorKey(kSeed, kContext).Open(sum);
  const auto opening = Message::Parse(MessageKind::kOpening, kOpeningPolynomials, bytes);
  for (auto _ : state) benchmark::DoNotOptimize(OpenKeys(sum, {&opening.value(), 1}).ok());
}
BENCHMARK(BenchOpenKeys);

}  // namespace
}  // namespace florin::crypto::rlwe
