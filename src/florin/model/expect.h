// What a model may expect of the values it is handed, said once. Internal to the room.
#pragma once

#include <string_view>

#include "florin/base/status.h"
#include "florin/data/batch.h"
#include "florin/model/model.h"

namespace florin::model {

// [MODEL-SHAPE] `subject` is a key of the job's model section.
Status ShapeFault(std::string_view subject, std::string_view expected, size_t found);
// Refuses widths no layout could hold. [MODEL-SHAPE]
Status ExpectWidths(const ModelSpec& spec);

// [MODEL-BATCH] widths that differ, or a labelled task without labels.
Status ExpectBatch(const data::Batch& batch, size_t dense_width, size_t sparse_width,
                   bool with_label);
// ExpectBatch with labels, and every sparse index below sparse_width; every label a class below
// `classes`, unless that is 0. [MODEL-BATCH]
Status ExpectTrainable(const data::Batch& batch, size_t dense_width, size_t sparse_width,
                       size_t classes);
// [MODEL-STATE] parameters of another size or scalar.
Status ExpectState(const State& state, const num::Layout& layout);
// [MODEL-AGGREGATE] a sum of another size or scalar.
Status ExpectSum(const Aggregate& aggregate, const num::Layout& layout);

// For the faces that cannot answer a Status: true when ExpectBatch is ok.
inline bool HasShape(const data::Batch& batch, size_t dense_width, size_t sparse_width) {
  return batch.dense_width == dense_width && batch.dense.size() == batch.rows * dense_width &&
         batch.label.size() == batch.rows &&
         (batch.weight.empty() || batch.weight.size() == batch.rows) &&
         (batch.sparse_begin.empty() ||
          (sparse_width > 0 && batch.sparse_begin.size() == batch.rows + 1));
}

}  // namespace florin::model
