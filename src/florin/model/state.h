// The values that pass between rows and strategies: State down, Yield up, Aggregate in between.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "florin/base/status.h"
#include "florin/num/layout.h"
#include "florin/num/values.h"

namespace florin::model {

// What the coordinator knows: parameters, and the optimiser's memory, which never leaves it.
// The model hash covers layout and parameters alone.
struct State {
  num::Layout layout;
  num::Values parameters;                     // layout.size() values of layout.scalar()
  std::map<std::string, num::Values> memory;  // of the strategy, by name ("adam_m")
  bool is_converged = false;                  // set by a strategy that needs no further round

  State Clone() const;
  void SaveModel(base::Writer& writer) const;  // layout and parameters: the model hash input
  void Save(base::Writer& writer) const;       // everything
  void SaveWithoutMemory(base::Writer& writer) const;  // what sites get
  static Result<State> Restore(base::Reader& reader);
};

// What only one site knows and no round carries: its prior, its mixing weights.
struct PrivateState {
  std::map<std::string, num::Values> values;
  bool empty() const { return values.empty(); }
  void Save(base::Writer& writer) const;
  static Result<PrivateState> Restore(base::Reader& reader);
  PrivateState Clone() const;
};

// How a site is to train this round. Written by the strategy, carried by the offer.
struct LocalConfig {
  uint32_t epochs = 1;
  uint32_t batch_size = 32;
  double learning_rate = 0.1;
  double proximal_mu = 0;    // FedProx: adds mu (params - global) to each step
  double clipping_norm = 0;  // L2 bound on the update; 0 = none
};

// What a task made of the rows: a vector, the weight it counts for, and metric sums.
struct Yield {
  num::Values values;           // float32 update, float64 or int64 sums
  double weight = 0;            // an integer below 2^24: rows, or 1
  std::vector<double> metrics;  // sums, in the order of the task's metric names
};

// The opened sum over a cohort.
struct Aggregate {
  num::Layout layout;           // of the summed vector
  num::Values sum;              // float64 (weighted update sums, real sums) or int64 (counts)
  double weight = 0;            // sum of weights
  std::vector<double> metrics;  // sums
  uint64_t contribution_count = 0;
};

}  // namespace florin::model
