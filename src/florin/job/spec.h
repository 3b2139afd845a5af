// JobSpec: what a customer asks for, parsed and checked but not yet resolved.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "florin/base/ids.h"
#include "florin/base/time.h"
#include "florin/data/schema.h"
#include "florin/encode/grid.h"
#include "florin/model/model.h"
#include "florin/strategy/strategy.h"

namespace florin::job {

struct CohortSpec {
  uint32_t minimum = 2;       // fewest contributions that may be opened
  uint32_t maximum = 1000;    // most sites selected for one round
  double fraction = 1;        // of the sites that are there, drawn anew each round
  double over_selection = 1;  // selects this many times the goal, closes at the goal
  Duration deadline = Duration::Seconds(600);                   // of one phase that waits for sites
  Duration patience = Duration::Seconds(int64_t{14} * 86'400);  // of a job that waits for owners
};

struct EvaluationSpec {
  std::vector<std::string> metrics;  // empty: the round has no evaluation
  uint64_t minimum_rows = 100;       // a metric over fewer rows, or
  uint32_t minimum_sites = 2;        // from fewer sites, is withheld
};

struct PrivacySpec {
  std::string protocol = "plain";
  double clipping_norm = 0;           // L2 bound on an update; 0 = none
  uint32_t weight_max = 1'000'000;    // rows one site may count for, at most; more count as this
  double entry_max = 0;               // largest magnitude of one summed entry; 0 = by model kind
  int bits = encode::Grid::kBitsMax;  // of the sum of an update's entry
  bool rotates = false;               // an update is turned before it is rounded
  uint32_t threshold = 0;             // shares that open a secret of a sealed sum; 0 = by its size
};

struct JobSpec {
  JobId id;
  std::string description;
  std::string purpose = "unspecified";  // one of govern::Purposes()
  std::string view;                     // the name each site's view must have
  data::Schema schema;
  model::ModelSpec model;
  strategy::StrategySpec strategy;
  uint32_t rounds = 1;
  CohortSpec cohort;
  EvaluationSpec evaluation;
  PrivacySpec privacy;
  uint64_t seed = 1;

  void Save(base::Writer& writer) const;  // canonical: the plan hash input
  // Refuses what ParseJob would refuse in purposes and in the bounds of numbers. [JOB-RANGE],
  // [NAME], [CODEC]
  static Result<JobSpec> Restore(base::Reader& reader);
};

// Gives the model what the schema says of its shape: widths, classes, rows of context tables.
void ResolveModel(JobSpec& spec);

}  // namespace florin::job
