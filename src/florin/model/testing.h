// Made-up rows and loops that tests of this room and of the rooms above share.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "florin/base/rng.h"
#include "florin/data/batch.h"
#include "florin/model/model.h"

namespace florin::model {

// Owns what a Batch borrows.
struct Rows {
  size_t rows = 0;
  size_t dense_width = 0;
  size_t level_count = 0;
  std::vector<float> dense;
  std::vector<uint32_t> sparse_begin;
  std::vector<uint32_t> sparse_index;
  std::vector<float> sparse_value;
  std::vector<uint32_t> levels;
  std::vector<float> label;
  std::vector<float> weight;

  data::Batch view() const {
    data::Batch batch;
    batch.rows = rows;
    batch.dense_width = dense_width;
    batch.dense = dense;
    batch.sparse_begin = sparse_begin;
    batch.sparse_index = sparse_index;
    batch.sparse_value = sparse_value;
    batch.level_count = level_count;
    batch.levels = levels;
    batch.label = label;
    batch.weight = weight;
    return batch;
  }
};

struct RowsOptions {
  size_t rows = 40;
  bool is_weighted = false;
  double unknown_share = 0.1;  // of context values
  uint64_t seed = 1;
};

// Rows that a model of `spec` can read, with labels that depend on the features.
inline Rows MakeRows(const ModelSpec& spec, const RowsOptions& options) {
  base::SeededRng rng(options.seed);
  Rows made;
  made.rows = options.rows;
  made.dense_width = spec.dense_width;
  made.level_count = spec.level_rows.size();
  if (spec.sparse_width > 0) made.sparse_begin.push_back(0);
  for (size_t r = 0; r < options.rows; ++r) {
    double signal = 0.3;
    for (size_t i = 0; i < spec.dense_width; ++i) {
      const double x = rng.Normal();
      signal += (i % 2 == 0 ? 0.8 : -0.5) * x;
      made.dense.push_back(static_cast<float>(x));
    }
    if (spec.sparse_width > 0) {
      for (uint64_t e = rng.Below(4); e > 0; --e) {
        const auto index = static_cast<uint32_t>(rng.Below(spec.sparse_width));
        made.sparse_index.push_back(index);
        made.sparse_value.push_back(static_cast<float>(0.5 + rng.Uniform()));
        signal += index % 2 == 0 ? 0.7 : -0.7;
      }
      made.sparse_begin.push_back(static_cast<uint32_t>(made.sparse_index.size()));
    }
    size_t context = 0;
    for (const size_t rows : spec.level_rows) {
      const auto row = static_cast<uint32_t>(rng.Below(rows));
      context += row;
      made.levels.push_back(rng.Uniform() < options.unknown_share ? data::kUnknownRow : row);
    }
    signal += rng.Normal() / 2;
    if (!spec.level_rows.empty()) {
      made.label.push_back(static_cast<float>((context + rng.Below(3)) % spec.classes));
    } else if (spec.classes > 1) {
      const double place = (signal + 2) / 4 * static_cast<double>(spec.classes);
      const double last = static_cast<double>(spec.classes - 1);
      made.label.push_back(static_cast<float>(std::clamp(std::floor(place), 0.0, last)));
    } else {
      made.label.push_back(spec.kind == "linear" ? static_cast<float>(signal)
                                                 : (signal > 0 ? 1.0F : 0.0F));
    }
    if (options.is_weighted) made.weight.push_back(static_cast<float>(0.5 + rng.Uniform()));
  }
  return made;
}

inline std::unique_ptr<Model> MustMake(const ModelSpec& spec) {
  auto made = MakeModel(spec);
  FLORIN_CHECK(made.ok());
  return std::move(made).value();
}

// The opened sum of one site that holds `batch`.
inline Aggregate SumOver(const Model& model, const State& state, const data::Batch& batch) {
  const Statistics& statistics = *model.statistics();
  Aggregate aggregate;
  aggregate.layout = statistics.layout();
  aggregate.sum = num::Values::Zeros(statistics.layout().scalar(), statistics.layout().size());
  FLORIN_CHECK(statistics.Accumulate(state, {}, batch, aggregate.sum).ok());
  aggregate.weight = 1;
  aggregate.contribution_count = 1;
  return aggregate;
}

}  // namespace florin::model
