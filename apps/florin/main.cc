// florin: one program for a job's author, a site's owner and the coordinator's operator.
#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "commands.h"
#include "errors.h"
#include "florin/base/text.h"

namespace florin::apps {
namespace {

constexpr Command kCommands[] = {
    {"job", "check, explain and plan job files", SetupJob},
    {"data", "look at a site's rows before anything travels", SetupData},
    {"sim", "run a job over many sites in this one process", SetupSim},
    {"report", "turn simulation results into one HTML page", SetupReport},
    {"model", "list, show and export model versions", SetupModel},
    {"score", "score rows with a model version", SetupScore},
    {"bench", "measure speed on this machine", SetupBench},
    {"doctor", "check that this machine is fit", SetupDoctor},
};

constexpr const char* kExamples =
    "  florin data check sites/europe/searches.view.yaml --job job.yaml\n"
    "  florin job validate job.yaml\n"
    "  florin sim job.yaml --sites sites\n"
    "  florin score --model out/model.florin --job job.yaml --view new.view.yaml --out scores.csv";

// Help with examples first; a verb in a list shows its first line only.
class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_description(const CLI::App* app) const override {
    const std::string text = app->get_description();
    const size_t end = text.find('\n');
    if (end == std::string::npos) return text + "\n";
    return text.substr(0, end) + "\n\nExamples:" + text.substr(end) + "\n\n";
  }
  std::string make_subcommand(const CLI::App* sub) const override {
    const std::string text = sub->get_description();
    std::string name = "  " + sub->get_display_name();
    name.resize(std::max(name.size() + 2, size_t{14}), ' ');
    return name + text.substr(0, text.find('\n')) + "\n";
  }
};

// The verbs a person typed up to the first option; CLI11 itself does not suggest.
Status CheckVerbs(const CLI::App& app, int argc, char** argv) {
  const CLI::App* at = &app;
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    const auto verbs = at->get_subcommands([](const CLI::App*) { return true; });
    if (verbs.empty()) return {};
    const CLI::App* next = nullptr;
    std::vector<std::string> names;
    for (const CLI::App* verb : verbs) {
      names.push_back(verb->get_name());
      if (verb->get_name() == argv[i]) next = verb;
    }
    if (next == nullptr) {
      return UsageFault("there is no command \"" + std::string(argv[i]) + "\"." +
                        base::DidYouMean(argv[i], names));
    }
    at = next;
  }
  return {};
}

int Main(int argc, char** argv) {
  Context context;
  CLI::App app("Federated learning for marketing teams.", "florin");
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_version_flag("--version", "florin " FLORIN_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  SetExamples(app, kExamples);
  const std::map<std::string, Format> formats = {
      {"table", Format::kTable}, {"json", Format::kJson}, {"csv", Format::kCsv}};
  app.add_option("-o,--output", context.format, "How to print: table, json or csv")
      ->transform(CLI::Transformer(formats, CLI::ignore_case))
      ->option_text("FORMAT");
  app.add_flag("-q,--quiet", context.is_quiet, "No progress lines");
  for (const Command& command : kCommands) {
    CLI::App* sub = app.add_subcommand(command.name, command.help);
    command.setup(*sub, context);
  }
  const Status verbs = CheckVerbs(app, argc, argv);
  if (!verbs.ok()) return Finish(verbs);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return Finish(UsageFault(std::string(error.what()) + "; see florin --help"));
  }
  FLORIN_CHECK(context.action != nullptr);
  return Finish(context.action());
}

}  // namespace

CLI::App& AddVerb(CLI::App& app, const char* name, const char* help, const char* examples) {
  CLI::App* verb = app.add_subcommand(name, help);
  SetExamples(*verb, examples);
  return *verb;
}

void SetExamples(CLI::App& app, const char* examples) {
  app.description(app.get_description() + "\n" + examples);
}

void OnChosen(CLI::App& app, Context& context, std::function<Status()> action) {
  app.callback([&context, action = std::move(action)] { context.action = action; });
}

}  // namespace florin::apps

int main(int argc, char** argv) { return florin::apps::Main(argc, argv); }
