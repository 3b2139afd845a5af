#include "florin/job/compatibility.h"

#include <memory>
#include <optional>

#include "florin/base/text.h"
#include "florin/job/sealing.h"
#include "florin/model/metrics/metrics.h"
#include "florin/protocol/party.h"
#include "florin/strategy/strategy.h"

namespace florin::job {
namespace {

using LabelKind = data::Label::Kind;

// What the rules look at. model is nullptr when none can be built of the spec.
struct Facts {
  const JobSpec& spec;
  const model::Model* model;
  const strategy::StrategyKind& strategy;
  const protocol::ProtocolKind& protocol;
};

struct Objection {
  std::string key;
  std::string message;
};
using Verdict = std::optional<Objection>;

std::string Quoted(std::string_view text) { return base::JsonQuote(text); }

Verdict SumNeedsStatistics(const Facts& facts) {
  if (!facts.strategy.sums_statistics || !facts.model || facts.model->statistics()) return {};
  return Objection{"training.strategy",
                   "strategy " + Quoted(facts.strategy.name) + " sums exact statistics; model " +
                       Quoted(facts.spec.model.kind) + " has none. Use strategy \"fedavg\"."};
}

Verdict GradientNeedsDifferentiable(const Facts& facts) {
  if (facts.strategy.sums_statistics || !facts.model || facts.model->differentiable()) return {};
  return Objection{"training.strategy",
                   "strategy " + Quoted(facts.strategy.name) + " averages gradient steps; model " +
                       Quoted(facts.spec.model.kind) + " has no gradient. Use strategy \"sum\"."};
}

Verdict IndividualNeedsPlain(const Facts& facts) {
  if (!facts.strategy.needs_individual || !facts.protocol.is_sealed) return {};
  return Objection{"training.strategy",
                   "strategy " + Quoted(facts.strategy.name) +
                       " needs individual updates; protocol " + Quoted(facts.protocol.name) +
                       " reveals only sums. Use protocol \"plain\" or strategy \"fedavg\"."};
}

Verdict FedProxNeedsMu(const Facts& facts) {
  const bool is_fedprox = std::string_view(facts.strategy.name) == "fedprox";
  if (!is_fedprox || facts.spec.strategy.local.proximal_mu > 0) return {};
  return Objection{"training.strategy",
                   "strategy \"fedprox\" without training.proximal_mu > 0 is plain averaging. Set "
                   "it (0.01 is a start) or use strategy \"fedavg\"."};
}

Verdict MetricsFitOutput(const Facts& facts) {
  if (!facts.model) return {};
  const auto metrics = model::MetricSet::Make(facts.model->output(), facts.model->output_count(),
                                              facts.spec.evaluation.metrics);
  if (metrics.ok()) return {};
  return Objection{"evaluation.metrics", std::string(metrics.status().message())};
}

Verdict ClippingNeedsUpdates(const Facts& facts) {
  if (!facts.strategy.sums_statistics || facts.spec.privacy.clipping_norm == 0) return {};
  return Objection{"privacy.clipping_norm",
                   "clipping would falsify the exact sums of strategy " +
                       Quoted(facts.strategy.name) +
                       ". Leave it out; privacy.weight_max and privacy.entry_max bound them."};
}

Verdict CountsNeedContexts(const Facts& facts) {
  const bool is_counts = facts.spec.model.kind == "counts";
  if (is_counts == !facts.spec.schema.contexts.empty()) return {};
  if (is_counts) {
    return Objection{"schema", "model \"counts\" counts labels per context: give schema.contexts."};
  }
  return Objection{"schema.contexts", "only model \"counts\" reads contexts; model " +
                                          Quoted(facts.spec.model.kind) + " reads features."};
}

Verdict LabelFitsModel(const Facts& facts) {
  const std::string& kind = facts.spec.model.kind;
  const LabelKind label = facts.spec.schema.label.kind;
  const auto object = [&](const std::string& message) -> Verdict {
    return Objection{"schema.label", "model " + Quoted(kind) + " " + message};
  };
  if (kind == "logistic" && label != LabelKind::kBinary) {
    return object(
        "needs a label of 0 and 1: leave classes and names out, or use model "
        "\"multinomial\".");
  }
  if (kind == "linear" && label != LabelKind::kReal) {
    return object("needs a real label: leave classes and names out.");
  }
  if ((kind == "multinomial" || kind == "counts") && label != LabelKind::kClass) {
    return object("needs a class label: give classes or names.");
  }
  return {};
}

Verdict BackoffPerContext(const Facts& facts) {
  if (facts.spec.model.kind != "counts") return {};
  const size_t contexts = facts.spec.schema.contexts.size();
  const size_t weights = facts.spec.model.backoff.size();
  if (weights == 0 || weights == contexts) return {};  // none: the model's own
  return Objection{"model.backoff", "expected one weight a context (" + std::to_string(contexts) +
                                        "), found " + std::to_string(weights) + "."};
}

Verdict MetricsNeedSplit(const Facts& facts) {
  const bool has_split = facts.spec.schema.split.kind != data::Split::Kind::kNone;
  if (facts.spec.evaluation.metrics.empty() || has_split) return {};
  return Objection{"evaluation.metrics",
                   "metrics need rows that did not train: give split.time or split.share."};
}

Verdict TimeSplitNeedsTime(const Facts& facts) {
  const bool is_by_time = facts.spec.schema.split.kind == data::Split::Kind::kTime;
  if (!is_by_time || !facts.spec.schema.time_field.empty()) return {};
  return Objection{"split.time", "a split by time needs schema.time, the field with a row's time."};
}

Verdict CohortIsARange(const Facts& facts) {
  const CohortSpec& cohort = facts.spec.cohort;
  if (cohort.minimum <= cohort.maximum) return {};
  return Objection{"cohort.minimum", std::to_string(cohort.minimum) +
                                         " is more than cohort.maximum, " +
                                         std::to_string(cohort.maximum) + "."};
}

Verdict CountsTakeOneRound(const Facts& facts) {
  if (facts.spec.model.kind != "counts" || facts.spec.rounds == 1) return {};
  return Objection{"training.rounds",
                   "model \"counts\" is done after one round; a second would count the same rows "
                   "again. Set it to 1 or leave it out."};
}

Verdict FeaturesFitModel(const Facts& facts) {
  const bool is_counts = facts.spec.model.kind == "counts";
  if (is_counts == facts.spec.schema.features.empty()) return {};
  if (is_counts) {
    return Objection{"schema.features", "model \"counts\" reads contexts, not features."};
  }
  return Objection{"schema",
                   "model " + Quoted(facts.spec.model.kind) + " needs at least one feature."};
}

Verdict MetricsCanBeReleased(const Facts& facts) {
  const uint32_t sites = facts.spec.evaluation.minimum_sites;
  if (facts.spec.evaluation.metrics.empty() || sites <= facts.spec.cohort.maximum) return {};
  return Objection{"evaluation.minimum_sites",
                   "no cohort of at most " + std::to_string(facts.spec.cohort.maximum) +
                       " sites (cohort.maximum) reaches " + std::to_string(sites) +
                       ": no metric would ever be shown."};
}

Verdict CountsCountRows(const Facts& facts) {
  if (facts.spec.model.kind != "counts" || facts.spec.schema.weight_field.empty()) return {};
  return Objection{"schema.weight", "model \"counts\" counts every row once. Leave it out."};
}

Verdict FewerBitsNeedUpdates(const Facts& facts) {
  const PrivacySpec& privacy = facts.spec.privacy;
  const bool is_narrow = privacy.bits < encode::Grid::kBitsMax;
  if (facts.strategy.sums_statistics && (is_narrow || privacy.rotates)) {
    return Objection{is_narrow ? "privacy.bits" : "privacy.rotation",
                     "rounding as of updates would falsify the exact sums of strategy " +
                         Quoted(facts.strategy.name) +
                         ". Leave it out or use strategy \"fedavg\"."};
  }
  if (!privacy.rotates || (is_narrow && privacy.clipping_norm > 0)) return {};
  return Objection{"privacy.rotation",
                   "a rotation makes the grid of few bits finer, by the norm of an update. Give "
                   "privacy.bits below 64 and privacy.clipping_norm, or leave it out."};
}

Verdict SealedNeedsThree(const Facts& facts) {
  if (!facts.protocol.is_sealed || facts.spec.cohort.minimum >= kSealedMin) return {};
  return Objection{"cohort.minimum",
                   "protocol " + Quoted(facts.protocol.name) + " opens sums of at least " +
                       std::to_string(kSealedMin) +
                       " contributors: of two, each knows the other's. Set it to " +
                       std::to_string(kSealedMin) + " or more (4 withstand one that colludes)."};
}

Verdict ThresholdCanBeMet(const Facts& facts) {
  const uint32_t threshold = facts.spec.privacy.threshold;
  if (threshold == 0) return {};
  if (!facts.protocol.is_sealed) {
    return Objection{"privacy.threshold", "protocol " + Quoted(facts.protocol.name) +
                                              " shares no secrets. Leave it out or use protocol "
                                              "\"secagg\"."};
  }
  if (threshold <= facts.spec.cohort.minimum) return {};
  return Objection{"privacy.threshold", std::to_string(threshold) +
                                            " is more than cohort.minimum, " +
                                            std::to_string(facts.spec.cohort.minimum) +
                                            ": a round of so few could not be opened."};
}

// The numbers are stable: a rule that goes leaves its number unused.
struct Rule {
  const char* code;
  Verdict (*check)(const Facts&);
};
constexpr Rule kRules[] = {
    {"JOB-COMPAT-01", SumNeedsStatistics},   {"JOB-COMPAT-02", GradientNeedsDifferentiable},
    {"JOB-COMPAT-03", IndividualNeedsPlain}, {"JOB-COMPAT-04", FedProxNeedsMu},
    {"JOB-COMPAT-05", MetricsFitOutput},     {"JOB-COMPAT-06", ClippingNeedsUpdates},
    {"JOB-COMPAT-07", CountsNeedContexts},   {"JOB-COMPAT-08", LabelFitsModel},
    {"JOB-COMPAT-09", BackoffPerContext},    {"JOB-COMPAT-10", MetricsNeedSplit},
    {"JOB-COMPAT-11", TimeSplitNeedsTime},   {"JOB-COMPAT-12", CohortIsARange},
    {"JOB-COMPAT-13", CountsTakeOneRound},   {"JOB-COMPAT-14", FeaturesFitModel},
    {"JOB-COMPAT-15", MetricsCanBeReleased}, {"JOB-COMPAT-16", CountsCountRows},
    {"JOB-COMPAT-17", FewerBitsNeedUpdates}, {"JOB-COMPAT-18", SealedNeedsThree},
    {"JOB-COMPAT-19", ThresholdCanBeMet},
};

}  // namespace

std::vector<Conflict> FindConflicts(const JobSpec& spec) {
  const strategy::StrategyKind* strategy = strategy::FindStrategy(spec.strategy.kind);
  if (strategy == nullptr) {
    return {{"training.strategy", "there is no strategy " + Quoted(spec.strategy.kind) + ".",
             "STRATEGY-KIND"}};
  }
  const protocol::ProtocolKind* protocol = protocol::FindProtocol(spec.privacy.protocol);
  if (protocol == nullptr) {
    return {{"privacy.protocol", "there is no protocol " + Quoted(spec.privacy.protocol) + ".",
             "PROTO-KIND"}};
  }
  const auto model = model::MakeModel(spec.model);
  const Facts facts{spec, model.ok() ? model->get() : nullptr, *strategy, *protocol};
  std::vector<Conflict> conflicts;
  for (const Rule& rule : kRules) {
    if (Verdict objection = rule.check(facts)) {
      conflicts.push_back({std::move(objection->key), std::move(objection->message), rule.code});
    }
  }
  if (conflicts.empty() && !model.ok()) {
    conflicts.push_back(
        {"model", std::string(model.status().message()), std::string(model.status().code())});
  }
  return conflicts;
}

}  // namespace florin::job
