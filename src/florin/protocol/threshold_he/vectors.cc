#include "florin/protocol/threshold_he/vectors.h"

#include <algorithm>
#include <cstring>

namespace florin::protocol::threshold_he {
namespace {

namespace rlwe = crypto::rlwe;

constexpr size_t kEntriesMax = size_t{1} << 40;
constexpr size_t kPolynomialsMax = size_t{1} << 20;  // VectorSealer

uint64_t MaskOf(uint32_t bits) { return (uint64_t{1} << bits) - 1; }

// The values of polynomial j, run by run: what(first of the run within the polynomial, its entry,
// the bit of the entry that the value begins with, size).
template <typename What>
void ForEachRun(const Layout& layout, size_t j, const What& what) {
  const size_t begin = j * layout.packing.values();
  const size_t end = std::min(begin + layout.packing.values(), layout.values());
  size_t run_begin = 0;
  for (size_t run = 0; run <= layout.limbs; ++run) {
    const size_t size = run == 0 ? layout.narrow : layout.wide;
    const size_t first = std::max(begin, run_begin);
    const size_t last = std::min(end, run_begin + size);
    if (first < last) {
      const size_t entry = (run == 0 ? 0 : layout.narrow) + first - run_begin;
      what(first - begin, entry, run == 0 ? 0 : (run - 1) * layout.bits, last - first);
    }
    run_begin += size;
  }
}

size_t ValuesOf(const Layout& layout, size_t j) {
  return std::min(layout.packing.values(), layout.values() - j * layout.packing.values());
}

}  // namespace

std::optional<Layout> LayoutOf(const ProtocolSetup& setup) {
  if (setup.narrow_bits < 1 || setup.narrow_bits > 32 || setup.narrow_size > setup.vector_size ||
      setup.vector_size > kEntriesMax) {
    return std::nullopt;
  }
  const auto packing = rlwe::PackingFor(MaskOf(setup.narrow_bits), setup.contributors_max);
  if (!packing) return std::nullopt;
  Layout layout{.narrow = setup.narrow_size,
                .wide = setup.vector_size - setup.narrow_size,
                .bits = setup.narrow_bits,
                .limbs = (64 + setup.narrow_bits - 1) / setup.narrow_bits,
                .packing = *packing};
  layout.polynomials = packing->polynomials(layout.values());
  if (layout.polynomials > kPolynomialsMax) return std::nullopt;
  return layout;
}

num::RingVector SealVector(const Layout& layout, const rlwe::VectorKey& key,
                           Span<const uint64_t> vector) {
  FLORIN_CHECK(vector.size() == layout.narrow + layout.wide);
  Bytes message = rlwe::NewMessage(rlwe::MessageKind::kVector, layout.polynomials);
  rlwe::VectorSealer sealer(key, layout.packing);
  std::vector<uint32_t> values;
  for (size_t j = 0; j < layout.polynomials; ++j) {
    values.resize(ValuesOf(layout, j));
    ForEachRun(layout, j, [&](size_t first, size_t entry, size_t shift, size_t size) {
      for (size_t i = 0; i < size; ++i) {
        values[first + i] = static_cast<uint32_t>(vector[entry + i] >> shift & MaskOf(layout.bits));
      }
    });
    sealer.Seal(static_cast<uint32_t>(j), Span<const uint32_t>(values), message);
  }
  num::RingVector sealed{std::vector<uint64_t>(layout.words())};
  std::memcpy(sealed.words.data(), message.data(), message.size());
  return sealed;
}

Result<num::RingVector> OpenVector(const Layout& layout, const rlwe::VectorSum& sum,
                                   Span<const int64_t> keys, ByteView context) {
  num::RingVector opened{std::vector<uint64_t>(layout.narrow + layout.wide, 0)};
  rlwe::VectorOpener opener(keys, context, layout.packing);
  std::vector<uint64_t> values;
  for (size_t j = 0; j < layout.polynomials; ++j) {
    values.resize(ValuesOf(layout, j));
    FLORIN_TRY(opener.Open(sum, static_cast<uint32_t>(j), values));
    ForEachRun(layout, j, [&](size_t first, size_t entry, size_t shift, size_t size) {
      for (size_t i = 0; i < size; ++i) opened.words[entry + i] += values[first + i] << shift;
    });
  }
  const uint32_t spare = 64 - layout.bits;
  for (size_t i = 0; i < layout.narrow; ++i) {
    opened.words[i] =
        static_cast<uint64_t>(static_cast<int64_t>(opened.words[i] << spare) >> spare);
  }
  return opened;
}

}  // namespace florin::protocol::threshold_he
