// Yield <-> ring vector <-> Aggregate: what the entries of a contribution mean. Both engines use
// these two functions and no other, so they cannot disagree.
//
// Entries: [values | weight | metrics]. Values of the task's layout, by its scalar:
//   f32  updates: weight x factor x value, rounded stochastically on the value grid, whose sums
//        may have fewer bits: plan.narrow_size() entries, each a word with its sign extended;
//        turned before and turned back after where the plan has a rotation;
//   f64  real sums: the value, nearest (their weight is 1);
//   i64  counts: the value, exactly.
// Weight and metrics: nearest on the metric grid. A sum of such vectors decodes to the sums.
#pragma once

#include "florin/base/rng.h"
#include "florin/base/status.h"
#include "florin/job/plan.h"
#include "florin/model/state.h"
#include "florin/num/ring.h"
#include "florin/protocol/party.h"

namespace florin::job {

// factor: of dp::MeasureClip, for updates only. yield.weight >= 0. rng: bits for the rounding.
// [ENCODE-RANGE] an entry over its grid's bound, which entry of which part; [PROTO-LENGTH] a yield
// that does not have the plan's shape.
Result<num::RingVector> EncodeYield(const VectorPlan& plan, const model::Yield& yield,
                                    double factor, Rng& rng);

// What a contribution that is not sealed says of itself: a weight of 0 to weight_max, rows and
// other metrics within the grid, no negative number of rows, an update that is no longer than its
// weight and the clipping norm allow, and, where fewer than 64 bits are summed, no entry over the
// grid's bound: one such entry could wrap a sum. One pass over the values for each of the two.
// [ENCODE-RANGE], [PROTO-LENGTH]
Status CheckClaims(const VectorPlan& plan, const PrivacySpec& privacy,
                   const protocol::Message& message);

// The sum of an update is float64, of weighted updates; the strategy divides. [PROTO-LENGTH]
Result<model::Aggregate> DecodeSum(const VectorPlan& plan, const num::RingVector& sum,
                                   uint64_t contribution_count);

}  // namespace florin::job
