#include "florin/protocol/secagg/neighbours.h"

#include <algorithm>
#include <utility>

#include "florin/protocol/checks.h"
#include "florin/protocol/secagg/graph.h"

namespace florin::protocol::secagg {

Status CheckSealed(const ProtocolSetup& setup) {
  FLORIN_TRY(CheckSetup("secagg", setup));
  if (setup.contributors_max >= 2 && setup.narrow_size <= setup.vector_size &&
      setup.narrow_bits >= 1 && setup.narrow_bits <= 32 && setup.degree % 2 == 0) {
    return {};
  }
  return Status(Kind::kConfig, "PROTO-SETUP",
                "secagg: expected at least 2 contributors, narrow entries of 1 to 32 bits within "
                "the vector, and an even degree.");
}

uint32_t ThresholdOf(const ProtocolSetup& setup, uint32_t neighbours) {
  const uint32_t count = neighbours + 1;
  const uint32_t least = static_cast<uint32_t>(uint64_t{count} * 3 / 5) + 1;
  const bool is_for_these = setup.degree == 0 || setup.degree == neighbours;
  return std::min(count, std::max(least, is_for_these ? setup.threshold : 0));
}

Neighbours::Neighbours(std::vector<uint32_t> members, const ProtocolSetup& setup, Rng& order)
    : members_(std::move(members)) {
  const auto count = static_cast<uint32_t>(members_.size());
  const uint32_t others = count == 0 ? 0 : count - 1;
  is_complete_ = setup.degree == 0 || setup.degree >= others;
  degree_ = is_complete_ ? others : setup.degree;
  if (is_complete_) return;
  const auto graph = Graph::Make(count, degree_, order);
  FLORIN_CHECK(graph.ok());  // the degree was checked with the setup
  sparse_.reserve(size_t{count} * degree_);
  for (uint32_t member = 1; member <= count; ++member) {
    for (const PartyId near : graph->Neighbours({member})) {
      sparse_.push_back(members_[near.index - 1]);
    }
    std::sort(sparse_.end() - degree_, sparse_.end());
  }
}

std::vector<uint32_t> Neighbours::Of(uint32_t place) const {
  const auto at = std::lower_bound(members_.begin(), members_.end(), place);
  FLORIN_CHECK(at != members_.end() && *at == place);
  if (!is_complete_) {
    const auto first = sparse_.begin() + (at - members_.begin()) * std::ptrdiff_t{degree_};
    return {first, first + degree_};
  }
  std::vector<uint32_t> others;
  others.reserve(degree_);
  others.insert(others.end(), members_.begin(), at);
  others.insert(others.end(), at + 1, members_.end());
  return others;
}

uint32_t Neighbours::PositionOf(uint32_t place, uint32_t of) const {
  if (!is_complete_) {
    const auto own = std::lower_bound(members_.begin(), members_.end(), place) - members_.begin();
    const auto first = sparse_.begin() + own * std::ptrdiff_t{degree_};
    const auto at = std::lower_bound(first, first + degree_, of);
    return at != first + degree_ && *at == of ? static_cast<uint32_t>(at - first) : degree_;
  }
  const auto at = std::lower_bound(members_.begin(), members_.end(), of);
  if (at == members_.end() || *at != of || of == place) return degree_;
  return static_cast<uint32_t>(at - members_.begin()) - (of > place ? 1 : 0);
}

}  // namespace florin::protocol::secagg
