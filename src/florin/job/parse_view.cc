#include <utility>

#include "florin/job/parse.h"
#include "florin/job/section.h"

namespace florin::job {
namespace {

char OneCharacter(const Section& section, std::string_view key, char fallback) {
  const std::string text = section.Text(key, std::string(1, fallback));
  const bool is_fit = text.size() == 1 && text[0] != '\n' && text[0] != '\r' &&
                      static_cast<unsigned char>(text[0]) < 0x80;
  if (!is_fit) {
    section.Fault(key, "expected one character, found \"" + text + "\". A tab is \"\\t\".",
                  "VALUE");
    return fallback;
  }
  return text[0];
}

data::CsvFormat ReadCsv(const Section& section) {
  data::CsvFormat csv;
  csv.path = section.Text("path");
  csv.delimiter = OneCharacter(section, "delimiter", csv.delimiter);
  csv.quote = OneCharacter(section, "quote", csv.quote);
  csv.decimal_comma = section.Choice("decimal", ".") == ",";
  csv.latin1 = section.Choice("encoding", "utf-8") == "latin-1";
  if (csv.delimiter == csv.quote) {
    section.Fault("quote", "is also the delimiter.", "VALUE");
  }
  return csv;
}

data::ViewField ReadField(const Section& section, const std::string& name) {
  data::ViewField field;
  field.column = section.Text("column", name);
  for (const std::string& own : section.Keys("values")) {
    const Node& value = *section.Find("values")->Find(own);
    if (value.kind == Node::Kind::kList || value.kind == Node::Kind::kMapping) {
      section.FaultAt(value.mark, "values", "expected one value for \"" + own + "\".", "TYPE");
    }
    field.values.emplace(own, value.text);
  }
  return field;
}

}  // namespace

Parsed<data::View> ParseView(std::string_view yaml, const std::string& file) {
  Faults faults(file, "VIEW");
  YamlTree tree = ParseYaml(yaml);
  for (YamlFault& fault : tree.faults) {
    faults.AddWhole(fault.mark, std::move(fault.message), std::move(fault.code));
  }
  data::View view;
  if (!faults.empty()) return {std::move(view), std::move(faults).Take()};

  const Section section(tree.root, ViewFields(), faults);
  view.name = section.Name("view");
  view.csv = ReadCsv(section.Child("csv"));
  for (const std::string& name : section.Keys("fields")) {
    const Node& value = *section.Find("fields")->Find(name);
    data::ViewField field;
    if (value.kind == Node::Kind::kScalar && !value.text.empty()) {
      field.column = value.text;
    } else {
      field = ReadField(section.Value("fields", name), name);
    }
    view.fields.emplace(name, std::move(field));
  }
  view.reject_share_max = section.Share("reject_share", view.reject_share_max);
  return {std::move(view), std::move(faults).Take()};
}

}  // namespace florin::job
