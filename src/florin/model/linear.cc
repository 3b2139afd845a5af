// Linear regression with half the squared error as loss: by gradient steps, or exactly in one round
// from the summed normal equations X^T X, X^T y, y^T y.
#include <algorithm>

#include "florin/model/expect.h"
#include "florin/model/kinds.h"
#include "florin/model/linear_part.h"
#include "florin/model/links.h"
#include "florin/num/kernels.h"
#include "florin/num/linalg.h"

namespace florin::model {
namespace {

class NormalEquations final : public Statistics {
 public:
  static Result<NormalEquations> Make(const LinearShape& shape, double l2,
                                      const num::Layout& parameters) {
    const size_t d = shape.size();
    FLORIN_ASSIGN(
        num::Layout layout,
        num::Layout::Make(num::Scalar::kFloat64, {{.name = "moment", .shape = {d}},
                                                  {.name = "gram", .shape = {num::PackedSize(d)}},
                                                  {.name = "squares", .shape = {1}},
                                                  {.name = "weight", .shape = {1}}}));
    return NormalEquations(shape, l2, parameters, std::move(layout));
  }

  const num::Layout& layout() const override { return layout_; }

  Status Accumulate(const State&, const PrivateState&, const data::Batch& batch,
                    num::Values& sums) const override {
    FLORIN_TRY(ExpectTrainable(batch, shape_.dense, shape_.sparse, 0));
    const auto factors = [](const data::Batch& part, Span<float> weight, Span<float> target) {
      double squares = 0;
      for (size_t r = 0; r < part.rows; ++r) {
        weight[r] = part.weight.empty() ? 1.0F : part.weight[r];
        target[r] = weight[r] * part.label[r];
        squares += static_cast<double>(target[r]) * static_cast<double>(part.label[r]);
      }
      return squares;
    };
    const size_t d = shape_.size();
    const size_t packed = num::PackedSize(d);
    const Span<double> all = sums.f64();
    all[d + packed] +=
        AddOuterProducts(shape_, batch, factors, all.subspan(d, packed), all.first(d));
    all[d + packed + 1] += WeightSum(batch);
    return {};
  }

  // One round is all: the loss is a quadratic and these sums are the whole of it.
  Result<State> Solve(State state, const Aggregate& aggregate) const override {
    FLORIN_TRY(ExpectSum(aggregate, layout_));
    FLORIN_TRY(ExpectState(state, parameters_));
    const size_t d = shape_.size();
    const Span<const double> all = aggregate.sum.f64();
    const double weight = all[d + num::PackedSize(d) + 1];
    if (!(weight > 0)) {
      return Status(Kind::kFailed, "MODEL-AGGREGATE", "the summed rows have no weight.");
    }
    FLORIN_ASSIGN(const std::vector<double> params,
                  SolveRidged(all.subspan(d, num::PackedSize(d)), all.first(d), l2_ * weight, d));
    const Span<float> next = state.parameters.f32();
    for (size_t i = 0; i < d; ++i) next[i] = static_cast<float>(params[i]);
    state.is_converged = true;
    return state;
  }

 private:
  NormalEquations(const LinearShape& shape, double l2, const num::Layout& parameters,
                  num::Layout layout)
      : shape_(shape), l2_(l2), parameters_(parameters), layout_(std::move(layout)) {}

  LinearShape shape_;
  double l2_;
  num::Layout parameters_;
  num::Layout layout_;
};

class Linear final : public Model, public Differentiable {
 public:
  Linear(const LinearShape& shape, double l2, num::Layout layout,
         std::unique_ptr<NormalEquations> equations)
      : shape_(shape), l2_(l2), layout_(std::move(layout)), equations_(std::move(equations)) {}

  const num::Layout& layout() const override { return layout_; }
  Output output() const override { return Output::kReal; }
  size_t output_count() const override { return 1; }
  void Init(num::Values& params, Rng&) const override { std::ranges::fill(params.f32(), 0.0F); }
  const Differentiable* differentiable() const override { return this; }
  const Statistics* statistics() const override { return equations_.get(); }

  Status Predict(const State& state, const PrivateState&, const data::Batch& batch,
                 Span<float> scores) const override {
    FLORIN_TRY(ExpectBatch(batch, shape_.dense, shape_.sparse, false));
    FLORIN_TRY(ExpectState(state, layout_));
    InnerProducts(shape_, state.parameters.f32(), batch, scores);
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
    double loss = 0;
    double weight_sum = 0;
    for (size_t r = 0; r < batch.rows; ++r) {
      const float weight = batch.weight.empty() ? 1.0F : batch.weight[r];
      const float error = scratch[r] - batch.label[r];
      weight_sum += static_cast<double>(weight);
      loss +=
          static_cast<double>(weight) * static_cast<double>(error) * static_cast<double>(error) / 2;
      scratch[r] = weight * error;
    }
    if (weight_sum > 0) {
      num::Active().scale(static_cast<float>(1 / weight_sum), scratch.data(), batch.rows);
    }
    TransposedProduct(shape_, batch, scratch, grad);
    AddL2(shape_, l2_, params, grad);
    return loss;
  }

 private:
  LinearShape shape_;
  double l2_;
  num::Layout layout_;
  std::unique_ptr<NormalEquations> equations_;  // nullptr when the Gram would be too large to send
};

}  // namespace

Result<std::unique_ptr<Model>> MakeLinear(const ModelSpec& spec) {
  return MakeWithSums<Linear, NormalEquations>(spec);
}

}  // namespace florin::model
