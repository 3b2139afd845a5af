// Included by keccak_*.cc only, each with its own -m flags. Everything has internal linkage and
// nothing of the standard library is used, as in florin/num/simd.h and for its reason.
#pragma once

#include "florin/crypto/keccak.h"
#include "florin/num/simd.h"

namespace florin::crypto::keccak {
namespace {  // NOLINT(cert-dcl59-cpp): see num/simd.h

// One 64-bit word of each of kLanes states.
#if defined(__AVX2__)
using Word = num::U64;
#else
using Word = uint64_t;
#endif
// NOLINTNEXTLINE(bugprone-sizeof-expression): a Word may be a single one
constexpr size_t kLanes = sizeof(Word) / sizeof(uint64_t);

constexpr uint64_t kRoundConstants[12] = {
    0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};
// Rotations of word x + 5 y (FIPS 202, table 2, mod 64).
constexpr int kRotations[kWords] = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                                    25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};

[[gnu::always_inline]] inline Word Rotate(Word w, int by) {
  return by == 0 ? w : (w << by) | (w >> (64 - by));
}

#if defined(__AVX512F__)
[[gnu::always_inline]] inline Word Xor3(Word a, Word b, Word c) {
  return Word(_mm512_ternarylogic_epi64(__m512i(a), __m512i(b), __m512i(c), 0x96));
}
[[gnu::always_inline]] inline Word XorAndNot(Word a, Word b, Word c) {
  return Word(_mm512_ternarylogic_epi64(__m512i(a), __m512i(b), __m512i(c), 0xD2));
}
#else
[[gnu::always_inline]] inline Word Xor3(Word a, Word b, Word c) { return a ^ (b ^ c); }
[[gnu::always_inline]] inline Word XorAndNot(Word a, Word b, Word c) { return a ^ (~b & c); }
#endif

[[gnu::always_inline]] inline void Round(Word* a, uint64_t constant) {
  Word parity[5];
  FLORIN_UNROLL for (size_t x = 0; x < 5; ++x) {
    parity[x] = Xor3(Xor3(a[x], a[x + 5], a[x + 10]), a[x + 15], a[x + 20]);
  }
  Word theta[5];
  FLORIN_UNROLL for (size_t x = 0; x < 5; ++x) theta[x] = Rotate(parity[(x + 1) % 5], 1);
  Word moved[kWords];
  FLORIN_UNROLL for (size_t i = 0; i < kWords; ++i) {
    const size_t x = i % 5;
    const size_t y = i / 5;
    moved[y + 5 * ((2 * x + 3 * y) % 5)] =
        Rotate(Xor3(a[i], parity[(x + 4) % 5], theta[x]), kRotations[i]);
  }
  FLORIN_UNROLL for (size_t i = 0; i < kWords; ++i) {
    const size_t row = i / 5 * 5;
    a[i] = XorAndNot(moved[i], moved[row + (i + 1) % 5], moved[row + (i + 2) % 5]);
  }
  a[0] ^= constant;
}

[[gnu::always_inline]] inline void PermuteLanes(Word* state) {
  for (const uint64_t constant : kRoundConstants) Round(state, constant);
}

#if defined(__AVX2__)
#if defined(__AVX512F__)
using WordLanes = num::LaneList<0, 1, 2, 3, 4, 5, 6, 7>;
#else
using WordLanes = num::LaneList<0, 1, 2, 3>;
#endif
// Rows a and b of a matrix of Run x Run blocks: what is off the diagonal changes places.
template <size_t Run, size_t... Lane>
[[gnu::always_inline]] inline void Exchange(Word& a, Word& b, num::LaneList<Lane...>) {
  const Word upper =
      __builtin_shufflevector(a, b, (Lane / Run % 2 == 0 ? Lane : Lane - Run + kLanes)...);
  b = __builtin_shufflevector(a, b, (Lane / Run % 2 == 0 ? Lane + Run : Lane + kLanes)...);
  a = upper;
}
template <size_t Run>
[[gnu::always_inline]] inline void Transpose(Word* rows) {
  FLORIN_UNROLL for (size_t i = 0; i < kLanes; ++i) {
    if (i / Run % 2 == 0) Exchange<Run>(rows[i], rows[i + Run], WordLanes());
  }
  if constexpr (Run > 1) Transpose<Run / 2>(rows);
}
#else
template <size_t Run>
[[gnu::always_inline]] inline void Transpose(Word*) {}
#endif

// state ^= the first Count words of each lane's bytes, read kLanes words at a time.
template <size_t Count>
[[gnu::always_inline]] inline void AbsorbWords(Word* state, const uint8_t* const* from) {
  FLORIN_UNROLL for (size_t at = 0; at < Count; at += kLanes) {
    const size_t begin = at + kLanes <= Count ? at : Count - kLanes;
    Word rows[kLanes];
    FLORIN_UNROLL for (size_t lane = 0; lane < kLanes; ++lane) {
      rows[lane] = num::Load<Word>(from[lane] + begin * sizeof(uint64_t));
    }
    Transpose<kLanes / 2>(rows);
    FLORIN_UNROLL for (size_t i = at - begin; i < kLanes; ++i) state[begin + i] ^= rows[i];
  }
}

void CopyLane(const Word* state, size_t lane, size_t words, uint8_t* to) {
  for (size_t i = 0; i < words; ++i) {
    __builtin_memcpy(to + i * sizeof(uint64_t),
                     reinterpret_cast<const uint8_t*>(&state[i]) + lane * sizeof(uint64_t),
                     sizeof(uint64_t));
  }
}

// count <= kLanes; lanes without a chunk hash the first one again.
void HashGroup(const uint8_t* chunks, size_t count, uint8_t* values, uint64_t* root) {
  const uint8_t* from[kLanes];
  for (size_t lane = 0; lane < kLanes; ++lane) {
    from[lane] = chunks + (lane < count ? lane * kChunk : 0);
  }
  Word state[kWords] = {};
  for (size_t block = 0; block < kChunk / kRate; ++block) {
    AbsorbWords<kRate / sizeof(uint64_t)>(state, from);
    PermuteLanes(state);
    for (const uint8_t*& lane : from) lane += kRate;
  }
  constexpr size_t kRest = kChunk % kRate / sizeof(uint64_t);
  AbsorbWords<kRest>(state, from);
  if (root != nullptr) CopyLane(state, 0, kWords, reinterpret_cast<uint8_t*>(root));
  state[kRest] ^= uint64_t{kLeafDomain};
  state[kRate / sizeof(uint64_t) - 1] ^= uint64_t{0x80} << 56;
  PermuteLanes(state);
  for (size_t lane = 0; lane < count; ++lane) {
    CopyLane(state, lane, kChainingValue / sizeof(uint64_t), values + lane * kChainingValue);
  }
}

void HashChunks(const uint8_t* chunks, size_t count, uint8_t* values, uint64_t* root) {
  while (count > 0) {
    const size_t group = count < kLanes ? count : kLanes;
    HashGroup(chunks, group, values, root);
    root = nullptr;
    chunks += group * kChunk;
    values += group * kChainingValue;
    count -= group;
  }
}

}  // namespace
}  // namespace florin::crypto::keccak
