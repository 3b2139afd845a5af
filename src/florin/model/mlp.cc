// A multi-layer perceptron: dense layers with ReLU between them; one logit (binary labels) or a
// softmax over classes at the end. He initialisation (He et al. 2015, eq. 10).
//
// Parameters are flat, layer by layer: layerN_weights [out x in], layerN_bias [out]; row-major.
#include <algorithm>
#include <cmath>
#include <string>

#include "florin/model/expect.h"
#include "florin/model/kinds.h"
#include "florin/model/links.h"
#include "florin/num/kernels.h"

namespace florin::model {
namespace {

constexpr size_t kLayersMax = 16;
constexpr size_t kUnitsMax = size_t{1} << 20;

struct Layer {
  size_t in = 0;
  size_t out = 0;
  size_t weights = 0;  // offset in the parameters
  size_t bias = 0;     // offset in the parameters
};

class Mlp final : public Model, public Differentiable {
 public:
  Mlp(std::vector<Layer> layers, double l2, bool is_binary, num::Layout layout)
      : layers_(std::move(layers)), l2_(l2), is_binary_(is_binary), layout_(std::move(layout)) {}

  const num::Layout& layout() const override { return layout_; }
  Output output() const override { return is_binary_ ? Output::kProbability : Output::kClasses; }
  size_t output_count() const override { return layers_.back().out; }
  const Differentiable* differentiable() const override { return this; }

  void Init(num::Values& params, Rng& rng) const override {
    const Span<float> values = params.f32();
    std::ranges::fill(values, 0.0F);
    for (const Layer& layer : layers_) {
      const double deviation = std::sqrt(2 / static_cast<double>(layer.in));
      for (float& value : values.subspan(layer.weights, layer.in * layer.out)) {
        value = static_cast<float>(deviation * rng.Normal());
      }
    }
  }

  Status Predict(const State& state, const PrivateState&, const data::Batch& batch,
                 Span<float> scores) const override {
    FLORIN_TRY(ExpectBatch(batch, layers_.front().in, 0, false));
    FLORIN_TRY(ExpectState(state, layout_));
    std::vector<float> scratch(ActivationSize(batch.rows));
    const Span<float> logits = Forward(state.parameters.f32(), batch, scratch);
    std::ranges::copy(logits, scores.begin());
    if (is_binary_) {
      num::Active().sigmoid(scores.data(), scores.size());
    } else {
      num::Active().softmax_rows(scores.data(), batch.rows, output_count());
    }
    return {};
  }

  Status Accepts(const data::Batch& batch) const override {
    return ExpectTrainable(batch, layers_.front().in, 0, is_binary_ ? 0 : output_count());
  }

  double Gradient(Span<const float> params, const PrivateState&, const data::Batch& batch,
                  Span<float> grad, std::vector<float>& scratch) const override;

 private:
  // Every layer's output of a batch, one after the other.
  size_t ActivationSize(size_t rows) const {
    size_t units = 0;
    for (const Layer& layer : layers_) units += layer.out;
    return rows * units;
  }

  Span<float> Forward(Span<const float> params, const data::Batch& batch,
                      Span<float> activations) const;

  std::vector<Layer> layers_;
  double l2_;
  bool is_binary_;
  num::Layout layout_;
};

// activations: [ActivationSize(rows)]. Returns the last layer's part of it, before the link.
Span<float> Mlp::Forward(Span<const float> params, const data::Batch& batch,
                         Span<float> activations) const {
  const float* input = batch.dense.data();
  Span<float> output;
  for (const Layer& layer : layers_) {
    output = activations.first(batch.rows * layer.out);
    activations = activations.subspan(output.size());
    num::Active().matmul_nt(input, params.data() + layer.weights, output.data(), batch.rows,
                            layer.out, layer.in, false);
    AddBias(params.subspan(layer.bias, layer.out), output);
    if (&layer != &layers_.back()) num::Active().relu(output.data(), output.size());
    input = output.data();
  }
  return output;
}

// Back-propagation (Rumelhart, Hinton & Williams 1986). scratch: activations, then two deltas of
// the widest layer.
double Mlp::Gradient(Span<const float> params, const PrivateState&, const data::Batch& batch,
                     Span<float> grad, std::vector<float>& scratch) const {
  FLORIN_CHECK(HasShape(batch, layers_.front().in, 0));
  const size_t rows = batch.rows;
  const size_t activation_size = ActivationSize(rows);
  size_t widest = 0;
  for (const Layer& layer : layers_) widest = std::max(widest, layer.out);
  scratch.resize(activation_size + 2 * rows * widest);
  const Span<float> activations = Span<float>(scratch).first(activation_size);
  Span<float> delta = Span<float>(scratch).subspan(activation_size, rows * widest);
  Span<float> delta_below = Span<float>(scratch).last(rows * widest);

  const Span<float> logits = Forward(params, batch, activations);
  const double weight = WeightSum(batch);
  const float unit = weight > 0 ? static_cast<float>(1 / weight) : 0;
  double loss = 0;
  if (is_binary_) {
    loss = SigmoidResiduals(batch, logits, {});
    num::Active().scale(unit, logits.data(), logits.size());
  } else {
    loss = SoftmaxResiduals(batch, output_count(), unit, logits);
  }
  std::ranges::copy(logits, delta.begin());

  size_t output_at = activation_size;
  for (size_t i = layers_.size(); i-- > 0;) {
    const Layer& layer = layers_[i];
    output_at -= rows * layer.out;
    const size_t input_at = i == 0 ? 0 : output_at - rows * layer.in;
    const float* input = i == 0 ? batch.dense.data() : activations.data() + input_at;
    num::Active().matmul_tn(delta.data(), input, grad.data() + layer.weights, layer.out, layer.in,
                            rows, false);
    ColumnSums(delta.first(rows * layer.out), layer.out, grad.subspan(layer.bias, layer.out));
    if (l2_ > 0) {
      num::Active().axpy(static_cast<float>(l2_), params.data() + layer.weights,
                         grad.data() + layer.weights, layer.in * layer.out);
    }
    if (i == 0) break;
    num::Active().matmul_nn(delta.data(), params.data() + layer.weights, delta_below.data(), rows,
                            layer.in, layer.out, false);
    for (size_t at = 0; at < rows * layer.in; ++at) {
      if (input[at] <= 0) delta_below[at] = 0;
    }
    std::swap(delta, delta_below);
  }
  return loss;
}

}  // namespace

Result<std::unique_ptr<Model>> MakeMlp(const ModelSpec& spec) {
  FLORIN_TRY(ExpectWidths(spec));
  if (spec.dense_width == 0) {
    return ShapeFault("model dense width", "at least one dense feature for \"mlp\"", 0);
  }
  if (spec.sparse_width > 0) {
    return ShapeFault("model sparse width", "none for \"mlp\" (use one-hot or bucket encodings)",
                      spec.sparse_width);
  }
  if (spec.classes == 1 || spec.classes > kClassesMax) {
    return ShapeFault("model.classes", "0 (binary labels) or 2 to 2^20 for \"mlp\"", spec.classes);
  }
  if (spec.hidden.size() > kLayersMax) {
    return ShapeFault("model.hidden", "at most 16 layers", spec.hidden.size());
  }
  const bool is_binary = spec.classes == 0;
  std::vector<size_t> widths = spec.hidden;
  widths.push_back(is_binary ? 1 : spec.classes);
  std::vector<num::Slice> slices;
  std::vector<Layer> layers;
  size_t in = spec.dense_width;
  for (const size_t out : widths) {
    if (out == 0 || out > kUnitsMax) {
      return ShapeFault("model.hidden", "1 to 2^20 units a layer", out);
    }
    const std::string name = "layer" + std::to_string(layers.size());
    slices.push_back({.name = name + "_weights", .shape = {out, in}});
    slices.push_back({.name = name + "_bias", .shape = {out}});
    layers.push_back({.in = in, .out = out});
    in = out;
  }
  FLORIN_ASSIGN(num::Layout layout, num::Layout::Make(num::Scalar::kFloat32, std::move(slices)));
  for (size_t i = 0; i < layers.size(); ++i) {
    layers[i].weights = layout.slices()[2 * i].offset;
    layers[i].bias = layout.slices()[2 * i + 1].offset;
  }
  return std::unique_ptr<Model>(
      std::make_unique<Mlp>(std::move(layers), spec.l2, is_binary, std::move(layout)));
}

}  // namespace florin::model
