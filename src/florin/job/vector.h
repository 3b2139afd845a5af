// Yield <-> ring vector <-> Aggregate: what the entries of a contribution mean. Both engines use
// these two functions and no other, so they cannot disagree.
#pragma once

#include "florin/base/rng.h"
#include "florin/base/status.h"
#include "florin/job/plan.h"
#include "florin/model/state.h"
#include "florin/num/ring.h"

namespace florin::job {

// [weight x factor x values | weight | metrics] on the plan's grids. factor: of dp::MeasureClip;
// updates are rounded stochastically with `rng`, sums to the nearest, counts exactly.
// [ENCODE-RANGE], [PROTO-LENGTH]
Result<num::RingVector> EncodeYield(const VectorPlan& plan, const model::Yield& yield,
                                    double factor, Rng& rng);

// Refuses a sum of the wrong size. [PROTO-LENGTH]
Result<model::Aggregate> DecodeSum(const VectorPlan& plan, const num::RingVector& sum,
                                   uint64_t contribution_count);

}  // namespace florin::job
