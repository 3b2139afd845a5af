#include "florin/model/expect.h"

#include <string>

namespace florin::model {
namespace {

constexpr size_t kWidthMax = size_t{1} << 31;

Status Fault(std::string_view code, const std::string& message) {
  return Status(Kind::kFailed, code, message);
}

std::string Differs(std::string_view subject, size_t expected, size_t found) {
  return std::string(subject) + ": expected " + std::to_string(expected) + ", found " +
         std::to_string(found) + ".";
}

Status ExpectValues(std::string_view subject, std::string_view code, const num::Values& values,
                    const num::Layout& layout) {
  if (values.scalar() != layout.scalar()) {
    return Fault(code, std::string(subject) + ": expected values of type " +
                           std::string(num::ScalarName(layout.scalar())) + ", found " +
                           std::string(num::ScalarName(values.scalar())) + ".");
  }
  if (values.size() != layout.size()) {
    return Fault(code, Differs(std::string(subject) + " size", layout.size(), values.size()));
  }
  return {};
}

}  // namespace

Status ShapeFault(std::string_view subject, std::string_view expected, size_t found) {
  return Status(Kind::kConfig, "MODEL-SHAPE",
                std::string(subject) + ": expected " + std::string(expected) + ", found " +
                    std::to_string(found) + ".");
}

Status ExpectWidths(const ModelSpec& spec) {
  if (spec.dense_width > kWidthMax) {
    return ShapeFault("model dense width", "at most 2^31", spec.dense_width);
  }
  if (spec.sparse_width > kWidthMax) {
    return ShapeFault("model sparse width", "at most 2^31", spec.sparse_width);
  }
  if (!(spec.l2 >= 0 && spec.l2 < 1e30)) {
    return Status(Kind::kConfig, "MODEL-SHAPE", "model.l2: expected a finite number >= 0.");
  }
  return {};
}

Status ExpectBatch(const data::Batch& batch, size_t dense_width, size_t sparse_width,
                   bool with_label) {
  if (batch.dense_width != dense_width) {
    return Fault("MODEL-BATCH", Differs("dense width of the rows", dense_width, batch.dense_width));
  }
  if (batch.dense.size() != batch.rows * dense_width) {
    return Fault("MODEL-BATCH",
                 Differs("dense values", batch.rows * dense_width, batch.dense.size()));
  }
  if (!batch.sparse_begin.empty() && sparse_width == 0) {
    return Fault("MODEL-BATCH", "the rows have sparse features, the model has none.");
  }
  if (!batch.sparse_begin.empty() && batch.sparse_begin.size() != batch.rows + 1) {
    return Fault("MODEL-BATCH",
                 Differs("sparse row bounds", batch.rows + 1, batch.sparse_begin.size()));
  }
  if (with_label && batch.label.size() != batch.rows) {
    return Fault("MODEL-BATCH", Differs("labels", batch.rows, batch.label.size()));
  }
  if (!batch.weight.empty() && batch.weight.size() != batch.rows) {
    return Fault("MODEL-BATCH", Differs("row weights", batch.rows, batch.weight.size()));
  }
  return {};
}

Status ExpectTrainable(const data::Batch& batch, size_t dense_width, size_t sparse_width,
                       size_t classes) {
  FLORIN_TRY(ExpectBatch(batch, dense_width, sparse_width, true));
  if (!batch.sparse_begin.empty()) {
    const uint32_t begin = batch.sparse_begin.front();
    const uint32_t end = batch.sparse_begin.back();
    if (begin > end || end > batch.sparse_index.size() || end > batch.sparse_value.size()) {
      return Fault("MODEL-BATCH", "the bounds of the sparse rows are outside their entries.");
    }
    for (const uint32_t index : batch.sparse_index.subspan(begin, end - begin)) {
      if (index >= sparse_width) {
        return Fault("MODEL-BATCH", "sparse feature " + std::to_string(index) +
                                        ": expected below " + std::to_string(sparse_width) + ".");
      }
    }
  }
  if (classes == 0) return {};
  for (const float label : batch.label) {
    if (!(label >= 0 && label < static_cast<float>(classes))) {
      return Fault("MODEL-BATCH", "label " + std::to_string(label) + ": expected a class below " +
                                      std::to_string(classes) + ".");
    }
  }
  return {};
}

Status ExpectState(const State& state, const num::Layout& layout) {
  return ExpectValues("state", "MODEL-STATE", state.parameters, layout);
}

Status ExpectSum(const Aggregate& aggregate, const num::Layout& layout) {
  return ExpectValues("aggregate", "MODEL-AGGREGATE", aggregate.sum, layout);
}

}  // namespace florin::model
