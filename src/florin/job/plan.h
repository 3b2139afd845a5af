// Plan: the frozen, resolved, hashed form of a job. Every site sees the hash; two parties with the
// same hash agree on every number that follows.
#pragma once

#include <memory>
#include <optional>

#include "florin/base/ids.h"
#include "florin/base/status.h"
#include "florin/encode/grid.h"
#include "florin/encode/rotation.h"
#include "florin/job/spec.h"
#include "florin/num/layout.h"
#include "florin/protocol/secagg/graph.h"

namespace florin::job {

// What work an offer asks for. kUpdate trains or sums, as the plan's strategy says.
enum class Work : uint8_t { kUpdate = 1, kEvaluate = 2 };

// How one kind of work becomes one ring vector: [values | weight | metrics].
struct VectorPlan {
  num::Layout values;  // of the task's yield
  size_t metric_count = 0;
  encode::Grid value_grid;                        // of weight x value
  encode::Grid metric_grid;                       // of weight and metrics
  std::optional<encode::Rotation> rotation = {};  // of the values of an update
  int bits() const { return value_grid.bits(); }
  // How many leading entries are summed in Z_2^bits(); those behind them in Z_2^64.
  size_t narrow_size() const { return bits() < encode::Grid::kBitsMax ? values.size() : 0; }
  size_t size() const { return values.size() + 1 + metric_count; }  // ring entries
};

struct Plan {
  JobSpec spec;
  VectorPlan update;
  VectorPlan evaluation;  // size 1 when the job evaluates nothing
  // Of a sealed sum, for a cohort of cohort.maximum; degree 0: all are neighbours.
  protocol::secagg::GraphParameters graph;
  PlanHash hash;
  // The hash of the same plan under "plain": what a site's numbers may hang on, so that a protocol
  // changes how a sum comes about and not the sum.
  PlanHash numbers;

  // Does its protocol hide contributions?
  bool IsSealed() const;
  const VectorPlan& vector(Work work) const { return work == Work::kUpdate ? update : evaluation; }
};

// Resolves layouts and grids. [ENCODE-OVERFLOW], [MODEL-*], [STRATEGY-*], [METRIC-NAME]
Result<std::shared_ptr<const Plan>> MakePlan(JobSpec spec);

}  // namespace florin::job
