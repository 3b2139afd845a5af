// One factory a file; registry.cc gives each its name. Internal to the room.
#pragma once

#include <memory>

#include "florin/strategy/strategy.h"

namespace florin::strategy {

std::unique_ptr<Strategy> MakeFedAvg(const StrategySpec& spec, const model::Model& model);
std::unique_ptr<Strategy> MakeFedAdam(const StrategySpec& spec, const model::Model& model);
std::unique_ptr<Strategy> MakeFedProx(const StrategySpec& spec, const model::Model& model);
std::unique_ptr<Strategy> MakeSum(const StrategySpec& spec, const model::Model& model);

// What an averaging rule needs of a sum of updates: [STRATEGY-EMPTY], [STRATEGY-SHAPE].
Status ExpectUpdateSum(const model::State& state, const model::Aggregate& aggregate);
// [STRATEGY-DIVERGED] names the first parameter or memory that is not finite.
Status ExpectFinite(const model::State& state);

// params += server_learning_rate * sum / weight: FedAvg's step, which FedProx shares.
Result<model::State> ApplyAverage(double server_learning_rate, model::State state,
                                  const model::Aggregate& aggregate);

}  // namespace florin::strategy
