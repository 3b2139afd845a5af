#include "florin/job/passage.h"

#include <string>
#include <utility>

#include "florin/base/text.h"
#include "florin/job/sealing.h"

namespace florin::job {
namespace {

std::string Number(double value) { return base::Shortest(value); }

template <typename T>
std::string Whole(T value) {
  return std::to_string(value);
}

template <typename T>
std::string Wholes(const std::vector<T>& values) {
  std::string text;
  for (const T& value : values) text += (text.empty() ? "" : ", ") + std::to_string(value);
  return text;
}

std::string FeatureText(const data::Feature& feature) {
  std::string text = feature.name + ": ";
  if (!feature.days_from.empty()) text += "days from " + feature.days_from + " to ";
  text += feature.field;
  switch (feature.encoding) {
    case data::Encoding::kNumber:
      return text + (feature.log ? ", log" : "");
    case data::Encoding::kBucket:
      return text + ", " + Whole(feature.edges.size() + 1) + " buckets";
    case data::Encoding::kOneHot:
    case data::Encoding::kVocabulary:
      return text + ", one of " + Whole(feature.vocabulary.size()) + " values";
    case data::Encoding::kHash:
      return text + ", hashed to " + Whole(feature.hash_width);
  }
  return text;
}

std::string FeaturesText(const data::Schema& schema) {
  std::string text;
  for (const data::Feature& feature : schema.features) {
    text += (text.empty() ? "" : "; ") + FeatureText(feature);
  }
  for (const data::Context& context : schema.contexts) {
    text += (text.empty() ? "" : "; ") + context.field + ", " + Whole(context.rows()) + " rows";
  }
  return text;
}

std::string SplitText(const data::Split& split) {
  switch (split.kind) {
    case data::Split::Kind::kNone:
      return "none";
    case data::Split::Kind::kTime:
      return "at " + Time{split.time}.ToString();
    case data::Split::Kind::kSeed:
      return Number(split.test_share) + " tests, seed " + Whole(split.seed);
  }
  return "none";
}

// By the keys of the job file, so that its writer and the owner speak of the same thing.
govern::Summary SummaryOf(const Plan& plan, const std::vector<std::string>& fields) {
  const JobSpec& spec = plan.spec;
  const model::LocalConfig& local = spec.strategy.local;
  return {
      {"description", spec.description},
      {"purpose", spec.purpose},
      {"view", spec.view},
      {"schema.fields", base::Join(fields, ", ")},
      {"schema.label", spec.schema.label.field},
      {"schema.features", FeaturesText(spec.schema)},
      {"split", SplitText(spec.schema.split)},
      {"model.kind", spec.model.kind},
      {"model.l2", Number(spec.model.l2)},
      {"model.hidden", Wholes(spec.model.hidden)},
      {"model.personalise", spec.model.is_personalised ? "true" : "false"},
      {"training.strategy", spec.strategy.kind},
      {"training.rounds", Whole(spec.rounds)},
      {"training.epochs", Whole(local.epochs)},
      {"training.batch_size", Whole(local.batch_size)},
      {"training.learning_rate", Number(local.learning_rate)},
      {"cohort.minimum", Whole(spec.cohort.minimum)},
      {"cohort.maximum", Whole(spec.cohort.maximum)},
      {"evaluation.metrics", base::Join(spec.evaluation.metrics, ", ")},
      {"evaluation.minimum_rows", Whole(spec.evaluation.minimum_rows)},
      {"evaluation.minimum_sites", Whole(spec.evaluation.minimum_sites)},
      {"privacy.protocol", spec.privacy.protocol},
      {"privacy.clipping_norm", Number(spec.privacy.clipping_norm)},
      {"privacy.threshold", Whole(spec.privacy.threshold)},
      {"privacy.weight_max", Whole(spec.privacy.weight_max)},
      {"privacy.entry_max", Number(plan.update.value_grid.entry_max())},
      {"privacy.bits", Whole(spec.privacy.bits)},
      {"privacy.rotation", spec.privacy.rotates ? "true" : "false"},
      {"seed", Whole(spec.seed)},
      {"update.entries", Whole(plan.update.size())},
      {"evaluation.entries", Whole(plan.evaluation.size())},
  };
}

}  // namespace

Result<govern::Passage> PassageOf(const Plan& plan, Work work) {
  const JobSpec& spec = plan.spec;
  FLORIN_ASSIGN(const auto columns, spec.schema.Fields());
  const bool is_gradient = plan.update.values.scalar() == num::Scalar::kFloat32;
  govern::Passage passage;
  passage.job = spec.id;
  passage.plan = plan.hash;
  passage.purpose = spec.purpose;
  passage.work = work == Work::kUpdate ? "train" : "evaluate";
  passage.view = spec.view;
  for (const data::ColumnRequest& column : columns) passage.fields.push_back(column.column);
  passage.protocol = spec.privacy.protocol;
  passage.contributors = LeastOpened(spec, Work::kUpdate);
  if (is_gradient && spec.privacy.clipping_norm > 0) {
    passage.clipping_norm = spec.privacy.clipping_norm;
  }
  passage.weight = spec.privacy.weight_max;
  passage.rounds = spec.rounds;
  passage.epochs = work == Work::kUpdate && is_gradient ? spec.strategy.local.epochs : 0;
  passage.summary = SummaryOf(plan, passage.fields);
  return passage;
}

}  // namespace florin::job
