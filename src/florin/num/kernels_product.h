// Dense products. See simd.h for how this file is compiled.
//
// Two register-blocked tiles do all the work. The outer-product tile keeps M x N vectors of c in
// registers and adds a(:, p) b(p, :) to them for each p: it serves matmul_nn, matmul_tn and gram,
// which differ only in how a is walked. The dot tile keeps M x N sums of whole vectors along k: it
// serves matmul_nt, whose operands are both contiguous along k. Heights and widths are such that
// the accumulators fill the register file: then each loaded value is used several times.
#pragma once

#include "florin/num/simd.h"

namespace florin::num {
namespace {  // NOLINT(cert-dcl59-cpp): see simd.h

#if defined(__AVX512F__)
constexpr size_t kTileRows = 8;  // with up to 24 of 32 registers for sums
constexpr size_t kDotTile = 5;   // 5 x 5 sums
constexpr size_t TileVectors(size_t rows) { return rows <= 2 ? 8 : rows <= 4 ? 6 : 3; }
#else
constexpr size_t kTileRows = 6;  // with up to 12 of 16 registers for sums
constexpr size_t kDotTile = 3;
constexpr size_t TileVectors(size_t rows) { return rows <= 2 ? 6 : rows <= 4 ? 3 : 2; }
#endif
constexpr size_t kPanel = TileVectors(kTileRows) * kLanes;  // columns of a packed panel
constexpr size_t kPanelDepth = 256;                         // rows of one: 48 KiB with AVX-512

constexpr size_t Least(size_t a, size_t b) { return a < b ? a : b; }

// Factor a of an outer-product walk: a(i, p) = at[i * row + p * step]. Each step also asks the
// cache for the line at `next`, which a later walk reads, and moves it on by `stride` floats.
struct Walk {
  const float* at;
  size_t row;
  size_t step;
  const float* next = at;
  size_t stride = 0;
};

// c(0..M, columns) = or += sum over p < depth of a(:, p) b(p, :), for N vectors of columns, the
// last one of `last` lanes when kPart. kUnit: a.row is 1, which frees seven registers.
template <size_t M, size_t N, bool kUnit, bool kPart>
[[gnu::always_inline]] inline void OuterTile(Walk a, const float* b, size_t b_row, size_t depth,
                                             float* c, size_t c_row, size_t last, bool add) {
  F32 sums[M][N] = {};
  for (size_t p = 0; p < depth; ++p) {
    F32 columns[N];
    FLORIN_UNROLL for (size_t j = 0; j < N; ++j) {
      columns[j] = kPart && j + 1 == N ? LoadPart(b + j * kLanes, last) : Load<F32>(b + j * kLanes);
    }
    FLORIN_UNROLL for (size_t i = 0; i < M; ++i) {
      const F32 factor = Broadcast(a.at[kUnit ? i : i * a.row]);
      FLORIN_UNROLL for (size_t j = 0; j < N; ++j) sums[i][j] += factor * columns[j];
    }
    __builtin_prefetch(a.next, 0, 2);
    a.next += a.stride;
    a.at += a.step;
    b += b_row;
  }
  FLORIN_UNROLL for (size_t i = 0; i < M; ++i) {
    FLORIN_UNROLL for (size_t j = 0; j < N; ++j) {
      float* to = c + i * c_row + j * kLanes;
      if (kPart && j + 1 == N) {
        StorePart(to, add ? LoadPart(to, last) + sums[i][j] : sums[i][j], last);
      } else {
        Store(to, add ? Load<F32>(to) + sums[i][j] : sums[i][j]);
      }
    }
  }
}

// The last columns of a strip: N vectors or fewer.
template <size_t M, size_t N, bool kUnit>
[[gnu::always_inline]] inline void OuterRest(Walk a, const float* b, size_t b_row, size_t depth,
                                             float* c, size_t c_row, size_t n, bool add) {
  if (n == N * kLanes) {
    OuterTile<M, N, kUnit, false>(a, b, b_row, depth, c, c_row, kLanes, add);
  } else if (n > (N - 1) * kLanes) {
    OuterTile<M, N, kUnit, true>(a, b, b_row, depth, c, c_row, n - (N - 1) * kLanes, add);
  } else if constexpr (N > 1) {
    OuterRest<M, N - 1, kUnit>(a, b, b_row, depth, c, c_row, n, add);
  }
}

// M rows of c, all n columns.
template <size_t M, bool kUnit>
void OuterStrip(Walk a, const float* b, size_t b_row, size_t depth, float* c, size_t c_row,
                size_t n, bool add) {
  constexpr size_t kVectors = TileVectors(M);
  for (; n >= kVectors * kLanes; n -= kVectors * kLanes) {
    OuterTile<M, kVectors, kUnit, false>(a, b, b_row, depth, c, c_row, kLanes, add);
    b += kVectors * kLanes;
    c += kVectors * kLanes;
  }
  if (n > 0) OuterRest<M, kVectors, kUnit>(a, b, b_row, depth, c, c_row, n, add);
}

using StripFunction = void (*)(Walk, const float*, size_t, size_t, float*, size_t, size_t, bool);
template <bool kUnit>
#if defined(__AVX512F__)
constexpr StripFunction kStrips[] = {
    OuterStrip<1, kUnit>, OuterStrip<2, kUnit>, OuterStrip<3, kUnit>, OuterStrip<4, kUnit>,
    OuterStrip<5, kUnit>, OuterStrip<6, kUnit>, OuterStrip<7, kUnit>, OuterStrip<8, kUnit>};
#else
constexpr StripFunction kStrips[] = {OuterStrip<1, kUnit>, OuterStrip<2, kUnit>,
                                     OuterStrip<3, kUnit>, OuterStrip<4, kUnit>,
                                     OuterStrip<5, kUnit>, OuterStrip<6, kUnit>};
#endif
static_assert(sizeof(kStrips<true>) / sizeof(StripFunction) == kTileRows);

// All m rows of c in strips of nearly equal height: two of 5 rather than 8 and 2.
inline void OuterAll(Walk a, const float* b, size_t b_row, size_t depth, float* c, size_t c_row,
                     size_t m, size_t n, bool add) {
  for (size_t strips = (m + kTileRows - 1) / kTileRows; strips > 0; --strips) {
    const size_t rows = (m + strips - 1) / strips;
    const StripFunction strip = a.row == 1 ? kStrips<true>[rows - 1] : kStrips<false>[rows - 1];
    strip(a, b, b_row, depth, c, c_row, n, add);
    a.at += rows * a.row;
    c += rows * c_row;
    m -= rows;
  }
}

// panel[depth x kPanel] = the rows of b ([depth x b_row], `columns` <= kPanel of each), times w[p]
// when w is given. Columns behind `columns` are not written.
inline void PackPanel(const float* b, size_t b_row, const float* w, size_t depth, size_t columns,
                      float* panel) {
  for (size_t p = 0; p < depth; ++p, b += b_row, panel += kPanel) {
    const F32 weight = Broadcast(w == nullptr ? 1.0F : w[p]);
    size_t j = 0;
    for (; j + kLanes <= columns; j += kLanes) Store(panel + j, weight * Load<F32>(b + j));
    if (j < columns) StorePart(panel + j, weight * LoadPart(b + j, columns - j), columns - j);
  }
}

// A panel is worth packing when at least this many rows of c read it.
constexpr size_t kPackRows = 4 * kTileRows;

// c[m x n] = or += a b, b [depth x n]; pack(p, rows, j, columns, panel) copies a part of b.
template <typename Pack>
[[gnu::always_inline]] inline void PackedProduct(Walk a, Pack pack, float* c, size_t m, size_t n,
                                                 size_t depth, bool add) {
  alignas(kBytes) float panel[kPanelDepth * kPanel];
  for (size_t p = 0; p < depth; p += kPanelDepth) {
    const size_t rows = Least(kPanelDepth, depth - p);
    const Walk factor = {a.at + p * a.step, a.row, a.step};
    for (size_t j = 0; j < n; j += kPanel) {
      const size_t columns = Least(kPanel, n - j);
      pack(p, rows, j, columns, panel);
      OuterAll(factor, panel, kPanel, rows, c + j, n, m, columns, add || p > 0);
    }
  }
}

// c[m x n] = or += a b with b [depth x n] row-major.
inline void OuterProduct(Walk a, const float* b, float* c, size_t m, size_t n, size_t depth,
                         bool add) {
  if (m < kPackRows || depth == 0) {
    OuterAll(a, b, n, depth, c, n, m, n, add);
    return;
  }
  const auto pack = [b, n](size_t p, size_t rows, size_t j, size_t columns, float* panel) {
    PackPanel(b + p * n + j, n, nullptr, rows, columns, panel);
  };
  PackedProduct(a, pack, c, m, n, depth, add);
}

inline void MatmulNn(const float* a, const float* b, float* c, size_t m, size_t n, size_t k,
                     bool accumulate) {
  OuterProduct({a, k, 1}, b, c, m, n, k, accumulate);
}

inline void MatmulTn(const float* a, const float* b, float* c, size_t m, size_t n, size_t k,
                     bool accumulate) {
  OuterProduct({a, 1, m}, b, c, m, n, k, accumulate);
}

// Tiles of the upper triangle of a d x d matrix, counted row strip by row strip of each panel.
inline size_t GramTiles(size_t d) {
  size_t tiles = 0;
  for (size_t end = d; end > 0; end -= Least(end, kPanel)) {
    tiles += (end + kTileRows - 1) / kTileRows;
  }
  return tiles;
}

// The panels start at the right: a narrower one is the first, where the triangle has fewest rows.
// Whole vectors left of the diagonal are skipped. The rows of the next block come to the cache
// evenly, a little with every step of every tile: memory never waits for the arithmetic.
inline void Gram(const float* x, const float* w, float* h, size_t rows, size_t d) {
  alignas(kBytes) float panel[kPanelDepth * kPanel];
  const size_t tiles = GramTiles(d);
  const size_t stride = tiles == 0 ? 0 : (d + tiles - 1) / tiles;
  for (size_t p = 0; p < rows; p += kPanelDepth) {
    const size_t depth = Least(kPanelDepth, rows - p);
    const float* block = x + p * d;
    const float* next = block + depth * d;
    for (size_t first = 0, end = d % kPanel == 0 ? Least(d, kPanel) : d % kPanel; first < d;
         first = end, end += kPanel) {
      PackPanel(block + first, d, w == nullptr ? nullptr : w + p, depth, end - first, panel);
      for (size_t i = 0; i < end; i += kTileRows, next += depth * stride) {
        const size_t upper = (end - i + kLanes - 1) / kLanes * kLanes;
        const size_t columns = Least(upper, end - first);
        kStrips<true>[Least(kTileRows, end - i) - 1]({block + i, 1, d, next, stride},
                                                     panel + (end - first - columns), kPanel, depth,
                                                     h + i * d + end - columns, d, columns, true);
      }
    }
  }
}

// c(0..M, 0..N) = or += the dot products of M rows of a and N rows of b, k values each.
template <size_t M, size_t N>
void DotTile(const float* a, const float* b, size_t stride, size_t k, float* c, size_t c_row,
             bool add) {
  F32 sums[M][N] = {};
  const auto step = [&](auto load) __attribute__((always_inline)) {
    F32 rows[M];
    FLORIN_UNROLL for (size_t i = 0; i < M; ++i) rows[i] = load(a + i * stride);
    FLORIN_UNROLL for (size_t j = 0; j < N; ++j) {
      const F32 other = load(b + j * stride);
      FLORIN_UNROLL for (size_t i = 0; i < M; ++i) sums[i][j] += rows[i] * other;
    }
  };
  for (; k >= kLanes; k -= kLanes) {
    step([](const float* from) { return Load<F32>(from); });
    a += kLanes;
    b += kLanes;
  }
  if (k > 0) step([k](const float* from) { return LoadPart(from, k); });
  FLORIN_UNROLL for (size_t i = 0; i < M; ++i) {
    FLORIN_UNROLL for (size_t j = 0; j < N; ++j) {
      float& to = c[i * c_row + j];
      to = Sum(sums[i][j]) + (add ? to : 0.0F);
    }
  }
}

using DotFunction = void (*)(const float*, const float*, size_t, size_t, float*, size_t, bool);
#if defined(__AVX512F__)
#define FLORIN_DOT_ROW(M) \
  {DotTile<M, 1>, DotTile<M, 2>, DotTile<M, 3>, DotTile<M, 4>, DotTile<M, 5>}
constexpr DotFunction kDots[kDotTile][kDotTile] = {
    FLORIN_DOT_ROW(1), FLORIN_DOT_ROW(2), FLORIN_DOT_ROW(3), FLORIN_DOT_ROW(4), FLORIN_DOT_ROW(5)};
#else
#define FLORIN_DOT_ROW(M) {DotTile<M, 1>, DotTile<M, 2>, DotTile<M, 3>}
constexpr DotFunction kDots[kDotTile][kDotTile] = {FLORIN_DOT_ROW(1), FLORIN_DOT_ROW(2),
                                                   FLORIN_DOT_ROW(3)};
#endif
#undef FLORIN_DOT_ROW

// m rows of a with n rows of b, in tiles of nearly equal size; the rows of one tile of a stay in
// the L1 cache while all of b passes.
inline void DotAll(const float* a, const float* b, size_t stride, size_t k, float* c, size_t c_row,
                   size_t m, size_t n, bool add) {
  for (size_t strips = (m + kDotTile - 1) / kDotTile; strips > 0; --strips) {
    const size_t rows = (m + strips - 1) / strips;
    const float* others = b;
    float* to = c;
    for (size_t left = n; left > 0;) {
      const size_t columns = left / ((left + kDotTile - 1) / kDotTile);
      kDots[rows - 1][columns - 1](a, others, stride, k, to, c_row, add);
      others += columns * stride;
      to += columns;
      left -= columns;
    }
    a += rows * stride;
    c += rows * c_row;
    m -= rows;
  }
}

// c[m] = or += a b for a vector b[k]: kLanes rows at a time, so that their sums fold together.
inline void MatVec(const float* a, const float* b, float* c, size_t m, size_t k, bool add) {
  for (; m >= kLanes; m -= kLanes, a += kLanes * k, c += kLanes) {
    F32 sums[kLanes];
    FLORIN_UNROLL for (size_t half = 0; half < 2; ++half) {
      const float* rows = a + half * (kLanes / 2) * k;
      F32 part[kLanes / 2] = {};
      size_t p = 0;
      for (; p + kLanes <= k; p += kLanes) {
        const F32 other = Load<F32>(b + p);
        FLORIN_UNROLL for (size_t i = 0; i < kLanes / 2; ++i) {
          part[i] += Load<F32>(rows + i * k + p) * other;
        }
      }
      if (p < k) {
        const F32 other = LoadPart(b + p, k - p);
        FLORIN_UNROLL for (size_t i = 0; i < kLanes / 2; ++i) {
          part[i] += LoadPart(rows + i * k + p, k - p) * other;
        }
      }
      FLORIN_UNROLL for (size_t i = 0; i < kLanes / 2; ++i) sums[half * (kLanes / 2) + i] = part[i];
    }
    const F32 all = SumEach<kLanes>(sums);
    Store(c, add ? Load<F32>(c) + all : all);
  }
  if (m > 0) DotAll(a, b, k, k, c, 1, m, 1, add);
}

// Multiply-adds and their like that each way spends, in units of one vector instruction: dot tiles
// waste a fold at the end of each sum, outer tiles the lanes behind n, and transposing is scalar.
inline bool DotIsCheaper(size_t m, size_t n, size_t k) {
  if (m < kPackRows || k == 0) return true;
  const size_t dot = n * (k / kLanes + 8);
  const size_t outer = (n + kLanes - 1) / kLanes * k + 2 * n * k / m;
  return dot < outer;
}

inline void MatmulNt(const float* a, const float* b, float* c, size_t m, size_t n, size_t k,
                     bool accumulate) {
  if (n == 1) return MatVec(a, b, c, m, k, accumulate);
  if (!DotIsCheaper(m, n, k)) {
    const auto transpose = [b, k](size_t p, size_t rows, size_t j, size_t columns, float* panel) {
      for (size_t column = 0; column < columns; ++column) {
        const float* from = b + (j + column) * k + p;
        for (size_t row = 0; row < rows; ++row) panel[row * kPanel + column] = from[row];
      }
    };
    return PackedProduct({a, k, 1}, transpose, c, m, n, k, accumulate);
  }
  constexpr size_t kDepth = 2048;  // floats of one row at a time
  constexpr size_t kBlockFloats =
      size_t{128} * 1024;  // of b at a time: half of an L2 cache of 1 MiB
  size_t p = 0;
  do {
    const size_t depth = Least(kDepth, k - p);
    const size_t block = depth == 0 ? n : kBlockFloats / depth;
    for (size_t j = 0; j < n; j += block) {
      DotAll(a + p, b + j * k + p, k, depth, c + j, n, m, Least(block, n - j), accumulate || p > 0);
    }
    p += depth;
  } while (p < k);
}

}  // namespace
}  // namespace florin::num
