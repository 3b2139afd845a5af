#include "florin/num/ring.h"

#include "florin/base/check.h"
#include "florin/num/kernels.h"

namespace florin::num {
namespace {

void CheckRun(size_t bytes, size_t width, size_t words) {
  FLORIN_CHECK(width >= 1 && width <= sizeof(uint64_t) && bytes == width * words);
}

}  // namespace

void RingAdd(Span<uint64_t> sum, Span<const uint64_t> term) {
  FLORIN_CHECK(sum.size() == term.size());
  Active().ring_add(sum.data(), term.data(), sum.size());
}

RingExtent MeasureRing(Span<const uint64_t> words) {
  RingExtent extent;
  extent.entries = Active().ring_measure(words.data(), words.size(), &extent.magnitude);
  return extent;
}

double RingSquares(Span<const uint64_t> words) {
  return Active().ring_squares(words.data(), words.size());
}

void UnpackRing(ByteView entries, size_t width, Span<uint64_t> words) {
  CheckRun(entries.size(), width, words.size());
  Active().unpack(entries.data(), width, words.data(), words.size());
}

void AddPackedRing(ByteView entries, size_t width, Span<uint64_t> sum) {
  CheckRun(entries.size(), width, sum.size());
  Active().unpack_add(entries.data(), width, sum.data(), sum.size());
}

void PackRing(Span<const uint64_t> words, size_t width, Span<uint8_t> entries) {
  CheckRun(entries.size(), width, words.size());
  Active().pack(words.data(), width, entries.data(), words.size());
}

}  // namespace florin::num
