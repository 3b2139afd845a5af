#include "florin/crypto/shamir.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "florin/base/check.h"

namespace florin::crypto {
namespace {

using num::Field61;

constexpr size_t kLimbs = 5;
constexpr size_t kLimbBits = 52;
constexpr size_t kLastLimbBits = 8 * kSharedSecretSize - (kLimbs - 1) * kLimbBits;
constexpr uint64_t kLimbMask = (uint64_t{1} << kLimbBits) - 1;
static_assert(kShareSize == kLimbs * sizeof(uint64_t));

using Words = std::array<uint64_t, kSharedSecretSize / sizeof(uint64_t)>;
using Limbs = std::array<Field61, kLimbs>;

// Bits [52 i, 52 i + 52) of the secret, read as one little-endian number.
uint64_t LimbOf(const SecretBytes& secret, size_t i) {
  Words words;
  std::memcpy(words.data(), secret.view().data(), kSharedSecretSize);
  const size_t bit = i * kLimbBits;
  const size_t word = bit / 64;
  const size_t shift = bit % 64;
  uint64_t limb = words[word] >> shift;
  if (shift > 64 - kLimbBits && word + 1 < words.size()) limb |= words[word + 1] << (64 - shift);
  return limb & kLimbMask;
}

// False: a limb has more bits than a secret's.
bool JoinLimbs(const Limbs& limbs, Span<uint8_t> secret) {
  Words words{};
  uint64_t spare = 0;
  for (size_t i = 0; i < kLimbs; ++i) {
    const uint64_t limb = limbs[i].value();
    spare |= limb >> (i + 1 < kLimbs ? kLimbBits : kLastLimbBits);
    const size_t bit = i * kLimbBits;
    const size_t shift = bit % 64;
    words[bit / 64] |= limb << shift;
    if (shift > 64 - kLimbBits && bit / 64 + 1 < words.size()) {
      words[bit / 64 + 1] |= limb >> (64 - shift);
    }
  }
  std::memcpy(secret.data(), words.data(), kSharedSecretSize);
  return spare == 0;
}

// Five polynomials side by side: coefficient k of limb i at 5 k + i. In memory that is wiped.
class Polynomials {
 public:
  Polynomials(const SecretBytes& secret, uint32_t threshold, base::Rng& rng)
      : terms_(threshold), words_(SecretBytes::Zeros(threshold * kShareSize)) {
    const Span<uint64_t> words = all();
    rng.Fill(words.subspan(kLimbs));
    for (uint64_t& word : words.subspan(kLimbs)) {
      for (word >>= 3; word == Field61::kPrime; word >>= 3) rng.Fill({&word, 1});
    }
    for (size_t i = 0; i < kLimbs; ++i) words[i] = LimbOf(secret, i);
  }

  void Evaluate(uint32_t index, Span<uint8_t> share) const {
    const Field61 at(index);
    const Span<const uint64_t> words = all();
    Limbs values;
    for (size_t term = terms_; term-- > 0;) {
      for (size_t i = 0; i < kLimbs; ++i) {
        values[i] = values[i] * at + Field61(words[term * kLimbs + i]);
      }
    }
    for (size_t i = 0; i < kLimbs; ++i) {
      const uint64_t word = values[i].value();
      std::memcpy(share.data() + i * sizeof(word), &word, sizeof(word));
    }
  }

 private:
  // The heap's blocks are aligned for words.
  Span<uint64_t> all() {
    return {reinterpret_cast<uint64_t*>(words_.span().data()), terms_ * kLimbs};
  }
  Span<const uint64_t> all() const {
    return {reinterpret_cast<const uint64_t*>(words_.view().data()), terms_ * kLimbs};
  }

  size_t terms_;
  SecretBytes words_;
};

Status Refused(const char* code, std::string message) {
  return {Kind::kFailed, code, std::move(message)};
}

Status CheckIndices(Span<const uint32_t> indices) {
  std::vector<uint32_t> sorted(indices.begin(), indices.end());
  std::ranges::sort(sorted);
  if (sorted.empty()) return Refused("SHAMIR-INDEX", "shares: expected at least one, found none.");
  if (sorted.front() == 0 || sorted.back() > kSharesMax) {
    return Refused("SHAMIR-INDEX",
                   "shares: expected indices of 1 to " + std::to_string(kSharesMax) + ", found " +
                       std::to_string(sorted.front() == 0 ? 0 : sorted.back()) + ".");
  }
  const auto twice = std::ranges::adjacent_find(sorted);
  if (twice == sorted.end()) return {};
  return Refused("SHAMIR-INDEX",
                 "shares: expected each index once, found " + std::to_string(*twice) + " twice.");
}

// Montgomery's trick: one inversion for all. None is 0.
void InvertAll(Span<Field61> values) {
  std::vector<Field61> before(values.size());
  Field61 product(1);
  for (size_t i = 0; i < values.size(); ++i) {
    before[i] = product;
    product = product * values[i];
  }
  Field61 inverse = product.Inverse();
  for (size_t i = values.size(); i-- > 0;) {
    const Field61 value = values[i];
    values[i] = inverse * before[i];
    inverse = inverse * value;
  }
}

}  // namespace

std::vector<SecretBytes> ShareSecret(ByteView secret, uint32_t threshold, uint32_t count,
                                     base::Rng& rng) {
  FLORIN_CHECK(secret.size() == kSharedSecretSize);
  FLORIN_CHECK(threshold >= 1 && threshold <= count && count <= kSharesMax);
  const Polynomials polynomials(SecretBytes(secret), threshold, rng);
  std::vector<SecretBytes> shares;
  shares.reserve(count);
  for (uint32_t index = 1; index <= count; ++index) {
    shares.push_back(SecretBytes::Zeros(kShareSize));
    polynomials.Evaluate(index, shares.back().span());
  }
  return shares;
}

// The coefficient of share i is the product of x_j / (x_j - x_i) over all others j.
Result<ShareOpener> ShareOpener::Make(Span<const uint32_t> indices) {
  FLORIN_TRY(CheckIndices(indices));
  ShareOpener opener;
  opener.indices_.assign(indices.begin(), indices.end());
  Field61 all(1);
  for (const uint32_t index : indices) all = all * Field61(index);
  for (const uint32_t own : indices) {
    Field61 below(own);
    for (const uint32_t other : indices) {
      if (other != own) below = below * (Field61(other) - Field61(own));
    }
    opener.coefficients_.push_back(below);
  }
  InvertAll(opener.coefficients_);
  for (Field61& coefficient : opener.coefficients_) coefficient = coefficient * all;
  return opener;
}

Result<SecretBytes> ShareOpener::Open(Span<const ByteView> shares) const {
  FLORIN_CHECK(shares.size() == indices_.size());
  Limbs limbs;
  for (size_t k = 0; k < shares.size(); ++k) {
    bool is_share = shares[k].size() == kShareSize;
    for (size_t i = 0; is_share && i < kLimbs; ++i) {
      uint64_t word;
      std::memcpy(&word, shares[k].data() + i * sizeof(word), sizeof(word));
      const auto limb = Field61::FromCanonical(word);
      is_share = limb.has_value();
      limbs[i] = limbs[i] + coefficients_[k] * limb.value_or(Field61());
    }
    if (is_share) continue;
    return Refused("SHAMIR-SHARE", "share " + std::to_string(indices_[k]) +
                                       ": expected 40 bytes, five words below 2^61 - 1.");
  }
  SecretBytes secret = SecretBytes::Zeros(kSharedSecretSize);
  if (JoinLimbs(limbs, secret.span())) return secret;
  return Refused("SHAMIR-SECRET", "shares: what they give is no secret; one of them is wrong.");
}

}  // namespace florin::crypto
