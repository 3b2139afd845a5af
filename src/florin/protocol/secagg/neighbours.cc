#include "florin/protocol/secagg/neighbours.h"

#include <algorithm>
#include <utility>

namespace florin::protocol::secagg {

uint32_t ThresholdOf(const ProtocolSetup& setup, uint32_t neighbours) {
  const uint32_t count = neighbours + 1;
  const uint32_t least = static_cast<uint32_t>(uint64_t{count} * 3 / 5) + 1;
  return std::min(count, std::max(least, setup.threshold));
}

Neighbours::Neighbours(std::vector<uint32_t> members, const ProtocolSetup& setup)
    : members_(std::move(members)) {
  const auto others = static_cast<uint32_t>(members_.empty() ? 0 : members_.size() - 1);
  is_complete_ = setup.degree == 0 || setup.degree >= others;
  degree_ = is_complete_ ? others : setup.degree;
}

std::vector<uint32_t> Neighbours::Of(uint32_t place) const {
  const auto at = std::lower_bound(members_.begin(), members_.end(), place);
  FLORIN_CHECK(at != members_.end() && *at == place);
  std::vector<uint32_t> others;
  others.reserve(degree_);
  others.insert(others.end(), members_.begin(), at);
  others.insert(others.end(), at + 1, members_.end());
  return others;
}

uint32_t Neighbours::PositionOf(uint32_t place, uint32_t of) const {
  const std::vector<uint32_t>& list = members_;
  const auto at = std::lower_bound(list.begin(), list.end(), of);
  if (at == list.end() || *at != of || of == place) return degree_;
  return static_cast<uint32_t>(at - list.begin()) - (of > place ? 1 : 0);
}

}  // namespace florin::protocol::secagg
