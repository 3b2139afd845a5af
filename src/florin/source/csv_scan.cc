#include "florin/source/csv_scan.h"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace florin::source {
namespace {

namespace portable {
#define FLORIN_TARGET

// Eight bytes a word; the top bit of each byte answers for it.
class Block {
 public:
  explicit Block(const char* text) { std::memcpy(words_, text, sizeof(words_)); }
  uint64_t Equal(char c) const {
    uint64_t mask = 0;
    const uint64_t all = kOnes * static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) {
      const uint64_t x = words_[i] ^ all;  // zero bytes where equal
      const uint64_t nonzero = ((x & ~kTops) + ~kTops) | x;
      mask |= Gather(~nonzero & kTops) << (8 * i);
    }
    return mask;
  }
  uint64_t High() const {
    uint64_t mask = 0;
    for (int i = 0; i < 8; ++i) mask |= Gather(words_[i] & kTops) << (8 * i);
    return mask;
  }

 private:
  static constexpr uint64_t kOnes = 0x0101010101010101;
  static constexpr uint64_t kTops = 0x8080808080808080;
  // The top bits of eight bytes as one byte.
  static uint64_t Gather(uint64_t tops) { return ((tops >> 7) * 0x0102040810204080) >> 56; }
  uint64_t words_[8];
};

#include "florin/source/csv_scan_impl.h"
#undef FLORIN_TARGET
}  // namespace portable

#if defined(__x86_64__)
namespace sse2 {
#define FLORIN_TARGET

class Block {
 public:
  explicit Block(const char* text) {
    for (int i = 0; i < 4; ++i) {
      lanes_[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text) + i);
    }
  }
  uint64_t Equal(char c) const {
    uint64_t mask = 0;
    const __m128i all = _mm_set1_epi8(c);
    for (int i = 0; i < 4; ++i) mask |= Bits(_mm_cmpeq_epi8(lanes_[i], all)) << (16 * i);
    return mask;
  }
  uint64_t High() const {
    uint64_t mask = 0;
    for (int i = 0; i < 4; ++i) mask |= Bits(lanes_[i]) << (16 * i);
    return mask;
  }

 private:
  static uint64_t Bits(__m128i lane) {
    return static_cast<uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(lane)));
  }
  __m128i lanes_[4];
};

#include "florin/source/csv_scan_impl.h"
#undef FLORIN_TARGET
}  // namespace sse2

namespace avx2 {
#define FLORIN_TARGET __attribute__((target("avx2,bmi,popcnt")))

class Block {
 public:
  FLORIN_TARGET explicit Block(const char* text)
      : low_(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(text))),
        high_(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(text) + 1)) {}
  FLORIN_TARGET uint64_t Equal(char c) const {
    const __m256i all = _mm256_set1_epi8(c);
    return Bits(_mm256_cmpeq_epi8(low_, all)) | Bits(_mm256_cmpeq_epi8(high_, all)) << 32;
  }
  FLORIN_TARGET uint64_t High() const { return Bits(low_) | Bits(high_) << 32; }

 private:
  FLORIN_TARGET static uint64_t Bits(__m256i lane) {
    return static_cast<uint64_t>(static_cast<unsigned>(_mm256_movemask_epi8(lane)));
  }
  __m256i low_;
  __m256i high_;
};

#include "florin/source/csv_scan_impl.h"
#undef FLORIN_TARGET
}  // namespace avx2

namespace avx512 {
#define FLORIN_TARGET __attribute__((target("avx512f,avx512bw,bmi,popcnt")))

class Block {
 public:
  FLORIN_TARGET explicit Block(const char* text) : bytes_(_mm512_loadu_si512(text)) {}
  FLORIN_TARGET uint64_t Equal(char c) const {
    return _mm512_cmpeq_epi8_mask(bytes_, _mm512_set1_epi8(c));
  }
  FLORIN_TARGET uint64_t High() const { return _mm512_movepi8_mask(bytes_); }

 private:
  __m512i bytes_;
};

#include "florin/source/csv_scan_impl.h"
#undef FLORIN_TARGET
}  // namespace avx512
#endif

}  // namespace

std::vector<ScanVersion> ScanVersions() {
  std::vector<ScanVersion> versions = {{"portable", portable::ScanBlocks}};
#if defined(__x86_64__)
  versions.push_back({"sse2", sse2::ScanBlocks});
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) {
    versions.push_back({"avx2", avx2::ScanBlocks});
    if (__builtin_cpu_supports("avx512bw")) versions.push_back({"avx512", avx512::ScanBlocks});
  }
#endif
  return versions;
}

void Scan(const char* text, size_t size, char delimiter, char quote, Structure& out,
          ScanFunction version) {
  static const ScanFunction best = ScanVersions().back().scan;
  // Every byte may be a separator; the last block writes up to eight past what it counts.
  if (out.separators.size() < size + 64) {
    out.separators.resize(size + 64);
    out.row_ends.resize(size + 64);
  }
  out.separators[0] = 0xffffffff;
  out.separator_count = 1;
  out.row_count = 0;
  out.has_quotes = out.has_quoted_breaks = out.has_high = out.ends_inside_quotes = false;
  out.fault = Structure::kNoFault;
  (version != nullptr ? version : best)(text, size, delimiter, quote, out);
}

}  // namespace florin::source
