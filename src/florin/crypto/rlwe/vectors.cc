#include "florin/crypto/rlwe/vectors.h"

#include <algorithm>
#include <string>

#include "florin/base/check.h"
#include "florin/crypto/rlwe/ring.h"

namespace florin::crypto::rlwe {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr size_t kSize = kVectorRing.size;
constexpr size_t kPrimes = kVectorRing.prime_count;
constexpr int kLimb = 52;

// -- constants of the program, of which nothing is secret

uint64_t Times(uint64_t a, uint64_t b, uint64_t prime) {
  return static_cast<uint64_t>(Wide{a} * b % prime);
}
uint64_t PowerOf(uint64_t base, uint64_t exponent, uint64_t prime) {
  uint64_t power = 1;
  for (; exponent > 0; exponent >>= 1, base = Times(base, base, prime)) {
    if ((exponent & 1) != 0) power = Times(power, base, prime);
  }
  return power;
}
uint64_t QuotientOf(uint64_t factor, uint64_t prime) {
  return static_cast<uint64_t>((Wide{factor} << kLimb) / prime);
}

SlotPlan SlotPlanOf(const Packing& packing, uint64_t prime) {
  SlotPlan plan = {.prime = prime, .word = PowerOf(2, kLimb, prime), .slots = packing.slots};
  plan.word_quotient = QuotientOf(plan.word, prime);
  for (size_t p = 0; p < packing.slots; ++p) {
    plan.weights[p] = PowerOf(2, kVectorGap + p * static_cast<size_t>(packing.bits), prime);
    plan.high_weights[p] = Times(plan.weights[p], plan.word, prime);
  }
  return plan;
}

OpenPlan OpenPlanOf(const Packing& packing) {
  OpenPlan plan = {.slots = packing.slots, .bits = packing.bits};
  constexpr uint64_t kLimbMask = (uint64_t{1} << kLimb) - 1;
  uint64_t product[kPrimesMax + 1] = {1};  // of the primes so far, in limbs
  for (size_t k = 0; k < kPrimes; ++k) {
    const uint64_t prime = kVectorRing.primes[k];
    plan.primes[k] = prime;
    for (size_t j = 0; j < k; ++j) {
      plan.inverses[j][k] = PowerOf(kVectorRing.primes[j], prime - 2, prime);
      plan.inverse_quotients[j][k] = QuotientOf(plan.inverses[j][k], prime);
    }
    std::copy_n(product, kPrimesMax, plan.products[k]);
    Wide carry = 0;
    for (uint64_t& limb : product) {
      carry += Wide{limb} * prime;
      limb = static_cast<uint64_t>(carry) & kLimbMask;
      carry >>= kLimb;
    }
  }
  return plan;
}

// -- the kernels of both kinds of words

uint64_t Largest(Span<const uint32_t> values) {
  return Active().largest32(values.data(), values.size());
}
uint64_t Largest(Span<const uint64_t> values) {
  return Active().largest64(values.data(), values.size());
}
void Put(const SlotPlan& plan, Span<const uint32_t> values, Span<const uint64_t> errors,
         Span<uint64_t> sum) {
  Active().put32(plan, values.data(), errors.data(), kSize, sum.data());
}
void Put(const SlotPlan& plan, Span<const uint64_t> values, Span<const uint64_t> errors,
         Span<uint64_t> sum) {
  Active().put64(plan, values.data(), errors.data(), kSize, sum.data());
}

}  // namespace

VectorKey::VectorKey(ByteView seed, ByteView context)
    : seed_(seed),
      context_(context.begin(), context.end()),
      coefficients_(kSize),
      transformed_(kVectorRing.words()) {
  FLORIN_CHECK(seed.size() == kSeedSize);
  Stream("florin/rlwe/vector-key", context).Draw(kGaussianKey, 0, coefficients_.span());
  const Ring& ring = Ring::Vectors();
  for (size_t prime = 0; prime < kPrimes; ++prime) {
    ring.Transform(coefficients_.view(), prime, ring.Of(prime, transformed_.span()));
  }
}

VectorSealer::VectorSealer(const VectorKey& key, const Packing& packing)
    : key_(key),
      packing_(packing),
      error_stream_(key.Stream("florin/rlwe/vector-error", key.context())),
      errors_(kSize),
      residues_(kSize) {
  for (size_t prime = 0; prime < kPrimes; ++prime) {
    plans_[prime] = SlotPlanOf(packing, kVectorRing.primes[prime]);
  }
}

template <typename Word>
void VectorSealer::SealWords(uint32_t j, Span<const Word> values, Span<uint8_t> message) {
  FLORIN_CHECK(values.size() <= packing_.values());
  if (values.size() < packing_.values()) {
    if (padded_.size() == 0) padded_ = SecretWords(packing_.values());
    const Span<Word> padded = {reinterpret_cast<Word*>(padded_.span().data()), packing_.values()};
    std::ranges::copy(values, padded.begin());
    std::ranges::fill(padded.subspan(values.size()), Word{0});
    values = padded;
  }
  FLORIN_CHECK(Largest(values) <= packing_.value_max);
  const Ring& ring = Ring::Vectors();
  error_stream_.Draw(kGaussianError, j * kSize, errors_.span());
  for (size_t prime = 0; prime < kPrimes; ++prime) {
    const num::Ntt& ntt = ring.ntt(prime);
    const Span<uint64_t> residues = residues_.span();
    ring.MakePublic(key_.context(), j, prime, residues);
    ntt.Multiply(residues, ring.Of(prime, key_.transformed()), residues);
    ntt.Inverse(residues);
    Put(plans_[prime], values, errors_.view(), residues);
    Pack(MessageKind::kVector, j, prime, residues, message);
  }
}

void VectorSealer::Seal(uint32_t j, Span<const uint32_t> values, Span<uint8_t> message) {
  SealWords(j, values, message);
}
void VectorSealer::Seal(uint32_t j, Span<const uint64_t> values, Span<uint8_t> message) {
  SealWords(j, values, message);
}

VectorSum::VectorSum(size_t polynomials)
    : polynomials_(polynomials), residues_(polynomials * kVectorRing.words()) {}

void VectorSum::Add(const Message& message, uint64_t contributors) {
  FLORIN_CHECK(message.kind() == MessageKind::kVector && message.polynomials() == polynomials_);
  contributors_ += contributors;
  const Span<uint64_t> all = residues_;
  for (size_t j = 0; j < polynomials_; ++j) {
    for (size_t prime = 0; prime < kPrimes; ++prime) {
      message.AddTo(j, prime, all.subspan((j * kPrimes + prime) * kSize, kSize));
    }
  }
}

Span<const uint64_t> VectorSum::polynomial(size_t j) const {
  const Span<const uint64_t> all = residues_;
  return all.subspan(j * kVectorRing.words(), kVectorRing.words());
}

Bytes VectorSum::Pack() const {
  Bytes message = NewMessage(MessageKind::kVector, polynomials_);
  for (size_t j = 0; j < polynomials_; ++j) {
    for (size_t prime = 0; prime < kPrimes; ++prime) {
      rlwe::Pack(MessageKind::kVector, j, prime, Ring::Vectors().Of(prime, polynomial(j)), message);
    }
  }
  return message;
}

VectorOpener::VectorOpener(Span<const int64_t> keys, ByteView context, const Packing& packing)
    : context_(context.begin(), context.end()),
      packing_(packing),
      plan_(OpenPlanOf(packing)),
      keys_(kVectorRing.words()),
      residues_(kVectorRing.words()) {
  FLORIN_CHECK(keys.size() == kSize);
  const std::vector<uint64_t> words(keys.begin(), keys.end());
  const Ring& ring = Ring::Vectors();
  for (size_t prime = 0; prime < kPrimes; ++prime) {
    ring.Transform(words, prime, ring.Of(prime, Span<uint64_t>(keys_)));
  }
}

Status VectorOpener::Open(const VectorSum& sum, uint32_t j, Span<uint64_t> values) {
  FLORIN_CHECK(values.size() <= packing_.values() && j < sum.polynomials());
  const Ring& ring = Ring::Vectors();
  for (size_t prime = 0; prime < kPrimes; ++prime) {
    const num::Ntt& ntt = ring.ntt(prime);
    const Span<uint64_t> residues = ring.Of(prime, Span<uint64_t>(residues_));
    ring.MakePublic(context_, j, prime, residues);
    ntt.Multiply(residues, ring.Of(prime, Span<const uint64_t>(keys_)), residues);
    ntt.Inverse(residues);
    ntt.Subtract(ring.Of(prime, sum.polynomial(j)), residues, residues);
  }
  const bool is_whole = values.size() == packing_.values();
  if (!is_whole) padded_.resize(packing_.values());
  const OpenFacts facts =
      Active().open(plan_, residues_.data(), kSize, is_whole ? values.data() : padded_.data());
  if (!is_whole) std::copy_n(padded_.begin(), values.size(), values.begin());
  constexpr uint64_t kHalf = uint64_t{1} << (kVectorGap - 1);
  const uint64_t below = kHalf - std::min(kHalf, facts.low_min);
  const uint64_t noise = std::max(below, facts.low_max - std::min(kHalf, facts.low_max));
  const uint64_t contributors = sum.contributors();
  if (contributors <= packing_.contributors_max && facts.above == 0 &&
      noise <= ErrorBound(contributors)) {
    return {};
  }
  return {Kind::kFailed, "RLWE-SUM",
          "sum of " + std::to_string(contributors) + " vectors, at most " +
              std::to_string(packing_.contributors_max) + ", polynomial " + std::to_string(j) +
              ": expected errors of at most " + std::to_string(ErrorBound(contributors)) +
              " and nothing above the slots, found " + std::to_string(noise) +
              (facts.above == 0 ? "" : " and more") +
              "; the keys are not those of the vectors that were added."};
}

}  // namespace florin::crypto::rlwe
