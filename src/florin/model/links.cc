#include "florin/model/links.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "florin/model/loss.h"
#include "florin/num/kernels.h"

namespace florin::model {
namespace {

// -value for a no, value for a yes, without a branch: labels are as good as random to a predictor.
float FlippedUnless(float label, float value) {
  const uint32_t sign = static_cast<uint32_t>(!(label > 0.5F)) << 31;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(value) ^ sign);
}

}  // namespace

double WeightSum(const data::Batch& batch) {
  if (batch.weight.empty()) return static_cast<double>(batch.rows);
  return SumOf(batch.weight);
}

// Works on q, the probability of what happened: it stays accurate where 1 - p would round to 0.
double SigmoidResiduals(const data::Batch& batch, Span<float> margins, Span<float> curvature) {
  const size_t rows = batch.rows;
  const float* label = batch.label.data();
  float* value = margins.data();
  for (size_t r = 0; r < rows; ++r) value[r] = FlippedUnless(label[r], value[r]);
  num::Active().sigmoid(value, rows);
  LogLossSum loss;
  if (batch.weight.empty()) {
    loss.AddAll(margins.first(rows));
    if (!curvature.empty()) {
      float* out = curvature.data();
      for (size_t r = 0; r < rows; ++r) out[r] = value[r] * (1 - value[r]);
    }
    for (size_t r = 0; r < rows; ++r) value[r] = FlippedUnless(label[r], value[r] - 1);
    return loss.Total();
  }
  for (size_t r = 0; r < rows; ++r) {
    const float q = value[r];
    const float weight = batch.weight[r];
    loss.Add(q, weight);
    if (!curvature.empty()) curvature[r] = weight * q * (1 - q);
    value[r] = FlippedUnless(label[r], weight * (q - 1));
  }
  return loss.Total();
}

double SoftmaxResiduals(const data::Batch& batch, size_t classes, float factor,
                        Span<float> logits) {
  num::Active().softmax_rows(logits.data(), batch.rows, classes);
  LogLossSum loss;
  for (size_t r = 0; r < batch.rows; ++r) {
    FLORIN_CHECK(batch.label[r] >= 0 && batch.label[r] < static_cast<float>(classes));
    float* row = logits.data() + r * classes;
    const auto label = static_cast<size_t>(batch.label[r]);
    float scale = factor;
    if (batch.weight.empty()) {
      loss.Add(row[label]);
    } else {
      loss.Add(row[label], batch.weight[r]);
      scale *= batch.weight[r];
    }
    row[label] -= 1;
    for (size_t c = 0; c < classes; ++c) row[c] *= scale;
  }
  return loss.Total();
}

void ColumnSums(Span<const float> values, size_t columns, Span<float> out) {
  std::ranges::fill(out, 0.0F);
  for (size_t at = 0; at < values.size(); at += columns) {
    for (size_t c = 0; c < columns; ++c) out[c] += values[at + c];
  }
}

void AddBias(Span<const float> bias, Span<float> values) {
  for (size_t at = 0; at < values.size(); at += bias.size()) {
    for (size_t c = 0; c < bias.size(); ++c) values[at + c] += bias[c];
  }
}

}  // namespace florin::model
