// FedAdam (Reddi et al. 2021, Alg. 2): the averaged update is the gradient of a server-side Adam
// without bias correction, v starting at tau^2.
#include <algorithm>
#include <cmath>

#include "florin/strategy/kinds.h"

namespace florin::strategy {
namespace {

// A vector of the state's memory; made on first use.
Result<Span<float>> Memory(model::State& state, const std::string& name, double initial) {
  const auto [found, is_new] = state.memory.try_emplace(name);
  num::Values& values = found->second;
  if (is_new) {
    values = num::Values::Zeros(num::Scalar::kFloat32, state.parameters.size());
    std::ranges::fill(values.f32(), static_cast<float>(initial));
  }
  if (values.scalar() != num::Scalar::kFloat32 || values.size() != state.parameters.size()) {
    return Status(Kind::kFailed, "STRATEGY-SHAPE",
                  "the state's memory \"" + name + "\" is of another model.");
  }
  return values.f32();
}

class FedAdam final : public Strategy {
 public:
  explicit FedAdam(const StrategySpec& spec) : spec_(spec) {}

  Result<model::LocalConfig> Configure(const model::State&, RoundId) const override {
    return spec_.local;
  }

  Result<model::State> Apply(model::State state, const model::Aggregate& sum) const override {
    FLORIN_TRY(ExpectUpdateSum(state, sum));
    FLORIN_ASSIGN(const Span<float> m, Memory(state, "adam_m", 0));
    FLORIN_ASSIGN(const Span<float> v, Memory(state, "adam_v", spec_.tau * spec_.tau));
    const Span<float> params = state.parameters.f32();
    const Span<const double> updates = sum.sum.f64();
    for (size_t i = 0; i < params.size(); ++i) {
      const double update = updates[i] / sum.weight;
      const double mean = spec_.beta1 * static_cast<double>(m[i]) + (1 - spec_.beta1) * update;
      const double square =
          spec_.beta2 * static_cast<double>(v[i]) + (1 - spec_.beta2) * update * update;
      params[i] =
          static_cast<float>(static_cast<double>(params[i]) +
                             spec_.server_learning_rate * mean / (std::sqrt(square) + spec_.tau));
      m[i] = static_cast<float>(mean);
      v[i] = static_cast<float>(square);
    }
    FLORIN_TRY(ExpectFinite(state));
    return state;
  }

 private:
  StrategySpec spec_;
};

}  // namespace

std::unique_ptr<Strategy> MakeFedAdam(const StrategySpec& spec, const model::Model&) {
  return std::make_unique<FedAdam>(spec);
}

}  // namespace florin::strategy
