// FedAvg (McMahan et al. 2017, Alg. 1), with a server learning rate (Reddi et al. 2021, Alg. 1 with
// SGD as server optimiser).
#include "florin/strategy/kinds.h"

namespace florin::strategy {
namespace {

class FedAvg final : public Strategy {
 public:
  explicit FedAvg(const StrategySpec& spec) : spec_(spec) {}

  Result<model::LocalConfig> Configure(const model::State&, RoundId) const override {
    return spec_.local;
  }
  Result<model::State> Apply(model::State state, const model::Aggregate& sum) const override {
    return ApplyAverage(spec_.server_learning_rate, std::move(state), sum);
  }

 private:
  StrategySpec spec_;
};

}  // namespace

Result<model::State> ApplyAverage(double server_learning_rate, model::State state,
                                  const model::Aggregate& aggregate) {
  FLORIN_TRY(ExpectUpdateSum(state, aggregate));
  const Span<float> params = state.parameters.f32();
  const Span<const double> sum = aggregate.sum.f64();
  const double rate = server_learning_rate / aggregate.weight;
  for (size_t i = 0; i < params.size(); ++i) {
    params[i] = static_cast<float>(static_cast<double>(params[i]) + rate * sum[i]);
  }
  FLORIN_TRY(ExpectFinite(state));
  return state;
}

std::unique_ptr<Strategy> MakeFedAvg(const StrategySpec& spec, const model::Model&) {
  return std::make_unique<FedAvg>(spec);
}

}  // namespace florin::strategy
