#include <algorithm>

#include "florin/base/text.h"
#include "florin/job/compatibility.h"
#include "florin/job/parse.h"
#include "florin/job/parse_schema.h"
#include "florin/job/section.h"

namespace florin::job {
namespace {

// Keys that the chosen model and strategy do not read are refused: a value that has no effect would
// mislead whoever wrote it.
void RefuseUnread(const Section& section, std::string_view path, const JobSpec& spec) {
  const std::string& model = spec.model.kind;
  const std::string& strategy = spec.strategy.kind;
  if (model.empty() || strategy.empty()) return;  // not known: told already
  for (const Field& field : JobFields()) {
    if (field.parent() != path || field.applies.empty() || !section.Has(field.key())) continue;
    const auto readers = base::Split(field.applies, ',');
    const bool is_read = std::any_of(readers.begin(), readers.end(), [&](std::string_view reader) {
      return base::Trim(reader) == model || base::Trim(reader) == strategy;
    });
    if (is_read) continue;
    const std::string chosen = path == "model" ? "model \"" + model : "strategy \"" + strategy;
    section.Fault(field.key(),
                  "is not read by " + chosen + "\"; only by " + std::string(field.applies) + ".",
                  "UNUSED");
  }
}

void ReadModel(const Section& section, JobSpec& spec) {
  spec.model.kind = section.Choice("kind");
  spec.model.l2 = section.Number("l2", spec.model.l2);
  spec.model.hidden = section.Wholes("hidden");
  spec.model.backoff = section.Numbers("backoff");
  spec.model.is_personalised = section.Flag("personalise", false);
}

void ReadTraining(const Section& section, JobSpec& spec) {
  strategy::StrategySpec& strategy = spec.strategy;
  model::LocalConfig& local = strategy.local;
  strategy.kind = section.Choice("strategy", spec.model.kind == "counts" ? "sum" : "fedavg");
  spec.rounds = static_cast<uint32_t>(section.Whole("rounds", spec.rounds));
  local.epochs = static_cast<uint32_t>(section.Whole("epochs", local.epochs));
  local.batch_size = static_cast<uint32_t>(section.Whole("batch_size", local.batch_size));
  local.learning_rate = section.Number("learning_rate", local.learning_rate);
  local.proximal_mu = section.Number("proximal_mu", local.proximal_mu);
  strategy.server_learning_rate =
      section.Number("server_learning_rate", strategy.server_learning_rate);
  strategy.beta1 = section.Number("beta1", strategy.beta1);
  strategy.beta2 = section.Number("beta2", strategy.beta2);
  strategy.tau = section.Number("tau", strategy.tau);
}

void ReadCohort(const Section& section, CohortSpec& cohort) {
  cohort.minimum = static_cast<uint32_t>(section.Whole("minimum", cohort.minimum));
  cohort.maximum = static_cast<uint32_t>(section.Whole("maximum", cohort.maximum));
  cohort.fraction = section.Share("fraction", cohort.fraction);
  cohort.over_selection = section.Number("over_selection", cohort.over_selection);
  cohort.deadline = section.Period("deadline", cohort.deadline);
  cohort.patience = section.Period("patience", cohort.patience);
}

void ReadEvaluation(const Section& section, EvaluationSpec& evaluation) {
  evaluation.metrics = section.Texts("metrics");
  evaluation.minimum_rows = section.Whole("minimum_rows", evaluation.minimum_rows);
  evaluation.minimum_sites =
      static_cast<uint32_t>(section.Whole("minimum_sites", evaluation.minimum_sites));
}

void ReadPrivacy(const Section& section, PrivacySpec& privacy) {
  privacy.protocol = section.Choice("protocol", privacy.protocol);
  privacy.clipping_norm = section.Number("clipping_norm", privacy.clipping_norm);
  privacy.threshold = static_cast<uint32_t>(section.Whole("threshold", privacy.threshold));
  privacy.weight_max = static_cast<uint32_t>(section.Whole("weight_max", privacy.weight_max));
  privacy.entry_max = section.Number("entry_max", privacy.entry_max);
  const std::string bits = section.Choice("bits", std::to_string(privacy.bits));
  privacy.rotates = section.Flag("rotation", privacy.rotates);
  if (!bits.empty()) privacy.bits = std::stoi(bits);  // one of the table's; else told already
}

// The place of `path`, or of the nearest part of it that is written down.
Mark PlaceOf(const Node& root, std::string_view path) {
  Mark mark{1, 1};
  const Node* node = &root;
  for (const std::string_view key : base::Split(path, '.')) {
    node = node->Find(key);
    if (node == nullptr) break;
    mark = node->kind == Node::Kind::kScalar ? node->mark : node->key_mark;
  }
  return mark;
}

// What only the parts together can tell, of a job that is right part by part.
void CheckWhole(const Node& root, const JobSpec& spec, Faults& faults) {
  const std::vector<Conflict> conflicts = FindConflicts(spec);
  for (const Conflict& conflict : conflicts) {
    faults.AddWhole(PlaceOf(root, conflict.key), conflict.key + ": " + conflict.message,
                    conflict.code);
  }
  if (!conflicts.empty()) return;
  const auto check = [&](std::string_view key, const Status& status) {
    if (status.ok()) return;
    faults.AddWhole(PlaceOf(root, key),
                    std::string(key) + ": " + std::string(status.message()) + ".",
                    std::string(status.code()));
  };
  check("schema", spec.schema.Check());
  check("schema", spec.schema.Fields().status());
}

}  // namespace

std::string Diagnostic::ToString() const {
  std::string place = file;
  if (line > 0) place += ":" + std::to_string(line) + ":" + std::to_string(column);
  return place + ": " + message + " [" + code + "]";
}

Status FaultStatus(const std::vector<Diagnostic>& faults) {
  if (faults.empty()) return {};
  std::string text;
  for (const Diagnostic& fault : faults) {
    const std::string line = fault.ToString();
    if (&fault == &faults.front()) {
      text = line.substr(0, line.size() - fault.code.size() - 3);  // its code ends the status
    } else {
      text += "\n" + line;
    }
  }
  return Status(Kind::kConfig, faults.front().code, std::move(text));
}

Parsed<JobSpec> ParseJob(std::string_view yaml, const std::string& file, const FileReader& read) {
  Faults faults(file, "JOB");
  YamlTree tree = ParseYaml(yaml);
  for (YamlFault& fault : tree.faults) {
    faults.AddWhole(fault.mark, std::move(fault.message), std::move(fault.code));
  }
  JobSpec spec;
  if (!faults.empty()) return {std::move(spec), std::move(faults).Take()};

  const Section job(tree.root, JobFields(), faults);
  spec.id = JobId(job.Name("job"));
  spec.description = job.Text("description");
  spec.purpose = job.Choice("purpose", spec.purpose);
  spec.view = job.Name("view");
  const Section model = job.Child("model");
  const Section training = job.Child("training");
  ReadModel(model, spec);
  ReadTraining(training, spec);
  RefuseUnread(model, "model", spec);
  RefuseUnread(training, "training", spec);
  spec.schema = ParseSchema(job, spec.model.kind, read);
  ReadCohort(job.Child("cohort"), spec.cohort);
  ReadEvaluation(job.Child("evaluation"), spec.evaluation);
  ReadPrivacy(job.Child("privacy"), spec.privacy);
  spec.seed = job.Whole("seed", spec.seed);
  spec.strategy.local.clipping_norm = spec.privacy.clipping_norm;
  ResolveModel(spec);
  if (faults.empty()) CheckWhole(tree.root, spec, faults);
  return {std::move(spec), std::move(faults).Take()};
}

}  // namespace florin::job
