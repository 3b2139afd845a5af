// What a round may tell of the rows behind a sum: figures over enough rows from enough sites, or
// the reason why not. The coordinator's half of the release rule; the plan has its bounds.
#pragma once

#include <string>
#include <vector>

#include "florin/job/round_kit.h"

namespace florin::round {

struct Release {
  std::vector<model::Figure> figures;  // empty when withheld
  std::string withheld;                // why, or empty
};

// Training's own figures: "rows", and the mean "loss" where the task sums one.
Release ReleaseTraining(const job::Plan& plan, const model::Aggregate& updates);
// The metrics the job asked for.
Release ReleaseMetrics(const job::RoundKit& kit, const model::Aggregate& evaluations);

}  // namespace florin::round
