#include "florin/job/kit.h"

#include <utility>

#include "florin/model/metrics/metrics.h"
#include "florin/strategy/strategy.h"

namespace florin::job {

Result<std::shared_ptr<const SiteKit>> SiteKit::Make(std::shared_ptr<const Plan> plan) {
  const JobSpec& spec = plan->spec;
  auto kit = std::make_shared<SiteKit>();
  FLORIN_ASSIGN(kit->model, model::MakeModel(spec.model));
  const strategy::StrategyKind* strategy = strategy::FindStrategy(spec.strategy.kind);
  FLORIN_CHECK(strategy != nullptr);  // the plan exists, so its strategy does
  kit->update =
      strategy->sums_statistics ? task::MakeSumTask(*kit->model) : task::MakeTrainTask(*kit->model);
  if (!spec.evaluation.metrics.empty()) {
    FLORIN_ASSIGN(model::MetricSet metrics,
                  model::MetricSet::Make(kit->model->output(), kit->model->output_count(),
                                         spec.evaluation.metrics));
    kit->evaluation = task::MakeEvaluateTask(*kit->model, std::move(metrics));
  }
  kit->plan = std::move(plan);
  return std::shared_ptr<const SiteKit>(std::move(kit));
}

}  // namespace florin::job
