#include "florin/job/fields.h"

#include <algorithm>

#include "florin/base/text.h"
#include "florin/govern/words.h"

namespace florin::job {
namespace {

using enum FieldType;

constexpr char kReferenceHead[] = R"(# Job and view files

Generated from the field table `src/florin/job/field_table.cc`, which the parser reads too; a test
keeps this page equal to it. `florin job explain KEY` prints the same.

Keys that are not listed are refused, and so are keys that the chosen model or strategy does not
read. In a path, `[]` is any item of a list and `*` any key you choose.

## The job file

)";

constexpr char kPolicyHead[] = R"(# The policy file of a site

What the owner of a site's rows allows, whoever asks. The file lies beside the agent and never
leaves it. `florin policy check POLICY --job JOB` tells which rules a job meets and breaks.

Generated from the field table `src/florin/job/policy_table.cc`, which the parser reads too; a test
keeps this page equal to it.

A rule that is not given limits nothing; what is given is checked against the plan as the site
itself resolves it from the job, before a row is read. `minimum_rows` alone is checked once the
rows are read, before anything leaves. Then every new plan waits for the owner's yes, unless
`approve: rule` and one of `rules` takes it; a plan that changed in anything is a new plan.

)";

constexpr char kPolicyTail[] = R"(
## Purposes

The words of `purpose` in a job, of `purposes` and `rules` in a policy. They follow the purposes of
IAB Europe's Transparency and Consent Framework 2.3; its purpose 1, storing on a device, is no
reason to compute.

| purpose | rows are used for |
|---|---|
)";

constexpr char kRefusals[] = R"(
## Refusals

A refusal names the job, the policy's line, what was expected and found, and what to do. It goes to
the coordinator with the same words, save how many rows the site has.

| code | the rule that says no |
|---|---|
| `POLICY-COORDINATOR` | `coordinator` |
| `POLICY-JOB` | `jobs` |
| `POLICY-PURPOSE` | `purposes` |
| `POLICY-WORK` | `work` |
| `POLICY-COLUMN` | `views`: the view, or a field of it |
| `POLICY-PROTOCOL` | `minimum_protocol` |
| `POLICY-CONTRIBUTORS` | `minimum_contributors` |
| `POLICY-CLIP` | `clipping_norm_max` |
| `POLICY-LIMIT` | `weight_max`, `rounds_max`, `epochs_max` |
| `POLICY-ROWS` | `minimum_rows` |
| `APPROVAL-PENDING` | `approve`: not decided yet; the job goes on without it, or waits |
| `APPROVAL-REFUSED` | the owner said no to this plan |
)";

std::string Plural(FieldType type) {
  switch (type) {
    case kTexts:
      return "a list of values";
    case kNumbers:
      return "a list of numbers";
    default:
      return "a list of whole numbers";
  }
}

// For a cell of a Markdown table.
std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string Table(Span<const Field> fields) {
  std::string text = "| key | value | default | read by | meaning |\n|---|---|---|---|---|\n";
  for (const Field& field : fields) {
    std::string standard(field.standard);
    if (field.is_required) standard = "required";
    text += "| `" + std::string(field.path) + "` | " + Escaped(field.TypeText());
    if (!field.unit.empty()) text += " (" + std::string(field.unit) + ")";
    text += " | " + (standard == "\"" || standard == "," || standard == "." ? "`" + standard + "`"
                                                                            : standard);
    text += " | " + std::string(field.applies) + " | " + Escaped(field.help) + " |\n";
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
    case kSection:
      return "a mapping";
    case kMapping:
      return "a mapping of your own keys";
    case kList:
      return "a list";
    case kName:
      return "a name (a-z, 0-9, -)";
    case kText:
      return "a text";
    case kNumber:
      return "a number" + range;
    case kWhole:
      return "a whole number" + range;
    case kTexts:
    case kNumbers:
    case kWholes:
      return Plural(type) + (range.empty() ? "" : ", each" + range);
    case kFlag:
      return "true or false";
    case kDuration:
      return "a duration (500ms, 60s, 10m, 2h, 14d)";
    case kShare:
      return "a share" + range + " (0.2 or 20%)";
    case kTime:
      return "a date (2026-01-31) or time (2026-01-31T12:00:00, UTC)";
    case kChoices:
      return "a list of: " + base::Join(choices(), ", ");
    case kChoice:
      return "one of " + base::Join(choices(), ", ");
  }
  return {};
}

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
  return kReferenceHead + Table(JobFields()) + "\n## The view file of a site\n\n" +
         Table(ViewFields());
}

std::string PolicyReference() {
  std::string text = kPolicyHead + Table(PolicyFields()) + kPolicyTail;
  for (const govern::Purpose& purpose : govern::Purposes()) {
    text += "| `" + std::string(purpose.name) + "` | " + std::string(purpose.help) + " |\n";
  }
  return text + kRefusals;
}

}  // namespace florin::job
