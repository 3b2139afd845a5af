// From a source's columns to batches of numbers: the schema applied through a site's view.
#pragma once

#include <memory>

#include "florin/data/batch.h"
#include "florin/data/schema.h"
#include "florin/data/source.h"
#include "florin/data/view.h"

namespace florin::data {

enum class Part : uint8_t { kAll, kTrain, kTest };

// Reads `source` through `view` as `schema` asks, keeping only the rows of `part`. The source must
// outlive the reader; schema and view are copied. Rows whose label, weight or time is missing or
// out of range count as rejects. with_label = false reads rows to be scored: no label, no weight.
// Batches follow the source's chunks; a part without rows gives no batch; without a split every row
// trains. Errors: [VIEW-COLUMN] a needed column does not exist; [VIEW-VALUE]; [DATA-REJECTS]; of
// Schema::Check(); of the source.
Result<std::unique_ptr<BatchReader>> Featurise(Source& source, const View& view,
                                               const Schema& schema, Part part,
                                               bool with_label = true);

}  // namespace florin::data
