#include "florin/round/script_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "florin/base/text.h"

namespace florin::round {
namespace {

// The words of a line: plain ones in order, key=value ones by key.
struct Words {
  std::vector<std::string> plain;
  std::vector<std::pair<std::string, std::string>> keyed;

  explicit Words(std::string_view line) {
    std::istringstream stream{std::string(line)};
    for (std::string word; stream >> word;) {
      const size_t equals = word.find('=');
      if (equals == std::string::npos) {
        plain.push_back(word);
      } else {
        keyed.emplace_back(word.substr(0, equals), word.substr(equals + 1));
      }
    }
  }
  bool Take(std::string_view word) {
    const auto at = std::find(plain.begin(), plain.end(), word);
    if (at == plain.end()) return false;
    plain.erase(at);
    return true;
  }
  std::string Take(std::string_view key, std::string fallback) {
    for (size_t i = 0; i < keyed.size(); ++i) {
      if (keyed[i].first != key) continue;
      fallback = keyed[i].second;
      keyed.erase(keyed.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    }
    return fallback;
  }
  uint32_t TakeCount(std::string_view key, uint32_t fallback) {
    return static_cast<uint32_t>(std::stoul(Take(key, std::to_string(fallback))));
  }
  std::string Rest(size_t first) const {
    std::string text;
    for (size_t i = first; i < plain.size(); ++i) text.append(plain[i]).append(" ");
    if (!text.empty()) text.pop_back();
    return text;
  }
};

template <typename Id>
Id Named(const std::string& name) {
  Id id;
  std::copy_n(name.begin(), std::min(name.size(), id.bytes.size()), id.bytes.begin());
  return id;
}

template <typename Id>
std::string NameOf(const Id& id) {
  const auto end = std::find(id.bytes.begin(), id.bytes.end(), 0);
  return {id.bytes.begin(), end};
}

const char* WorkName(job::Work work) { return work == job::Work::kUpdate ? "update" : "evaluate"; }

std::string Seconds(Time at) {
  if (at == kNever) return "never";
  return base::Shortest(static_cast<double>(at.micros) / 1e6);
}

std::vector<model::Figure> Figures(const Words& words) {
  std::vector<model::Figure> figures;
  figures.reserve(words.keyed.size());
  for (const auto& [name, value] : words.keyed) figures.push_back({name, std::stod(value)});
  return figures;
}

// Inputs about one site's answer.
bool ParseAnswer(const std::string& verb, Words& words, const RoundState& state,
                 std::vector<Input>& inputs) {
  const job::Work work = words.Take("evaluate") ? job::Work::kEvaluate : job::Work::kUpdate;
  const RoundId round{words.TakeCount("round", state.round.number)};
  const PlanHash plan = Named<PlanHash>(words.Take("plan", NameOf(state.plan)));
  const std::string id = words.Take("id", "");
  const auto body = Named<BodyDigest>(words.Take("body", ""));
  const uint32_t step = words.TakeCount("step", state.step);
  const bool is_enough = words.Take("enough");
  const size_t before = inputs.size();
  for (const std::string& name : words.plain) {
    const SiteId site(name);
    const auto contribution = Named<ContributionId>(id.empty() ? name : id);
    if (verb == "contribute" || verb == "counted") {
      inputs.push_back(ContributionArrived{site, round, work, plan, contribution, body, step});
    }
    if (verb == "folded" || verb == "counted") {
      inputs.push_back(ContributionFolded{site, round, work, step, is_enough});
    }
    if (verb == "failed") {
      inputs.push_back(ContributionFailed{site, round, work, words.Rest(1), step});
    } else if (verb == "refuse") {
      inputs.push_back(SiteRefused{site, round, work, words.plain[1], words.Rest(2), step});
    }
    if (verb == "failed" || verb == "refuse") break;
  }
  return inputs.size() > before;
}

// Inputs about the whole round or job.
bool ParseOutcome(const std::string& verb, Words& words, const RoundState& state,
                  std::vector<Input>& inputs) {
  const job::Work work = words.Take("evaluate") ? job::Work::kEvaluate : job::Work::kUpdate;
  const RoundId round{words.TakeCount("round", state.round.number)};
  if (verb == "opened") {
    inputs.push_back(SumOpened{round});
  } else if (verb == "stepped") {
    inputs.push_back(StepClosed{round, work});
  } else if (verb == "unopened") {
    inputs.push_back(SumFailed{round, work, words.Rest(0)});
  } else if (verb == "broken") {
    inputs.push_back(ApplyFailed{words.Rest(0)});
  } else if (verb == "applied" && !words.plain.empty()) {
    const bool is_converged = words.Take("converged");
    inputs.push_back(StateApplied{Named<ModelHash>(words.plain[0]),
                                  Named<VersionId>(words.plain[0]), is_converged, Figures(words)});
  } else if (verb == "scored" && !words.plain.empty()) {
    words.Take("withheld");
    inputs.push_back(
        VersionScored{round, Named<VersionId>(words.plain[0]), Figures(words), words.Rest(1)});
  } else {
    return false;
  }
  return true;
}

bool ParseJobWide(const std::string& verb, const Words& words, std::vector<Input>& inputs) {
  const std::map<std::string, Input> simple = {
      {"start", JobStarted{}},
      {"pause", PauseAsked{}},
      {"resume", ResumeAsked{}},
      {"cancel", CancelAsked{words.Rest(0)}},
      {"deadline", DeadlinePassed{}},
      {"restart", CoordinatorRestarted{}},
      {"rollback",
       RollbackAsked{Named<VersionId>(words.Rest(0)), Named<ModelHash>(words.Rest(0))}}};
  const auto found = simple.find(verb);
  if (found != simple.end()) inputs.push_back(found->second);
  if (verb == "arrive" || verb == "leave") {
    for (const std::string& site : words.plain) {
      if (verb == "arrive") {
        inputs.push_back(SiteArrived{SiteId(site)});
      } else {
        inputs.push_back(SiteLeft{SiteId(site)});
      }
    }
  }
  return !inputs.empty();
}

struct Describe {
  const RoundState& state;  // after the decision: cohort indices are its
  bool is_audited = false;

  const std::string& Site(uint32_t member) const { return state.cohort[member].site.text(); }
  std::string operator()(const Audit&) { return {}; }  // told with its event
  std::string operator()(const Publish&) { return "publish"; }
  std::string operator()(const DropRound&) { return "drop"; }
  std::string operator()(const SetDeadline& e) { return "deadline " + Seconds(e.at); }
  std::string operator()(const OpenParty& e) { return std::string("open ") + WorkName(e.work); }
  std::string operator()(const SendOffer& e) {
    return std::string("offer ") + WorkName(e.work) + ": " + Site(e.member);
  }
  std::string operator()(const Fold& e) {
    return std::string("fold ") + WorkName(e.work) + ": " + Site(e.member) + " id " + NameOf(e.id);
  }
  std::string operator()(const SendReceipt& e) {
    return std::string("receipt ") + WorkName(e.work) + " of round " +
           std::to_string(e.round.number) + " " + job::VerdictName(e.verdict) +
           (e.id.empty() ? "" : " id " + NameOf(e.id)) +
           (e.reason.empty() || e.id.empty() ? "" : " (" + e.reason + ")") + ": " + e.site.text();
  }
  std::string operator()(const Keep&) { return "keep"; }
  std::string operator()(const CloseStep& e) {
    return "close the step of " + std::string(WorkName(e.work)) + Without(e.dropouts);
  }
  std::string operator()(const CloseParty& e) {
    return std::string("close ") + WorkName(e.work) + Without(e.dropouts);
  }
  std::string Without(const std::vector<uint32_t>& dropouts) {
    std::string text;
    for (const uint32_t member : dropouts) text += " without " + Site(member);
    return text;
  }
  std::string operator()(const ApplySum&) { return "apply"; }
  std::string operator()(const Emit& e) {
    const job::Event& event = e.event;
    std::string text = is_audited ? "record " : "notice ";
    text += event.name + (event.site.empty() ? "" : " " + event.site.text()) + ": " + event.text;
    for (const auto& [name, value] : event.numbers) {
      if (value != 0) text += " " + name + "=" + base::Shortest(value);
    }
    return text;
  }
};

std::string DescribeCounters(const char* name, const Counters& counters) {
  if (counters.asked == 0 && counters.discarded == 0) return {};
  std::string text = std::string(", ") + name + " " + std::to_string(counters.accepted) + "/" +
                     std::to_string(counters.asked);
  const auto add = [&](const char* what, uint32_t count) {
    if (count > 0) text += " " + std::to_string(count) + " " + what;
  };
  add("rejected", counters.rejected);
  add("refused", counters.refused);
  add("left", counters.left);
  add("discarded", counters.discarded);
  return text;
}

}  // namespace

job::Plan ScriptPlan(std::string_view job_line) {
  Words words(job_line);
  EXPECT_TRUE(words.Take("job")) << job_line;
  job::Plan plan;
  job::JobSpec& spec = plan.spec;
  spec.id = JobId("j");
  spec.rounds = words.TakeCount("rounds", 1);
  spec.cohort.minimum = words.TakeCount("minimum", 2);
  spec.cohort.maximum = words.TakeCount("maximum", 1000);
  spec.cohort.fraction = std::stod(words.Take("fraction", "1"));
  spec.cohort.over_selection = std::stod(words.Take("over", "1"));
  spec.cohort.deadline = Duration::Seconds(words.TakeCount("deadline", 60));
  spec.cohort.patience = Duration::Seconds(words.TakeCount("patience", 3600));
  if (words.Take("evaluation", "no") == "yes") spec.evaluation.metrics = {"auc"};
  spec.evaluation.minimum_sites = words.TakeCount("minimum_sites", 2);
  spec.privacy.protocol = words.Take("protocol", "plain");
  plan.hash = Named<PlanHash>("plan" + words.Take("seed", "1"));
  EXPECT_TRUE(words.keyed.empty() && words.plain.empty()) << "unknown word in: " << job_line;
  return plan;
}

ScriptInput ParseInput(std::string_view line, const RoundState& state) {
  ScriptInput parsed;
  Words words(line);
  if (words.plain.size() < 2) return parsed;
  const auto at = base::ParseDouble(words.plain[0]);
  const std::string verb = words.plain[1];
  words.plain.erase(words.plain.begin(), words.plain.begin() + 2);
  if (!at) return parsed;
  parsed.at.micros = static_cast<int64_t>(*at * 1e6);
  const bool is_answer = verb == "contribute" || verb == "counted" || verb == "folded" ||
                         verb == "failed" || verb == "refuse";
  parsed.ok = is_answer ? ParseAnswer(verb, words, state, parsed.inputs)
                        : ParseOutcome(verb, words, state, parsed.inputs) ||
                              ParseJobWide(verb, words, parsed.inputs);
  return parsed;
}

std::vector<std::string> DescribeEffects(const Decision& decision) {
  std::vector<std::string> lines;
  Describe describe{decision.state};
  for (const Effect& effect : decision.effects) {
    std::string line = std::visit(describe, effect);
    describe.is_audited = std::holds_alternative<Audit>(effect);
    if (line.empty()) continue;
    // "offer update: a" and "offer update: b" are "offer update: a b"; likewise receipts.
    const size_t colon = line.rfind(": ");
    const bool is_shared = line.starts_with("offer ") || line.starts_with("receipt ");
    if (is_shared && !lines.empty() && lines.back().substr(0, colon) == line.substr(0, colon) &&
        lines.back().rfind(": ") == colon) {
      lines.back() += " " + line.substr(colon + 2);
    } else {
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

std::string DescribeState(const RoundState& state) {
  std::string text = PhaseName(state.phase);
  text += ", round " + std::to_string(state.round.number) + ", " + JobStatusName(state.status);
  if (state.is_pausing && state.status == JobStatus::kRunning) text += ", pausing";
  text += DescribeCounters("updates", state.counters);
  text += DescribeCounters("evaluations", state.evaluation);
  if (state.aside.asked > 0) text += ", step " + std::to_string(state.step);
  text += DescribeCounters("answers", state.aside);
  const auto add = [&](const char* what, const std::vector<SiteId>& sites) {
    if (!sites.empty()) text += std::string(", ") + what;
    for (const SiteId& site : sites) text += " " + site.text();
  };
  add("undecided", state.undecided);
  add("declined", state.declined);
  if (state.deadline != kNever) text += ", until " + Seconds(state.deadline);
  if (!state.version.empty()) text += ", version " + NameOf(state.version);
  return text;
}

Bytes SaveState(const RoundState& state) {
  base::Writer writer;
  state.Save(writer);
  return std::move(writer).Take();
}

RoundState SavedAndRestored(const RoundState& state) {
  const Bytes bytes = SaveState(state);
  base::Reader reader(bytes);
  auto restored = RoundState::Restore(reader);
  EXPECT_TRUE(restored.ok()) << restored.status().ToString();
  EXPECT_TRUE(reader.Finish("state").ok());
  if (!restored.ok()) return state;
  EXPECT_EQ(SaveState(*restored), bytes);
  return std::move(restored).value();
}

std::string PlayScript(const std::string& script) {
  std::istringstream lines(script);
  std::string played;
  job::Plan plan;
  RoundState state;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  >") || line.starts_with("  =")) continue;
    played += line + "\n";
    if (line.empty() || line.starts_with("#")) continue;
    if (line.starts_with("job")) {
      plan = ScriptPlan(line);
      state.job = plan.spec.id;
      state.plan = plan.hash;
      continue;
    }
    const ScriptInput input = ParseInput(line, state);
    EXPECT_TRUE(input.ok) << "no such input: " << line;
    for (const Input& one : input.inputs) {
      const Decision restored = Decide(plan, SavedAndRestored(state), one, input.at);
      Decision decision = Decide(plan, std::move(state), one, input.at);
      EXPECT_EQ(SaveState(restored.state), SaveState(decision.state)) << line;
      EXPECT_EQ(DescribeEffects(restored), DescribeEffects(decision)) << line;
      for (const std::string& effect : DescribeEffects(decision)) {
        played += "  > " + effect + "\n";
      }
      state = std::move(decision.state);
    }
    played += "  = " + DescribeState(state) + "\n";
  }
  return played;
}

}  // namespace florin::round
