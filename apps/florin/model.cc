// florin model: list, show, export and roll back model versions, in files or at a coordinator.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <sstream>

#include "commands.h"
#include "errors.h"
#include "files.h"
#include "florin/base/text.h"
#include "florin/job/version.h"
#include "operator_verbs.h"
#include "remote.h"
#include "remote_model.h"

namespace florin::apps {
namespace {

namespace fs = std::filesystem;

struct ListOptions {
  std::string folder;  // with model files
  std::string from;    // a job of the coordinator
  std::string dir;     // the operator's
};

struct ExportOptions {
  std::string file;
  std::string from;  // a job of the coordinator
  std::string version = "current";
  std::string dir;
  std::string to = "json";
  std::string job;
  std::string out;
};

std::string MetricsText(const job::Version& version) {
  std::string text;
  for (const model::Figure& figure : version.metrics) {
    text += (text.empty() ? "" : " ") + figure.name + "=" + base::Fixed(figure.value, 4);
  }
  return text;
}

Cell DigestOrNothing(const VersionId& id) { return id.empty() ? Cell() : Cell(id.Short()); }

Result<std::vector<std::string>> FindModels(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> paths;
  auto entries = fs::recursive_directory_iterator(folder, error);
  if (error) {
    return Status(Kind::kNotFound, "FILE-NOT-FOUND",
                  folder + ": cannot be listed (" + error.message() + ")");
  }
  for (const fs::directory_entry& entry : entries) {
    if (entry.path().extension() == ".florin") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

Status List(const std::string& folder, const Context& context) {
  FLORIN_ASSIGN(const std::vector<std::string> paths, FindModels(folder));
  Table table(
      {"file", "job", "round", "contributions", "model", "version", "parent", "metrics", "note"});
  for (const std::string& path : paths) {
    const auto version = LoadVersion(path);
    if (!version.ok()) {
      table.Add({path, Cell(), Cell(), Cell(), Cell(), Cell(), Cell(), Cell(),
                 version.status().ToString()});
      continue;
    }
    table.Add({path, version->job.text(), Cell::Count(version->round.number),
               Cell::Count(version->contribution_count), version->model_hash.Short(),
               version->id.Short(), DigestOrNothing(version->parent), MetricsText(*version),
               Cell()});
  }
  if (table.empty()) {
    return Status(Kind::kNotFound, "MODEL-FILE",
                  folder + ": holds no model file (*.florin); florin sim --save DIR writes them");
  }
  table.Print(std::cout, context.format);
  return {};
}

Status Show(const std::string& path, const Context& context) {
  FLORIN_ASSIGN(const job::Version version, LoadVersion(path));
  const model::State& state = *version.state;
  Table table({"item", "value", "meaning"});
  table.Add({"job", version.job.text(), ""});
  table.Add({"round", Cell::Count(version.round.number), "0 is the state before the first round"});
  table.Add(
      {"contributions", Cell::Count(version.contribution_count), "counted in its last round"});
  table.Add({"version", version.id.Hex(), "hash of lineage and model"});
  table.Add({"parent", version.parent.empty() ? Cell() : Cell(version.parent.Hex()),
             "the version it was made from"});
  table.Add({"plan", version.plan.Hex(), "hash of the job as every site saw it"});
  table.Add({"model", version.model_hash.Hex(), "hash of layout and parameters"});
  // A simulated run has a virtual clock, which starts in 1970 and would only confuse.
  const bool is_dated = version.created.micros > base::DaysFromCivil(2020, 1, 1) * 86'400'000'000;
  table.Add({"created", is_dated ? Cell(version.created.ToString()) : Cell(), ""});
  for (const model::Figure& figure : version.metrics) {
    table.Add({"metric." + figure.name, Cell::Number(figure.value, 6), "released after its round"});
  }
  table.Add({"parameters", Cell::Count(state.layout.size()),
             std::string(num::ScalarName(state.layout.scalar())) + ", " +
                 base::HumanBytes(state.parameters.bytes().size())});
  for (const num::Slice& slice : state.layout.slices()) {
    table.Add({"slice." + slice.name, Cell::Count(slice.size), ""});
  }
  for (const auto& [name, values] : state.memory) {
    table.Add({"memory." + name, Cell::Count(values.size()), "of the strategy, not of the model"});
  }
  table.Print(std::cout, context.format);
  return {};
}

std::string ValueText(const num::Values& values, size_t i) {
  switch (values.scalar()) {
    case num::Scalar::kFloat32: {
      std::ostringstream text;  // nine digits read back as the same float32
      text.precision(9);
      text << values.f32()[i];
      return text.str();
    }
    case num::Scalar::kFloat64:
      return base::Shortest(values.f64()[i]);
    case num::Scalar::kInt64:
      return std::to_string(values.i64()[i]);
    case num::Scalar::kByte:
      return std::to_string(values.bytes()[i]);
  }
  return {};
}

Status ExportJson(const job::Version& version, const std::function<Status(std::string)>& write) {
  const model::State& state = *version.state;
  FLORIN_TRY(write("{\"job\": " + base::JsonQuote(version.job.text()) +
                   ", \"round\": " + std::to_string(version.round.number) + ", \"model_hash\": \"" +
                   version.model_hash.Hex() + "\", \"scalar\": \"" +
                   std::string(num::ScalarName(state.layout.scalar())) + "\",\n \"slices\": ["));
  bool is_first = true;
  for (const num::Slice& slice : state.layout.slices()) {
    std::string text = is_first ? "\n  " : ",\n  ";
    is_first = false;
    text += "{\"name\": " + base::JsonQuote(slice.name) + ", \"shape\": [";
    for (size_t s = 0; s < slice.shape.size(); ++s) {
      text += (s > 0 ? ", " : "") + std::to_string(slice.shape[s]);
    }
    FLORIN_TRY(write(text + "], \"values\": ["));
    for (size_t i = 0; i < slice.size; ++i) {
      FLORIN_TRY(write((i > 0 ? "," : "") + ValueText(state.parameters, slice.offset + i)));
    }
    FLORIN_TRY(write("]}"));
  }
  return write("\n]}\n");
}

// names: of the dense columns, then the sparse ones; empty without a job.
Status ExportCsv(const job::Version& version, const std::vector<std::string>& names,
                 size_t dense_width, const std::function<Status(std::string)>& write) {
  const model::State& state = *version.state;
  FLORIN_TRY(write("slice,index,name,value\n"));
  for (const num::Slice& slice : state.layout.slices()) {
    const bool is_named =
        slice.shape.size() == 1 && (slice.name == "dense" || slice.name == "sparse");
    const size_t first_name = slice.name == "sparse" ? dense_width : 0;
    for (size_t i = 0; i < slice.size; ++i) {
      const bool has_name = is_named && first_name + i < names.size();
      FLORIN_TRY(write(CsvCell(slice.name) + "," + std::to_string(i) + "," +
                       (has_name ? CsvCell(names[first_name + i]) : std::string()) + "," +
                       ValueText(state.parameters, slice.offset + i) + "\n"));
    }
  }
  return {};
}

Status Export(const ExportOptions& options) {
  if (options.file.empty() == options.from.empty()) {
    return UsageFault("expected either a model file or --from JOB");
  }
  FLORIN_ASSIGN(const job::Version version,
                options.from.empty() ? LoadVersion(options.file)
                                     : FetchModel(options.dir, options.from, options.version));
  if (options.to == "florin") {
    if (options.out.empty()) return UsageFault("--to florin: expected --out FILE beside it");
    return WriteFile(options.out, ByteView(job::SaveVersion(version)));
  }
  std::vector<std::string> names;
  size_t dense_width = 0;
  if (!options.job.empty()) {
    FLORIN_ASSIGN(const job::JobSpec spec, LoadJob(options.job));
    names = spec.schema.ColumnNames();
    dense_width = spec.schema.dense_width();
  }
  const auto export_to = [&](const std::function<Status(std::string)>& write) {
    return options.to == "json" ? ExportJson(version, write)
                                : ExportCsv(version, names, dense_width, write);
  };
  if (options.out.empty()) {
    return export_to([](const std::string& text) {
      std::cout << text;
      return Status();
    });
  }
  FLORIN_ASSIGN(AtomicFile file, AtomicFile::Create(options.out));
  FLORIN_TRY(export_to([&file](const std::string& text) { return file.Append(text); }));
  return file.Commit();
}

}  // namespace

void SetupModel(CLI::App& app, Context& context) {
  app.require_subcommand(1);
  SetExamples(app,
              "  florin model list out\n  florin model show out/model.florin\n"
              "  florin model list --from mailing-response");
  auto argument = std::make_shared<std::string>();
  CLI::App& list = AddVerb(app, "list", "the model files of a folder, or a job's versions",
                           "  florin model list out\n  florin model list --from mailing-response");
  auto listed = std::make_shared<ListOptions>();
  list.add_option("DIR", listed->folder, "The folder; searched to the bottom");
  list.add_option("--from", listed->from, "A job of the coordinator")->option_text("JOB");
  AddFolderOption(list, listed->dir);
  OnChosen(list, context, [&context, listed]() -> Status {
    if (listed->folder.empty() == listed->from.empty()) {
      return UsageFault("expected either a folder with model files or --from JOB");
    }
    return listed->from.empty() ? List(listed->folder, context)
                                : ListRemoteModels(listed->dir, listed->from, context);
  });

  CLI::App& show = AddVerb(app, "show", "lineage, hashes, metrics and sizes of one model file",
                           "  florin model show out/model.florin");
  show.add_option("FILE", *argument, "The model file")->required();
  OnChosen(show, context, [&context, argument] { return Show(*argument, context); });

  auto options = std::make_shared<ExportOptions>();
  CLI::App& write =
      AddVerb(app, "export", "the parameters as JSON or CSV, or the model file",
              "  florin model export out/model.florin --to json --out model.json\n"
              "  florin model export out/model.florin --to csv --job job.yaml\n"
              "  florin model export --from mailing-response --to florin --out m.florin");
  write.add_option("FILE", options->file, "The model file");
  write.add_option("--from", options->from, "A job of the coordinator, in place of a file")
      ->option_text("JOB");
  write.add_option("--version", options->version, "Of that job; the first hex digits of its id")
      ->option_text("ID");
  AddFolderOption(write, options->dir);
  write.add_option("--to", options->to, "json, csv, or florin for the model file itself")
      ->check(CLI::IsMember({"json", "csv", "florin"}));
  write.add_option("--job", options->job, "Names the columns of a linear model in the CSV");
  write.add_option("--out", options->out, "The file to write; standard output without it");
  OnChosen(write, context, [options] { return Export(*options); });

  AddRollbackVerb(app, context);
}

}  // namespace florin::apps
