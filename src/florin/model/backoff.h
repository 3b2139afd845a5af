// Hierarchical counts: how a row's context becomes scores, and how a site picks its own weights.
// Internal to the room.
//
// With levels 0 (finest) to L - 1 (coarsest), p = prior, then from the coarsest level down
//   p(g) = (n_l(g) + w_l p(g)) / (n_l + w_l),          a Dirichlet prior of weight w_l
// and the finest is left unnormalised: score(g) = n_0(g) + w_0 p(g) (MacKay & Peto 1995). A level
// whose row is unknown is passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "florin/base/span.h"
#include "florin/data/batch.h"

namespace florin::model {

struct CountShape {
  size_t classes = 0;
  std::vector<size_t> level_rows;
  std::vector<size_t> level_begin;  // offset of each level's table in the counts
  size_t levels() const { return level_rows.size(); }
};

// scores [rows x classes] of a batch whose levels are in range. prior: shares [classes];
// weights: [levels].
void ScoreCounts(const CountShape& shape, Span<const int64_t> counts, Span<const double> prior,
                 Span<const double> weights, const data::Batch& batch, Span<float> scores);

// The weights, one a level, from a small grid and `weights` themselves, that rank the site's own
// training rows best (MAP@5) when each row is left out of the counts and of the prior: exact, since
// a row is one count in each of its cells. `weights` stay where the gain is within two
// standard errors. Rows beyond 5,000 are passed over at a fixed stride.
// prior: the site's class counts [classes].
std::vector<double> FitBackoff(const CountShape& shape, Span<const int64_t> counts,
                               Span<const int64_t> prior, Span<const double> weights,
                               const data::Batch& batch);

}  // namespace florin::model
