// The summing graph of a cohort: which contributors share masks and secrets with which.
//
// A Harary graph (Bell et al. 2020, section 3): contributors stand on a ring in a random order, and
// each is joined to the degree / 2 next to it on either side. Degree n - 1 is the complete graph of
// Bonawitz et al. 2017. Whoever draws the order from the same stream builds the same graph. The
// stream is to be seeded by what the coordinator cannot choose after it knows who colludes, or the
// degrees of job/graph.h promise nothing.
//
// Immutable, thread-safe. Holds no secret.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "florin/base/rng.h"
#include "florin/base/status.h"
#include "florin/protocol/party.h"

namespace florin::protocol::secagg {

struct GraphParameters {
  uint32_t degree = 0;     // neighbours of a contributor
  uint32_t threshold = 0;  // shares that rebuild a secret of it
  bool operator==(const GraphParameters&) const = default;
};

class Graph {
 public:
  // Contributors 1 to `size`; degree: even, or size - 1. The order is a Fisher-Yates shuffle of
  // 1 .. size (base::Shuffle) by `rng`. [PROTO-GRAPH]
  static Result<Graph> Make(uint32_t size, uint32_t degree, Rng& rng);

  uint32_t size() const { return static_cast<uint32_t>(at_.size()); }
  uint32_t degree() const { return degree_; }
  // The `degree` neighbours of a contributor (FLORIN_CHECK), never itself, in the ring's order from
  // the one behind it. O(degree).
  std::vector<PartyId> Neighbours(PartyId contributor) const;
  // Where `neighbour` stands in Neighbours(contributor); nothing when it does not, as a stranger or
  // the aggregator. O(1). contributor: FLORIN_CHECK.
  std::optional<uint32_t> SlotOf(PartyId contributor, PartyId neighbour) const;

 private:
  uint32_t PositionOf(PartyId contributor) const;

  uint32_t degree_ = 0;
  std::vector<uint32_t> at_;        // [position on the ring] = index of the contributor - 1
  std::vector<uint32_t> position_;  // [index of the contributor - 1] = position on the ring
};

}  // namespace florin::protocol::secagg
