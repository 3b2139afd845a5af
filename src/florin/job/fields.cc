#include "florin/job/fields.h"

#include <algorithm>

#include "florin/base/text.h"
#include "florin/model/model.h"
#include "florin/protocol/party.h"
#include "florin/strategy/strategy.h"

namespace florin::job {
namespace {

template <typename Kind>
std::vector<std::string> Names(Span<const Kind> kinds) {
  std::vector<std::string> names;
  for (const Kind& kind : kinds) names.emplace_back(kind.name);
  return names;
}

std::vector<std::string> Models() { return Names(model::ModelKinds()); }
std::vector<std::string> Strategies() { return Names(strategy::StrategyKinds()); }
std::vector<std::string> Protocols() { return Names(protocol::ProtocolKinds()); }
std::vector<std::string> DateParts() { return {"hour", "weekday", "month", "day_of_year"}; }
std::vector<std::string> Decimals() { return {".", ","}; }
std::vector<std::string> Encodings() { return {"utf-8", "latin-1"}; }

constexpr Bound Above(double low) { return {.low = low, .excludes_low = true}; }
constexpr Bound AtLeast(double low) { return {.low = low}; }
constexpr Bound Between(double low, double high) { return {.low = low, .high = high}; }
constexpr Bound Inside(double low, double high) {
  return {.low = low, .high = high, .excludes_low = true, .excludes_high = true};
}
constexpr Bound OverUpTo(double low, double high) {
  return {.low = low, .high = high, .excludes_low = true};
}

constexpr double kSeedMax = 9007199254740991;  // 2^53 - 1: the same number in every language
constexpr std::string_view kGradient = "fedavg, fedadam, fedprox";

using enum FieldType;

constexpr Field kJobFields[] = {
    {.path = "job", .type = kName, .is_required = true, .help = "The job's name."},
    {.path = "description", .type = kText, .help = "What it is for, in your words."},
    {.path = "view",
     .type = kName,
     .is_required = true,
     .help = "The view that each site must have: its owner's file `<view>.view.yaml`."},

    {.path = "model", .type = kSection, .is_required = true, .help = "What is learned."},
    {.path = "model.kind", .type = kChoice, .is_required = true, .choices = Models,
     .help = "The kind of model."},
    {.path = "model.l2", .type = kNumber, .standard = "0", .bound = AtLeast(0),
     .applies = "logistic, multinomial, linear, mlp",
     .help = "Ridge penalty: adds l2 / 2 times the squared weights (intercepts left out) to the "
             "mean loss of a row."},
    {.path = "model.hidden", .type = kWholes, .bound = Between(1, 65536),
     .unit = "units", .applies = "mlp", .help = "Width of each hidden layer, first to last."},
    {.path = "model.backoff", .type = kNumbers, .standard = "2, then 20 each", .bound = Above(0), .unit = "rows",
     .applies = "counts",
     .help = "How many rows the next coarser level counts for, one number a context: the first "
             "for the first (finest) context, the last in front of the site's own prior."},
    {.path = "model.personalise", .type = kFlag, .standard = "false",
     .applies = "counts",
     .help = "Each site also fits private weights to its own rows; they never leave it."},

    {.path = "schema", .type = kSection, .is_required = true,
     .help = "What the job asks of every site's rows. Fields are the job's own words; each site's "
             "view says which column feeds them."},
    {.path = "schema.label", .type = kSection, .is_required = true, .help = "What is predicted."},
    {.path = "schema.label.field", .type = kText, .is_required = true,
     .help = "The field: 0 or 1 for logistic, a real number for linear, a class otherwise."},
    {.path = "schema.label.classes", .type = kWhole, .bound = Between(2, 1'000'000),
     .help = "Labels are class numbers from 0 to classes - 1."},
    {.path = "schema.label.names", .type = kTexts,
     .help = "Labels are these class names, in this order; instead of classes."},
    {.path = "schema.weight", .type = kText,
     .help = "A field with the number of times each row counts; without it 1."},
    {.path = "schema.time", .type = kText, .help = "The field with the time of a row."},
    {.path = "schema.user", .type = kText,
     .help = "The field that tells users apart. It is hashed at the site and never leaves it."},
    {.path = "schema.item", .type = kText, .help = "The field that tells items apart."},

    {.path = "schema.features", .type = kList,
     .help = "What the model sees. An item is a field's name (a number as it is) or a mapping with "
             "one source (`field`, `days`, or `part` and `of`) and at most one encoding (`bucket`, "
             "`one_hot`, `vocabulary`, `hash`; without one, a number)."},
    {.path = "schema.features[].name", .type = kText,
     .help = "The feature's name in reports; the field's name when not given."},
    {.path = "schema.features[].field", .type = kText, .help = "The field that feeds it."},
    {.path = "schema.features[].days", .type = kSection,
     .help = "The source is the number of days between two times."},
    {.path = "schema.features[].days.from", .type = kText, .is_required = true,
     .help = "The earlier time."},
    {.path = "schema.features[].days.to", .type = kText, .is_required = true,
     .help = "The later time."},
    {.path = "schema.features[].part", .type = kChoice, .choices = DateParts,
     .help = "The source is a part of a time: hour 0-23, weekday 0 (Monday) - 6, month 1-12, "
             "day_of_year 1-366."},
    {.path = "schema.features[].of", .type = kText, .help = "The time whose part is taken."},
    {.path = "schema.features[].log", .type = kFlag, .standard = "false",
     .help = "Takes sign(x) log(1 + |x|) before standardising. Numbers only."},
    {.path = "schema.features[].mean", .type = kNumber, .standard = "0",
     .help = "Subtracted from the number (after log)."},
    {.path = "schema.features[].deviation", .type = kNumber, .standard = "1", .bound = Above(0),
     .help = "What the number is then divided by."},
    {.path = "schema.features[].missing", .type = kNumber, .standard = "0",
     .help = "Stands in for a missing number, before log."},
    {.path = "schema.features[].bucket", .type = kNumbers,
     .help = "Ascending edges: one column for each interval between them, and one at each end."},
    {.path = "schema.features[].one_hot", .type = kTexts,
     .help = "One dense column a value; a value not listed gives all zeros."},
    {.path = "schema.features[].vocabulary", .type = kTexts,
     .help = "One sparse column a value: a list, or `{file: values.csv}`. A value not listed gives "
             "none."},
    {.path = "schema.features[].vocabulary.file", .type = kText, .is_required = true,
     .help = "A CSV file beside the job: its first column, without the header line."},
    {.path = "schema.features[].hash", .type = kWhole, .bound = Between(2, 16'777'216),
     .unit = "columns",
     .help = "One of so many sparse columns by the value's hash: for values nobody can list."},

    {.path = "schema.contexts", .type = kList,
     .help = "The tables of a count model, finest first: each value of the field is a row."},
    {.path = "schema.contexts[].field", .type = kText, .is_required = true,
     .help = "The field whose value names the row."},
    {.path = "schema.contexts[].vocabulary", .type = kTexts,
     .help = "The public catalogue of values: a list, or `{file: values.csv}`."},
    {.path = "schema.contexts[].vocabulary.file", .type = kText, .is_required = true,
     .help = "A CSV file beside the job: its first column, without the header line."},
    {.path = "schema.contexts[].hash", .type = kWhole, .bound = Between(2, 16'777'216),
     .unit = "rows",
     .help = "Without a catalogue: a table of this many rows, chosen by the value's hash."},

    {.path = "split", .type = kSection,
     .help = "Which rows are kept for evaluation; without it all rows train."},
    {.path = "split.time", .type = kTime,
     .help = "Rows before this time train, the others test. Needs schema.time."},
    {.path = "split.share", .type = kShare, .bound = Inside(0, 1),
     .help = "This share of users (of rows, without schema.user) tests, drawn by seed."},
    {.path = "split.seed", .type = kWhole, .standard = "0", .bound = Between(0, kSeedMax),
     .help = "Seed of that draw."},

    {.path = "training", .type = kSection, .help = "How the model learns."},
    {.path = "training.strategy", .type = kChoice, .standard = "fedavg; sum for counts",
     .choices = Strategies, .help = "How the sum of a round becomes the next model."},
    {.path = "training.rounds", .type = kWhole, .standard = "1", .bound = Between(1, 1'000'000),
     .unit = "rounds", .help = "How many rounds; a strategy that converges ends earlier."},
    {.path = "training.epochs", .type = kWhole, .standard = "1", .bound = Between(1, 10'000),
     .unit = "epochs", .applies = kGradient, .help = "Passes over its rows a site makes a round."},
    {.path = "training.batch_size", .type = kWhole, .standard = "32",
     .bound = Between(1, 1'048'576), .unit = "rows", .applies = kGradient,
     .help = "Rows a gradient step sees."},
    {.path = "training.learning_rate", .type = kNumber, .standard = "0.1",
     .bound = OverUpTo(0, 1e6), .applies = kGradient, .help = "Step size at the sites."},
    {.path = "training.proximal_mu", .type = kNumber, .standard = "0", .bound = AtLeast(0),
     .applies = "fedprox", .help = "Pull towards the global model in each step (Li et al. 2020)."},
    {.path = "training.server_learning_rate", .type = kNumber, .standard = "1",
     .bound = OverUpTo(0, 1e6), .applies = kGradient,
     .help = "Step size of the coordinator; 1 is plain averaging."},
    {.path = "training.beta1", .type = kNumber, .standard = "0.9",
     .bound = {.low = 0, .high = 1, .excludes_high = true}, .applies = "fedadam",
     .help = "Decay of the first moment (Reddi et al. 2021)."},
    {.path = "training.beta2", .type = kNumber, .standard = "0.99",
     .bound = {.low = 0, .high = 1, .excludes_high = true}, .applies = "fedadam",
     .help = "Decay of the second moment."},
    {.path = "training.tau", .type = kNumber, .standard = "0.001", .bound = OverUpTo(0, 1e6),
     .applies = "fedadam", .help = "Adaptivity: added to the root of the second moment."},

    {.path = "cohort", .type = kSection, .help = "Which sites take part in a round."},
    {.path = "cohort.minimum", .type = kWhole, .standard = "2", .bound = Between(1, 1'000'000),
     .unit = "sites", .help = "Fewest contributions that may be opened together."},
    {.path = "cohort.maximum", .type = kWhole, .standard = "1000", .bound = Between(1, 1'000'000),
     .unit = "sites", .help = "Most sites selected for a round."},
    {.path = "cohort.fraction", .type = kShare, .standard = "1", .bound = OverUpTo(0, 1),
     .help = "Share of the sites that are there, drawn anew each round."},
    {.path = "cohort.over_selection", .type = kNumber, .standard = "1", .bound = Between(1, 10),
     .help = "Selects this many times the goal, and closes the round at the goal."},
    {.path = "cohort.deadline", .type = kDuration, .standard = "600s",
     .bound = Between(0.001, 31'536'000),
     .help = "How long a phase waits for sites: `500ms`, `60s`, `10m`, `2h`."},

    {.path = "evaluation", .type = kSection, .help = "What is measured after each round."},
    {.path = "evaluation.metrics", .type = kTexts,
     .help = "Probabilities: auc, logloss, rig, calibration. Classes: map@K, hr@K, ndcg@K, "
             "accuracy, logloss. Numbers: mse, mae, r2. The first is the headline."},
    {.path = "evaluation.minimum_rows", .type = kWhole, .standard = "100",
     .bound = Between(0, kSeedMax), .unit = "rows", .help = "A metric over fewer is withheld."},
    {.path = "evaluation.minimum_sites", .type = kWhole, .standard = "2",
     .bound = Between(1, 1'000'000), .unit = "sites",
     .help = "A metric from fewer sites is withheld."},

    {.path = "privacy", .type = kSection, .help = "What the coordinator may see, and its bounds."},
    {.path = "privacy.protocol", .type = kChoice, .standard = "plain", .choices = Protocols,
     .help = "How contributions are summed. plain: the coordinator sees each one."},
    {.path = "privacy.clipping_norm", .type = kNumber, .standard = "0", .bound = AtLeast(0),
     .help = "L2 bound on an update; a longer one is shortened to it. 0: no bound."},
    {.path = "privacy.weight_max", .type = kWhole, .standard = "1000000",
     .bound = Between(1, 16'777'215), .unit = "rows",
     .help = "Rows one site may count for, at most; more count as this many."},
    {.path = "privacy.entry_max", .type = kNumber, .standard = "by the kind of model",
     .bound = AtLeast(0),
     .help = "Largest magnitude of one summed entry of one site. Smaller gives a finer grid."},
    {.path = "seed", .type = kWhole, .standard = "1", .bound = Between(0, kSeedMax),
     .help = "Of the first parameters, cohort draws and shuffles: same seed, same model."},
};

constexpr Field kViewFields[] = {
    {.path = "view", .type = kName, .is_required = true,
     .help = "The view's name, as jobs ask for it. The file is `<view>.view.yaml`."},
    {.path = "csv", .type = kSection, .is_required = true, .help = "The file with the rows."},
    {.path = "csv.path", .type = kText, .is_required = true,
     .help = "Relative to the view file. The first line names the columns."},
    {.path = "csv.delimiter", .type = kText, .standard = ",",
     .help = "One character; \"\\t\" in quotes for a tab."},
    {.path = "csv.quote", .type = kText, .standard = "\"",
     .help = "The character around texts that contain the delimiter."},
    {.path = "csv.decimal", .type = kChoice, .standard = ".", .choices = Decimals,
     .help = "The decimal mark of numbers."},
    {.path = "csv.encoding", .type = kChoice, .standard = "utf-8", .choices = Encodings,
     .help = "How letters are stored."},
    {.path = "fields", .type = kMapping,
     .help = "Which column feeds each field of the schema: `nights: srch_nights`, or a mapping. A "
             "field that is not named is fed by the column of its own name."},
    {.path = "fields.*.column", .type = kText, .standard = "the field's name",
     .help = "The column."},
    {.path = "fields.*.values", .type = kMapping,
     .help = "Your spelling of values to the job's: `{J: 1, N: 0, \"-99\": \"\"}`; \"\" is missing."},
    {.path = "reject_share", .type = kShare, .standard = "0", .bound = Between(0, 1),
     .help = "Share of rows that may be unreadable and are then left out; more is an error."},
};

std::string Plural(FieldType type) {
  switch (type) {
    case kTexts: return "a list of values";
    case kNumbers: return "a list of numbers";
    default: return "a list of whole numbers";
  }
}

std::string Escaped(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

std::string Table(Span<const Field> fields) {
  std::string text = "| key | value | default | read by | meaning |\n|---|---|---|---|---|\n";
  for (const Field& field : fields) {
    std::string standard(field.standard);
    if (field.is_required) standard = "required";
    text += "| `" + std::string(field.path) + "` | " + Escaped(field.TypeText());
    if (!field.unit.empty()) text += " (" + std::string(field.unit) + ")";
    text += " | " + (standard == "\"" || standard == "," || standard == "."
                         ? "`" + standard + "`"
                         : standard);
    text += " | " + std::string(field.applies) + " | " + Escaped(std::string(field.help)) + " |\n";
  }
  return text;
}

}  // namespace

bool Bound::Holds(double value) const {
  return (excludes_low ? value > low : value >= low) &&
         (excludes_high ? value < high : value <= high);
}

std::string Bound::ToString() const {
  const bool has_low = low > -std::numeric_limits<double>::infinity();
  const bool has_high = high < std::numeric_limits<double>::infinity();
  const auto number = [](double value) {
    const auto whole = static_cast<int64_t>(value);
    return static_cast<double>(whole) == value ? std::to_string(whole) : base::Shortest(value);
  };
  if (has_low && has_high && !excludes_low && !excludes_high) {
    return number(low) + " to " + number(high);
  }
  std::string text;
  if (has_low) text = (excludes_low ? "> " : ">= ") + number(low);
  if (has_high) text += (has_low ? " and " : "") + ((excludes_high ? "< " : "<= ") + number(high));
  return text;
}

std::string_view Field::key() const {
  const size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

std::string_view Field::parent() const {
  const size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

std::string Field::TypeText() const {
  std::string range = bound.ToString();
  if (!range.empty()) range.insert(0, " ");
  switch (type) {
    case kSection: return "a mapping";
    case kMapping: return "a mapping of your own keys";
    case kList: return "a list";
    case kName: return "a name (a-z, 0-9, -)";
    case kText: return "a text";
    case kNumber: return "a number" + range;
    case kWhole: return "a whole number" + range;
    case kTexts:
    case kNumbers:
    case kWholes: return Plural(type) + (range.empty() ? "" : ", each" + range);
    case kFlag: return "true or false";
    case kDuration: return "a duration (500ms, 60s, 10m, 2h)";
    case kShare: return "a share" + range + " (0.2 or 20%)";
    case kTime: return "a date (2026-01-31) or time (2026-01-31T12:00:00, UTC)";
    case kChoice: return "one of " + base::Join(choices(), ", ");
  }
  return {};
}

Span<const Field> JobFields() { return kJobFields; }
Span<const Field> ViewFields() { return kViewFields; }

const Field* FindField(Span<const Field> fields, std::string_view path) {
  const auto at = std::find_if(fields.begin(), fields.end(),
                               [&](const Field& field) { return field.path == path; });
  return at == fields.end() ? nullptr : &*at;
}

std::vector<std::string> ChildKeys(Span<const Field> fields, std::string_view parent) {
  std::vector<std::string> keys;
  for (const Field& field : fields) {
    if (field.parent() == parent) keys.emplace_back(field.key());
  }
  return keys;
}

std::string FieldReference() {
  return "# Job and view files\n\n"
         "Generated from the field table `src/florin/job/fields.cc`, which the parser reads too; "
         "a test keeps\nthis page equal to it. `florin job explain KEY` prints the same.\n\n"
         "Keys that are not listed are refused, and so are keys that the chosen model or strategy "
         "does not\nread. In a path, `[]` is any item of a list and `*` any key you choose.\n\n"
         "## The job file\n\n" +
         Table(JobFields()) + "\n## The view file of a site\n\n" + Table(ViewFields());
}

}  // namespace florin::job
