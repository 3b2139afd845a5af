// From a model's last linear outputs to its loss: sigmoid for yes or no, softmax for classes.
// Internal to the room.
#pragma once

#include <cstddef>

#include "florin/base/span.h"
#include "florin/data/batch.h"

namespace florin::model {

constexpr size_t kClassesMax = size_t{1} << 20;

double WeightSum(const data::Batch& batch);

// margins [rows] become residuals weight (p - label); curvature [rows], unless empty, becomes
// weight p (1 - p). Returns the summed weighted loss.
double SigmoidResiduals(const data::Batch& batch, Span<float> margins, Span<float> curvature);

// logits [rows x classes] become weight (p - onehot(label)). Returns the summed weighted loss.
// Labels must be below classes (FLORIN_CHECK). factor scales the residuals.
double SoftmaxResiduals(const data::Batch& batch, size_t classes, float factor, Span<float> logits);

// out[c] = sum over rows of values[r x columns + c].
void ColumnSums(Span<const float> values, size_t columns, Span<float> out);

// Adds bias [columns] to every row of values [rows x columns].
void AddBias(Span<const float> bias, Span<float> values);

}  // namespace florin::model
