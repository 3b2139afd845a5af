#include "florin/model/links.h"

#include <algorithm>

#include "florin/model/loss.h"
#include "florin/num/kernels.h"

namespace florin::model {

double WeightSum(const data::Batch& batch) {
  if (batch.weight.empty()) return static_cast<double>(batch.rows);
  double sum = 0;
  for (const float weight : batch.weight) sum += static_cast<double>(weight);
  return sum;
}

// Works on q, the probability of what happened: it stays accurate where 1 - p would round to 0.
double SigmoidResiduals(const data::Batch& batch, Span<float> margins, Span<float> curvature) {
  for (size_t r = 0; r < batch.rows; ++r) {
    if (batch.label[r] <= 0.5F) margins[r] = -margins[r];
  }
  num::Active().sigmoid(margins.data(), batch.rows);
  LogLossSum loss;
  for (size_t r = 0; r < batch.rows; ++r) {
    const float q = margins[r];
    const float weight = batch.weight.empty() ? 1.0F : batch.weight[r];
    if (batch.weight.empty()) {
      loss.Add(q);
    } else {
      loss.Add(q, weight);
    }
    if (!curvature.empty()) curvature[r] = weight * q * (1 - q);
    margins[r] = (batch.label[r] > 0.5F ? -weight : weight) * (1 - q);
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
