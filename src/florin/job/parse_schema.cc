#include "florin/job/parse_schema.h"

#include <algorithm>
#include <unordered_set>

#include "florin/base/text.h"

namespace florin::job {
namespace {

using data::Encoding;
using data::Feature;

std::string Quoted(std::string_view text) { return base::JsonQuote(text); }

// The value that stands twice in `values`, or "".
std::string FindTwice(const std::vector<std::string>& values) {
  std::unordered_set<std::string_view> seen;
  for (const std::string& value : values) {
    if (!seen.insert(value).second) return value;
  }
  return {};
}

void CheckDistinct(const Section& section, std::string_view key,
                   const std::vector<std::string>& values) {
  const std::string twice = FindTwice(values);
  if (!twice.empty()) section.Fault(key, "names " + Quoted(twice) + " twice.", "VALUE");
}

// A list in the job file, or `{file: values.csv}`.
std::vector<std::string> ReadVocabulary(const Section& section, std::string_view key,
                                        const FileReader& read) {
  const Node* node = section.Find(key);
  if (node == nullptr) return {};
  std::vector<std::string> values;
  if (node->kind != Node::Kind::kMapping) {
    values = section.Texts(key);
  } else {
    const Section source = section.Child(key);
    const std::string path = source.Text("file");
    if (path.empty()) return {};
    Result<std::string> text = read(path);
    if (!text.ok()) {
      source.Fault("file", std::string(text.status().message()) + ".", "FILE");
      return {};
    }
    values = FirstColumn(*text);
    if (values.empty()) source.Fault("file", Quoted(path) + " has no value.", "FILE");
  }
  CheckDistinct(section, key, values);
  return values;
}

void ReadSource(const Section& section, Feature& feature) {
  const int sources = section.Has("field") + section.Has("days") + section.Has("part");
  if (sources != 1) {
    section.Fault("",
                  "expected one of field, days, or part and of; found " +
                      std::string(sources == 0 ? "none." : "more than one."),
                  "VALUE");
  }
  if (section.Has("part") != section.Has("of")) {
    section.Fault("part", "part and of belong together: {part: hour, of: searched_at}.", "VALUE");
  }
  feature.field = section.Text("field");
  if (section.Has("days")) {
    const Section days = section.Child("days");
    feature.days_from = days.Text("from");
    feature.field = days.Text("to");
  }
  const std::string part = section.Choice("part");
  if (part == "hour") feature.date_part = data::DatePart::kHour;
  if (part == "weekday") feature.date_part = data::DatePart::kWeekday;
  if (part == "month") feature.date_part = data::DatePart::kMonth;
  if (part == "day_of_year") feature.date_part = data::DatePart::kDayOfYear;
  if (section.Has("of")) feature.field = section.Text("of");
}

void ReadEncoding(const Section& section, const FileReader& read, Feature& feature) {
  struct Choice {
    std::string_view key;
    Encoding encoding;
  };
  constexpr Choice kChoices[] = {{"bucket", Encoding::kBucket},
                                 {"one_hot", Encoding::kOneHot},
                                 {"vocabulary", Encoding::kVocabulary},
                                 {"hash", Encoding::kHash}};
  int count = 0;
  for (const Choice& choice : kChoices) {
    if (!section.Has(choice.key)) continue;
    feature.encoding = choice.encoding;
    if (++count > 1) {
      section.Fault(choice.key, "a feature has one of bucket, one_hot, vocabulary and hash.",
                    "VALUE");
    }
  }
  feature.edges = section.Numbers("bucket");
  if (std::adjacent_find(feature.edges.begin(), feature.edges.end(), std::greater_equal<>()) !=
      feature.edges.end()) {
    section.Fault("bucket", "expected ascending edges.", "VALUE");
  }
  feature.vocabulary = section.Texts("one_hot");
  CheckDistinct(section, "one_hot", feature.vocabulary);
  if (section.Has("vocabulary")) feature.vocabulary = ReadVocabulary(section, "vocabulary", read);
  feature.hash_width = static_cast<uint32_t>(section.Whole("hash", 0));

  const bool is_number = feature.encoding == Encoding::kNumber;
  for (const std::string_view key : {"log", "mean", "deviation"}) {
    if (section.Has(key) && !is_number) {
      section.Fault(key, "is for numbers; this feature is encoded.", "UNUSED");
    }
  }
  if (section.Has("missing") && !is_number && feature.encoding != Encoding::kBucket) {
    section.Fault("missing", "is for numbers and buckets; a missing text gives no column.",
                  "UNUSED");
  }
  if (!feature.days_from.empty() && !is_number && feature.encoding != Encoding::kBucket) {
    section.Fault("", "days is a number: use it as it is, or with bucket.", "VALUE");
  }
}

Feature ReadFeature(const Section& section, const FileReader& read) {
  Feature feature;
  ReadSource(section, feature);
  ReadEncoding(section, read, feature);
  feature.name = section.Text("name", feature.field);
  feature.log = section.Flag("log", false);
  feature.mean = section.Number("mean", 0);
  feature.deviation = section.Number("deviation", 1);
  feature.missing = section.Number("missing", 0);
  return feature;
}

std::vector<Feature> ReadFeatures(const Section& schema, const FileReader& read) {
  std::vector<Feature> features;
  const Node* list = schema.List("features");
  if (list == nullptr) return features;
  std::unordered_set<std::string> names;
  for (size_t i = 0; i < list->items.size(); ++i) {
    const Node& item = list->items[i];
    if (item.kind == Node::Kind::kScalar && !item.text.empty()) {
      Feature feature;
      feature.name = feature.field = item.text;
      features.push_back(std::move(feature));
    } else {
      features.push_back(ReadFeature(schema.Item("features", i), read));
    }
    const std::string& name = features.back().name;
    if (!name.empty() && !names.insert(name).second) {
      schema.FaultAt(
          item.mark, "features",
          "there are two features " + Quoted(name) + "; give one of them a name of its own.",
          "VALUE");
    }
  }
  return features;
}

std::vector<data::Context> ReadContexts(const Section& schema, const FileReader& read) {
  std::vector<data::Context> contexts;
  const Node* list = schema.List("contexts");
  if (list == nullptr) return contexts;
  for (size_t i = 0; i < list->items.size(); ++i) {
    const Section item = schema.Item("contexts", i);
    data::Context context;
    context.field = item.Text("field");
    context.vocabulary = ReadVocabulary(item, "vocabulary", read);
    context.hash_width = static_cast<uint32_t>(item.Whole("hash", 0));
    if (item.Has("vocabulary") == item.Has("hash")) {
      item.Fault("", "expected either vocabulary (a public catalogue) or hash (a table's rows).",
                 "VALUE");
    }
    contexts.push_back(std::move(context));
  }
  return contexts;
}

data::Label ReadLabel(const Section& section, const std::string& model_kind) {
  data::Label label;
  label.field = section.Text("field");
  label.vocabulary = section.Texts("names");
  CheckDistinct(section, "names", label.vocabulary);
  label.classes = static_cast<uint32_t>(section.Whole("classes", label.vocabulary.size()));
  if (section.Has("names") && section.Has("classes")) {
    section.Fault("classes", "names say how many classes there are; leave one of the two out.",
                  "VALUE");
  }
  const bool needs_classes = model_kind == "multinomial" || model_kind == "counts";
  if (section.Has("names") || section.Has("classes") || needs_classes) {
    label.kind = data::Label::Kind::kClass;
    if (!section.Has("names") && !section.Has("classes")) {
      section.Fault("",
                    "model \"" + model_kind +
                        "\" predicts a class: expected classes: 100, or "
                        "names: [...].",
                    "MISSING");
    }
  } else {
    label.kind = model_kind == "linear" ? data::Label::Kind::kReal : data::Label::Kind::kBinary;
  }
  return label;
}

data::Split ReadSplit(const Section& section) {
  data::Split split;
  if (!section.is_there()) return split;
  if (section.Has("time") == section.Has("share")) {
    section.Fault("", "expected either time or share.", "VALUE");
    return split;
  }
  if (section.Has("time")) {
    split.kind = data::Split::Kind::kTime;
    split.time = section.Instant("time");
    if (section.Has("seed")) section.Fault("seed", "is for a split by share.", "UNUSED");
    return split;
  }
  split.kind = data::Split::Kind::kSeed;
  split.test_share = section.Share("share", 0);
  split.seed = section.Whole("seed", 0);
  return split;
}

// The first cell of a CSV line; two quotes inside quotes stand for one.
std::string FirstCell(std::string_view line) {
  if (!line.starts_with('"')) return std::string(base::Trim(line.substr(0, line.find(','))));
  std::string cell;
  for (size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '"') {
      if (i + 1 >= line.size() || line[i + 1] != '"') break;
      ++i;
    }
    cell += line[i];
  }
  return cell;
}

}  // namespace

data::Schema ParseSchema(const Section& job, const std::string& model_kind,
                         const FileReader& read) {
  const Section section = job.Child("schema");
  data::Schema schema;
  schema.label = ReadLabel(section.Child("label"), model_kind);
  schema.weight_field = section.Text("weight");
  schema.time_field = section.Text("time");
  schema.user_field = section.Text("user");
  schema.item_field = section.Text("item");
  schema.features = ReadFeatures(section, read);
  schema.contexts = ReadContexts(section, read);
  schema.split = ReadSplit(job.Child("split"));
  return schema;
}

std::vector<std::string> FirstColumn(std::string_view csv) {
  std::vector<std::string> values;
  if (csv.starts_with("\xEF\xBB\xBF")) csv.remove_prefix(3);  // byte order mark
  bool is_header = true;
  for (std::string_view line : base::Split(csv, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    std::string value = FirstCell(line);
    if (!is_header && !value.empty()) values.push_back(std::move(value));
    is_header = false;
  }
  return values;
}

}  // namespace florin::job
