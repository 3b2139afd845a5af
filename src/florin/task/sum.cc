// One pass of exact sums over the rows.
#include "florin/base/check.h"
#include "florin/task/task.h"

namespace florin::task {
namespace {

class SumTask final : public Task {
 public:
  explicit SumTask(const model::Model& model) : statistics_(*model.statistics()) {}

  const num::Layout& layout() const override { return statistics_.layout(); }
  const std::vector<std::string>& metric_names() const override { return metric_names_; }

  Result<model::Yield> Run(const model::State& state, model::PrivateState& own,
                           data::BatchReader& reader, const model::LocalConfig&,
                           Rng&) const override {
    model::Yield yield;
    yield.values = num::Values::Zeros(layout().scalar(), layout().size());
    // Private state changes only when the whole pass went well.
    model::PrivateState next = own.Clone();
    statistics_.BeginPrivate(next);
    size_t rows = 0;
    while (true) {
      FLORIN_ASSIGN(const data::Batch* batch, reader.Next());
      if (batch == nullptr) break;
      FLORIN_TRY(statistics_.Accumulate(state, own, *batch, yield.values));
      statistics_.Remember(*batch, next);
      rows += batch->rows;
    }
    if (rows == 0) return Status(Kind::kFailed, "TASK-NO-ROWS", "no row to sum over.");
    own = std::move(next);
    yield.weight = 1;
    yield.metrics = {static_cast<double>(rows)};
    return yield;
  }

 private:
  const model::Statistics& statistics_;
  std::vector<std::string> metric_names_{"rows"};
};

}  // namespace

std::unique_ptr<Task> MakeSumTask(const model::Model& model) {
  FLORIN_CHECK(model.statistics() != nullptr);
  return std::make_unique<SumTask>(model);
}

}  // namespace florin::task
