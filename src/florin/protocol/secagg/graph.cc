#include "florin/protocol/secagg/graph.h"

#include <numeric>
#include <string>

namespace florin::protocol::secagg {

Result<Graph> Graph::Make(uint32_t size, uint32_t degree, Rng& rng) {
  const bool is_complete = size > 0 && degree == size - 1;
  if (size < 2 || degree < 1 || degree >= size || (degree % 2 != 0 && !is_complete)) {
    return Status(Kind::kConfig, "PROTO-GRAPH",
                  "summing graph: expected at least 2 contributors and an even degree below their "
                  "number, or one less than it; found " +
                      std::to_string(size) + " of degree " + std::to_string(degree) + ".");
  }
  Graph graph;
  graph.degree_ = degree;
  graph.at_.resize(size);
  std::iota(graph.at_.begin(), graph.at_.end(), 0U);
  base::Shuffle(Span<uint32_t>(graph.at_), rng);
  graph.position_.resize(size);
  for (uint32_t i = 0; i < size; ++i) graph.position_[graph.at_[i]] = i;
  return graph;
}

uint32_t Graph::PositionOf(PartyId contributor) const {
  FLORIN_CHECK(contributor.index >= 1 && contributor.index <= size());
  return position_[contributor.index - 1];
}

// Behind and ahead of a contributor stand degree / 2 each, rounded down and up: in a complete graph
// of an even number of contributors the one opposite is ahead of both.
std::vector<PartyId> Graph::Neighbours(PartyId contributor) const {
  const uint64_t own = PositionOf(contributor);
  const uint32_t behind = degree_ / 2;
  std::vector<PartyId> neighbours;
  neighbours.reserve(degree_);
  for (uint32_t slot = 0; slot < degree_; ++slot) {
    const uint64_t ahead = slot < behind ? size() - behind + slot : slot - behind + 1;
    neighbours.push_back({at_[(own + ahead) % size()] + 1});
  }
  return neighbours;
}

std::optional<uint32_t> Graph::SlotOf(PartyId contributor, PartyId neighbour) const {
  const uint64_t own = PositionOf(contributor);
  if (neighbour.index < 1 || neighbour.index > size()) return std::nullopt;
  const uint32_t behind = degree_ / 2;
  const auto ahead = static_cast<uint32_t>((size() + PositionOf(neighbour) - own) % size());
  if (ahead == 0) return std::nullopt;
  if (ahead <= degree_ - behind) return behind + ahead - 1;
  if (size() - ahead <= behind) return behind - (size() - ahead);
  return std::nullopt;
}

}  // namespace florin::protocol::secagg
