// RoundKit: the working objects the coordinator builds from a plan.
#pragma once

#include <memory>
#include <optional>

#include "florin/job/plan.h"
#include "florin/model/metrics/metrics.h"
#include "florin/model/model.h"
#include "florin/strategy/strategy.h"

namespace florin::job {

struct RoundKit {
  std::shared_ptr<const Plan> plan;
  std::unique_ptr<model::Model> model;
  std::unique_ptr<strategy::Strategy> strategy;
  std::optional<model::MetricSet> metrics;  // empty when the job evaluates nothing

  static Result<std::shared_ptr<const RoundKit>> Make(std::shared_ptr<const Plan> plan);
};

}  // namespace florin::job
