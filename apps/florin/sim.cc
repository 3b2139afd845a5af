// florin sim: a job over many sites in this one process, by the production engines.
#include <algorithm>
#include <iostream>
#include <memory>

#include "commands.h"
#include "errors.h"
#include "files.h"
#include "florin/base/parallel.h"
#include "florin/base/rng.h"
#include "florin/base/text.h"
#include "florin/job/sealing.h"
#include "florin/job/version.h"
#include "florin/sim/compare.h"
#include "florin/sim/partition.h"
#include "florin/telemetry/progress.h"
#include "sim_json.h"
#include "sim_table.h"

namespace florin::apps {
namespace {

constexpr size_t kPrivateFilesMax = 1000;  // thousands of virtual devices keep nothing

struct Settings {
  std::string job;
  std::string sites;
  std::string view;
  std::string split = "iid:10";
  std::vector<std::string> without;
  std::vector<std::string> join;
  bool compares = false;
  std::string origin;
  std::string save;
  std::string json_file;
  uint64_t seed = 1;
  size_t threads = 0;
  uint32_t replicates = 1000;
  double drop = 0;
  double duplicate = 0;
  double leave = 0;
  double restart = 0;
  double delay_seconds = 0;
};

class Silent final : public job::EventSink {
 public:
  void Emit(const job::Event&) override {}
};

sim::SimulationOptions Options(const Settings& settings) {
  sim::SimulationOptions options;
  options.seed = settings.seed;
  options.faults.drop = settings.drop;
  options.faults.duplicate = settings.duplicate;
  options.faults.leave = settings.leave;
  options.faults.restart = settings.restart;
  options.faults.delay_max = {static_cast<int64_t>(settings.delay_seconds * 1e6)};
  return options;
}

Status CheckSites(const std::vector<sim::SiteRows>& sites, const std::vector<std::string>& named) {
  std::vector<std::string> names;
  names.reserve(sites.size());
  for (const sim::SiteRows& site : sites) names.push_back(site.id.text());
  for (const std::string& name : named) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    return UsageFault("there is no site \"" + name + "\"." + base::DidYouMean(name, names));
  }
  return {};
}

Result<std::vector<sim::SiteRows>> LoadRows(const Settings& settings, const job::JobSpec& spec) {
  if (settings.sites.empty() == settings.view.empty()) {
    return UsageFault(
        "expected either --sites DIR, one folder a site, or --view FILE with --split");
  }
  if (!settings.view.empty()) {
    FLORIN_ASSIGN(const auto partition, sim::Partition::Parse(settings.split));
    if (partition.kind == sim::Partition::Kind::kUser && spec.schema.user_field.empty()) {
      return UsageFault("--split user: the job's schema names no user field");
    }
    FLORIN_ASSIGN(const auto rows, sim::LoadView(settings.view, SiteId("all"), spec.schema));
    base::SeededRng rng(settings.seed, /*stream=*/0x5e);
    return sim::Cut(rows, partition, rng);
  }
  FLORIN_ASSIGN(auto sites, sim::LoadSites(settings.sites, spec.view, spec.schema));
  FLORIN_TRY(CheckSites(sites, settings.without));
  FLORIN_TRY(CheckSites(sites, settings.join));
  std::erase_if(sites, [&](const sim::SiteRows& site) {
    const auto& without = settings.without;
    return std::find(without.begin(), without.end(), site.id.text()) != without.end();
  });
  return sites;
}

std::string SitesText(size_t count) {
  return std::to_string(count) + (count == 1 ? " site" : " sites");
}

// All sites; with --join first those that are there already.
std::vector<sim::Federation> Federations(const std::vector<sim::SiteRows>& sites,
                                         const std::vector<std::string>& join) {
  sim::Federation all;
  sim::Federation before;
  for (const sim::SiteRows& site : sites) {
    all.members.push_back(site.id);
    if (std::find(join.begin(), join.end(), site.id.text()) == join.end()) {
      before.members.push_back(site.id);
    }
  }
  all.name = SitesText(all.members.size());
  before.name = SitesText(before.members.size());
  if (join.empty() || before.members.empty()) return {all};
  return {before, all};
}

Status SaveModels(const Settings& settings, const job::JobSpec& spec,
                  const std::vector<sim::FederationRun>& runs) {
  if (settings.save.empty()) return {};
  for (const sim::FederationRun& run : runs) {
    const auto& result = run.result;
    const std::string folder = settings.save + "/" + spec.id.text() + "." +
                               std::to_string(run.federation.members.size()) + "-sites";
    FLORIN_TRY(MakeFolder(folder));
    FLORIN_TRY(WriteFile(folder + "/model.florin", ByteView(job::SaveVersion(result.last()))));
    const auto& states = result.personalised.empty() ? result.private_states : result.personalised;
    for (size_t s = 0; s < states.size() && s < kPrivateFilesMax; ++s) {
      if (states[s].empty()) continue;
      std::string path = folder;
      path.append("/").append(run.federation.members[s].text()).append(".private");
      FLORIN_TRY(SavePrivate(path, states[s]));
    }
  }
  return {};
}

// What a deployment would show: the released metrics of the last version.
Status ShowReleased(const sim::FederationRun& run, Format format) {
  const job::Version& version = run.result.last();
  Table table({"job", "round", "contributions", "metric", "value", "model hash"});
  for (const model::Figure& figure : version.metrics) {
    table.Add({version.job.text(), Cell::Count(version.round.number),
               Cell::Count(version.contribution_count), figure.name, Cell::Number(figure.value, 4),
               version.model_hash.Short()});
  }
  if (version.metrics.empty()) {
    table.Add({version.job.text(), Cell::Count(version.round.number),
               Cell::Count(version.contribution_count), "none released", Cell(),
               version.model_hash.Short()});
  }
  table.Print(std::cout, format);
  return {};
}

// What the coordinator sees of a market, in one line.
std::string SightOf(const job::Plan& plan, const sim::Comparison& comparison) {
  if (!plan.IsSealed()) return "The coordinator sees each market's contribution.";
  const bool is_same = std::ranges::all_of(comparison.runs, [](const sim::FederationRun& run) {
    return run.open && run.open->last().model_hash == run.result.last().model_hash;
  });
  return "Under " + plan.spec.privacy.protocol +
         " the coordinator sees noise from each market and the sum of at least " +
         std::to_string(job::LeastOpened(plan.spec, job::Work::kUpdate)) + "; its model is " +
         (is_same ? "that of plain sums, bit for bit." : "ANOTHER than that of plain sums.");
}

Status ShowComparison(const Settings& settings, const job::Plan& plan,
                      const sim::Comparison& comparison, Format format) {
  const auto json = SimulationJson(plan, comparison, settings.origin);
  if (!settings.json_file.empty()) {
    FLORIN_TRY(WriteFile(settings.json_file, json.dump(2) + "\n"));
  }
  if (format == Format::kJson) {
    std::cout << json.dump(2) << "\n";
    return {};
  }
  if (format == Format::kCsv) {
    ComparisonTable(comparison).Print(std::cout, format);
    return {};
  }
  std::cout << "\n" << comparison.headline << " on rows no model saw\n";
  ComparisonTable(comparison).Print(std::cout, format);
  for (const std::string& finding : Findings(comparison)) std::cout << "  " << finding << "\n";
  std::cout << "Local-only and pooled are only possible because this is a demonstration: they need "
               "every market's rows.\n\nWhat would travel\n";
  TrafficTable(comparison, plan.spec.privacy.protocol).Print(std::cout, format);
  std::cout << SightOf(plan, comparison) << "\n";
  return {};
}

Status Run(const Settings& settings, const Context& context) {
  if (settings.threads > 0) base::SetThreadCount(settings.threads);
  FLORIN_ASSIGN(const auto plan, LoadPlan(settings.job));
  FLORIN_ASSIGN(const auto sites, LoadRows(settings, plan->spec));
  const std::vector<sim::Federation> federations = Federations(sites, settings.join);
  Silent silent;
  telemetry::Progress progress(std::cerr, plan->spec.rounds);
  job::EventSink& events = context.is_quiet ? static_cast<job::EventSink&>(silent)
                                            : static_cast<job::EventSink&>(progress);
  if (settings.compares) {
    sim::BootstrapOptions bootstrap;
    bootstrap.replicates = settings.replicates;
    FLORIN_ASSIGN(const auto comparison, sim::Compare(plan->spec, sites, federations,
                                                      Options(settings), bootstrap, events));
    FLORIN_TRY(SaveModels(settings, plan->spec, comparison.runs));
    return ShowComparison(settings, *plan, comparison, context.format);
  }
  std::vector<sim::FederationRun> runs;
  for (const sim::Federation& federation : federations) {
    const auto members = sim::Members(sites, federation);
    FLORIN_ASSIGN(auto result, sim::Simulate(plan, members, Options(settings), events));
    runs.push_back({federation, std::move(result)});
  }
  FLORIN_TRY(SaveModels(settings, plan->spec, runs));
  return ShowReleased(runs.back(), context.format);
}

void AddFaultOptions(CLI::App& app, Settings& settings) {
  const auto share = [&](const char* name, double& value, const char* help) {
    app.add_option(name, value, help)->check(CLI::Range(0.0, 1.0))->option_text("SHARE");
  };
  share("--drop", settings.drop, "Share of messages that never arrive");
  share("--duplicate", settings.duplicate, "Share of contributions that arrive twice");
  share("--leave", settings.leave, "Share of offers after which a site goes away for a while");
  share("--restart", settings.restart,
        "How likely the coordinator dies after each step and resumes");
  app.add_option("--delay", settings.delay_seconds, "Each message takes up to this long")
      ->check(CLI::Range(0.0, 1e6))
      ->option_text("SECONDS");
}

}  // namespace

void SetupSim(CLI::App& app, Context& context) {
  SetExamples(app,
              "  florin sim job.yaml --sites sites --compare\n"
              "  florin sim job.yaml --sites sites --join north-america --compare\n"
              "  florin sim job.yaml --view all.view.yaml --split dirichlet:20:0.3\n"
              "  florin sim job.yaml --sites sites --drop 0.1 --delay 30 --seed 7");
  auto settings = std::make_shared<Settings>();
  app.add_option("job", settings->job, "The job file")->required()->option_text("JOB");
  app.add_option("--sites", settings->sites, "Folder with one folder a site, each with its view")
      ->option_text("DIR");
  app.add_option("--view", settings->view, "One view to be cut into virtual sites")
      ->option_text("FILE");
  app.add_option("--split", settings->split,
                 "How to cut it: iid:SITES, dirichlet:SITES:ALPHA, quantity:SITES:ALPHA or user")
      ->option_text("RULE");
  app.add_option("--without", settings->without, "Leave this site out (may be repeated)")
      ->option_text("SITE");
  app.add_option("--join", settings->join, "Run without this site first, then with it")
      ->option_text("SITE");
  app.add_flag("--compare", settings->compares,
               "Measure floor, local-only, one-shot average, federated and pooled on test rows");
  app.add_option("--replicates", settings->replicates, "Bootstrap replicates of the comparison")
      ->check(CLI::Range(10, 100000))
      ->option_text("N");
  app.add_option("--origin", settings->origin, "Where the rows come from, for the report")
      ->option_text("TEXT");
  app.add_option("--save", settings->save, "Folder for models and private states")
      ->option_text("DIR");
  app.add_option("--json-file", settings->json_file, "Write the comparison as JSON too")
      ->option_text("FILE");
  app.add_option("--seed", settings->seed, "Of virtual sites, splits, delays and faults")
      ->option_text("N");
  app.add_option("--threads", settings->threads, "Threads to use; never changes a result")
      ->check(CLI::Range(1, 1024))
      ->option_text("N");
  AddFaultOptions(app, *settings);
  OnChosen(app, context, [settings, &context] { return Run(*settings, context); });
}

}  // namespace florin::apps
