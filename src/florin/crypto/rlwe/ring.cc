#include "florin/crypto/rlwe/ring.h"

#include <algorithm>
#include <bit>

#include "florin/base/check.h"
#include "florin/base/codec.h"
#include "florin/crypto/mask.h"
#include "florin/crypto/rlwe/kernels.h"
#include "florin/crypto/sha256.h"

namespace florin::crypto::rlwe {

const Ring& Ring::Vectors() {
  static const Ring ring(kVectorRing);
  return ring;
}

const Ring& Ring::Keys() {
  static const Ring ring(kKeyRing);
  return ring;
}

Ring::Ring(const RingShape& shape) : shape_(shape) {
  ntts_.reserve(shape.prime_count);
  for (size_t i = 0; i < shape.prime_count; ++i) ntts_.emplace_back(shape.size, shape.primes[i]);
}

void Ring::MakePublic(ByteView context, uint32_t j, size_t prime, Span<uint64_t> out) const {
  FLORIN_CHECK(out.size() == shape_.size && prime < shape_.prime_count);
  base::Writer label;
  label.Fixed(base::AsBytes("florin/rlwe/public"))
      .U8(static_cast<uint8_t>(shape_.log2_size()))
      .U8(static_cast<uint8_t>(prime))
      .U32(j)
      .Fixed(context);
  const Sha256Digest digest = HashSha256(label.view());
  DrawBelow(shape_.primes[prime], ByteView(digest).first(Mask::kKeySize), out);
}

void Ring::Transform(Span<const uint64_t> small, size_t prime, Span<uint64_t> out) const {
  FLORIN_CHECK(small.size() == shape_.size && out.size() == shape_.size);
  const uint64_t modulus = shape_.primes[prime];
  for (size_t i = 0; i < small.size(); ++i) {
    out[i] = small[i] + (modulus & (0 - (small[i] >> 63)));
  }
  ntts_[prime].Forward(out);
}

// Hardly ever is a word left out: the primes are just below a power of two.
void DrawBelow(uint64_t bound, ByteView key, Span<uint64_t> out) {
  const uint64_t mask = ~uint64_t{0} >> std::countl_zero(bound);
  const Mask stream(key, MaskSign::kAdd);
  size_t kept = 0;
  uint64_t drawn = 0;
  while (kept < out.size()) {
    const Span<uint64_t> rest = out.subspan(kept);
    std::ranges::fill(rest, 0);
    ApplyMasks({&stream, 1}, drawn, rest);
    drawn += rest.size();
    const size_t whole = rest.size() / 8 * 8;
    const bool all_below = Active().all_below(mask, bound, rest.data(), whole);
    for (uint64_t& word : rest.subspan(whole)) word &= mask;
    if (all_below && whole == rest.size()) return;
    kept = static_cast<size_t>(
        std::remove_if(rest.begin(), rest.end(), [&](uint64_t word) { return word >= bound; }) -
        out.begin());
  }
}

}  // namespace florin::crypto::rlwe
