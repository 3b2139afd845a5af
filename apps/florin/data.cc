// florin data: what a site's rows look like through a view.
#include <iostream>
#include <memory>

#include "commands.h"
#include "errors.h"
#include "files.h"
#include "florin/base/text.h"
#include "florin/data/profile.h"

namespace florin::apps {
namespace {

struct CheckOptions {
  std::string view;
  std::string job;
};

const char* KindName(data::FieldKind kind) {
  switch (kind) {
    case data::FieldKind::kNumber:
      return "number";
    case data::FieldKind::kText:
      return "text";
    case data::FieldKind::kTime:
      return "time";
  }
  return "?";
}

Cell TextOrNothing(const std::string& text) { return text.empty() ? Cell() : Cell(text); }

Table FieldTable(const data::Profile& profile) {
  Table table({"field", "column", "type", "rows", "missing", "minimum", "maximum", "mean",
               "distinct", "outside", "note"});
  for (const data::FieldProfile& field : profile.fields) {
    const bool is_text = field.kind == data::FieldKind::kText;
    table.Add({field.field, field.column, KindName(field.kind), Cell::Count(field.rows),
               Cell::Count(field.missing), TextOrNothing(field.minimum),
               TextOrNothing(field.maximum), TextOrNothing(field.mean),
               is_text ? Cell::Count(field.distinct) : Cell(), Cell::Count(field.outside),
               TextOrNothing(field.note)});
  }
  return table;
}

// The summary goes with the table for people; programs read the table alone.
void PrintSummary(const data::Profile& profile, const data::Schema& schema) {
  std::cout << "\nrows " << base::WithCommas(static_cast<int64_t>(profile.rows));
  if (schema.split.kind != data::Split::Kind::kNone) {
    std::cout << " (train " << base::WithCommas(static_cast<int64_t>(profile.train_rows))
              << ", test " << base::WithCommas(static_cast<int64_t>(profile.test_rows)) << ")";
  }
  if (schema.label.kind == data::Label::Kind::kBinary) {
    std::cout << ", label rate " << base::Fixed(100 * profile.label_rate, 2) << " %";
  } else if (schema.label.kind == data::Label::Kind::kReal) {
    std::cout << ", mean label " << base::Fixed(profile.label_rate, 4);
  }
  std::cout << ", rejected " << base::WithCommas(static_cast<int64_t>(profile.rejects.rows))
            << "\n";
  for (const data::Reject& reject : profile.rejects.first) {
    std::cout << "  line " << reject.line << ", column " << reject.column << ": " << reject.reason
              << "\n";
  }
}

// Why these rows cannot serve yet, or "".
std::string FindObstacle(const data::Profile& profile, const data::View& view,
                         const data::Schema& schema) {
  const auto rows = static_cast<double>(profile.rows + profile.rejects.rows);
  const double share = rows > 0 ? static_cast<double>(profile.rejects.rows) / rows : 0;
  if (share > view.reject_share_max) {
    return base::Fixed(100 * share, 2) + " % of the rows are rejected, reject_share allows " +
           base::Fixed(100 * view.reject_share_max, 2) + " %; mend the rows above or the view";
  }
  if (profile.rows == 0) return "there is no row to learn from";
  if (schema.split.kind != data::Split::Kind::kNone && profile.train_rows == 0) {
    return "no row trains; look at the job's split";
  }
  const bool is_binary = schema.label.kind == data::Label::Kind::kBinary;
  if (is_binary && (profile.label_rate <= 0 || profile.label_rate >= 1)) {
    return "every label is " + std::string(profile.label_rate <= 0 ? "0" : "1") +
           "; there is nothing to tell apart";
  }
  return {};
}

Status Check(const CheckOptions& options, const Context& context) {
  FLORIN_ASSIGN(const data::View view, LoadView(options.view));
  data::Schema schema;
  if (!options.job.empty()) {
    FLORIN_ASSIGN(const job::JobSpec spec, LoadJob(options.job));
    if (spec.view != view.name) {
      return Status(Kind::kConfig, "VIEW-NAME",
                    options.view + ": the job asks for view \"" + spec.view +
                        "\", this is view \"" + view.name + "\"");
    }
    schema = spec.schema;
  }
  FLORIN_ASSIGN(const auto source, OpenRows(view));
  FLORIN_ASSIGN(const data::Profile profile, data::MakeProfile(*source, view, schema));
  FieldTable(profile).Print(std::cout, context.format);
  if (context.format == Format::kTable) PrintSummary(profile, schema);
  const std::string obstacle = FindObstacle(profile, view, schema);
  if (obstacle.empty()) return {};
  return Status(Kind::kFailed, "DATA-NOT-READY", options.view + ": " + obstacle);
}

}  // namespace

void SetupData(CLI::App& app, Context& context) {
  app.require_subcommand(1);
  SetExamples(app, "  florin data check searches.view.yaml --job job.yaml");
  auto options = std::make_shared<CheckOptions>();
  CLI::App& check = AddVerb(
      app, "check", "a readiness table of a view's rows",
      "  florin data check searches.view.yaml\n"
      "  florin data check searches.view.yaml --job job.yaml      the job's fields and split");
  check.add_option("VIEW", options->view, "The view file")->required();
  check.add_option("--job", options->job, "Check what this job needs of the rows");
  OnChosen(check, context, [&context, options] { return Check(*options, context); });
}

}  // namespace florin::apps
