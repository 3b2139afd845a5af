// florin policy: what a site's policy says of a job, before anything travels.
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

#include "commands.h"
#include "files.h"
#include "florin/base/text.h"
#include "florin/govern/policy.h"
#include "florin/job/passage.h"

namespace florin::apps {
namespace {

using Outcome = govern::Finding::Outcome;

struct CheckOptions {
  std::string policy;
  std::string job;
  std::string coordinator;  // "" = not told
  std::optional<uint64_t> rows;
};

const char* StatusName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kUnlimited:
      return "no rule";
    case Outcome::kMet:
      return "met";
    case Outcome::kBroken:
      return "broken";
    case Outcome::kUnknown:
      return "later";
  }
  return "?";
}

Cell LineOrNothing(size_t line) { return line == 0 ? Cell() : Cell::Count(line); }

bool IsSame(const govern::Finding& a, const govern::Finding& b) {
  return a.outcome == b.outcome && a.found == b.found;
}

void AddFinding(Table& table, const std::string& work, const govern::Finding& finding) {
  const bool is_broken = finding.outcome == Outcome::kBroken;
  table.Add({finding.rule, LineOrNothing(finding.line), work, StatusName(finding.outcome),
             finding.expected, finding.found, is_broken ? Cell(finding.code) : Cell()});
}

// What a job asks of a site, one passage a kind of work. Who asks is the pinned coordinator until
// one connects.
Result<std::vector<govern::Passage>> PassagesOf(const job::Plan& plan,
                                                const govern::SitePolicy& policy,
                                                const CheckOptions& options) {
  std::vector<govern::Passage> passages;
  FLORIN_ASSIGN(passages.emplace_back(), job::PassageOf(plan, job::Work::kUpdate));
  if (!plan.spec.evaluation.metrics.empty()) {
    FLORIN_ASSIGN(passages.emplace_back(), job::PassageOf(plan, job::Work::kEvaluate));
  }
  for (govern::Passage& passage : passages) {
    passage.rows = options.rows;
    passage.coordinator = base::Lower(options.coordinator);
    if (options.coordinator.empty() && policy.coordinator) {
      passage.coordinator = policy.coordinator->value;
    }
  }
  return passages;
}

std::vector<govern::Finding> FindingsOf(const govern::SitePolicy& policy,
                                        const govern::Passage& passage,
                                        const CheckOptions& options) {
  std::vector<govern::Finding> findings = govern::Review(policy, passage);
  for (govern::Finding& finding : findings) {
    if (finding.rule != "coordinator" || !policy.coordinator || !options.coordinator.empty()) {
      continue;
    }
    finding.outcome = Outcome::kUnknown;
    finding.found.clear();
  }
  return findings;
}

// A rule that says the same of all work has one line.
Table RuleTable(const govern::SitePolicy& policy, Span<const govern::Passage> passages,
                const CheckOptions& options) {
  Table table({"rule", "line", "work", "status", "expected", "found", "code"});
  const govern::Passage& one = passages.front();
  const govern::Passage& other = passages.back();
  const std::vector<govern::Finding> first = FindingsOf(policy, one, options);
  const std::vector<govern::Finding> last = FindingsOf(policy, other, options);
  for (size_t i = 0; i < first.size(); ++i) {
    if (IsSame(first[i], last[i])) {
      AddFinding(table, passages.size() == 1 ? one.work : "all", first[i]);
      continue;
    }
    AddFinding(table, one.work, first[i]);
    AddFinding(table, other.work, last[i]);
  }
  return table;
}

// Every rule that says no, once.
std::vector<govern::Verdict> StopsOf(const govern::SitePolicy& policy,
                                     Span<const govern::Passage> passages) {
  std::vector<govern::Verdict> stops;
  for (const govern::Passage& passage : passages) {
    for (const govern::Finding& finding : govern::Review(policy, passage)) {
      if (finding.outcome != Outcome::kBroken) continue;
      govern::Verdict stop = govern::StopOf(policy, passage, finding);
      const auto is_same = [&](const govern::Verdict& told) { return told.why == stop.why; };
      if (std::ranges::none_of(stops, is_same)) stops.push_back(std::move(stop));
    }
  }
  return stops;
}

void AddApproval(Table& table, const govern::SitePolicy& policy, const govern::Verdict& verdict) {
  const bool passes = verdict.passes();
  table.Add({"approve", LineOrNothing(passes ? verdict.line : policy.approve_line), "all",
             passes ? "met" : "asks", passes ? "a rule that takes the plan" : "the owner's yes",
             passes ? Cell("one") : Cell(), Cell()});
}

Status Check(const CheckOptions& options, const Context& context) {
  FLORIN_ASSIGN(const govern::SitePolicy policy, LoadPolicy(options.policy));
  FLORIN_ASSIGN(const auto plan, LoadPlan(options.job));
  FLORIN_ASSIGN(const auto passages, PassagesOf(*plan, policy, options));
  Table table = RuleTable(policy, passages, options);
  const std::vector<govern::Verdict> stops = StopsOf(policy, passages);
  if (stops.empty()) AddApproval(table, policy, govern::Check(policy, passages.front()));
  table.Print(std::cout, context.format);
  if (stops.empty()) return {};
  std::string text;  // the first rule that says no comes last: it is what the site would answer
  for (size_t i = 1; i < stops.size(); ++i) text += stops[i].why + " [" + stops[i].code + "]\n";
  return Status(Kind::kRefused, stops.front().code, text + stops.front().why);
}

}  // namespace

void SetupPolicy(CLI::App& app, Context& context) {
  app.require_subcommand(1);
  SetExamples(app, "  florin policy check policy.yaml --job job.yaml");
  auto options = std::make_shared<CheckOptions>();
  CLI::App& check = AddVerb(app, "check", "which rules of a site's policy a job meets and breaks",
                            "  florin policy check policy.yaml --job job.yaml\n"
                            "  florin policy check policy.yaml --job job.yaml --rows 25000");
  check.add_option("POLICY", options->policy, "The site's policy file")->required();
  check.add_option("--job", options->job, "The job that asks")->required();
  check.add_option("--rows", options->rows, "How many rows the site has; without it, told later");
  check.add_option("--coordinator", options->coordinator,
                   "The fingerprint of who asks; without it, told later");
  OnChosen(check, context, [&context, options] { return Check(*options, context); });
}

}  // namespace florin::apps
