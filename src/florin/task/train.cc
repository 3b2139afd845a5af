// Local training: E epochs of mini-batch SGD from the offered parameters (McMahan et al. 2017,
// Alg. 1, ClientUpdate), with FedProx's pull towards them when mu > 0 (Li et al. 2020).
#include <algorithm>
#include <numeric>

#include "florin/base/check.h"
#include "florin/num/kernels.h"
#include "florin/task/minibatch.h"
#include "florin/task/task.h"

namespace florin::task {
namespace {

// What a thread keeps between runs, so that a virtual device costs no allocation but its yield.
// Contents are dead between runs.
struct Scratch {
  std::vector<uint32_t> order;
  std::vector<float> grad;
  std::vector<float> model;
  Minibatch minibatch;
};

Scratch& ThreadScratch() {
  thread_local Scratch scratch;
  return scratch;
}

class TrainTask final : public Task {
 public:
  explicit TrainTask(const model::Model& model) : model_(model) {
    FLORIN_CHECK(model.differentiable() != nullptr);
  }

  const num::Layout& layout() const override { return model_.layout(); }
  const std::vector<std::string>& metric_names() const override { return metric_names_; }

  Result<model::Yield> Run(const model::State& state, model::PrivateState& own,
                           data::BatchReader& reader, const model::LocalConfig& config,
                           Rng& rng) const override;

 private:
  // One pass over the rows in a new order; returns the summed loss of the parameters each row met.
  double RunEpoch(const model::State& state, const model::PrivateState& own,
                  const data::Batch& rows, const model::LocalConfig& config, Rng& rng,
                  Span<float> params, Scratch& scratch) const;

  const model::Model& model_;
  std::vector<std::string> metric_names_{"rows", "loss"};
};

Result<model::Yield> TrainTask::Run(const model::State& state, model::PrivateState& own,
                                    data::BatchReader& reader, const model::LocalConfig& config,
                                    Rng& rng) const {
  const num::Layout& layout = model_.layout();
  if (state.parameters.size() != layout.size() || state.parameters.scalar() != layout.scalar()) {
    return Status(Kind::kFailed, "TASK-STATE",
                  "the offered state has " + std::to_string(state.parameters.size()) +
                      " parameters, the model " + std::to_string(layout.size()) + ".");
  }
  FLORIN_ASSIGN(const AllRows all, AllRows::Read(reader));
  const data::Batch& rows = all.batch();
  if (rows.rows == 0) return Status(Kind::kFailed, "TASK-NO-ROWS", "no row to train on.");
  FLORIN_TRY(model_.differentiable()->Accepts(rows));
  FLORIN_TRY(model_.Personalise(state, rows, own));

  model::Yield yield;
  yield.values = state.parameters.Clone();
  const Span<float> params = yield.values.f32();
  Scratch& scratch = ThreadScratch();
  scratch.grad.resize(params.size());
  scratch.order.resize(rows.rows);
  std::iota(scratch.order.begin(), scratch.order.end(), 0U);
  double loss = 0;
  for (uint32_t epoch = 0; epoch < config.epochs; ++epoch) {
    const double epoch_loss = RunEpoch(state, own, rows, config, rng, params, scratch);
    if (epoch == 0) loss = epoch_loss;
  }
  num::Active().subtract(params.data(), state.parameters.f32().data(), params.data(),
                         params.size());
  yield.weight = static_cast<double>(std::min(rows.rows, kWeightMax));
  yield.metrics = {static_cast<double>(rows.rows), loss};
  return yield;
}

double TrainTask::RunEpoch(const model::State& state, const model::PrivateState& own,
                           const data::Batch& rows, const model::LocalConfig& config, Rng& rng,
                           Span<float> params, Scratch& scratch) const {
  const model::Differentiable& model = *model_.differentiable();
  const num::Kernels& kernels = num::Active();
  const size_t batch_size = std::max<size_t>(config.batch_size, 1);
  const auto rate = static_cast<float>(config.learning_rate);
  const bool is_whole = batch_size >= rows.rows;
  if (!is_whole) base::Shuffle(Span<uint32_t>(scratch.order), rng);
  double loss = 0;
  for (size_t first = 0; first < rows.rows; first += batch_size) {
    const size_t count = std::min(batch_size, rows.rows - first);
    const data::Batch batch =
        is_whole ? rows
                 : scratch.minibatch.Gather(
                       rows, Span<const uint32_t>(scratch.order).subspan(first, count));
    loss += model.Gradient(params, own, batch, scratch.grad, scratch.model);
    if (config.proximal_mu > 0) {  // params -= rate mu (params - offered)
      const auto pull = static_cast<float>(config.learning_rate * config.proximal_mu);
      kernels.scale(1 - pull, params.data(), params.size());
      kernels.axpy(pull, state.parameters.f32().data(), params.data(), params.size());
    }
    kernels.axpy(-rate, scratch.grad.data(), params.data(), params.size());
  }
  return loss;
}

}  // namespace

std::unique_ptr<Task> MakeTrainTask(const model::Model& model) {
  return std::make_unique<TrainTask>(model);
}

}  // namespace florin::task
