// Who is whose neighbour: everybody everybody's, or each one `degree` others' in a sparse graph
// (graph.h) over those that have shown their keys, in an order drawn from all their keys.
#pragma once

#include <cstdint>
#include <vector>

#include "florin/base/rng.h"
#include "florin/protocol/party.h"

namespace florin::protocol::secagg {

// The shares that open a secret dealt to `neighbours` and its dealer: setup.threshold (where there
// are as many neighbours as it is for), and never fewer than three in five and one more. Below
// half, two parts of a neighbourhood could open one secret each.
uint32_t ThresholdOf(const ProtocolSetup& setup, uint32_t neighbours);

// A setup that either end may run under. [PROTO-SETUP]
Status CheckSealed(const ProtocolSetup& setup);

// Symmetric: who is a neighbour has one. Immutable.
class Neighbours {
 public:
  Neighbours() = default;
  // members: places, ascending. order: of the ring, where the graph is sparse.
  Neighbours(std::vector<uint32_t> members, const ProtocolSetup& setup, Rng& order);

  const std::vector<uint32_t>& members() const { return members_; }
  bool is_complete() const { return is_complete_; }
  uint32_t degree() const { return degree_; }
  // Places, ascending; of a member (FLORIN_CHECK). O(degree).
  std::vector<uint32_t> Of(uint32_t place) const;
  // Where `of` stands among Of(place), or degree().
  uint32_t PositionOf(uint32_t place, uint32_t of) const;

 private:
  std::vector<uint32_t> members_;
  uint32_t degree_ = 0;
  bool is_complete_ = true;
  std::vector<uint32_t> sparse_;  // the lists of all members, one behind the other
};

}  // namespace florin::protocol::secagg
