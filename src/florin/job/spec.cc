#include "florin/job/spec.h"

#include <algorithm>
#include <string_view>

#include "florin/base/text.h"
#include "florin/govern/words.h"
#include "florin/job/fields.h"

namespace florin::job {
namespace {

// A job without a purpose, or with the usual patience or rounding, is written as it was before
// there were any: its plan keeps its hash.
constexpr uint8_t kVersionUnspecified = 1;
constexpr uint8_t kVersionPurpose = 2;   // a purpose at the end
constexpr uint8_t kVersionPatience = 3;  // and a patience
constexpr uint8_t kVersion = 4;          // and how an update is rounded
constexpr size_t kTextMax = 1 << 16;
constexpr size_t kNameMax = 64;
constexpr size_t kMetricsMax = 64;

Duration UsualPatience() { return CohortSpec{}.patience; }

std::string_view Unspecified() { return govern::Purposes().front().name; }

bool IsPurpose(std::string_view name) {
  const auto purposes = govern::Purposes();
  return std::ranges::find(purposes, name, &govern::Purpose::name) != purposes.end();
}

// The widths are the field table's.
bool IsWidth(int bits) {
  const std::vector<std::string> widths = FindField(JobFields(), "privacy.bits")->choices();
  return std::ranges::find(widths, std::to_string(bits)) != widths.end();
}

bool SumsAsUsual(const PrivacySpec& privacy) {
  return privacy.bits == PrivacySpec{}.bits && !privacy.rotates && privacy.threshold == 0;
}

// The lowest version that holds what the job says.
uint8_t VersionOf(const JobSpec& spec) {
  if (!SumsAsUsual(spec.privacy)) return kVersion;
  if (spec.cohort.patience != UsualPatience()) return kVersionPatience;
  return spec.purpose != Unspecified() ? kVersionPurpose : kVersionUnspecified;
}

struct Bounded {
  std::string_view path;
  double value;
};

// A spec that came as bytes is held to the same bounds as one that came as YAML.
Status CheckBounds(const JobSpec& spec) {
  const auto real = [](auto whole) { return static_cast<double>(whole); };
  const model::LocalConfig& local = spec.strategy.local;
  const Bounded values[] = {
      {"model.l2", spec.model.l2},
      {"training.rounds", real(spec.rounds)},
      {"training.epochs", real(local.epochs)},
      {"training.batch_size", real(local.batch_size)},
      {"training.learning_rate", local.learning_rate},
      {"training.proximal_mu", local.proximal_mu},
      {"training.server_learning_rate", spec.strategy.server_learning_rate},
      {"training.beta1", spec.strategy.beta1},
      {"training.beta2", spec.strategy.beta2},
      {"training.tau", spec.strategy.tau},
      {"cohort.minimum", real(spec.cohort.minimum)},
      {"cohort.maximum", real(spec.cohort.maximum)},
      {"cohort.fraction", spec.cohort.fraction},
      {"cohort.over_selection", spec.cohort.over_selection},
      {"cohort.deadline", real(spec.cohort.deadline.micros) / 1e6},
      {"cohort.patience", real(spec.cohort.patience.micros) / 1e6},
      {"evaluation.minimum_rows", real(spec.evaluation.minimum_rows)},
      {"evaluation.minimum_sites", real(spec.evaluation.minimum_sites)},
      {"privacy.clipping_norm", spec.privacy.clipping_norm},
      {"privacy.weight_max", real(spec.privacy.weight_max)},
      {"privacy.threshold", real(spec.privacy.threshold)},
      {"privacy.entry_max", spec.privacy.entry_max},
      {"seed", real(spec.seed)},
  };
  for (const Bounded& bounded : values) {
    const Field* field = FindField(JobFields(), bounded.path);
    FLORIN_CHECK(field != nullptr);
    if (field->bound.Holds(bounded.value)) continue;
    return Status(Kind::kConfig, "JOB-RANGE",
                  std::string(bounded.path) + ": expected " + field->TypeText() + ", found " +
                      base::Shortest(bounded.value));
  }
  if (local.clipping_norm != spec.privacy.clipping_norm) {
    return Status(Kind::kConfig, "JOB-RANGE", "privacy.clipping_norm: said twice, differently");
  }
  return {};
}

}  // namespace

void JobSpec::Save(base::Writer& writer) const {
  const uint8_t version = VersionOf(*this);
  writer.U8(version).Text(id.text()).Text(description).Text(view);
  schema.Save(writer);
  model.Save(writer);
  strategy.Save(writer);
  writer.U32(rounds);
  writer.U32(cohort.minimum).U32(cohort.maximum).F64(cohort.fraction);
  writer.F64(cohort.over_selection).I64(cohort.deadline.micros);
  writer.Varint(evaluation.metrics.size());
  for (const std::string& metric : evaluation.metrics) writer.Text(metric);
  writer.U64(evaluation.minimum_rows).U32(evaluation.minimum_sites);
  writer.Text(privacy.protocol).F64(privacy.clipping_norm).U32(privacy.weight_max);
  writer.F64(privacy.entry_max);
  writer.U64(seed);
  if (version >= kVersionPurpose) writer.Text(purpose);
  if (version >= kVersionPatience) writer.I64(cohort.patience.micros);
  if (version >= kVersion) {
    writer.U32(privacy.threshold).U8(static_cast<uint8_t>(privacy.bits)).Bool(privacy.rotates);
  }
}

Result<JobSpec> JobSpec::Restore(base::Reader& reader) {
  JobSpec spec;
  const uint8_t version = reader.U8();
  if (version < kVersionUnspecified || version > kVersion) {
    reader.Fail("unknown version of a job spec");
  }
  spec.id = JobId(reader.Text(kNameMax));
  spec.description = reader.Text(kTextMax);
  spec.view = reader.Text(kNameMax);
  if (!reader.ok()) return reader.Finish("job spec");
  FLORIN_ASSIGN(spec.schema, data::Schema::Restore(reader));
  FLORIN_ASSIGN(spec.model, model::ModelSpec::Restore(reader));
  FLORIN_ASSIGN(spec.strategy, strategy::StrategySpec::Restore(reader));
  spec.rounds = reader.U32();
  spec.cohort.minimum = reader.U32();
  spec.cohort.maximum = reader.U32();
  spec.cohort.fraction = reader.F64();
  spec.cohort.over_selection = reader.F64();
  spec.cohort.deadline.micros = reader.I64();
  const uint64_t metric_count = reader.Varint();
  if (metric_count > kMetricsMax) reader.Fail("too many metrics");
  for (uint64_t i = 0; i < metric_count && reader.ok(); ++i) {
    spec.evaluation.metrics.push_back(reader.Text(kNameMax));
  }
  spec.evaluation.minimum_rows = reader.U64();
  spec.evaluation.minimum_sites = reader.U32();
  spec.privacy.protocol = reader.Text(kNameMax);
  spec.privacy.clipping_norm = reader.F64();
  spec.privacy.weight_max = reader.U32();
  spec.privacy.entry_max = reader.F64();
  spec.seed = reader.U64();
  if (version >= kVersionPurpose) spec.purpose = reader.Text(kNameMax);
  if (version >= kVersionPatience) spec.cohort.patience.micros = reader.I64();
  if (version >= kVersion) {
    spec.privacy.threshold = reader.U32();
    spec.privacy.bits = reader.U8();
    spec.privacy.rotates = reader.Bool();
  }
  if (!IsPurpose(spec.purpose)) reader.Fail("unknown purpose of a job");
  if (version == kVersionPurpose && spec.purpose == Unspecified()) {
    reader.Fail("a purpose of nothing");
  }
  if (version == kVersionPatience && spec.cohort.patience == UsualPatience()) {
    reader.Fail("a patience that is said for nothing");
  }
  if (!IsWidth(spec.privacy.bits) || (version == kVersion && SumsAsUsual(spec.privacy))) {
    reader.Fail("unknown bits of a sum, or the usual rounding said for nothing");
  }
  if (!reader.ok()) return reader.Finish("job spec");
  FLORIN_TRY(base::CheckName("job", spec.id.text()));
  FLORIN_TRY(base::CheckName("view", spec.view));
  FLORIN_TRY(CheckBounds(spec));
  return spec;
}

void ResolveModel(JobSpec& spec) {
  spec.model.dense_width = spec.schema.dense_width();
  spec.model.sparse_width = spec.schema.sparse_width();
  spec.model.classes = spec.schema.label.class_count();
  spec.model.level_rows.clear();
  for (const data::Context& context : spec.schema.contexts) {
    spec.model.level_rows.push_back(context.rows());
  }
}

}  // namespace florin::job
