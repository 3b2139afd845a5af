// florin agent pending | approve | refuse: the owner's word on what a coordinator asks.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "agent_verbs.h"
#include "errors.h"
#include "owner.h"

namespace florin::apps {
namespace {

struct Options {
  std::string folder;
  bool shows_all = false;
  std::string job;
  std::string plan;  // the beginning of its hash; "" when the job has one plan that waits
  std::string why;
  std::string who;
};

std::string Join(const std::vector<govern::Change>& changes) {
  std::string text;
  for (const govern::Change& change : changes) {
    if (!text.empty()) text += "; ";
    text += change.name + ": ";
    text += change.before.empty() ? change.after : change.before + " -> " + change.after;
  }
  return text;
}

Status Pending(const Options& options, const Context& context) {
  FLORIN_ASSIGN(const std::vector<OfferedPlan> plans, ReadPlans(options.folder));
  Table table({"job", "plan", "decision", "by", "asks for (against the last plan with a yes)"});
  for (const OfferedPlan& plan : plans) {
    const OwnerDecision& decision = plan.decision;
    if (!options.shows_all && decision.decision != govern::Decision::kPending) continue;
    table.Add({decision.job.text(), decision.plan.Short(), govern::DecisionName(decision.decision),
               decision.who, Join(plan.changes)});
  }
  table.Print(std::cout, context.format);
  return {};
}

// The one plan that is meant.
Result<OwnerDecision> Find(const Options& options) {
  FLORIN_ASSIGN(const std::vector<OfferedPlan> plans, ReadPlans(options.folder));
  std::vector<OwnerDecision> found;
  for (const OfferedPlan& plan : plans) {
    const OwnerDecision& decision = plan.decision;
    if (decision.job.text() != options.job) continue;
    if (options.plan.empty() ? decision.decision == govern::Decision::kPending
                             : decision.plan.Hex().starts_with(options.plan)) {
      found.push_back(decision);
    }
  }
  if (found.size() == 1) return found[0];
  if (found.empty()) {
    return Status(Kind::kNotFound, "OWNER-PLAN",
                  "job \"" + options.job + "\": there is no such plan that waits for a word; see " +
                      "`florin agent pending --all --dir " + options.folder + "`.");
  }
  return UsageFault("job \"" + options.job + "\" has " + std::to_string(found.size()) +
                    " such plans: say which with --plan and the beginning of its hash");
}

Status Decide(const Options& options, govern::Decision word) {
  FLORIN_ASSIGN(OwnerDecision decision, Find(options));
  decision.decision = word;
  decision.who = options.who;
  decision.why = options.why;
  FLORIN_TRY(LeaveDecision(options.folder, decision));
  std::cout << "job " << decision.job.text() << ", plan " << decision.plan.Short() << ": "
            << govern::DecisionName(word) << ". The agent takes it within a second, or when it "
            << "starts.\n";
  return {};
}

std::string LoginName() {
  const char* user = std::getenv("USER");
  return user != nullptr && *user != '\0' ? user : "uid " + std::to_string(getuid());
}

}  // namespace

void AddOwnerVerbs(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  options->who = LoginName();
  CLI::App& pending = AddVerb(app, "pending", "what waits for the owner's yes",
                              "  florin agent pending --dir sites/eu");
  pending.add_option("--dir", options->folder, "The agent's folder")->required();
  pending.add_flag("--all", options->shows_all, "Decided ones too");
  OnChosen(pending, context, [options, &context] { return Pending(*options, context); });

  const auto add = [&](const char* verb, const char* help, const char* example,
                       govern::Decision word) {
    CLI::App& decide = AddVerb(app, verb, help, example);
    decide.add_option("job", options->job, "The job")->required();
    decide.add_option("--dir", options->folder, "The agent's folder")->required();
    decide.add_option("--plan", options->plan, "The beginning of the plan's hash");
    decide.add_option("--why", options->why, "The reason, for the audit trail");
    decide.add_option("--who", options->who, "Who decides")->capture_default_str();
    OnChosen(decide, context, [options, word] { return Decide(*options, word); });
  };
  add("approve", "say yes to a job's plan", "  florin agent approve churn --dir sites/eu",
      govern::Decision::kApproved);
  add("refuse", "say no to a job's plan, or take a yes back",
      "  florin agent refuse churn --dir sites/eu --why \"not this purpose\"",
      govern::Decision::kRefused);
}

}  // namespace florin::apps
