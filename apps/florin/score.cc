// florin score: a model version and a site's rows in, a CSV of scores or ranked lists out.
#include <array>
#include <charconv>
#include <iostream>
#include <memory>

#include "commands.h"
#include "errors.h"
#include "files.h"
#include "florin/base/text.h"
#include "florin/data/features/featurise.h"
#include "florin/job/plan.h"
#include "florin/score/score.h"

namespace florin::apps {
namespace {

struct ScoreOptions {
  std::string model;
  std::string job;
  std::string view;
  std::string own;
  std::string id;
  std::string out;
  size_t top_k = 5;
};

std::string FloatText(float value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

// What scoring needs of the job's schema: no label, no weight, no split.
data::Schema ScoringSchema(const data::Schema& schema) {
  data::Schema asked = schema;
  asked.label = {};
  asked.weight_field.clear();
  asked.time_field.clear();
  asked.user_field.clear();
  asked.item_field.clear();
  asked.split = {};
  return asked;
}

// Hands out one text a row: the id field, in the source's order, or the row's number from 1.
class RowNames {
 public:
  static Result<RowNames> Open(const data::View& view, const std::string& field) {
    RowNames names;
    if (field.empty()) return names;
    FLORIN_ASSIGN(names.source_, OpenRows(view));
    const auto at = view.fields.find(field);
    const std::string& column = at == view.fields.end() ? field : at->second.column;
    FLORIN_ASSIGN(names.reader_,
                  names.source_->Scan({.columns = {{column, data::FieldKind::kText}}}));
    return names;
  }

  Result<std::string> Next() {
    ++row_;
    if (reader_ == nullptr) return std::to_string(row_);
    while (chunk_ == nullptr || at_ == chunk_->rows) {
      FLORIN_ASSIGN(chunk_, reader_->Next());
      at_ = 0;
      if (chunk_ == nullptr) {
        return Status(Kind::kFailed, "SCORE-ID", "the id column has fewer rows than the features");
      }
    }
    return std::string(chunk_->columns[0].texts[at_++]);
  }

 private:
  std::unique_ptr<data::Source> source_;
  std::unique_ptr<data::ColumnReader> reader_;
  const data::Columns* chunk_ = nullptr;
  size_t at_ = 0;
  uint64_t row_ = 0;
};

// Writes scored rows as CSV lines.
class ScoreWriter {
 public:
  ScoreWriter(const model::Model& model, const data::Label& label, const ScoreOptions& options,
              RowNames names, AtomicFile& file)
      : width_(model.output_count()),
        is_ranked_(model.output() == model::Output::kClasses),
        label_(label),
        top_k_(options.top_k),
        key_(options.id.empty() ? "row" : options.id),
        names_(std::move(names)),
        file_(file) {}

  Status Start() {
    return file_.Append(CsvCell(key_) + (is_ranked_ ? ",rank,class,score\n" : ",score\n"));
  }

  Status Add(Span<const float> scores) {
    for (size_t at = 0; at < scores.size(); at += width_) {
      FLORIN_ASSIGN(const std::string name, names_.Next());
      const std::string key = CsvCell(name);
      ++rows_;
      if (!is_ranked_) {
        FLORIN_TRY(file_.Append(key + "," + FloatText(scores[at]) + "\n"));
        continue;
      }
      score::TopK(scores.subspan(at, width_), top_k_, best_);
      for (size_t rank = 0; rank < best_.size(); ++rank) {
        FLORIN_TRY(file_.Append(key + "," + std::to_string(rank + 1) + "," +
                                ClassName(best_[rank].index) + "," + FloatText(best_[rank].score) +
                                "\n"));
      }
    }
    return {};
  }

  uint64_t rows() const { return rows_; }

 private:
  std::string ClassName(uint32_t index) const {
    return label_.vocabulary.empty() ? std::to_string(index) : CsvCell(label_.vocabulary[index]);
  }

  size_t width_;
  bool is_ranked_;
  const data::Label& label_;
  size_t top_k_;
  std::string key_;
  RowNames names_;
  AtomicFile& file_;
  std::vector<score::Ranked> best_;
  uint64_t rows_ = 0;
};

Status CheckLineage(const ScoreOptions& options, const job::Version& version,
                    const job::Plan& plan) {
  if (version.plan == plan.hash) return {};
  return Status(Kind::kConflict, "SCORE-PLAN",
                options.model + " was made under plan " + version.plan.Short() + ", " +
                    options.job + " is plan " + plan.hash.Short() +
                    "; score with the job file that the model was made with");
}

Status Score(const ScoreOptions& options, const Context& context) {
  FLORIN_ASSIGN(const auto plan, LoadPlan(options.job));
  FLORIN_ASSIGN(const job::Version version, LoadVersion(options.model));
  FLORIN_TRY(CheckLineage(options, version, *plan));
  FLORIN_ASSIGN(const auto model, model::MakeModel(plan->spec.model));
  model::PrivateState own;
  if (!options.own.empty()) {
    FLORIN_ASSIGN(own, LoadPrivate(options.own));
  }
  FLORIN_ASSIGN(data::View view, LoadView(options.view));
  view.reject_share_max = 0;  // every row is scored, so that line n of the file is row n
  FLORIN_ASSIGN(const auto source, OpenRows(view));
  const data::Schema schema = ScoringSchema(plan->spec.schema);
  FLORIN_ASSIGN(const auto rows,
                data::Featurise(*source, view, schema, data::Part::kAll, /*with_label=*/false));
  FLORIN_ASSIGN(RowNames names, RowNames::Open(view, options.id));
  FLORIN_ASSIGN(AtomicFile file, AtomicFile::Create(options.out));
  ScoreWriter writer(*model, plan->spec.schema.label, options, std::move(names), file);
  FLORIN_TRY(writer.Start());
  FLORIN_TRY(score::ScoreAll(
      *model, *version.state, own, *rows,
      [&](size_t, const data::Batch&, Span<const float> scores) { return writer.Add(scores); }));
  FLORIN_TRY(file.Commit());
  Table table({"file", "rows", "job", "round", "model"});
  table.Add({options.out, Cell::Count(writer.rows()), version.job.text(),
             Cell::Count(version.round.number), version.model_hash.Hex()});
  table.Print(std::cout, context.format);
  return {};
}

}  // namespace

void SetupScore(CLI::App& app, Context& context) {
  SetExamples(app,
              "  florin score --model out/model.florin --job job.yaml --view new.view.yaml "
              "--out scores.csv\n"
              "  florin score --model out/model.florin --job job.yaml --view new.view.yaml "
              "--id customer --out scores.csv\n"
              "  florin score --model out/model.florin --job next.yaml --view new.view.yaml "
              "--private out/europe.private --top-k 10 --out lists.csv");
  auto options = std::make_shared<ScoreOptions>();
  app.add_option("--model", options->model, "The model file")->required();
  app.add_option("--job", options->job, "The job file the model was made with")->required();
  app.add_option("--view", options->view, "The view file of the rows; labels are not read")
      ->required();
  app.add_option("--private", options->own, "The site's private file, for models that keep one");
  app.add_option("--id", options->id, "A field to name rows by; without it, rows count from 1");
  app.add_option("--top-k", options->top_k, "How many classes a row gets, best first")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--out", options->out, "The CSV file to write")->required();
  OnChosen(app, context, [&context, options] { return Score(*options, context); });
}

}  // namespace florin::apps
