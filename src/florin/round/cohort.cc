#include <algorithm>
#include <cmath>
#include <numeric>

#include "florin/base/rng.h"
#include "florin/round/decide.h"

namespace florin::round {
namespace {

// ceil and floor of products such as 10 * 0.3 must not see the last bit of their rounding.
constexpr double kSlack = 1e-9;

uint64_t SeedOf(const PlanHash& plan) {
  uint64_t seed = 0;
  for (size_t i = 0; i < sizeof(seed); ++i) seed = seed << 8 | plan.bytes[i];
  return seed;
}

}  // namespace

Draw DrawCohort(const job::Plan& plan, RoundId round, const std::vector<SiteId>& present) {
  const job::CohortSpec& spec = plan.spec.cohort;
  const auto n = static_cast<double>(present.size());
  const double over = std::max(1.0, spec.over_selection);
  const double maximum = std::max(1.0, static_cast<double>(spec.maximum));

  double goal = std::ceil(n * spec.fraction - kSlack);
  goal = std::min(goal, std::floor(maximum / over + kSlack));
  goal = std::min(std::max(goal, static_cast<double>(spec.minimum)), n);
  const double selected = std::min({std::ceil(goal * over - kSlack), std::max(maximum, goal), n});

  // The first `selected` places of a Fisher-Yates shuffle.
  std::vector<size_t> order(present.size());
  std::iota(order.begin(), order.end(), size_t{0});
  base::SeededRng rng(SeedOf(plan.hash), round.number);
  const auto count = static_cast<size_t>(selected);
  for (size_t i = 0; i < count; ++i) {
    std::swap(order[i], order[i + static_cast<size_t>(rng.Below(order.size() - i))]);
  }
  std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count));

  Draw draw;
  draw.goal = static_cast<uint32_t>(goal);
  draw.cohort.reserve(count);
  for (size_t i = 0; i < count; ++i) draw.cohort.push_back(present[order[i]]);
  return draw;
}

}  // namespace florin::round
