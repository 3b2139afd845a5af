// The field of p = 2^61 - 1 elements, for secret sharing: p is a Mersenne prime, so a product is
// reduced by shifts and additions alone.
//
// An element holds its least representative, below p, always. A reader of bytes takes a word by
// FromCanonical and refuses what is none; Field61(word) reduces instead, and is for words drawn or
// computed. Values, constexpr, thread-safe.
//
// ct: all but FromCanonical takes the same steps whatever the elements are: no branch, no table, no
// division. It tells whether a word is below p, which honest words always are. Rests on the
// processor multiplying 64-bit words in constant time.
#pragma once

#include <cstdint>
#include <optional>

namespace florin::num {

class Field61 {
 public:
  static constexpr int kBits = 61;
  static constexpr uint64_t kPrime = (uint64_t{1} << kBits) - 1;

  constexpr Field61() = default;  // 0
  // word mod p.
  constexpr explicit Field61(uint64_t word)
      : value_(Canonical((word & kPrime) + (word >> kBits))) {}

  // Nothing where word >= p.
  static constexpr std::optional<Field61> FromCanonical(uint64_t word) {
    if (word >= kPrime) return std::nullopt;
    return Field61(word);
  }

  constexpr uint64_t value() const { return value_; }  // below p

  friend constexpr Field61 operator+(Field61 a, Field61 b) { return Reduced(a.value_ + b.value_); }
  friend constexpr Field61 operator-(Field61 a, Field61 b) {
    return Reduced(a.value_ + (kPrime - b.value_));
  }
  friend constexpr Field61 operator*(Field61 a, Field61 b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a.value_) * b.value_;  // 2^61 = 1 (mod p)
    const auto low = static_cast<uint64_t>(product) & kPrime;
    return Reduced(low + static_cast<uint64_t>(product >> kBits));
  }

  // 1 / a, by Fermat: a^(p - 2), an exponent that everyone knows. 0 for 0.
  constexpr Field61 Inverse() const {
    // p - 2 is 59 ones, a zero and a one.
    Field61 power = *this;
    for (int bit = 1; bit < 59; ++bit) power = power * power * *this;
    power = power * power;
    return power * power * *this;
  }

  // For values that are not secret, and tests.
  constexpr bool operator==(const Field61&) const = default;

 private:
  // sum mod p, of a sum below 2 p.
  static constexpr uint64_t Canonical(uint64_t sum) {
    const uint64_t less = sum - kPrime;
    return less + (kPrime & (0 - (less >> 63)));
  }
  static constexpr Field61 Reduced(uint64_t sum) {
    Field61 element;
    element.value_ = Canonical(sum);
    return element;
  }

  uint64_t value_ = 0;
};

}  // namespace florin::num
