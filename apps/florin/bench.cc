// florin bench: figures with goals, measured here and now.
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "bench/bench.h"
#include "commands.h"
#include "errors.h"
#include "florin/base/text.h"
#include "florin/num/kernels.h"

namespace florin::apps {
namespace {

struct Settings {
  std::vector<std::string> names;
  bench::Options options;
};

// Three figures that tell machines apart; `florin bench machine` has them all.
nlohmann::ordered_json MachineJson() {
  return {{"cores", std::thread::hardware_concurrency()},
          {"kernels", num::Active().name},
          {"add_bandwidth_gbps", bench::CopyBandwidth()},
          {"fma_peak_gflops", bench::FmaPeak()}};
}

Table ResultTable(const std::vector<bench::Measurement>& measurements) {
  Table table({"id", "value", "unit", "goal", "met", "note"});
  for (const bench::Measurement& m : measurements) {
    const int digits = m.value < 1 ? 3 : m.value < 100 ? 2 : 0;
    table.Add({m.id, Cell::Number(m.value, digits), m.unit, m.goal,
               m.goal.empty() ? Cell() : Cell::Flag(m.is_met()), m.note});
  }
  return table;
}

nlohmann::ordered_json ResultJson(const std::vector<bench::Measurement>& measurements) {
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  for (const bench::Measurement& m : measurements) {
    results.push_back({{"id", m.id},
                       {"value", m.value},
                       {"unit", m.unit},
                       {"goal", m.goal},
                       {"pass", m.is_met()},
                       {"note", m.note}});
  }
  return {{"machine", MachineJson()}, {"results", std::move(results)}};
}

Status Run(const Settings& settings, const Context& context) {
  std::vector<bench::Measurement> all;
  for (const std::string& name : settings.names) {
    const auto benches = bench::Benches();
    const auto found = std::find_if(benches.begin(), benches.end(),
                                    [&](const bench::Entry& entry) { return name == entry.name; });
    if (!context.is_quiet) std::cerr << "measuring " << name << " ...\n";
    FLORIN_ASSIGN(auto measurements, found->run(settings.options));
    all.insert(all.end(), measurements.begin(), measurements.end());
  }
  if (context.format == Format::kJson) {
    std::cout << ResultJson(all).dump(2) << "\n";
  } else {
    ResultTable(all).Print(std::cout, context.format);
  }
  return {};
}

}  // namespace

void SetupBench(CLI::App& app, Context& context) {
  SetExamples(app,
              "  florin bench machine sim\n"
              "  florin bench demo --data demo-output/markets --jobs demo-output/jobs\n"
              "  florin bench csv --output json");
  auto settings = std::make_shared<Settings>();
  std::vector<std::string> names;
  std::string help = "What to measure:";
  for (const bench::Entry& entry : bench::Benches()) {
    names.emplace_back(entry.name);
    help += std::string("\n  ") + entry.name + ": " + entry.help;
  }
  app.add_option("names", settings->names, help)
      ->required()
      ->check(CLI::IsMember(names))
      ->option_text("NAME ...");
  app.add_option("--data", settings->options.data, "Folder of the demonstration's markets")
      ->option_text("DIR");
  app.add_option("--jobs", settings->options.jobs, "Folder of the demonstration's job files")
      ->option_text("DIR");
  app.add_option("--source", settings->options.source, "Folder of the source tree")
      ->option_text("DIR");
  app.add_flag("--fast", settings->options.is_quick, "Small sizes: not to be quoted");
  OnChosen(app, context, [settings, &context] { return Run(*settings, context); });
}

}  // namespace florin::apps
