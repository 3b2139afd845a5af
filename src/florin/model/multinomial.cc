// Multinomial logistic regression: P(class) = softmax(W dense + sum of V[sparse] + intercept).
//
// Parameters are flat: weights [classes x dense], sparse [sparse x classes] (a sparse entry then
// touches one run of memory), intercept [classes]; all row-major.
#include <algorithm>

#include "florin/model/expect.h"
#include "florin/model/kinds.h"
#include "florin/model/links.h"
#include "florin/num/kernels.h"

namespace florin::model {
namespace {

class Multinomial final : public Model, public Differentiable {
 public:
  Multinomial(const ModelSpec& spec, num::Layout layout)
      : dense_(spec.dense_width),
        sparse_(spec.sparse_width),
        classes_(spec.classes),
        l2_(spec.l2),
        layout_(std::move(layout)) {}

  const num::Layout& layout() const override { return layout_; }
  Output output() const override { return Output::kClasses; }
  size_t output_count() const override { return classes_; }
  void Init(num::Values& params, Rng&) const override { std::ranges::fill(params.f32(), 0.0F); }
  const Differentiable* differentiable() const override { return this; }

  Status Predict(const State& state, const PrivateState&, const data::Batch& batch,
                 Span<float> scores) const override {
    FLORIN_TRY(ExpectBatch(batch, dense_, sparse_, false));
    FLORIN_TRY(ExpectState(state, layout_));
    Logits(state.parameters.f32(), batch, scores);
    num::Active().softmax_rows(scores.data(), batch.rows, classes_);
    return {};
  }

  Status Accepts(const data::Batch& batch) const override {
    return ExpectTrainable(batch, dense_, sparse_, classes_);
  }

  double Gradient(Span<const float> params, const PrivateState&, const data::Batch& batch,
                  Span<float> grad, std::vector<float>& scratch) const override {
    FLORIN_CHECK(HasShape(batch, dense_, sparse_));
    scratch.resize(batch.rows * classes_);
    Logits(params, batch, scratch);
    const double weight = WeightSum(batch);
    const float unit = weight > 0 ? static_cast<float>(1 / weight) : 0;
    const double loss = SoftmaxResiduals(batch, classes_, unit, scratch);
    num::Active().matmul_tn(scratch.data(), batch.dense.data(), grad.data(), classes_, dense_,
                            batch.rows, false);
    ColumnSums(scratch, classes_, grad.last(classes_));
    if (sparse_ > 0) SparseGradient(batch, scratch, grad.subspan(classes_ * dense_));
    if (l2_ > 0) {
      num::Active().axpy(static_cast<float>(l2_), params.data(), grad.data(),
                         classes_ * (dense_ + sparse_));
    }
    return loss;
  }

 private:
  void Logits(Span<const float> params, const data::Batch& batch, Span<float> logits) const {
    num::Active().matmul_nt(batch.dense.data(), params.data(), logits.data(), batch.rows, classes_,
                            dense_, false);
    AddBias(params.last(classes_), logits);
    if (batch.sparse_begin.empty()) return;
    const float* sparse = params.data() + classes_ * dense_;
    for (size_t r = 0; r < batch.rows; ++r) {
      for (uint32_t e = batch.sparse_begin[r]; e < batch.sparse_begin[r + 1]; ++e) {
        FLORIN_CHECK(batch.sparse_index[e] < sparse_);
        num::Active().axpy(batch.sparse_value[e], sparse + batch.sparse_index[e] * classes_,
                           logits.data() + r * classes_, classes_);
      }
    }
  }

  // grad: from the sparse slice on.
  void SparseGradient(const data::Batch& batch, Span<const float> residuals,
                      Span<float> grad) const {
    std::ranges::fill(grad.first(sparse_ * classes_), 0.0F);
    if (batch.sparse_begin.empty()) return;
    for (size_t r = 0; r < batch.rows; ++r) {
      for (uint32_t e = batch.sparse_begin[r]; e < batch.sparse_begin[r + 1]; ++e) {
        num::Active().axpy(batch.sparse_value[e], residuals.data() + r * classes_,
                           grad.data() + batch.sparse_index[e] * classes_, classes_);
      }
    }
  }

  size_t dense_;
  size_t sparse_;
  size_t classes_;
  double l2_;
  num::Layout layout_;
};

}  // namespace

Result<std::unique_ptr<Model>> MakeMultinomial(const ModelSpec& spec) {
  FLORIN_TRY(ExpectWidths(spec));
  if (spec.classes < 2 || spec.classes > kClassesMax) {
    return ShapeFault("model.classes", "2 to 2^20 for \"multinomial\"", spec.classes);
  }
  std::vector<num::Slice> slices;
  if (spec.dense_width > 0) {
    slices.push_back({.name = "weights", .shape = {spec.classes, spec.dense_width}});
  }
  if (spec.sparse_width > 0) {
    slices.push_back({.name = "sparse", .shape = {spec.sparse_width, spec.classes}});
  }
  slices.push_back({.name = "intercept", .shape = {spec.classes}});
  FLORIN_ASSIGN(num::Layout layout, num::Layout::Make(num::Scalar::kFloat32, std::move(slices)));
  return std::unique_ptr<Model>(std::make_unique<Multinomial>(spec, std::move(layout)));
}

}  // namespace florin::model
