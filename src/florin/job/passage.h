// What a plan asks of a site, in the words of its owner's gate.
#pragma once

#include "florin/govern/policy.h"
#include "florin/job/plan.h"

namespace florin::job {

// The plan's own part; who asks, the round and the site's rows are for the caller to add. Made of
// the plan alone, so it must be one that was resolved where the gate stands. [SCHEMA-FIELD-KIND]
Result<govern::Passage> PassageOf(const Plan& plan, Work work);

}  // namespace florin::job
