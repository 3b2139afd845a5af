#include "florin/sim/compare.h"

#include <algorithm>

#include "florin/base/parallel.h"
#include "florin/job/round_kit.h"
#include "florin/sim/evaluate.h"

namespace florin::sim {
namespace {

class SilentSink final : public job::EventSink {
 public:
  void Emit(const job::Event&) override {}
};

// A model with the private state it is used with.
struct Fitted {
  std::shared_ptr<const model::State> state;
  model::PrivateState own;
};

// The same job for a federation of one, without rounds of evaluation.
Result<Fitted> FitAlone(const job::JobSpec& spec, SiteRows rows, const SimulationOptions& options) {
  job::JobSpec alone = spec;
  alone.cohort.minimum = 1;
  alone.privacy.protocol = "plain";  // nobody to hide it from
  alone.evaluation.metrics.clear();
  FLORIN_ASSIGN(auto plan, job::MakePlan(std::move(alone)));
  SilentSink silent;
  std::vector<SiteRows> one;
  one.push_back(std::move(rows));
  FLORIN_ASSIGN(auto result, Simulate(plan, one, options, silent));
  return Fitted{result.last().state, std::move(result.private_states[0])};
}

// The plain average of the sites' own models, weighted by rows: federation in one round.
Result<std::shared_ptr<const model::State>> OneShotAverage(const std::vector<const Fitted*>& local,
                                                           const std::vector<uint64_t>& rows) {
  model::State average = local[0]->state->Clone();
  const auto out = average.parameters.f32();
  std::vector<double> sum(out.size());
  double weight = 0;
  for (size_t m = 0; m < local.size(); ++m) {
    const auto share = static_cast<double>(rows[m]);
    const Span<const float> params = std::as_const(local[m]->state->parameters).f32();
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += share * static_cast<double>(params[i]);
    weight += share;
  }
  for (size_t i = 0; i < sum.size(); ++i) out[i] = static_cast<float>(sum[i] / weight);
  return std::make_shared<const model::State>(std::move(average));
}

class Comparer {
 public:
  Comparer(const job::JobSpec& spec, const std::vector<SiteRows>& sites,
           const SimulationOptions& options, const BootstrapOptions& bootstrap)
      : spec_(spec), sites_(sites), options_(options), bootstrap_(bootstrap) {}

  Result<Comparison> Run(const std::vector<Federation>& federations, job::EventSink& events) {
    FLORIN_ASSIGN(plan_, job::MakePlan(spec_));
    FLORIN_ASSIGN(kit_, job::RoundKit::Make(plan_));
    const std::optional<model::MetricSet>& metrics = kit_->metrics;
    if (!metrics.has_value()) {
      return Status(Kind::kConfig, "COMPARE-METRICS",
                    "job " + spec_.id.text() +
                        ": a comparison needs evaluation.metrics in the job file, found none");
    }
    metrics_ = &*metrics;
    Comparison comparison;
    comparison.headline = metrics_->metrics().front().name;
    comparison.is_binary = kit_->model->output() == model::Output::kProbability;
    for (const Federation& federation : federations) {
      FLORIN_ASSIGN(auto result, Simulate(plan_, Members(sites_, federation), options_, events));
      comparison.runs.push_back({federation, std::move(result)});
      if (!plan_->IsSealed()) continue;
      FLORIN_ASSIGN(comparison.runs.back().open, SimulateOpen(federation));
    }
    FLORIN_TRY(FitReferences(federations.back()));
    for (size_t s = 0; s < sites_.size(); ++s) {
      FLORIN_ASSIGN(auto market, Measure(s, comparison.runs));
      comparison.markets.push_back(std::move(market));
    }
    return comparison;
  }

 private:
  // What the coordinator would have seen one by one, for the hash of its model.
  Result<SimulationResult> SimulateOpen(const Federation& federation) const {
    job::JobSpec open = spec_;
    open.privacy.protocol = job::PrivacySpec().protocol;
    open.privacy.threshold = job::PrivacySpec().threshold;
    FLORIN_ASSIGN(const auto plan, job::MakePlan(std::move(open)));
    SilentSink silent;
    return Simulate(plan, Members(sites_, federation), options_, silent);
  }

  // Local-only models of every site, the pooled model, and the one-shot average of the locals.
  Status FitReferences(const Federation& last) {
    std::vector<Fitted> fitted(sites_.size() + 1);  // the sites', then the pooled one
    std::vector<Status> outcomes(fitted.size());
    base::ParallelFor(fitted.size(), [&](size_t i, size_t) {
      const bool is_pooled = i == sites_.size();
      auto alone = FitAlone(spec_, is_pooled ? Pool(sites_, last.members) : sites_[i], options_);
      outcomes[i] = alone.status();
      if (alone.ok()) fitted[i] = std::move(alone).value();
    });
    for (const Status& outcome : outcomes) FLORIN_TRY(outcome);
    pooled_ = std::move(fitted.back());
    fitted.pop_back();
    local_ = std::move(fitted);
    if (kit_->model->differentiable() == nullptr) return {};
    std::vector<const Fitted*> members;
    std::vector<uint64_t> rows;
    for (size_t s = 0; s < sites_.size(); ++s) {
      if (!IsMember(last, s)) continue;
      members.push_back(&local_[s]);
      rows.push_back(sites_[s].train.rows());
    }
    FLORIN_ASSIGN(one_shot_, OneShotAverage(members, rows));
    return {};
  }

  Result<Market> Measure(size_t s, const std::vector<FederationRun>& runs) {
    const data::Batch test = sites_[s].test.view();
    Market market;
    market.site = sites_[s].id;
    market.train_rows = sites_[s].train.rows();
    market.test_rows = test.rows;
    for (const float label : test.label) market.test_positives += label > 0.5F ? 1 : 0;
    const Evaluation floor = EvaluateFloor(*kit_->model, *metrics_, sites_[s].train.view(), test);
    market.cells.push_back({ColumnKind::kFloor, "", floor.figures, std::nullopt});
    FLORIN_ASSIGN(const Evaluation local, Evaluate(s, local_[s].state, local_[s].own));
    market.cells.push_back({ColumnKind::kLocal, "", local.figures, std::nullopt});
    const auto add = [&](ColumnKind kind, const std::string& federation, const auto& state,
                         const model::PrivateState& own) -> Status {
      FLORIN_ASSIGN(const Evaluation evaluation, Evaluate(s, state, own));
      market.cells.push_back(
          {kind, federation, evaluation.figures, CompareOn(test, local, evaluation, bootstrap_)});
      return {};
    };
    const FederationRun& last = runs.back();
    const std::string& name = last.federation.name;
    if (one_shot_ && IsMember(last.federation, s)) {
      FLORIN_TRY(add(ColumnKind::kOneShot, name, one_shot_, local_[s].own));
    }
    for (const FederationRun& run : runs) {
      if (!IsMember(run.federation, s)) continue;
      FLORIN_TRY(add(ColumnKind::kFederated, run.federation.name, run.result.last().state,
                     run.result.private_states[PositionOf(run.federation, s)]));
    }
    if (!last.result.personalised.empty() && IsMember(last.federation, s)) {
      FLORIN_TRY(add(ColumnKind::kPersonalised, name, last.result.last().state,
                     last.result.personalised[PositionOf(last.federation, s)]));
    }
    FLORIN_TRY(add(ColumnKind::kPooled, name, pooled_.state, pooled_.own));
    return market;
  }

  Result<Evaluation> Evaluate(size_t s, const std::shared_ptr<const model::State>& state,
                              const model::PrivateState& own) const {
    return EvaluateModel(*kit_->model, *metrics_, *state, own, sites_[s].test.view());
  }

  bool IsMember(const Federation& federation, size_t s) const {
    const auto& names = federation.members;
    return std::find(names.begin(), names.end(), sites_[s].id) != names.end();
  }

  // A federation's private states follow the order of its members' rows.
  size_t PositionOf(const Federation& federation, size_t s) const {
    size_t position = 0;
    for (size_t before = 0; before < s; ++before) position += IsMember(federation, before) ? 1 : 0;
    return position;
  }

  const job::JobSpec& spec_;
  const std::vector<SiteRows>& sites_;
  const SimulationOptions& options_;
  const BootstrapOptions& bootstrap_;
  std::shared_ptr<const job::Plan> plan_;
  std::shared_ptr<const job::RoundKit> kit_;
  const model::MetricSet* metrics_ = nullptr;  // of kit_
  std::vector<Fitted> local_;
  Fitted pooled_;
  std::shared_ptr<const model::State> one_shot_;
};

}  // namespace

std::vector<SiteRows> Members(const std::vector<SiteRows>& sites, const Federation& federation) {
  std::vector<SiteRows> members;
  for (const SiteRows& site : sites) {
    const auto& names = federation.members;
    if (std::find(names.begin(), names.end(), site.id) != names.end()) members.push_back(site);
  }
  return members;
}

const char* ColumnKindName(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kFloor:
      return "floor";
    case ColumnKind::kLocal:
      return "local-only";
    case ColumnKind::kOneShot:
      return "one-shot average";
    case ColumnKind::kFederated:
      return "federated";
    case ColumnKind::kPersonalised:
      return "federated, own weights";
    case ColumnKind::kPooled:
      return "pooled";
  }
  return "";
}

Result<Comparison> Compare(const job::JobSpec& spec, const std::vector<SiteRows>& sites,
                           const std::vector<Federation>& federations,
                           const SimulationOptions& options, const BootstrapOptions& bootstrap,
                           job::EventSink& events) {
  return Comparer(spec, sites, options, bootstrap).Run(federations, events);
}

}  // namespace florin::sim
