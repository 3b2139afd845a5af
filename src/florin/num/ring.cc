#include "florin/num/ring.h"

#include "florin/base/check.h"
#include "florin/num/kernels.h"

namespace florin::num {

void RingAdd(Span<uint64_t> sum, Span<const uint64_t> term) {
  FLORIN_CHECK(sum.size() == term.size());
  Active().ring_add(sum.data(), term.data(), sum.size());
}

RingExtent MeasureRing(Span<const uint64_t> words) {
  RingExtent extent;
  extent.entries = Active().ring_measure(words.data(), words.size(), &extent.magnitude);
  return extent;
}

}  // namespace florin::num
