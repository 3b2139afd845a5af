// A ring of lattice encryption with its transforms, and the public polynomials that everyone makes
// alike (docs/spec/rlwe.md). Immutable, thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "florin/base/bytes.h"
#include "florin/crypto/rlwe/parameters.h"
#include "florin/num/ntt.h"

namespace florin::crypto::rlwe {

// A polynomial of the ring is the residues of its primes one behind the other: [prime_count x N].
class Ring {
 public:
  static const Ring& Vectors();  // of kVectorRing; made once, a few milliseconds
  static const Ring& Keys();     // of kKeyRing

  explicit Ring(const RingShape& shape);

  const RingShape& shape() const { return shape_; }
  const num::Ntt& ntt(size_t prime) const { return ntts_[prime]; }

  // The residues of one prime, in place or of all: views of a polynomial's words.
  template <typename Word>
  Span<Word> Of(size_t prime, Span<Word> polynomial) const {
    return polynomial.subspan(prime * shape_.size, shape_.size);
  }

  // The public polynomial j of a context, its residues of one prime, as values at the roots
  // (transformed). out: [N].
  void MakePublic(ByteView context, uint32_t j, size_t prime, Span<uint64_t> out) const;

  // small: [N], two's complement, below the prime in size. out: [N], transformed.
  void Transform(Span<const uint64_t> small, size_t prime, Span<uint64_t> out) const;

 private:
  RingShape shape_;
  std::vector<num::Ntt> ntts_;
};

// The words of the stream of key[16], less their high bits, that are below the bound: the first
// out.size() of them. out.size(): a multiple of 8. Not constant in time: nothing secret.
void DrawBelow(uint64_t bound, ByteView key, Span<uint64_t> out);

}  // namespace florin::crypto::rlwe
