#include "florin/job/plan.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "florin/base/text.h"
#include "florin/crypto/sha256.h"
#include "florin/job/graph.h"
#include "florin/model/metrics/metrics.h"
#include "florin/model/model.h"
#include "florin/protocol/party.h"
#include "florin/task/task.h"

namespace florin::job {
namespace {

// Bounds of entries that no key of the job gives. Powers of two: the grid loses nothing to them.
constexpr double kCoordinateMax = 64;            // of an update that is not clipped
constexpr double kStatisticMax = 0x1p40;         // of a real sum over one site's rows
constexpr double kMetricMax = 0x1p40;            // of a site's weight and its metric sums
constexpr uint64_t kEvaluationMax = 1ULL << 44;  // of a metric histogram or fixed-point sum

// An overflow is told in the keys of the job, which is what its writer can change.
template <typename T>
Result<encode::Grid> Fit(Result<encode::Grid> grid, std::string_view what, T entry_max,
                         uint32_t sites, std::string_view keys, int bits = encode::Grid::kBitsMax) {
  if (grid.ok()) return grid;
  return Status(Kind::kConfig, grid.status().code(),
                std::string(what) + " of up to " + base::Shortest(static_cast<double>(entry_max)) +
                    " a site, from up to " + std::to_string(sites) + " sites, do not fit the " +
                    std::to_string(bits - 1) + " bits of a sum; lower " + std::string(keys));
}

Result<encode::Grid> FitReal(std::string_view what, double entry_max, uint32_t sites,
                             std::string_view keys) {
  return Fit(encode::Grid::Make(entry_max, sites), what, entry_max, sites, keys);
}

Result<encode::Grid> FitExact(std::string_view what, uint64_t entry_max, uint32_t sites,
                              std::string_view keys) {
  return Fit(encode::Grid::MakeExact(entry_max, sites), what, entry_max, sites, keys);
}

// The largest entry of an update, as a share of its bound. Grids of 64 bits are as they were before
// there were others; the rest leave room for the last bits of clipping and turning.
double ShareOf(const JobSpec& spec, const VectorPlan& update) {
  if (update.rotation && spec.privacy.clipping_norm > 0) {
    return encode::Rotation::EntryMax(update.rotation->size());
  }
  return spec.privacy.bits < encode::Grid::kBitsMax ? encode::Rotation::kSlack : 1;
}

Result<encode::Grid> UpdateGrid(const JobSpec& spec, const VectorPlan& update) {
  const num::Scalar scalar = update.values.scalar();
  const PrivacySpec& privacy = spec.privacy;
  const uint32_t sites = spec.cohort.maximum;
  if (scalar == num::Scalar::kInt64) {
    return FitExact("counts", privacy.weight_max, sites, "privacy.weight_max or cohort.maximum");
  }
  if (scalar == num::Scalar::kFloat64) {
    const double entry = privacy.entry_max > 0 ? privacy.entry_max : kStatisticMax;
    return FitReal("statistics", entry, sites, "privacy.entry_max or cohort.maximum");
  }
  const double coordinate = privacy.clipping_norm > 0 ? privacy.clipping_norm : kCoordinateMax;
  const double weighted =
      static_cast<double>(privacy.weight_max) * coordinate * ShareOf(spec, update);
  const double entry = privacy.entry_max > 0 ? privacy.entry_max : weighted;
  const bool is_narrow = privacy.bits < encode::Grid::kBitsMax;
  return Fit(encode::Grid::Make(entry, sites, privacy.bits), "weighted updates", entry, sites,
             is_narrow ? "cohort.maximum or raise privacy.bits"
                       : "privacy.weight_max, privacy.clipping_norm, privacy.entry_max or "
                         "cohort.maximum",
             privacy.bits);
}

Result<encode::Grid> MetricGrid(const JobSpec& spec) {
  return FitReal("weights and metric sums", kMetricMax, spec.cohort.maximum, "cohort.maximum");
}

Status PlanUpdate(const JobSpec& spec, const model::Model& model, bool sums_statistics,
                  VectorPlan& update) {
  const auto task = sums_statistics ? task::MakeSumTask(model) : task::MakeTrainTask(model);
  update.values = task->layout();
  update.metric_count = task->metric_names().size();
  if (spec.privacy.rotates && update.values.scalar() == num::Scalar::kFloat32) {
    update.rotation.emplace(update.values.size(), spec.seed);
  }
  FLORIN_ASSIGN(update.value_grid, UpdateGrid(spec, update));
  FLORIN_ASSIGN(update.metric_grid, MetricGrid(spec));
  return {};
}

Status PlanEvaluation(const JobSpec& spec, const model::Model& model, VectorPlan& evaluation) {
  if (spec.evaluation.metrics.empty()) return {};
  FLORIN_ASSIGN(
      model::MetricSet metrics,
      model::MetricSet::Make(model.output(), model.output_count(), spec.evaluation.metrics));
  const auto task = task::MakeEvaluateTask(model, std::move(metrics));
  evaluation.values = task->layout();
  evaluation.metric_count = task->metric_names().size();
  FLORIN_ASSIGN(evaluation.value_grid,
                FitExact("evaluation sums", kEvaluationMax, spec.cohort.maximum, "cohort.maximum"));
  FLORIN_ASSIGN(evaluation.metric_grid, MetricGrid(spec));
  return {};
}

void Save(const VectorPlan& vector, base::Writer& writer) {
  vector.values.Save(writer);
  writer.Varint(vector.metric_count);
  vector.value_grid.Save(writer);
  vector.metric_grid.Save(writer);
}

// What is feared of a cohort where the job says nothing else: a fifth colludes with the
// coordinator, a twentieth leaves.
constexpr double kAdversarial = 0.2;
constexpr double kDropout = 0.05;

// A cohort that is smaller is sampled without replacement all the same: the odds only get better.
Result<protocol::secagg::GraphParameters> PlanGraph(const JobSpec& spec) {
  if (spec.cohort.maximum < 2) return protocol::secagg::GraphParameters{};
  FLORIN_ASSIGN(auto graph, ChooseGraph(spec.cohort.maximum, kAdversarial, kDropout));
  if (graph.degree + 1 >= spec.cohort.maximum) graph = {};  // everybody; by the rule of the size
  graph.threshold = std::max(graph.threshold, spec.privacy.threshold);
  return graph;
}

PlanHash HashPlan(const Plan& plan) {
  base::Writer writer;
  writer.Text("florin plan 1");
  plan.spec.Save(writer);
  Save(plan.update, writer);
  Save(plan.evaluation, writer);
  if (plan.IsSealed()) writer.U32(plan.graph.degree).U32(plan.graph.threshold);
  return crypto::HashAs<PlanHash>(writer.view());
}

}  // namespace

bool Plan::IsSealed() const {
  const protocol::ProtocolKind* kind = protocol::FindProtocol(spec.privacy.protocol);
  return kind != nullptr && kind->is_sealed;
}

Result<std::shared_ptr<const Plan>> MakePlan(JobSpec spec) {
  auto plan = std::make_shared<Plan>();
  plan->spec = std::move(spec);
  FLORIN_ASSIGN(const auto model, model::MakeModel(plan->spec.model));
  const strategy::StrategyKind* kind = strategy::FindStrategy(plan->spec.strategy.kind);
  // Also refuses an unknown kind, and a model that the strategy cannot serve.
  FLORIN_TRY(strategy::MakeStrategy(plan->spec.strategy, *model).status());
  FLORIN_TRY(PlanUpdate(plan->spec, *model, kind->sums_statistics, plan->update));
  FLORIN_TRY(PlanEvaluation(plan->spec, *model, plan->evaluation));
  if (plan->IsSealed()) {
    FLORIN_ASSIGN(plan->graph, PlanGraph(plan->spec));
  }
  plan->hash = HashPlan(*plan);
  Plan open = *plan;
  open.spec.privacy.protocol = PrivacySpec().protocol;
  open.spec.privacy.threshold = PrivacySpec().threshold;
  plan->numbers = HashPlan(open);
  return std::shared_ptr<const Plan>(std::move(plan));
}

}  // namespace florin::job
