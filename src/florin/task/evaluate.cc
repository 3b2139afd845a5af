// Federated evaluation: the rows' metric sums under the offered state.
#include <algorithm>

#include "florin/task/task.h"

namespace florin::task {
namespace {

constexpr size_t kChunkScoresMax = size_t{1} << 19;  // 2 MB of scores at a time
constexpr size_t kChunkRowsMax = 4096;

class EvaluateTask final : public Task {
 public:
  EvaluateTask(const model::Model& model, model::MetricSet metrics)
      : model_(model), metrics_(std::move(metrics)) {}

  const num::Layout& layout() const override { return metrics_.layout(); }
  const std::vector<std::string>& metric_names() const override { return metric_names_; }

  Result<model::Yield> Run(const model::State& state, model::PrivateState& own,
                           data::BatchReader& reader, const model::LocalConfig&,
                           Rng&) const override {
    model::Yield yield;
    yield.values = num::Values::Zeros(num::Scalar::kInt64, layout().size());
    const size_t width = model_.output_count();
    const size_t chunk = std::clamp<size_t>(kChunkScoresMax / width, 1, kChunkRowsMax);
    std::vector<float> scores;
    size_t rows = 0;
    while (true) {
      FLORIN_ASSIGN(const data::Batch* batch, reader.Next());
      if (batch == nullptr) break;
      FLORIN_TRY(metrics_.Accepts(*batch));
      for (size_t first = 0; first < batch->rows; first += chunk) {
        const data::Batch part = batch->Slice(first, std::min(chunk, batch->rows - first));
        scores.resize(part.rows * width);
        FLORIN_TRY(model_.Predict(state, own, part, scores));
        metrics_.Accumulate(part, scores, yield.values.i64());
      }
      rows += batch->rows;
    }
    if (rows == 0) return Status(Kind::kFailed, "TASK-NO-ROWS", "no row to evaluate on.");
    yield.weight = 1;
    yield.metrics = {static_cast<double>(rows)};
    return yield;
  }

 private:
  const model::Model& model_;
  model::MetricSet metrics_;
  std::vector<std::string> metric_names_{"rows"};
};

}  // namespace

std::unique_ptr<Task> MakeEvaluateTask(const model::Model& model, model::MetricSet metrics) {
  return std::make_unique<EvaluateTask>(model, std::move(metrics));
}

}  // namespace florin::task
