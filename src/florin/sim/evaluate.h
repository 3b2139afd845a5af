// One model on one site's test rows: the figures, and what a paired bootstrap needs.
#pragma once

#include <optional>
#include <vector>

#include "florin/base/status.h"
#include "florin/data/batch.h"
#include "florin/model/metrics/metrics.h"
#include "florin/model/model.h"
#include "florin/sim/bootstrap.h"

namespace florin::sim {

struct Evaluation {
  std::vector<model::Figure> figures;
  std::vector<double> row_values;  // [rows] of the headline metric, unless it is an AUC
  std::vector<float> scores;       // [rows] when the headline metric is an AUC
  bool is_loss = false;            // of the headline metric, less is better
};

Result<Evaluation> EvaluateModel(const model::Model& model, const model::MetricSet& metrics,
                                 const model::State& state, const model::PrivateState& own,
                                 const data::Batch& test);

// The floor: every row gets what the site's own training labels say on average (the base rate, the
// class shares, the mean). What a model must beat to be worth anything.
Evaluation EvaluateFloor(const model::Model& model, const model::MetricSet& metrics,
                         const data::Batch& train, const data::Batch& test);

// How much better b is than a on the same rows, with its interval. Positive is better, whatever
// the metric's own direction. Nothing for metrics that are no mean over rows (rig, r2,
// calibration).
std::optional<Difference> CompareOn(const data::Batch& test, const Evaluation& a,
                                    const Evaluation& b, const BootstrapOptions& options);

}  // namespace florin::sim
