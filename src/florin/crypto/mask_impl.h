// Included by mask_avx*.cc only, each with its own -m flags. Everything has internal linkage and
// nothing of the standard library is used, as in florin/num/simd.h and for its reason.
#pragma once

#include <immintrin.h>

#include "florin/crypto/mask_kernels.h"
#include "florin/num/simd.h"

namespace florin::crypto::mask {
namespace {  // NOLINT(cert-dcl59-cpp): see num/simd.h

#if defined(__AVX512F__)
using Vector = __m512i;
[[gnu::always_inline]] inline Vector Spread(__m128i block) { return _mm512_broadcast_i32x4(block); }
[[gnu::always_inline]] inline Vector Shuffle(Vector v, Vector by) {
  return _mm512_shuffle_epi8(v, by);
}
[[gnu::always_inline]] inline Vector Encrypt(Vector v, Vector key) {
  return _mm512_aesenc_epi128(v, key);
}
[[gnu::always_inline]] inline Vector EncryptLast(Vector v, Vector key) {
  return _mm512_aesenclast_epi128(v, key);
}
#else
using Vector = __m128i;
[[gnu::always_inline]] inline Vector Spread(__m128i block) { return block; }
[[gnu::always_inline]] inline Vector Shuffle(Vector v, Vector by) {
  return _mm_shuffle_epi8(v, by);
}
[[gnu::always_inline]] inline Vector Encrypt(Vector v, Vector key) {
  return _mm_aesenc_si128(v, key);
}
[[gnu::always_inline]] inline Vector EncryptLast(Vector v, Vector key) {
  return _mm_aesenclast_si128(v, key);
}
#endif

constexpr size_t kLanes = sizeof(Vector) / kBlock;
constexpr size_t kFlight = 8;  // vectors at a time: AES takes four cycles, two may begin in each
using Words32 [[gnu::vector_size(sizeof(Vector))]] = uint32_t;
using Words64 [[gnu::vector_size(sizeof(Vector))]] = uint64_t;

template <typename Words, bool subtract>
struct Into {
  [[gnu::always_inline]] static void Apply(uint8_t* values, Vector stream) {
    const auto term = Words(stream);
    const auto value = num::Load<Words>(values);
    num::Store(values, subtract ? value - term : value + term);
  }
};

// kLanes counters as little-endian 128-bit numbers.
[[gnu::always_inline]] inline Words64 FirstCounters(Counter counter) {
  Words64 counters;
  FLORIN_UNROLL for (size_t i = 0; i < kLanes; ++i) {
    counters[2 * i] = counter.low + i;
    counters[2 * i + 1] = counter.high;
  }
  return counters;
}
[[gnu::always_inline]] inline Words64 Step() {
  Words64 step;
  FLORIN_UNROLL for (size_t i = 0; i < kLanes; ++i) {
    step[2 * i] = kLanes;
    step[2 * i + 1] = 0;
  }
  return step;
}

// SP 800-38A, section 6.5, for Count vectors of counters.
template <size_t Count>
[[gnu::always_inline]] inline void MakeStream(const Vector* keys, Words64& counters,
                                              Vector* stream) {
  const Vector reversed =
      Spread(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  const Words64 step = Step();
  FLORIN_UNROLL for (size_t i = 0; i < Count; ++i) {
    stream[i] = Vector(Words64(Shuffle(Vector(counters), reversed)) ^ Words64(keys[0]));
    counters += step;
  }
  FLORIN_UNROLL for (size_t round = 1; round < kRounds; ++round) {
    FLORIN_UNROLL for (size_t i = 0; i < Count; ++i) stream[i] = Encrypt(stream[i], keys[round]);
  }
  FLORIN_UNROLL for (size_t i = 0; i < Count; ++i) {
    stream[i] = EncryptLast(stream[i], keys[kRounds]);
  }
}

template <typename Operator>
void Run(const uint8_t* schedule, Counter counter, size_t blocks, uint8_t* values) {
  Vector keys[kRounds + 1];
  FLORIN_UNROLL for (size_t i = 0; i <= kRounds; ++i) {
    keys[i] = Spread(num::Load<__m128i>(schedule + i * kBlock));
  }
  Words64 counters = FirstCounters(counter);
  Vector stream[kFlight];
  for (; blocks >= kFlight * kLanes; blocks -= kFlight * kLanes) {
    MakeStream<kFlight>(keys, counters, stream);
    FLORIN_UNROLL for (size_t i = 0; i < kFlight; ++i) {
      Operator::Apply(values + i * sizeof(Vector), stream[i]);
    }
    values += kFlight * sizeof(Vector);
  }
  for (; blocks >= kLanes; blocks -= kLanes) {
    MakeStream<1>(keys, counters, stream);
    Operator::Apply(values, stream[0]);
    values += sizeof(Vector);
  }
  if (blocks == 0) return;
  uint8_t edge[sizeof(Vector)] = {};
  __builtin_memcpy(edge, values, blocks * kBlock);
  MakeStream<1>(keys, counters, stream);
  Operator::Apply(edge, stream[0]);
  __builtin_memcpy(values, edge, blocks * kBlock);
}

void Apply(Operation operation, const uint8_t* schedule, Counter counter, size_t blocks,
           uint8_t* values) {
  switch (operation) {
    case Operation::kAdd32:
      return Run<Into<Words32, false>>(schedule, counter, blocks, values);
    case Operation::kSubtract32:
      return Run<Into<Words32, true>>(schedule, counter, blocks, values);
    case Operation::kAdd64:
      return Run<Into<Words64, false>>(schedule, counter, blocks, values);
    case Operation::kSubtract64:
      return Run<Into<Words64, true>>(schedule, counter, blocks, values);
  }
}

// FIPS 197, section 5.2. The instruction wants its round constant at compile time.
template <int constant>
[[gnu::always_inline]] inline __m128i NextKey(__m128i key) {
  const __m128i word = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(key, constant), 0xFF);
  key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
  key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
  return _mm_xor_si128(key, word);
}

void Expand(const uint8_t* key, uint8_t* schedule) {
  __m128i keys[kRounds + 1];
  keys[0] = num::Load<__m128i>(key);
  keys[1] = NextKey<0x01>(keys[0]);
  keys[2] = NextKey<0x02>(keys[1]);
  keys[3] = NextKey<0x04>(keys[2]);
  keys[4] = NextKey<0x08>(keys[3]);
  keys[5] = NextKey<0x10>(keys[4]);
  keys[6] = NextKey<0x20>(keys[5]);
  keys[7] = NextKey<0x40>(keys[6]);
  keys[8] = NextKey<0x80>(keys[7]);
  keys[9] = NextKey<0x1B>(keys[8]);
  keys[10] = NextKey<0x36>(keys[9]);
  for (size_t i = 0; i <= kRounds; ++i) num::Store(schedule + i * kBlock, keys[i]);
}

}  // namespace
}  // namespace florin::crypto::mask
