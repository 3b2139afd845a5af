// Task: what a site computes from its rows for one offer. Immutable, thread-safe; all scratch is
// local to Run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "florin/base/rng.h"
#include "florin/base/status.h"
#include "florin/data/batch.h"
#include "florin/model/metrics/metrics.h"
#include "florin/model/model.h"
#include "florin/model/state.h"

namespace florin::task {

class Task {
 public:
  virtual ~Task() = default;
  virtual const num::Layout& layout() const = 0;                     // of Yield::values
  virtual const std::vector<std::string>& metric_names() const = 0;  // of Yield::metrics
  // Reads `rows` to the end. rng: for shuffles; same seed, same yield. [TASK-NO-ROWS]
  virtual Result<model::Yield> Run(const model::State& state, model::PrivateState& own,
                                   data::BatchReader& rows, const model::LocalConfig& config,
                                   Rng& rng) const = 0;
};

// E local epochs of mini-batch SGD from the offered state; yields local minus global parameters,
// weighted by rows. Metrics: "rows", "loss" (summed over the first epoch). The model must outlive
// the task and be differentiable.
std::unique_ptr<Task> MakeTrainTask(const model::Model& model);

// One pass of exact sums; yields them with weight 1 and refreshes the private state.
// Metrics: "rows".
std::unique_ptr<Task> MakeSumTask(const model::Model& model);

// Scores the rows under the offered state and the site's private state; yields metric sums (int64)
// with weight 1. Metrics: "rows".
std::unique_ptr<Task> MakeEvaluateTask(const model::Model& model, model::MetricSet metrics);

}  // namespace florin::task
