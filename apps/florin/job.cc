// florin job: validate, plan, explain; the verbs at a coordinator are in remote_job.cc.
#include <iostream>
#include <memory>

#include "commands.h"
#include "errors.h"
#include "files.h"
#include "florin/base/text.h"
#include "florin/job/fields.h"
#include "florin/job/plan.h"
#include "florin/protocol/party.h"
#include "florin/strategy/strategy.h"
#include "operator_verbs.h"
#include "sealed_plan.h"

namespace florin::apps {
namespace {

Status Validate(const std::string& path, const Context& context) {
  FLORIN_ASSIGN(const auto plan, LoadPlan(path));
  Table table({"file", "job", "status", "plan"});
  table.Add({path, plan->spec.id.text(), "valid", plan->hash.Hex()});
  table.Print(std::cout, context.format);
  return {};
}

std::string ShapeText(const num::Slice& slice) {
  std::string text;
  for (const size_t side : slice.shape) {
    text += (text.empty() ? "" : " x ") + base::WithCommas(static_cast<int64_t>(side));
  }
  return text.empty() ? "1" : text;
}

// The size of a contribution written dense: eight bytes an entry and a small header.
uint64_t DenseBytes(const job::VectorPlan& vector) { return vector.size() * sizeof(uint64_t); }

void AddVector(Table& table, const std::string& name, const job::VectorPlan& vector) {
  for (const num::Slice& slice : vector.values.slices()) {
    table.Add({name + ".values." + slice.name, ShapeText(slice),
               std::string(num::ScalarName(vector.values.scalar()))});
  }
  table.Add({name + ".entries", Cell::Count(vector.size()), "values, weight and metric sums"});
  table.Add({name + ".bytes", Cell::Count(DenseBytes(vector)),
             "one contribution, dense: " + base::HumanBytes(DenseBytes(vector))});
  const int fraction = vector.value_grid.fraction_bits();
  const bool is_exact = fraction == 0 && vector.values.scalar() == num::Scalar::kInt64;
  table.Add({name + ".step", fraction == 0 ? Cell("1") : Cell("2^" + std::to_string(-fraction)),
             is_exact ? "whole numbers, exact"
                      : "values are rounded to this grid, then summed "
                        "exactly"});
  table.Add({name + ".bits", Cell::Count(static_cast<uint64_t>(vector.bits())),
             "of the sum of an entry over all sites; it cannot overflow"});
  if (vector.rotation) {
    table.Add({name + ".rotation", "yes", "values are turned before they are rounded"});
  }
  table.Add({name + ".entry_max", Cell::Exact(vector.value_grid.entry_max()),
             "largest magnitude of one entry a site may send"});
}

void AddPrivacy(Table& table, const job::JobSpec& spec) {
  const protocol::ProtocolKind* protocol = protocol::FindProtocol(spec.privacy.protocol);
  table.Add({"privacy.protocol", spec.privacy.protocol, protocol->help});
  table.Add({"privacy.coordinator_sees",
             protocol->is_sealed ? "sums only" : "each site's contribution",
             "rows, users and private state never leave a site"});
  table.Add(
      {"privacy.clipping_norm",
       spec.privacy.clipping_norm > 0 ? Cell::Exact(spec.privacy.clipping_norm) : Cell("none"),
       "L2 bound on an update"});
  table.Add(
      {"privacy.weight_max", Cell::Count(spec.privacy.weight_max), "rows one site may count for"});
  table.Add({"privacy.noise", "none", "this version adds no differential privacy noise"});
}

Status PrintPlan(const std::string& path, const Context& context) {
  FLORIN_ASSIGN(const auto plan, LoadPlan(path));
  const job::JobSpec& spec = plan->spec;
  const strategy::StrategyKind* strategy = strategy::FindStrategy(spec.strategy.kind);
  Table table({"item", "value", "meaning"});
  table.Add({"hash", plan->hash.Hex(), "every site must see the same"});
  table.Add({"job", spec.id.text(), spec.description});
  table.Add({"view", spec.view, "each site has a file " + spec.view + ".view.yaml"});
  table.Add({"model", spec.model.kind,
             std::to_string(spec.model.dense_width) + " dense and " +
                 std::to_string(spec.model.sparse_width) + " sparse columns"});
  table.Add({"strategy", spec.strategy.kind, strategy->help});
  table.Add({"rounds", Cell::Count(spec.rounds),
             strategy->sums_statistics ? "sites send exact sums" : "sites send updates"});
  table.Add({"cohort",
             std::to_string(spec.cohort.minimum) + " to " + std::to_string(spec.cohort.maximum) +
                 " sites",
             "fewer are never opened"});
  AddVector(table, "update", plan->update);
  if (!spec.evaluation.metrics.empty()) {
    AddVector(table, "evaluation", plan->evaluation);
    table.Add({"evaluation.metrics", base::Join(spec.evaluation.metrics, ", "),
               "shown from " + std::to_string(spec.evaluation.minimum_rows) + " rows and " +
                   std::to_string(spec.evaluation.minimum_sites) + " sites"});
  }
  AddPrivacy(table, spec);
  AddSealed(table, *plan);
  table.Print(std::cout, context.format);
  return {};
}

// "training" shows training and all below it; "learning_rate" finds training.learning_rate.
bool IsAsked(const job::Field& field, const std::string& key) {
  return key.empty() || field.path == key || field.key() == key ||
         field.path.starts_with(key + ".") || field.path.starts_with(key + "[");
}

Status Explain(const std::string& key, const Context& context) {
  Table table({"file", "key", "value", "default", "read_by", "meaning"});
  std::vector<std::string> known;
  const auto add = [&](const char* file, Span<const job::Field> fields) {
    for (const job::Field& field : fields) {
      known.emplace_back(field.path);
      known.emplace_back(field.key());
      if (!IsAsked(field, key)) continue;
      const std::string unit = field.unit.empty() ? "" : " (" + std::string(field.unit) + ")";
      table.Add({file, field.path, field.TypeText() + unit,
                 field.is_required ? "required" : std::string(field.standard), field.applies,
                 field.help});
    }
  };
  add("job", job::JobFields());
  add("view", job::ViewFields());
  add("policy", job::PolicyFields());
  if (table.empty()) {
    const std::string nearest = base::Nearest(key, known);
    return Status(Kind::kNotFound, "JOB-KEY",
                  "there is no key \"" + key + "\"." +
                      (nearest.empty() ? " florin job explain lists all of them."
                                       : " Did you mean \"" + nearest + "\"?"));
  }
  table.Print(std::cout, context.format);
  return {};
}

}  // namespace

void SetupJob(CLI::App& app, Context& context) {
  app.require_subcommand(1);
  SetExamples(app,
              "  florin job validate job.yaml\n  florin job plan job.yaml\n"
              "  florin job explain training\n  florin job submit job.yaml --watch");
  auto argument = std::make_shared<std::string>();
  CLI::App& validate = AddVerb(app, "validate", "check a job file; every fault with its place",
                               "  florin job validate job.yaml");
  validate.add_option("FILE", *argument, "The job file")->required();
  OnChosen(validate, context, [&context, argument] { return Validate(*argument, context); });

  CLI::App& plan = AddVerb(app, "plan", "what a job resolves to: sizes, bounds, who sees what",
                           "  florin job plan job.yaml\n  florin job plan job.yaml --output json");
  plan.add_option("FILE", *argument, "The job file")->required();
  OnChosen(plan, context, [&context, argument] { return PrintPlan(*argument, context); });

  CLI::App& explain = AddVerb(app, "explain", "the keys of job, view and policy files",
                              "  florin job explain\n  florin job explain training\n"
                              "  florin job explain learning_rate");
  explain.add_option("KEY", *argument, "One key or section; without it, all");
  OnChosen(explain, context, [&context, argument] { return Explain(*argument, context); });
  AddRemoteJobVerbs(app, context);
}

}  // namespace florin::apps
