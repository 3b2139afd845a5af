#include "florin/num/ntt.h"

#include <bit>

#include "florin/base/check.h"
#include "florin/num/ntt_kernels.h"

namespace florin::num {
namespace {

__extension__ using Wide = unsigned __int128;

uint64_t Times(uint64_t a, uint64_t b, uint64_t prime) {
  return static_cast<uint64_t>(Wide{a} * b % prime);
}

uint64_t Power(uint64_t base, uint64_t exponent, uint64_t prime) {
  uint64_t power = 1;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) power = Times(power, base, prime);
    base = Times(base, base, prime);
  }
  return power;
}

// Miller-Rabin; these bases are sure below 3.3e24 (Sorenson and Webster 2015).
bool IsPrime(uint64_t odd) {
  const int twos = std::countr_zero(odd - 1);
  constexpr uint64_t kBases[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41};
  for (const uint64_t base : kBases) {
    if (odd == base) return true;
    uint64_t power = Power(base, (odd - 1) >> twos, odd);
    bool passes = power == 1;
    for (int i = 0; i < twos; ++i) {
      passes = passes || power == odd - 1;
      power = Times(power, power, odd);
    }
    if (!passes) return false;
  }
  return true;
}

bool IsOfRing(size_t size, uint64_t prime) {
  return std::has_single_bit(size) && size >= kNttSizeMin && size <= kNttSizeMax &&
         prime < uint64_t{1} << kNttPrimeBits && prime > 1 && prime % (2 * size) == 1 &&
         IsPrime(prime);
}

// psi with psi^N = -1, which makes it a primitive 2N-th root of one: of the smallest base that
// yields one. Every second base does.
uint64_t FindRoot(size_t size, uint64_t prime) {
  for (uint64_t base = 2; base < prime; ++base) {
    const uint64_t psi = Power(base, (prime - 1) / (2 * size), prime);
    if (Power(psi, size, prime) == prime - 1) return psi;
  }
  return 0;
}

size_t Reversed(size_t index, int bits) {
  size_t reversed = 0;
  for (int i = 0; i < bits; ++i) reversed |= (index >> i & 1) << (bits - 1 - i);
  return reversed;
}

}  // namespace

Ntt::Ntt(size_t size, uint64_t prime) : Ntt(size, prime, ActiveNtt()) {}

Ntt::Ntt(size_t size, uint64_t prime, const NttKernels& kernels)
    : size_(size), prime_(prime), kernels_(&kernels) {
  FLORIN_CHECK(IsOfRing(size, prime));
  psi_ = FindRoot(size, prime);
  const uint64_t inverse = Power(psi_, 2 * size - 1, prime);
  const uint64_t share = prime - (prime - 1) / size;  // 1 / N
  FLORIN_CHECK(Power(psi_, size, prime) == prime - 1 && Times(psi_, inverse, prime) == 1 &&
               Times(share, size, prime) == 1);
  forward_ = PowersOf(psi_);
  inverse_ = PowersOf(inverse);
  const auto set_inverse = [&](size_t at, uint64_t factor) {
    inverse_.factors[at] = factor;
    inverse_.quotients[at] = static_cast<uint64_t>((Wide{factor} << kNttWord) / prime);
  };
  set_inverse(0, share);
  set_inverse(1, Times(inverse_.factors[1], share, prime));
}

Ntt::Table Ntt::PowersOf(uint64_t root) const {
  Table table = {std::vector<uint64_t>(size_), std::vector<uint64_t>(size_)};
  const int bits = std::countr_zero(size_);
  uint64_t power = 1;
  for (size_t i = 0; i < size_; ++i) {
    const size_t at = Reversed(i, bits);
    table.factors[at] = power;
    table.quotients[at] = static_cast<uint64_t>((Wide{power} << kNttWord) / prime_);
    power = Times(power, root, prime_);
  }
  return table;
}

NttPlan Ntt::Plan() const {
  const auto shift = static_cast<uint64_t>(std::bit_width(prime_) - 2);
  return {.size = size_,
          .prime = prime_,
          .shift = shift,
          .ratio = static_cast<uint64_t>((Wide{1} << (kNttWord + shift)) / prime_),
          .roots = forward_.factors.data(),
          .root_quotients = forward_.quotients.data(),
          .inverse_roots = inverse_.factors.data(),
          .inverse_quotients = inverse_.quotients.data()};
}

void Ntt::Forward(Span<uint64_t> values) const {
  FLORIN_CHECK(values.size() == size_);
  kernels_->forward(Plan(), values.data());
}

void Ntt::Inverse(Span<uint64_t> values) const {
  FLORIN_CHECK(values.size() == size_);
  kernels_->inverse(Plan(), values.data());
}

void Ntt::Multiply(Span<const uint64_t> a, Span<const uint64_t> b, Span<uint64_t> out) const {
  FLORIN_CHECK(a.size() == out.size() && b.size() == out.size());
  kernels_->multiply(Plan(), a.data(), b.data(), out.data(), out.size());
}

void Ntt::MultiplyAdd(Span<const uint64_t> a, Span<const uint64_t> b, Span<uint64_t> sum) const {
  FLORIN_CHECK(a.size() == sum.size() && b.size() == sum.size());
  kernels_->multiply_add(Plan(), a.data(), b.data(), sum.data(), sum.size());
}

void Ntt::Add(Span<const uint64_t> a, Span<const uint64_t> b, Span<uint64_t> out) const {
  FLORIN_CHECK(a.size() == out.size() && b.size() == out.size());
  kernels_->add(Plan(), a.data(), b.data(), out.data(), out.size());
}

void Ntt::Subtract(Span<const uint64_t> a, Span<const uint64_t> b, Span<uint64_t> out) const {
  FLORIN_CHECK(a.size() == out.size() && b.size() == out.size());
  kernels_->subtract(Plan(), a.data(), b.data(), out.data(), out.size());
}

}  // namespace florin::num
