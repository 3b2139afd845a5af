// What a simulated device pays for its randomness, a stored version for its hash, and secure
// aggregation for its keys, boxes and masks.
#include <benchmark/benchmark.h>

#include <vector>

#include "florin/crypto/aead.h"
#include "florin/crypto/ecdh.h"
#include "florin/crypto/hkdf.h"
#include "florin/crypto/hpke.h"
#include "florin/crypto/kt128.h"
#include "florin/crypto/mask.h"
#include "florin/crypto/random.h"
#include "florin/crypto/sealing.h"
#include "florin/crypto/sha256.h"
#include "florin/crypto/shamir.h"

namespace florin::crypto {
namespace {

void BenchHashSha256(benchmark::State& state) {
  const Bytes bytes(static_cast<size_t>(state.range(0)), 0x5a);
  for (auto _ : state) benchmark::DoNotOptimize(HashSha256(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BenchHashSha256)->Arg(100)->Arg(16 << 10)->Arg(31 << 10)->Arg(1 << 20);

void BenchHashKt128(benchmark::State& state) {
  const Bytes bytes(static_cast<size_t>(state.range(0)), 0x5a);
  for (auto _ : state) benchmark::DoNotOptimize(HashKt128(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BenchHashKt128)->Arg(100)->Arg(16 << 10)->Arg(31 << 10)->Arg(1 << 20);

// Items are elements times masks.
template <typename Word>
void BenchApplyMasks(benchmark::State& state) {
  std::vector<Mask> masks;
  masks.reserve(static_cast<size_t>(state.range(0)));
  for (int64_t i = 0; i < state.range(0); ++i) {
    masks.emplace_back(Bytes(16, static_cast<uint8_t>(i)), MaskSign::kAdd);
  }
  std::vector<Word> values(static_cast<size_t>(state.range(1)));
  for (auto _ : state) {
    ApplyMasks(masks, 0, values);
    benchmark::DoNotOptimize(values.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(1));
}
BENCHMARK(BenchApplyMasks<uint32_t>)->Args({1, 1 << 20})->Args({10, 1 << 20})->Args({90, 1 << 20});
BENCHMARK(BenchApplyMasks<uint64_t>)->Args({1, 1 << 20})->Args({10, 1 << 20});

void BenchEcdhAgree(benchmark::State& state) {
  const auto curve = static_cast<EcdhCurve>(state.range(0));
  const EcdhKeyPair own = NewEcdhKeyPair(curve);
  const EcdhKeyPair peer = NewEcdhKeyPair(curve);
  for (auto _ : state) {
    benchmark::DoNotOptimize(EcdhAgree(curve, own.secret.view(), peer.public_key).ok());
  }
}
BENCHMARK(BenchEcdhAgree)->Arg(0)->Arg(1);

void BenchHkdf(benchmark::State& state) {
  const Bytes secret(32, 1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(Hkdf(HkdfHash::kSha256, secret, secret, secret, 16).view().data());
  }
}
BENCHMARK(BenchHkdf);

void BenchAeadSeal(benchmark::State& state) {
  const auto algorithm = static_cast<AeadAlgorithm>(state.range(0));
  Aead aead(algorithm, Bytes(AeadKeySize(algorithm)));
  Bytes sealed(static_cast<size_t>(state.range(1)) + kAeadTagSize);
  for (auto _ : state) {
    aead.Seal({}, {}, ByteView(sealed).first(sealed.size() - kAeadTagSize), sealed);
  }
  state.SetBytesProcessed(state.iterations() * state.range(1));
}
BENCHMARK(BenchAeadSeal)->ArgsProduct({{1, 2, 3}, {40, 1 << 20}});

// Key agreement, schedule and one box.
void BenchHpkeSeal(benchmark::State& state) {
  const HpkeSuite suite{static_cast<HpkeKem>(state.range(0)), HpkeKdf::kSha256,
                        HpkeAead::kAes128Gcm};
  const EcdhKeyPair recipient = NewEcdhKeyPair(HpkeCurve(suite.kem));
  const Bytes message(100, 1);
  for (auto _ : state) {
    HpkeSender sender = HpkeSender::Make(suite, recipient.public_key).value();
    benchmark::DoNotOptimize(sender.Seal({}, message).data());
  }
}
BENCHMARK(BenchHpkeSeal)->Arg(0x10)->Arg(0x20);

void BenchSealBytes(benchmark::State& state) {
  const Bytes key(kSealingKeySize);
  const Bytes message(static_cast<size_t>(state.range(0)), 1);
  for (auto _ : state) benchmark::DoNotOptimize(SealBytes(key, {}, message).data());
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BenchSealBytes)->Arg(1 << 20);

void BenchHmacSha256(benchmark::State& state) {
  const Bytes message(48, 0x5a);
  for (auto _ : state) benchmark::DoNotOptimize(HmacSha256(SecretKey{}, message));
}
BENCHMARK(BenchHmacSha256);

void BenchKeyedRngSetup(benchmark::State& state) {
  Bytes context(48, 0);
  for (auto _ : state) {
    ++context[0];
    KeyedRng rng(SecretKey{}, context);
    benchmark::DoNotOptimize(&rng);
  }
}
BENCHMARK(BenchKeyedRngSetup);

void BenchKeyedRngFill(benchmark::State& state) {
  KeyedRng rng(SecretKey{}, {});
  std::vector<uint64_t> words(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    rng.Fill(words);
    benchmark::DoNotOptimize(words.data());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 8);
}
BENCHMARK(BenchKeyedRngFill)->Arg(1)->Arg(1963)->Arg(1 << 20);

void BenchSystemRngNext(benchmark::State& state) {
  SystemRng rng;
  for (auto _ : state) benchmark::DoNotOptimize(rng.Next());
}
BENCHMARK(BenchSystemRngNext);

// Shares to all, of which so many are needed; then the coefficients of one set of survivors, and
// one secret of it.
void BenchShareSecret(benchmark::State& state) {
  SystemRng rng;
  const Bytes secret(kSharedSecretSize, 0x5a);
  const auto count = static_cast<uint32_t>(state.range(0));
  const auto threshold = static_cast<uint32_t>(state.range(1));
  for (auto _ : state) benchmark::DoNotOptimize(ShareSecret(secret, threshold, count, rng));
}
BENCHMARK(BenchShareSecret)->Args({50, 34})->Args({100, 67})->Args({310, 242});

std::vector<uint32_t> FirstIndices(size_t threshold) {
  std::vector<uint32_t> indices;
  while (indices.size() < threshold) indices.push_back(static_cast<uint32_t>(indices.size() + 1));
  return indices;
}

void BenchMakeShareOpener(benchmark::State& state) {
  const auto indices = FirstIndices(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(ShareOpener::Make(indices));
}
BENCHMARK(BenchMakeShareOpener)->Arg(34)->Arg(67)->Arg(242);

void BenchOpenShares(benchmark::State& state) {
  SystemRng rng;
  const auto threshold = static_cast<uint32_t>(state.range(0));
  const auto shares = ShareSecret(Bytes(kSharedSecretSize, 0x5a), threshold, threshold, rng);
  std::vector<ByteView> views;
  for (const SecretBytes& share : shares) views.push_back(share.view());
  const auto opener = ShareOpener::Make(FirstIndices(threshold));
  for (auto _ : state) benchmark::DoNotOptimize(opener->Open(views));
}
BENCHMARK(BenchOpenShares)->Arg(34)->Arg(67)->Arg(242);

}  // namespace
}  // namespace florin::crypto
