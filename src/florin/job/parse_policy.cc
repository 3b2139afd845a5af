#include "florin/job/parse_policy.h"

#include <algorithm>
#include <utility>

#include "florin/base/text.h"
#include "florin/job/section.h"

namespace florin::job {
namespace {

using govern::Rule;
using govern::SitePolicy;

constexpr size_t kFingerprintSize = 64;  // hex digits
constexpr size_t kPatternMax = 64;       // a name is no longer

bool IsPattern(std::string_view text) {
  return text.size() <= kPatternMax && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '*' ||
                  c == '?';
         });
}

// A rule that is there, with the line of its key.
template <typename T, typename Read>
std::optional<Rule<T>> RuleOf(const Section& section, std::string_view key, Read read) {
  if (!section.Has(key)) return std::nullopt;
  return Rule<T>{read(), section.LineOf(key)};
}

// A key without a value would look like a rule and limit nothing.
void RefuseEmpty(const Section& section, const Node& node) {
  for (const Node& value : node.items) {
    if (value.kind != Node::Kind::kNull || value.key.empty()) continue;
    section.FaultAt(value.key_mark, value.key, "has no value; leave the key out instead.", "TYPE");
  }
}

govern::Names ReadPatterns(const Section& section, std::string_view key) {
  govern::Names patterns = section.Texts(key);
  for (size_t i = 0; i < patterns.size(); ++i) {
    if (IsPattern(patterns[i])) continue;
    section.Fault(key,
                  "expected names of jobs (a-z, 0-9, -) or patterns with * and ?, found " +
                      base::JsonQuote(patterns[i]) + ".",
                  "VALUE");
  }
  return patterns;
}

std::string ReadFingerprint(const Section& section, std::string_view key) {
  std::string text = base::Lower(section.Text(key));
  const bool is_fit = text.size() == kFingerprintSize && base::FromHex(text).ok();
  if (!is_fit) {
    section.Fault(key, "expected a SHA-256 fingerprint of 64 hex digits without colons.", "VALUE");
  }
  return text;
}

std::vector<govern::ViewRule> ReadViews(const Section& section) {
  std::vector<govern::ViewRule> views;
  for (const std::string& name : section.Keys("views")) {
    const Status is_name = base::CheckName("view", name);
    const Node& node = *section.Find("views")->Find(name);
    if (!is_name.ok()) {
      section.FaultAt(node.key_mark, "views", std::string(is_name.message()), "VALUE");
    }
    const Section view = section.Value("views", name);
    RefuseEmpty(view, node);
    govern::ViewRule rule{.view = name, .fields = {}, .line = node.key_mark.line};
    if (view.Has("fields")) rule.fields = view.Texts("fields");
    views.push_back(std::move(rule));
  }
  const bool is_mapping = section.Find("views")->kind == Node::Kind::kMapping;
  if (is_mapping && views.empty()) {
    section.Fault("views", "is empty; leave the key out instead.", "TYPE");
  }
  return views;
}

std::vector<govern::ApprovalRule> ReadApproval(const Section& section) {
  std::vector<govern::ApprovalRule> rules;
  const std::string approve = section.Choice("approve", "ask");
  if (approve == "rule" && !section.Has("rules")) {
    section.Fault("approve", "needs rules: [{jobs: [...], purposes: [...]}].", "MISSING");
  }
  if (approve == "ask" && section.Has("rules")) {
    section.Fault("rules", "is read with approve: rule only.", "UNUSED");
  }
  const Node* list = section.List("rules");
  if (list == nullptr) return rules;
  for (size_t i = 0; i < list->items.size(); ++i) {
    const Section item = section.Item("rules", i);
    RefuseEmpty(item, list->items[i]);
    if (!item.Has("jobs") && !item.Has("purposes")) {
      item.Fault("", "would take nothing or everything; say jobs: [\"*\"] for every job.", "VALUE");
    }
    rules.push_back({.jobs = ReadPatterns(item, "jobs"),
                     .purposes = item.Choices("purposes"),
                     .line = list->items[i].mark.line});
  }
  return rules;
}

// "any", or a name and a key of 64 hex digits each.
govern::PeerRule ReadPeers(const Section& section) {
  govern::PeerRule rule;
  const std::vector<std::string> lines = section.Texts("peers");
  rule.is_any = lines == std::vector<std::string>{"any"};
  for (const std::string& line : lines) {
    if (rule.is_any) break;
    const auto parts = base::Split(line, ' ');
    const bool is_pair = parts.size() == 2 && base::CheckName("site", parts[0]).ok();
    const auto key = is_pair ? base::FromHex(parts[1]) : Result<Bytes>(Bytes());
    if (!is_pair || !key.ok() || key->size() != 32) {
      section.Fault("peers",
                    "expected `any`, or a site's name and its identity key of 64 hex digits each; "
                    "found " +
                        base::JsonQuote(line) + ".",
                    "VALUE");
      continue;
    }
    if (!rule.peers.emplace(std::string(parts[0]), base::Hex(*key)).second) {
      section.Fault("peers", "has " + base::JsonQuote(parts[0]) + " twice.", "VALUE");
    }
  }
  return rule;
}

void ReadRules(const Section& section, SitePolicy& policy) {
  using govern::Names;
  const auto whole = [&](std::string_view key) {
    return RuleOf<uint64_t>(section, key, [&] { return section.Whole(key, 0); });
  };
  policy.coordinator = RuleOf<std::string>(section, "coordinator",
                                           [&] { return ReadFingerprint(section, "coordinator"); });
  policy.jobs = RuleOf<Names>(section, "jobs", [&] { return ReadPatterns(section, "jobs"); });
  policy.purposes = RuleOf<Names>(section, "purposes", [&] { return section.Choices("purposes"); });
  policy.work = RuleOf<Names>(section, "work", [&] { return section.Choices("work"); });
  policy.views =
      RuleOf<std::vector<govern::ViewRule>>(section, "views", [&] { return ReadViews(section); });
  policy.protocol_min = RuleOf<std::string>(section, "minimum_protocol",
                                            [&] { return section.Choice("minimum_protocol"); });
  policy.contributors_min = whole("minimum_contributors");
  policy.peers = RuleOf<govern::PeerRule>(section, "peers", [&] { return ReadPeers(section); });
  policy.clipping_norm_max = RuleOf<double>(section, "clipping_norm_max",
                                            [&] { return section.Number("clipping_norm_max", 0); });
  policy.weight_max = whole("weight_max");
  policy.rounds_max = whole("rounds_max");
  policy.epochs_max = whole("epochs_max");
  policy.rows_min = whole("minimum_rows");
}

}  // namespace

Parsed<SitePolicy> ParsePolicy(std::string_view yaml, const std::string& file) {
  Faults faults(file, "POLICY");
  YamlTree tree = ParseYaml(yaml);
  for (YamlFault& fault : tree.faults) {
    faults.AddWhole(fault.mark, std::move(fault.message), std::move(fault.code));
  }
  SitePolicy policy;
  if (!faults.empty()) return {std::move(policy), std::move(faults).Take()};

  const Section section(tree.root, PolicyFields(), faults);
  RefuseEmpty(section, tree.root);
  policy.file = file;
  policy.name = section.Name("policy");
  ReadRules(section, policy);
  policy.approve = ReadApproval(section);
  policy.approve_line = section.Has("approve") ? section.LineOf("approve") : 0;
  return {std::move(policy), std::move(faults).Take()};
}

}  // namespace florin::job
