// Kernels between words and runs of entries of 1 to 8 bytes, and the squares of words; the same
// bits from every instruction set. See simd.h for how this file is compiled.
//
// An entry is its word's low bytes, little-endian, and the word again once the sign is copied up:
// with s = 2^(8 width - 1), (low ^ s) - s. No byte outside a run is read or written.
#pragma once

#include "florin/num/simd.h"

namespace florin::num {
namespace {  // NOLINT(cert-dcl59-cpp): see simd.h

constexpr uint64_t SignBit(size_t width) { return uint64_t{1} << (8 * width - 1); }

// One entry at a time; eight bytes at once as long as they are there.
template <bool kAdd>
inline void UnpackEach(const uint8_t* from, size_t width, uint64_t* out, size_t n) {
  const uint64_t sign = SignBit(width);
  const uint64_t mask = 2 * sign - 1;
  size_t i = 0;
  for (; (n - i) * width >= sizeof(uint64_t); ++i) {
    const uint64_t word = ((Load<uint64_t>(from + i * width) & mask) ^ sign) - sign;
    out[i] = kAdd ? out[i] + word : word;
  }
  for (; i < n; ++i) {
    uint64_t low = 0;
    for (size_t k = 0; k < width; ++k) low |= uint64_t{from[i * width + k]} << (8 * k);
    const uint64_t word = (low ^ sign) - sign;
    out[i] = kAdd ? out[i] + word : word;
  }
}

inline void PackEach(const uint64_t* x, size_t width, uint8_t* to, size_t n) {
  size_t i = 0;
  // What is written beyond an entry is where the next ones come.
  for (; (n - i) * width >= sizeof(uint64_t); ++i) Store(to + i * width, x[i]);
  for (; i < n; ++i) {
    for (size_t k = 0; k < width; ++k) to[i * width + k] = static_cast<uint8_t>(x[i] >> (8 * k));
  }
}

#if defined(__AVX2__)

// Where the parts of a register come from, by width. 16 bytes are two words, or begin with two
// entries; kAbsent gives a zero. Eight entries are 4 width pairs of bytes, a quarter of them each
// two entries.
constexpr uint8_t kAbsent = 0x80;
struct Places {
  alignas(16) uint8_t spread[16];     // bytes: two entries to two words
  alignas(16) uint8_t gather[16];     // bytes: two words to two entries
  alignas(64) uint16_t quarters[32];  // pairs: eight entries to two a quarter
  alignas(64) uint16_t together[32];  // pairs: and back
};

constexpr Places PlacesOf(size_t width) {
  Places places{};
  for (size_t k = 0; k < 16; ++k) {
    const bool is_low = k % 8 < width;
    places.spread[k] = is_low ? static_cast<uint8_t>(k / 8 * width + k % 8) : kAbsent;
    const bool is_entry = k < 2 * width;
    places.gather[k] = is_entry ? static_cast<uint8_t>(k / width * 8 + k % width) : kAbsent;
  }
  for (size_t k = 0; k < 32; ++k) {
    places.quarters[k] = static_cast<uint16_t>((k / 8 * width + k % 8) % 32);
    places.together[k] = static_cast<uint16_t>(k / width * 8 % 32 + k % width);
  }
  return places;
}

constexpr Places kPlaces[] = {PlacesOf(1), PlacesOf(2), PlacesOf(3), PlacesOf(4),
                              PlacesOf(5), PlacesOf(6), PlacesOf(7), PlacesOf(8)};

using Bytes16 [[gnu::vector_size(16)]] = uint8_t;

#endif

#if defined(__AVX512F__)

[[gnu::always_inline]] inline __mmask64 FirstBytes(size_t n) {
  return n >= 64 ? ~uint64_t{0} : (uint64_t{1} << n) - 1;
}

template <bool kAdd>
inline void UnpackAll(const uint8_t* from, size_t width, uint64_t* out, size_t n) {
  const Places& places = kPlaces[width - 1];
  const auto quarters = __m512i(Load<U64>(places.quarters));
  const __m512i spread = _mm512_broadcast_i32x4(__m128i(Load<Bytes16>(places.spread)));
  const U64 sign = SignBit(width) - U64{};
  const auto words = [&](size_t i, __mmask64 bytes) {
    const __m512i packed = _mm512_maskz_loadu_epi8(bytes, from + i * width);
    const __m512i low = _mm512_shuffle_epi8(_mm512_permutexvar_epi16(quarters, packed), spread);
    return (U64(low) ^ sign) - sign;
  };
  size_t i = 0;
  for (const __mmask64 bytes = FirstBytes(kWide * width); i + kWide <= n; i += kWide) {
    const U64 word = words(i, bytes);
    Store(out + i, kAdd ? Load<U64>(out + i) + word : word);
  }
  if (i == n) return;
  U64 word = words(i, FirstBytes((n - i) * width));
  const auto rest = static_cast<__mmask8>((1U << (n - i)) - 1);
  if (kAdd) word += U64(_mm512_maskz_loadu_epi64(rest, out + i));
  _mm512_mask_storeu_epi64(out + i, rest, __m512i(word));
}

inline void Pack(const uint64_t* x, size_t width, uint8_t* to, size_t n) {
  const Places& places = kPlaces[width - 1];
  const auto together = __m512i(Load<U64>(places.together));
  const __m512i gather = _mm512_broadcast_i32x4(__m128i(Load<Bytes16>(places.gather)));
  size_t i = 0;
  for (; i + kWide <= n; i += kWide) {
    const __m512i low = _mm512_shuffle_epi8(__m512i(Load<U64>(x + i)), gather);
    const __m512i packed = _mm512_permutexvar_epi16(together, low);
    _mm512_mask_storeu_epi8(to + i * width, FirstBytes(kWide * width), packed);
  }
  PackEach(x + i, width, to + i * width, n - i);
}

#elif defined(__AVX2__)

template <bool kAdd>
inline void UnpackAll(const uint8_t* from, size_t width, uint64_t* out, size_t n) {
  const __m256i spread =
      _mm256_broadcastsi128_si256(__m128i(Load<Bytes16>(kPlaces[width - 1].spread)));
  const U64 sign = SignBit(width) - U64{};
  const size_t reach = 2 * width + 16;  // of both loads
  size_t i = 0;
  for (; i + kWide <= n && (n - i) * width >= reach; i += kWide) {
    const uint8_t* at = from + i * width;
    const auto two = __m128i(Load<Bytes16>(at));
    const auto next = __m128i(Load<Bytes16>(at + 2 * width));
    const auto packed = _mm256_inserti128_si256(_mm256_castsi128_si256(two), next, 1);
    const U64 word = (U64(_mm256_shuffle_epi8(packed, spread)) ^ sign) - sign;
    Store(out + i, kAdd ? Load<U64>(out + i) + word : word);
  }
  UnpackEach<kAdd>(from + i * width, width, out + i, n - i);
}

inline void Pack(const uint64_t* x, size_t width, uint8_t* to, size_t n) {
  const __m256i gather =
      _mm256_broadcastsi128_si256(__m128i(Load<Bytes16>(kPlaces[width - 1].gather)));
  const size_t reach = 2 * width + 16;
  size_t i = 0;
  for (; i + kWide <= n && (n - i) * width >= reach; i += kWide) {
    const __m256i packed = _mm256_shuffle_epi8(__m256i(Load<U64>(x + i)), gather);
    Store(to + i * width, Bytes16(_mm256_castsi256_si128(packed)));
    Store(to + (i + 2) * width, Bytes16(_mm256_extracti128_si256(packed, 1)));
  }
  PackEach(x + i, width, to + i * width, n - i);
}

#else

template <bool kAdd>
inline void UnpackAll(const uint8_t* from, size_t width, uint64_t* out, size_t n) {
  UnpackEach<kAdd>(from, width, out, n);
}

inline void Pack(const uint64_t* x, size_t width, uint8_t* to, size_t n) {
  PackEach(x, width, to, n);
}

#endif

inline void Unpack(const uint8_t* from, size_t width, uint64_t* out, size_t n) {
  UnpackAll<false>(from, width, out, n);
}

inline void UnpackAdd(const uint8_t* from, size_t width, uint64_t* sum, size_t n) {
  UnpackAll<true>(from, width, sum, n);
}

// As doubles, rounded to nearest once.
[[gnu::always_inline]] inline F64 SignedToDouble(U64 x) {
#if defined(__AVX512F__)
  using I64 [[gnu::vector_size(kBytes)]] = int64_t;
  return __builtin_convertvector(I64(x), F64);
#else
  // Both halves sit in the low bits of doubles of a known exponent, 2^52 and 2^84; taking what
  // is known off the upper one is exact, so that the sum alone rounds.
  const F64 low = F64((x & 0xffffffffU) | 0x4330000000000000U);
  const F64 high = F64((x >> 32) ^ 0x4530000080000000U);
  return (high - 0x1.00000801p84) + low;
#endif
}

constexpr size_t kSquareLanes = 16;

// Entry i goes to lane i mod 16 and the lanes are folded by halves, on every path; products and
// sums round apart.
inline double RingSquares(const uint64_t* x, size_t n) {
  constexpr size_t kParts = kSquareLanes / kWide;
  F64 parts[kParts] = {};
  size_t i = 0;
  for (; i + kSquareLanes <= n; i += kSquareLanes) {
    FLORIN_UNROLL for (size_t k = 0; k < kParts; ++k) {
      const F64 value = SignedToDouble(Load<U64>(x + i + k * kWide));
      F64 square = value * value;
      FLORIN_ROUNDED(square);
      parts[k] += square;
    }
  }
  double lanes[kSquareLanes];
  for (size_t k = 0; k < kParts; ++k) Store(lanes + k * kWide, parts[k]);
  for (size_t k = 0; i + k < n; ++k) {
    const auto value = static_cast<double>(static_cast<int64_t>(x[i + k]));
    double square = value * value;
    FLORIN_ROUNDED(square);
    lanes[k] += square;
  }
  for (size_t half = kSquareLanes / 2; half > 0; half /= 2) {
    for (size_t k = 0; k < half; ++k) lanes[k] += lanes[k + half];
  }
  return lanes[0];
}

}  // namespace
}  // namespace florin::num
