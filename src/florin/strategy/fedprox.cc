// FedProx (Li et al. 2020, Alg. 2): sites are pulled towards the offered parameters while they
// train; the sum is averaged as in FedAvg.
#include "florin/strategy/kinds.h"

namespace florin::strategy {
namespace {

class FedProx final : public Strategy {
 public:
  explicit FedProx(const StrategySpec& spec) : spec_(spec) {}

  Result<model::LocalConfig> Configure(const model::State&, RoundId) const override {
    return spec_.local;  // proximal_mu > 0: MakeStrategy saw to it
  }
  Result<model::State> Apply(model::State state, const model::Aggregate& sum) const override {
    return ApplyAverage(spec_.server_learning_rate, std::move(state), sum);
  }

 private:
  StrategySpec spec_;
};

}  // namespace

std::unique_ptr<Strategy> MakeFedProx(const StrategySpec& spec, const model::Model&) {
  return std::make_unique<FedProx>(spec);
}

}  // namespace florin::strategy
