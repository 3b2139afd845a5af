#include "florin/encode/grid.h"

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <string>

#include "florin/base/text.h"
#include "florin/num/kernels.h"

namespace florin::encode {
namespace {

// Entries encoded at a time: random words, floats and results of a block stay in the L1 cache.
constexpr size_t kBlock = 2048;

// What the first byte of a grid of fewer than 64 bits has over its bits: no fraction_bits is there.
constexpr int kNarrowMark = 64;

int CoarsestOf(int bits) { return bits == Grid::kBitsMax ? 0 : Grid::kFractionBitsMin; }

// Of an entry below 2^62 steps.
uint64_t StepsMax(double scaled) { return static_cast<uint64_t>(scaled) + 1; }

// The proof of the class comment for one choice of step. Two contributions are assumed at least:
// then steps_max < 2^62, which EncodeExact relies on.
bool Fits(double entry_max, uint64_t contributions_max, int bits, int fraction_bits) {
  const double scaled = std::ldexp(entry_max, fraction_bits);
  if (!(scaled < 0x1p62)) return false;
  __extension__ using Wide = unsigned __int128;
  const uint64_t contributions = std::max<uint64_t>(contributions_max, 2);
  return static_cast<Wide>(StepsMax(scaled)) * contributions < Wide{1} << (bits - 1);
}

Status Overflow(double entry_max, uint64_t contributions_max, int bits) {
  const std::string magnitude = std::to_string(bits - 1);
  return Status(Kind::kConfig, "ENCODE-OVERFLOW",
                "grid: " + std::to_string(contributions_max) + " contributions of entries up to " +
                    base::Shortest(entry_max) + " do not fit " + magnitude +
                    " bits. Expected a positive entry_max and a product below 2^" + magnitude +
                    "; lower cohort.maximum, privacy.weight_max or privacy.entry_max" +
                    (bits < Grid::kBitsMax ? ", or raise privacy.bits." : "."));
}

Status OutOfRange(size_t index, size_t size, double value, double entry_max) {
  return Status(Kind::kFailed, "ENCODE-RANGE",
                "entry " + std::to_string(index) + " of " + std::to_string(size) +
                    ": expected a magnitude of at most " + base::Shortest(entry_max) + ", found " +
                    std::to_string(value) + ".");
}

// The largest float x with x * factor <= entry_max, computed as the encoder computes the product.
float LargestWithin(double entry_max, double factor) {
  if (double{FLT_MAX} * factor <= entry_max) return FLT_MAX;
  auto largest = static_cast<float>(std::min(entry_max / factor, double{FLT_MAX}));
  while (static_cast<double>(largest) * factor > entry_max) largest = std::nextafter(largest, 0.0F);
  return largest;
}

// Whether every |x| <= limit. Floats of one sign are ordered like their bits, and what is not
// finite lies above every finite one: one integer subtraction an entry tells; the loop vectorises.
bool AllWithin(Span<const float> block, float limit) {
  const auto limit_bits = std::bit_cast<int32_t>(limit);
  int32_t fault = 0;  // negative once some entry was over
  for (const float x : block) fault |= limit_bits - (std::bit_cast<int32_t>(x) & 0x7fffffff);
  return fault >= 0;
}

size_t FirstOver(Span<const float> block, float limit) {
  const auto at =
      std::find_if(block.begin(), block.end(), [&](float x) { return !(std::abs(x) <= limit); });
  return static_cast<size_t>(at - block.begin());
}

// The kernel's rounding for blocks with a product beyond its 2^51, where next to no fraction is
// left.
void QuantiseWide(Span<const float> block, double scale, const uint16_t* bits, uint64_t* out) {
  for (size_t i = 0; i < block.size(); ++i) {
    const double product = double{block[i]} * scale;
    const double whole = std::floor(product);
    const bool rounds_up = product - whole + (bits[i] + 0.5) * 0x1p-16 >= 1;
    out[i] = static_cast<uint64_t>(static_cast<int64_t>(whole) + (rounds_up ? 1 : 0));
  }
}

}  // namespace

Result<Grid> Grid::Make(double entry_max, uint64_t contributions_max, int bits) {
  FLORIN_CHECK(bits >= kBitsMin && bits <= kBitsMax);
  if (!(entry_max > 0) || contributions_max == 0) {
    return Overflow(entry_max, contributions_max, bits);
  }
  Grid grid;
  grid.bits_ = bits;
  grid.entry_max_ = entry_max;
  grid.contributions_max_ = contributions_max;
  for (int fraction = kFractionBitsMax; fraction >= CoarsestOf(bits); --fraction) {
    if (!Fits(entry_max, contributions_max, bits, fraction)) continue;
    grid.fraction_bits_ = fraction;
    return grid;
  }
  return Overflow(entry_max, contributions_max, bits);
}

Result<Grid> Grid::MakeExact(uint64_t entry_max, uint64_t contributions_max) {
  const auto real_max = static_cast<double>(entry_max);
  if (entry_max == 0 || entry_max > kExactMax || contributions_max == 0 ||
      !Fits(real_max, contributions_max, kBitsMax, 0)) {
    return Overflow(real_max, contributions_max, kBitsMax);
  }
  Grid grid;
  grid.entry_max_ = real_max;
  grid.contributions_max_ = contributions_max;
  return grid;
}

uint64_t Grid::steps_max() const { return StepsMax(std::ldexp(entry_max_, fraction_bits_)); }

Status Grid::EncodeUpdate(Span<const float> values, double factor, Rng& rng,
                          Span<uint64_t> out) const {
  FLORIN_CHECK(values.size() == out.size());
  FLORIN_CHECK(factor >= 0 && std::isfinite(factor));
  const num::Kernels& kernels = num::Active();
  const float limit = LargestWithin(entry_max_, factor);
  const double scale = std::ldexp(factor, fraction_bits_);
  uint64_t words[kBlock / 4];
  uint16_t bits[kBlock];
  for (size_t first = 0; first < values.size(); first += kBlock) {
    const Span<const float> block = values.subspan(first, std::min(kBlock, values.size() - first));
    if (!AllWithin(block, limit)) {
      const size_t index = first + FirstOver(block, limit);
      return OutOfRange(index, values.size(), double{values[index]} * factor, entry_max_);
    }
    rng.Fill({words, (block.size() + 3) / 4});
    std::memcpy(bits, words, block.size() * sizeof(bits[0]));
    uint64_t* block_out = out.data() + first;
    if (!kernels.quantise(block.data(), scale, bits, block_out, block.size())) {
      QuantiseWide(block, scale, bits, block_out);
    }
  }
  return {};
}

Status Grid::EncodeReal(Span<const double> values, Span<uint64_t> out) const {
  FLORIN_CHECK(values.size() == out.size());
  const double scale = std::ldexp(1.0, fraction_bits_);
  for (size_t i = 0; i < values.size(); ++i) {
    if (!(std::abs(values[i]) <= entry_max_)) {
      return OutOfRange(i, values.size(), values[i], entry_max_);
    }
    out[i] = static_cast<uint64_t>(std::llrint(values[i] * scale));
  }
  return {};
}

Status Grid::EncodeExact(Span<const int64_t> values, Span<uint64_t> out) const {
  FLORIN_CHECK(values.size() == out.size() && fraction_bits_ == 0);
  const auto limit = static_cast<uint64_t>(entry_max_);  // below 2^62
  // The top bit is set when limit - value or limit + value is negative.
  const auto fault_of = [limit](int64_t value) {
    return (limit - static_cast<uint64_t>(value)) | (limit + static_cast<uint64_t>(value));
  };
  uint64_t fault = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    fault |= fault_of(values[i]);
    out[i] = static_cast<uint64_t>(values[i]);
  }
  if (fault >> 63 == 0) return {};
  const auto at = std::find_if(values.begin(), values.end(),
                               [&](int64_t value) { return fault_of(value) >> 63 != 0; });
  return OutOfRange(static_cast<size_t>(at - values.begin()), values.size(),
                    static_cast<double>(*at), entry_max_);
}

void Grid::DecodeReal(Span<const uint64_t> sum, Span<double> out) const {
  FLORIN_CHECK(sum.size() == out.size());
  const double step = std::ldexp(1.0, -fraction_bits_);
  for (size_t i = 0; i < sum.size(); ++i) {
    out[i] = static_cast<double>(static_cast<int64_t>(sum[i])) * step;
  }
}

void Grid::DecodeExact(Span<const uint64_t> sum, Span<int64_t> out) const {
  FLORIN_CHECK(sum.size() == out.size() && fraction_bits_ == 0);
  if (!sum.empty()) std::memcpy(out.data(), sum.data(), sum.size_bytes());
}

void Grid::Save(base::Writer& writer) const {
  if (bits_ < kBitsMax) writer.U8(static_cast<uint8_t>(kNarrowMark + bits_));
  writer.U8(static_cast<uint8_t>(fraction_bits_)).F64(entry_max_).U64(contributions_max_);
}

Result<Grid> Grid::Restore(base::Reader& reader) {
  Grid grid;
  const uint8_t first = reader.U8();
  if (first < kNarrowMark) {
    grid.fraction_bits_ = first;
  } else {
    grid.bits_ = first - kNarrowMark;
    if (grid.bits_ < kBitsMin || grid.bits_ >= kBitsMax) reader.Fail("unknown width of a grid");
    const int fraction = reader.U8();
    grid.fraction_bits_ = fraction < 128 ? fraction : fraction - 256;
  }
  grid.entry_max_ = reader.F64();
  grid.contributions_max_ = reader.U64();
  if (!reader.ok()) return reader.Finish("grid");
  if (grid.fraction_bits_ < CoarsestOf(grid.bits_) || grid.fraction_bits_ > kFractionBitsMax ||
      !(grid.entry_max_ > 0) || grid.contributions_max_ == 0 ||
      !Fits(grid.entry_max_, grid.contributions_max_, grid.bits_, grid.fraction_bits_)) {
    return Overflow(grid.entry_max_, grid.contributions_max_, grid.bits_);
  }
  return grid;
}

}  // namespace florin::encode
