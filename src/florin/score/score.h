// Batch scoring: a state, a site's private state and rows become scores or top-k lists.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "florin/base/status.h"
#include "florin/data/batch.h"
#include "florin/model/model.h"

namespace florin::score {

struct Ranked {
  uint32_t index = 0;  // class or item
  float score = 0;
};

// The k best of one row's scores, best first, ties by index ascending. out: [min(k, n)].
void TopK(Span<const float> scores, size_t k, std::vector<Ranked>& out);

// Calls sink(first_row, rows, scores [rows x output_count]) for each chunk of the reader's rows, in
// order. Stops at the first error.
Status ScoreAll(const model::Model& model, const model::State& state,
                const model::PrivateState& own, data::BatchReader& rows,
                const std::function<Status(size_t first_row, const data::Batch&,
                                           Span<const float> scores)>& sink);

}  // namespace florin::score
