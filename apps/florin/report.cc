// florin report: simulation results to one HTML page.
#include <iostream>

#include "report.h"

#include "commands.h"
#include "errors.h"
#include "files.h"

namespace florin::apps {
namespace {

struct Settings {
  std::vector<std::string> files;
  std::string out = "report.html";
};

Result<nlohmann::json> ReadSimulation(const std::string& path) {
  FLORIN_ASSIGN(const std::string text, ReadFile(path));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("format", "") != "florin.simulation.v1") {
    return Status(Kind::kFailed, "REPORT-FORMAT",
                  path + ": expected a result of `florin sim --compare --json-file`, found " +
                      (json.is_discarded() ? "text that is no JSON" : "another document"));
  }
  return json;
}

Status Run(const Settings& settings) {
  std::vector<nlohmann::json> simulations;
  for (const std::string& path : settings.files) {
    FLORIN_ASSIGN(auto simulation, ReadSimulation(path));
    simulations.push_back(std::move(simulation));
  }
  try {
    FLORIN_TRY(WriteFile(settings.out, ReportHtml(simulations)));
  } catch (const nlohmann::json::exception& fault) {
    return Status(Kind::kFailed, "REPORT-FORMAT",
                  std::string("a simulation result lacks what the report shows: ") + fault.what());
  }
  std::cerr << "wrote " << settings.out << "\n";
  return {};
}

}  // namespace

void SetupReport(CLI::App& app, Context& context) {
  SetExamples(app, "  florin report next-hotel.json booking.json --out report.html");
  auto settings = std::make_shared<Settings>();
  app.add_option("results", settings->files, "Results of florin sim --compare --json-file")
      ->required();
  app.add_option("--out", settings->out, "The page to write")->option_text("FILE");
  OnChosen(app, context, [settings] { return Run(*settings); });
}

}  // namespace florin::apps
