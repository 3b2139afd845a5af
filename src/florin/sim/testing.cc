#include "florin/sim/testing.h"

#include <cmath>

namespace florin::sim::testing {
namespace {

data::Table OneByOne(size_t rows, const auto& fill) {
  data::Table table;
  for (size_t r = 0; r < rows; ++r) table.Append(fill(r));
  return table;
}

}  // namespace

job::JobSpec BucketJob(size_t sites, uint32_t minimum) {
  job::JobSpec spec;
  spec.id = JobId("buckets");
  spec.view = "rows";
  spec.schema.label = {data::Label::Kind::kClass, "class", 3, {}};
  data::Context context;
  context.field = "bucket";
  context.hash_width = static_cast<uint32_t>(sites);
  spec.schema.contexts = {context};
  spec.model.kind = "counts";
  spec.model.classes = 3;
  spec.model.level_rows = {sites};
  spec.model.backoff = {1};
  spec.strategy.kind = "sum";
  spec.cohort.minimum = minimum;
  spec.cohort.maximum = static_cast<uint32_t>(sites);
  spec.cohort.deadline = Duration::Seconds(60);
  return spec;
}

std::vector<SiteRows> BucketSites(size_t sites, size_t rows) {
  std::vector<SiteRows> all;
  for (size_t s = 0; s < sites; ++s) {
    const auto bucket = static_cast<uint32_t>(s);
    const auto label = static_cast<float>(s % 3);
    const auto fill = [&](size_t) {
      data::Batch row;
      row.rows = 1;
      row.level_count = 1;
      row.levels = {&bucket, 1};
      row.label = {&label, 1};
      return row;
    };
    all.push_back(
        {SiteId("site-" + std::to_string(1000 + s)), OneByOne(rows, fill), OneByOne(rows, fill)});
  }
  return all;
}

job::JobSpec LogisticJob(const std::string& strategy, uint32_t rounds) {
  job::JobSpec spec;
  spec.id = JobId("logistic-" + strategy);
  spec.view = "rows";
  spec.schema.label = {data::Label::Kind::kBinary, "label", 0, {}};
  for (const char* name : {"a", "b"}) {
    data::Feature feature;
    feature.name = feature.field = name;
    spec.schema.features.push_back(feature);
  }
  spec.model.kind = "logistic";
  spec.model.dense_width = 2;
  spec.strategy.kind = strategy;
  spec.strategy.local.batch_size = 10;
  spec.rounds = rounds;
  spec.cohort.deadline = Duration::Seconds(60);
  spec.evaluation.metrics = {"auc", "logloss"};
  spec.evaluation.minimum_rows = 10;
  return spec;
}

std::vector<SiteRows> LogisticSites(size_t sites, size_t rows, uint64_t seed) {
  std::vector<SiteRows> all;
  base::SeededRng rng(seed);
  for (size_t s = 0; s < sites; ++s) {
    float x[2];
    float label = 0;
    const double shift = static_cast<double>(s) * 0.2;
    const auto fill = [&](size_t) {
      for (float& value : x) value = static_cast<float>(rng.Normal() + shift);
      const double logit = 1.5 * static_cast<double>(x[0]) - static_cast<double>(x[1]);
      label = rng.Uniform() < 1 / (1 + std::exp(-logit)) ? 1.0F : 0.0F;
      data::Batch row;
      row.rows = 1;
      row.dense_width = 2;
      row.dense = x;
      row.label = {&label, 1};
      return row;
    };
    all.push_back(
        {SiteId("site-" + std::to_string(1000 + s)), OneByOne(rows, fill), OneByOne(rows, fill)});
  }
  return all;
}

std::shared_ptr<const job::Plan> MustPlan(job::JobSpec spec) {
  auto plan = job::MakePlan(std::move(spec));
  FLORIN_CHECK(plan.ok());
  return std::move(plan).value();
}

}  // namespace florin::sim::testing
