#include "florin/num/ring.h"

#include "florin/base/check.h"
#include "florin/num/kernels.h"

namespace florin::num {

void RingAdd(Span<uint64_t> sum, Span<const uint64_t> term) {
  FLORIN_CHECK(sum.size() == term.size());
  Active().ring_add(sum.data(), term.data(), sum.size());
}

}  // namespace florin::num
