// Binary logistic regression: P(label = 1) = sigmoid(<params, row>). By gradient steps, or by
// Newton's method on summed gradients and Hessians (iteratively reweighted least squares; Nocedal &
// Wright 2006, sec. 3.3), one step a round.
#include <algorithm>
#include <array>
#include <cmath>

#include "florin/model/expect.h"
#include "florin/model/kinds.h"
#include "florin/model/linear_part.h"
#include "florin/model/links.h"
#include "florin/num/kernels.h"
#include "florin/num/linalg.h"

namespace florin::model {
namespace {

// A round is the last when Newton's model of the loss promises less than this share of it: the
// error of the parameters is then the square of a small number, below float32.
constexpr double kDecrementShare = 1e-9;
constexpr double kLossNoise = 1e-7;     // of a mean of float32 losses
constexpr double kStepShareMin = 1e-6;  // a halved step this short is no step

// Sums: gradient, Hessian and loss of the weighted rows, without the L2 term, which Solve adds
// once. Memory of the state: the last accepted parameters, their mean penalised loss and weight, so
// that a step after which the loss rose over the same rows is halved.
class Newton final : public Statistics {
 public:
  static Result<Newton> Make(const LinearShape& shape, double l2, const num::Layout& parameters) {
    const size_t d = shape.size();
    FLORIN_ASSIGN(num::Layout layout,
                  num::Layout::Make(num::Scalar::kFloat64,
                                    {{.name = "gradient", .shape = {d}},
                                     {.name = "hessian", .shape = {num::PackedSize(d)}},
                                     {.name = "loss", .shape = {1}},
                                     {.name = "weight", .shape = {1}}}));
    return Newton(shape, l2, parameters, std::move(layout));
  }

  const num::Layout& layout() const override { return layout_; }

  Status Accumulate(const State& state, const PrivateState&, const data::Batch& batch,
                    num::Values& sums) const override {
    FLORIN_TRY(ExpectTrainable(batch, shape_.dense, shape_.sparse, 0));
    FLORIN_TRY(ExpectState(state, parameters_));
    const Span<const float> params = state.parameters.f32();
    const auto factors = [&](const data::Batch& part, Span<float> curvature, Span<float> residual) {
      InnerProducts(shape_, params, part, residual);
      return SigmoidResiduals(part, residual, curvature);
    };
    const Parts parts = Split(sums.f64());
    parts.loss[0] += AddOuterProducts(shape_, batch, factors, parts.hessian, parts.gradient);
    parts.weight[0] += WeightSum(batch);
    return {};
  }

  Result<State> Solve(State state, const Aggregate& aggregate) const override;

 private:
  struct Parts {
    Span<double> gradient, hessian, loss, weight;
  };

  Newton(const LinearShape& shape, double l2, const num::Layout& parameters, num::Layout layout)
      : shape_(shape), l2_(l2), parameters_(parameters), layout_(std::move(layout)) {}

  Parts Split(Span<double> sums) const {
    const size_t d = shape_.size();
    const size_t packed = num::PackedSize(d);
    return {.gradient = sums.first(d),
            .hessian = sums.subspan(d, packed),
            .loss = sums.subspan(d + packed, 1),
            .weight = sums.subspan(d + packed + 1, 1)};
  }

  void HalveStep(Span<const double> accepted, State& state) const;

  LinearShape shape_;
  double l2_;
  num::Layout parameters_;
  num::Layout layout_;
};

Result<State> Newton::Solve(State state, const Aggregate& aggregate) const {
  FLORIN_TRY(ExpectSum(aggregate, layout_));
  FLORIN_TRY(ExpectState(state, parameters_));
  num::Values means = aggregate.sum.Clone();
  const Parts parts = Split(means.f64());
  const double weight = parts.weight[0];
  if (!(weight > 0)) {
    return Status(Kind::kFailed, "MODEL-AGGREGATE", "the summed rows have no weight.");
  }
  for (double& value : means.f64()) value /= weight;

  const std::vector<double> params(state.parameters.f32().begin(), state.parameters.f32().end());
  const double loss = parts.loss[0] + L2Penalty(shape_, l2_, params);
  const auto before = state.memory.find("newton_parameters");
  const auto at = state.memory.find("newton_loss");
  if (before != state.memory.end() && at != state.memory.end() &&
      before->second.size() == params.size() && at->second.size() == 2 &&
      at->second.f64()[1] == weight &&
      !(loss <= at->second.f64()[0] + kLossNoise * (1 + std::abs(loss)))) {
    HalveStep(before->second.f64(), state);
    return state;
  }

  for (size_t i = 0; i < shape_.features(); ++i) parts.gradient[i] += l2_ * params[i];
  FLORIN_ASSIGN(const std::vector<double> step,
                SolveRidged(parts.hessian, parts.gradient, l2_, params.size()));
  double decrement = 0;
  const Span<float> next = state.parameters.f32();
  for (size_t i = 0; i < step.size(); ++i) {
    decrement += step[i] * parts.gradient[i] / 2;
    next[i] = static_cast<float>(params[i] - step[i]);
  }
  state.is_converged = decrement <= kDecrementShare * std::abs(loss);
  state.memory["newton_parameters"] = num::Values::Of(Span<const double>(params));
  state.memory["newton_loss"] = num::Values::Of(Span<const double>(std::array{loss, weight}));
  return state;
}

void Newton::HalveStep(Span<const double> accepted, State& state) const {
  double step_max = 0;
  double size_max = 1;
  const Span<float> params = state.parameters.f32();
  for (size_t i = 0; i < params.size(); ++i) {
    const double half = (static_cast<double>(params[i]) - accepted[i]) / 2;
    step_max = std::max(step_max, std::abs(half));
    size_max = std::max(size_max, std::abs(accepted[i]));
    params[i] = static_cast<float>(accepted[i] + half);
  }
  state.is_converged = step_max <= kStepShareMin * size_max;
}

class Logistic final : public Model, public Differentiable {
 public:
  Logistic(const LinearShape& shape, double l2, num::Layout layout, std::unique_ptr<Newton> newton)
      : shape_(shape), l2_(l2), layout_(std::move(layout)), newton_(std::move(newton)) {}

  const num::Layout& layout() const override { return layout_; }
  Output output() const override { return Output::kProbability; }
  size_t output_count() const override { return 1; }
  void Init(num::Values& params, Rng&) const override { std::ranges::fill(params.f32(), 0.0F); }
  const Differentiable* differentiable() const override { return this; }
  const Statistics* statistics() const override { return newton_.get(); }

  Status Predict(const State& state, const PrivateState&, const data::Batch& batch,
                 Span<float> scores) const override {
    FLORIN_TRY(ExpectBatch(batch, shape_.dense, shape_.sparse, false));
    FLORIN_TRY(ExpectState(state, layout_));
    InnerProducts(shape_, state.parameters.f32(), batch, scores);
    num::Active().sigmoid(scores.data(), scores.size());
    return {};
  }

  Status Accepts(const data::Batch& batch) const override {
    return ExpectTrainable(batch, shape_.dense, shape_.sparse, 0);
  }

  double Gradient(Span<const float> params, const PrivateState&, const data::Batch& batch,
                  Span<float> grad, std::vector<float>& scratch) const override {
    FLORIN_CHECK(HasShape(batch, shape_.dense, shape_.sparse));
    scratch.resize(batch.rows);
    InnerProducts(shape_, params, batch, scratch);
    const double loss = SigmoidResiduals(batch, scratch, {});
    const double weight = WeightSum(batch);
    if (weight > 0) num::Active().scale(static_cast<float>(1 / weight), scratch.data(), batch.rows);
    TransposedProduct(shape_, batch, scratch, grad);
    AddL2(shape_, l2_, params, grad);
    return loss;
  }

 private:
  LinearShape shape_;
  double l2_;
  num::Layout layout_;
  std::unique_ptr<Newton> newton_;  // nullptr when the Hessian would be too large to send
};

}  // namespace

Result<std::unique_ptr<Model>> MakeLogistic(const ModelSpec& spec) {
  return MakeWithSums<Logistic, Newton>(spec);
}

}  // namespace florin::model
