// Exact sums: the model's own statistics say what the next state is.
#include "florin/strategy/kinds.h"

namespace florin::strategy {
namespace {

class SumStrategy final : public Strategy {
 public:
  SumStrategy(const StrategySpec& spec, const model::Model& model) : spec_(spec), model_(model) {}

  Result<model::LocalConfig> Configure(const model::State&, RoundId) const override {
    return spec_.local;
  }
  Result<model::State> Apply(model::State state, const model::Aggregate& sum) const override {
    if (!(sum.weight > 0)) {
      return Status(Kind::kFailed, "STRATEGY-EMPTY", "the sum holds no contribution.");
    }
    FLORIN_ASSIGN(model::State next, model_.statistics()->Solve(std::move(state), sum));
    FLORIN_TRY(ExpectFinite(next));
    return next;
  }

 private:
  StrategySpec spec_;
  const model::Model& model_;
};

}  // namespace

std::unique_ptr<Strategy> MakeSum(const StrategySpec& spec, const model::Model& model) {
  return std::make_unique<SumStrategy>(spec, model);
}

}  // namespace florin::strategy
