#include "florin/govern/policy.h"

#include <algorithm>
#include <utility>

#include "florin/base/text.h"
#include "florin/govern/words.h"

namespace florin::govern {
namespace {

using Outcome = Finding::Outcome;

constexpr size_t kListedMax = 8;  // names of a list that a message repeats

std::string Quoted(std::string_view text) { return base::JsonQuote(text); }

std::string Listed(Span<const std::string> names) {
  const std::string text = base::Join(names.first(std::min(names.size(), kListedMax)), ", ");
  const size_t rest = names.size() - std::min(names.size(), kListedMax);
  return rest == 0 ? text : text + " and " + std::to_string(rest) + " more";
}

bool Has(Span<const std::string> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool HasPattern(Span<const std::string> patterns, std::string_view name) {
  return std::ranges::any_of(patterns, [&](const auto& p) { return Matches(p, name); });
}

// A rule's own words; its key and code are the table's.
struct Words {
  Outcome outcome = Outcome::kUnlimited;
  size_t line = 0;
  std::string expected = {};
  std::string found = {};
  std::string remedy = {};
};

Outcome MetIf(bool is_met) { return is_met ? Outcome::kMet : Outcome::kBroken; }

Words CheckCoordinator(const SitePolicy& policy, const Passage& passage) {
  if (!policy.coordinator) return {};
  const auto& [pinned, line] = *policy.coordinator;
  return {MetIf(passage.coordinator == pinned), line, "the coordinator " + pinned,
          passage.coordinator.empty() ? "one that is not known" : passage.coordinator,
          "Find out who answers at that address before anything else"};
}

Words CheckJob(const SitePolicy& policy, const Passage& passage) {
  if (!policy.jobs) return {};
  const auto& [patterns, line] = *policy.jobs;
  return {MetIf(HasPattern(patterns, passage.job.text())), line, "one of " + Listed(patterns),
          passage.job.text(), "Rename the job, or ask the owner to allow it"};
}

Words CheckPurpose(const SitePolicy& policy, const Passage& passage) {
  if (!policy.purposes) return {};
  const auto& [purposes, line] = *policy.purposes;
  return {MetIf(Has(purposes, passage.purpose)), line, "one of " + Listed(purposes),
          passage.purpose, "Say the true purpose in the job, or ask the owner to allow this one"};
}

Words CheckWork(const SitePolicy& policy, const Passage& passage) {
  if (!policy.work) return {};
  const auto& [work, line] = *policy.work;
  return {MetIf(Has(work, passage.work)), line, "one of " + Listed(work), passage.work,
          "Ask the owner to allow it, or go on without this site"};
}

Words CheckView(const SitePolicy& policy, const Passage& passage) {
  if (!policy.views) return {};
  const std::vector<ViewRule>& views = policy.views->value;
  const auto rule = std::ranges::find(views, passage.view, &ViewRule::view);
  if (rule == views.end()) {
    Names names;
    for (const ViewRule& view : views) names.push_back(view.view);
    return {Outcome::kBroken, policy.views->line, "a view of " + Listed(names),
            "view " + passage.view, "Use one of those, or ask the owner to allow it"};
  }
  const std::optional<Names>& allowed = rule->fields;
  if (!allowed) {
    return {Outcome::kMet, rule->line, "any field of view " + passage.view, Listed(passage.fields),
            ""};
  }
  Names strange;
  for (const std::string& field : passage.fields) {
    if (!Has(*allowed, field)) strange.push_back(Quoted(field));
  }
  return {MetIf(strange.empty()), rule->line,
          "only these fields of view " + passage.view + ": " + Listed(*allowed),
          Listed(strange.empty() ? passage.fields : strange),
          "Leave them out of the job, or ask the owner to allow them"};
}

Words CheckProtocol(const SitePolicy& policy, const Passage& passage) {
  if (!policy.protocol_min) return {};
  const auto& [weakest, line] = *policy.protocol_min;
  const auto protocols = Protocols();
  const auto asked = std::ranges::find(protocols, passage.protocol);
  const auto needed = std::ranges::find(protocols, weakest);
  const bool is_met = asked != protocols.end() && asked >= needed;
  return {MetIf(is_met), line, weakest + " or stronger", passage.protocol,
          "Set privacy.protocol of the job"};
}

Words CheckContributors(const SitePolicy& policy, const Passage& passage) {
  if (!policy.contributors_min) return {};
  const auto& [least, line] = *policy.contributors_min;
  return {MetIf(passage.contributors >= least), line, "at least " + std::to_string(least),
          std::to_string(passage.contributors), "Raise cohort.minimum of the job"};
}

// Whoever enrols sites can enrol some of its own: then the sum tells it what the others sent.
Words CheckPeers(const SitePolicy& policy, const Passage& passage) {
  if (!policy.peers) return {};
  const auto& [rule, line] = *policy.peers;
  std::string expected = "any site";
  if (!rule.is_any) {
    Names names;
    for (const auto& [name, key] : rule.peers) names.push_back(name);
    expected = Listed(names) + ", with the keys that stand there";
  }
  if (!passage.peers) return {Outcome::kUnknown, line, expected, "", ""};
  Names strange;
  for (const auto& [name, key] : *passage.peers) {
    const auto known = rule.peers.find(name);
    const bool is_known = known != rule.peers.end() && known->second == key;
    if (!is_known && !rule.is_any) strange.push_back(Quoted(name) + " with key " + key);
  }
  return {MetIf(strange.empty()), line, expected, Listed(strange),
          "Ask that site's owner for its key (florin agent show), and add it"};
}

Words CheckClip(const SitePolicy& policy, const Passage& passage) {
  if (!policy.clipping_norm_max) return {};
  const auto& [most, line] = *policy.clipping_norm_max;
  const std::string expected = "a clipping norm of at most " + base::Shortest(most);
  if (passage.work != "train") return {Outcome::kMet, line, expected, "no update", ""};
  const bool is_met = passage.clipping_norm && *passage.clipping_norm <= most;
  return {MetIf(is_met), line, expected,
          passage.clipping_norm ? base::Shortest(*passage.clipping_norm) : "none",
          "Set privacy.clipping_norm of the job; exact sums have none and cannot meet this rule"};
}

Words AtMost(const std::optional<Rule<uint64_t>>& rule, uint64_t found, const char* remedy) {
  if (!rule) return {};
  return {MetIf(found <= rule->value), rule->line, "at most " + std::to_string(rule->value),
          std::to_string(found), remedy};
}

Words CheckWeight(const SitePolicy& policy, const Passage& passage) {
  return AtMost(policy.weight_max, passage.weight, "Lower privacy.weight_max of the job");
}

Words CheckRounds(const SitePolicy& policy, const Passage& passage) {
  return AtMost(policy.rounds_max, passage.rounds, "Lower training.rounds of the job");
}

Words CheckEpochs(const SitePolicy& policy, const Passage& passage) {
  return AtMost(policy.epochs_max, passage.epochs, "Lower training.epochs of the job");
}

Words CheckRows(const SitePolicy& policy, const Passage& passage) {
  if (!policy.rows_min) return {};
  const auto& [least, line] = *policy.rows_min;
  const std::string expected = "at least " + std::to_string(least) + " rows of the site's own";
  if (!passage.rows) return {Outcome::kUnknown, line, expected, "", ""};
  return {MetIf(*passage.rows >= least), line, expected, std::to_string(*passage.rows),
          "Wait for more rows, or go on without this site"};
}

struct RuleCheck {
  std::string_view key;
  std::string_view code;
  Words (*check)(const SitePolicy&, const Passage&);
};
constexpr RuleCheck kChecks[] = {
    {"coordinator", "POLICY-COORDINATOR", CheckCoordinator},
    {"jobs", "POLICY-JOB", CheckJob},
    {"purposes", "POLICY-PURPOSE", CheckPurpose},
    {"work", "POLICY-WORK", CheckWork},
    {"views", "POLICY-COLUMN", CheckView},
    {"minimum_protocol", "POLICY-PROTOCOL", CheckProtocol},
    {"minimum_contributors", "POLICY-CONTRIBUTORS", CheckContributors},
    {"peers", "POLICY-PEER", CheckPeers},
    {"clipping_norm_max", "POLICY-CLIP", CheckClip},
    {"weight_max", "POLICY-LIMIT", CheckWeight},
    {"rounds_max", "POLICY-LIMIT", CheckRounds},
    {"epochs_max", "POLICY-LIMIT", CheckEpochs},
    {"minimum_rows", "POLICY-ROWS", CheckRows},
};

Finding FindingOf(const RuleCheck& rule, Words words) {
  return {rule.key,
          rule.code,
          words.outcome,
          words.line,
          std::move(words.expected),
          std::move(words.found),
          std::move(words.remedy)};
}

// "policy.yaml:14: purposes"
std::string PlaceOf(const SitePolicy& policy, size_t line, std::string_view key) {
  std::string place = policy.file.empty() ? "policy " + policy.name : policy.file;
  if (line > 0) place += ":" + std::to_string(line);
  return place + ": " + std::string(key);
}

bool IsTaken(const ApprovalRule& rule, const Passage& passage) {
  return (rule.jobs.empty() || HasPattern(rule.jobs, passage.job.text())) &&
         (rule.purposes.empty() || Has(rule.purposes, passage.purpose));
}

}  // namespace

Status Verdict::ToStatus() const {
  return passes() ? Status() : Status(base::Kind::kRefused, code, why);
}

std::vector<Finding> Review(const SitePolicy& policy, const Passage& passage) {
  std::vector<Finding> findings;
  for (const RuleCheck& rule : kChecks) {
    findings.push_back(FindingOf(rule, rule.check(policy, passage)));
  }
  return findings;
}

Verdict StopOf(const SitePolicy& policy, const Passage& passage, const Finding& finding) {
  return {Verdict::Kind::kStop, std::string(finding.code),
          "job " + Quoted(passage.job.text()) + ": " + PlaceOf(policy, finding.line, finding.rule) +
              ": expected " + finding.expected + ", found " + finding.found + ". " +
              finding.remedy + ".",
          std::string(finding.rule), finding.line};
}

Verdict Check(const SitePolicy& policy, const Passage& passage) {
  for (const RuleCheck& rule : kChecks) {
    const Finding finding = FindingOf(rule, rule.check(policy, passage));
    if (finding.outcome == Outcome::kBroken) return StopOf(policy, passage, finding);
  }
  for (const ApprovalRule& rule : policy.approve) {
    if (IsTaken(rule, passage)) return {Verdict::Kind::kPass, {}, {}, "approve", rule.line};
  }
  return {Verdict::Kind::kHold, std::string(kApprovalPending),
          "job " + Quoted(passage.job.text()) + ": " +
              PlaceOf(policy, policy.approve_line, "approve") +
              ": expected the owner's yes to plan " + passage.plan.Short() +
              ", found none yet. The owner decides at the site.",
          "approve", policy.approve_line};
}

}  // namespace florin::govern
