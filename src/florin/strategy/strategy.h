// Strategy: how the opened sum of a round becomes the next state. Immutable, thread-safe; what a
// rule must remember lies in State::memory.
#pragma once

#include <memory>
#include <string>

#include "florin/base/codec.h"
#include "florin/base/ids.h"
#include "florin/base/span.h"
#include "florin/base/status.h"
#include "florin/model/model.h"
#include "florin/model/state.h"

namespace florin::strategy {

// What a job says of its strategy. Each rule reads the fields it names in its help.
struct StrategySpec {
  std::string kind = "fedavg";
  model::LocalConfig local;         // what sites are told
  double server_learning_rate = 1;  // fedavg, fedprox: 1 = plain averaging; fedadam: step size
  double beta1 = 0.9;               // fedadam
  double beta2 = 0.99;              // fedadam
  double tau = 1e-3;                // fedadam: adaptivity, added to sqrt(v)

  void Save(base::Writer& writer) const;  // canonical: part of the plan hash
  static Result<StrategySpec> Restore(base::Reader& reader);
};

class Strategy {
 public:
  virtual ~Strategy() = default;
  virtual Result<model::LocalConfig> Configure(const model::State& state, RoundId round) const = 0;
  // [STRATEGY-EMPTY] weight zero; [STRATEGY-DIVERGED] a parameter that is not finite.
  virtual Result<model::State> Apply(model::State state, const model::Aggregate& sum) const = 0;
};

struct StrategyKind {
  const char* name;
  const char* help;
  bool sums_statistics;   // true: sites run the sum task; false: the train task
  bool needs_individual;  // true: cannot run on a sealed sum
  std::unique_ptr<Strategy> (*make)(const StrategySpec&, const model::Model&);
};

Span<const StrategyKind> StrategyKinds();
const StrategyKind* FindStrategy(std::string_view name);
// The model must outlive the strategy. [STRATEGY-KIND] unknown, or one the model cannot serve.
Result<std::unique_ptr<Strategy>> MakeStrategy(const StrategySpec& spec, const model::Model& model);

}  // namespace florin::strategy
