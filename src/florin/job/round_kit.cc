#include "florin/job/round_kit.h"

#include <utility>

namespace florin::job {

Result<std::shared_ptr<const RoundKit>> RoundKit::Make(std::shared_ptr<const Plan> plan) {
  const JobSpec& spec = plan->spec;
  auto kit = std::make_shared<RoundKit>();
  FLORIN_ASSIGN(kit->model, model::MakeModel(spec.model));
  FLORIN_ASSIGN(kit->strategy, strategy::MakeStrategy(spec.strategy, *kit->model));
  if (!spec.evaluation.metrics.empty()) {
    FLORIN_ASSIGN(kit->metrics,
                  model::MetricSet::Make(kit->model->output(), kit->model->output_count(),
                                         spec.evaluation.metrics));
  }
  kit->plan = std::move(plan);
  return std::shared_ptr<const RoundKit>(std::move(kit));
}

}  // namespace florin::job
