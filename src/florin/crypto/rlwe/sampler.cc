#include "florin/crypto/rlwe/sampler.h"

#include <algorithm>
#include <array>
#include <utility>

#include "florin/base/check.h"
#include "florin/base/codec.h"
#include "florin/crypto/rlwe/kernels.h"
#include "florin/crypto/sha256.h"

namespace florin::crypto::rlwe {
namespace {

constexpr uint64_t kOneThird[] = {(uint64_t{1} << 63) / 3};

// P(|X| <= k) of 42 coins, times 2^63: C(42, i) / 2^42 are whole numbers of 2^-63.
constexpr std::array<uint64_t, 21> BinomialThresholds() {
  uint64_t rows[43] = {1};
  for (int row = 1; row <= 42; ++row) {
    for (int i = row; i > 0; --i) rows[i] += rows[i - 1];
  }
  std::array<uint64_t, 21> thresholds{};
  uint64_t sum = rows[21];
  for (size_t k = 0; k < thresholds.size(); ++k) {
    thresholds[k] = sum << 21;
    sum += 2 * rows[22 + k];
  }
  return thresholds;
}
constexpr std::array<uint64_t, 21> kBinomialThresholds = BinomialThresholds();

// Made with 80 decimal digits; sampler_test.cc sums them up anew.
constexpr uint64_t kKeyThresholds[] = {
    0x0b59024fec89eae9, 0x217d539235d0a1b1, 0x360cf1461059d083, 0x48393dc29e0e9d2d,
    0x578317c4b229fe57, 0x63c10f69a9d86b8c, 0x6d15a14a518c7a15, 0x73da60227f8d92c6,
    0x7886cc92ff975f07, 0x7b99197ca79de868, 0x7d84f6c8cd559a58, 0x7ea9d2310b77c1ec,
    0x7f4fc981c5f163cf, 0x7fa94f7bd96b1f9b, 0x7fd745f7270d64f8, 0x7fedbbff90517a31,
    0x7ff82e871c6cf567, 0x7ffcce995577b348, 0x7ffec18de070aaeb, 0x7fff89ad918de2e2,
    0x7fffd613c8601e8c, 0x7ffff1d690d2ca77, 0x7ffffb7080019a0e, 0x7ffffe99a27fd63f,
    0x7fffff97297ee664, 0x7fffffe2c5c83b5f, 0x7ffffff83c56db29, 0x7ffffffe08e54c02,
    0x7fffffff86ad2dff, 0x7fffffffe420aeba, 0x7ffffffff9e6733c, 0x7ffffffffeba78f1,
    0x7fffffffffbf5cbc, 0x7ffffffffff3c688, 0x7ffffffffffdcc4f, 0x7fffffffffff9f4d,
    0x7ffffffffffff033, 0x7ffffffffffffd8a, 0x7fffffffffffffa2, 0x7ffffffffffffff2,
    0x7ffffffffffffffe};
constexpr uint64_t kErrorThresholds[] = {
    0x080626ce567df796, 0x17e00bf8e0fa91b2, 0x2726660ff348d834, 0x3582ab7d8d4b6433,
    0x42ae9457f02de81b, 0x4e77e5905911bd02, 0x58c20f66798e51d9, 0x6185a350572871f6,
    0x68cdf095894a4505, 0x6eb54cd085acf813, 0x7360a7619708530c, 0x76fb04280948175b,
    0x79b15fc9fa4f5330, 0x7baf5749d99f353f, 0x7d1cbf8687f2538a, 0x7e1c302b152ed7a0,
    0x7eca6660a70f612c, 0x7f3e50d30afeeb3a, 0x7f898fd9d4fd80fa, 0x7fb93761768b202f,
    0x7fd6a91269887111, 0x7fe868c7470a70b8, 0x7ff2d8ea9976861f, 0x7ff8d61090c1a8f1,
    0x7ffc30429047d172, 0x7ffe04ed6d86d5a8, 0x7ffefea0dbb24b21, 0x7fff806bee3df016,
    0x7fffc23df6c43808, 0x7fffe2ce826e212e, 0x7ffff2866b2f5d3b, 0x7ffff9ed524146f8,
    0x7ffffd53e3750e27, 0x7ffffeda184b424b, 0x7fffff84ba5a8b85, 0x7fffffcd862cee8c,
    0x7fffffebd2c336df, 0x7ffffff82076ef38, 0x7ffffffd0043b62f, 0x7ffffffee28ac852,
    0x7fffffff9865bcdc, 0x7fffffffdb4c5941, 0x7ffffffff34f3687, 0x7ffffffffbb78fa3,
    0x7ffffffffe96d548, 0x7fffffffff8be2e4, 0x7fffffffffdb90f7, 0x7ffffffffff4d7b8,
    0x7ffffffffffcaa55, 0x7fffffffffff06ff, 0x7fffffffffffb91e, 0x7fffffffffffec4f,
    0x7ffffffffffffaa9, 0x7ffffffffffffe96, 0x7fffffffffffffa2, 0x7fffffffffffffe8,
    0x7ffffffffffffffa, 0x7ffffffffffffffe};

Bytes Named(std::string_view label, ByteView bound_to) {
  base::Writer name;
  name.Fixed(base::AsBytes(label)).U8(0).Fixed(bound_to);
  return std::move(name).Take();
}

ByteView KeyOf(const Sha256Digest& digest) { return ByteView(digest).first(Mask::kKeySize); }

}  // namespace

constinit const Distribution kTernary = kOneThird;
constinit const Distribution kBinomial21 = kBinomialThresholds;
constinit const Distribution kGaussianKey = kKeyThresholds;
constinit const Distribution kGaussianError = kErrorThresholds;

SecretStream::SecretStream(ByteView seed, std::string_view label, ByteView bound_to)
    : mask_(KeyOf(HmacSha256(seed, Named(label, bound_to))), MaskSign::kAdd) {}

void SecretStream::Draw(Distribution distribution, uint64_t first, Span<uint64_t> words) const {
  FLORIN_CHECK(words.size() % 8 == 0);
  std::ranges::fill(words, 0);
  ApplyMasks({&mask_, 1}, first, words);
  Active().sample(distribution.data(), distribution.size(), words.data(), words.size());
}

}  // namespace florin::crypto::rlwe
