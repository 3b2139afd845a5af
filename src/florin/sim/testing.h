// Small federations for this room's tests: synthetic rows, real engines.
#pragma once

#include <memory>
#include <vector>

#include "florin/base/rng.h"
#include "florin/job/plan.h"
#include "florin/sim/sites.h"

namespace florin::sim::testing {

// A count job whose single context is the site's own number: the unique-bucket trick. After a run,
// row s of the table tells exactly how often site s was counted.
job::JobSpec BucketJob(size_t sites, uint32_t minimum);
// Site s has `rows` rows in bucket s, all of class s % 3.
std::vector<SiteRows> BucketSites(size_t sites, size_t rows);

// A logistic job over two dense features, and sites drawn from one true model with shifted inputs.
job::JobSpec LogisticJob(const std::string& strategy, uint32_t rounds);
std::vector<SiteRows> LogisticSites(size_t sites, size_t rows, uint64_t seed);

std::shared_ptr<const job::Plan> MustPlan(job::JobSpec spec);

}  // namespace florin::sim::testing
