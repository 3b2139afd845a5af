// florin: one program for a job's author, a site's owner and the coordinator's operator.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "errors.h"
#include "florin/base/text.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

namespace florin::apps {
namespace {

constexpr Command kCommands[] = {
    {"init", "make a workspace: authority, coordinator, first operator", SetupInit},
    {"coordinator", "serve a workspace: sites, operators, joiners", SetupCoordinator},
    {"agent", "a site's agent, and its owner's word", SetupAgent},
    {"operator", "people whose commands the coordinator obeys", SetupOperator},
    {"site", "the sites of a workspace", SetupSite},
    {"certificate", "what the workspace trusts: its root, and certificates that were ended",
     SetupCertificate},
    {"job", "check and plan job files; run them at a coordinator", SetupJob},
    {"data", "look at a site's rows before anything travels", SetupData},
    {"policy", "check a job against a site's policy", SetupPolicy},
    {"sim", "run a job over many sites in this one process", SetupSim},
    {"audit", "what happened, who asked, and whether it was changed", SetupAudit},
    {"report", "turn simulation results into one HTML page", SetupReport},
    {"model", "list, show, export and roll back model versions", SetupModel},
    {"score", "score rows with a model version", SetupScore},
    {"backup", "one file that brings a coordinator or a site back", SetupBackup},
    {"restore", "make a folder of such a file", SetupRestore},
    {"keys", "the secrets of a folder, and the key they are sealed under", SetupKeys},
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
  HelpFormatter() { label("SUBCOMMAND", "COMMAND"); }
  std::string make_description(const CLI::App* app) const override {
    std::string text = app->get_description();
    if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
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

// "florin job plan": the commands a person typed, up to the first that is none.
struct Typed {
  const CLI::App* app;  // the innermost command
  std::string path;
  int next = 1;  // index of the first argument that is no command
};

Typed FindTyped(const CLI::App& root, int argc, char** argv) {
  Typed typed{&root, root.get_name()};
  for (; typed.next < argc; ++typed.next) {
    const CLI::App* found = nullptr;
    for (const CLI::App* verb : typed.app->get_subcommands([](const CLI::App*) { return true; })) {
      if (verb->get_name() == argv[typed.next]) found = verb;
    }
    if (found == nullptr) break;
    typed.app = found;
    typed.path += " " + found->get_name();
  }
  return typed;
}

// CLI11 itself does not suggest.
Status CheckTyped(const Typed& typed, int argc, char** argv) {
  std::vector<std::string> names;
  for (const CLI::App* verb : typed.app->get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(verb->get_name());
  }
  if (names.empty()) return {};
  if (typed.next >= argc) {
    return UsageFault(typed.path + ": expected one of " + base::Join(names, ", ") + "; see " +
                      typed.path + " --help");
  }
  const std::string word = argv[typed.next];
  if (word.starts_with('-')) return {};
  return UsageFault(typed.path + ": there is no command \"" + word + "\"." +
                    base::DidYouMean(word, names));
}

Status UsageOf(const CLI::App& root, const Typed& typed, const CLI::ParseError& error) {
  std::string message = error.what();
  std::vector<std::string> options;
  for (const CLI::App* app : {&root, typed.app}) {
    for (const CLI::Option* option : app->get_options()) options.push_back(option->get_name());
  }
  const auto extras = root.remaining(/*recurse=*/true);
  for (const std::string& extra : extras) {
    if (!extra.starts_with("--")) continue;
    const std::string nearest = base::Nearest(extra, options);
    message = "there is no option " + extra;
    if (!nearest.empty()) message += "; did you mean " + nearest + "?";
  }
  return UsageFault(message + "; see " + typed.path + " --help");
}

int Main(int argc, char** argv) {
  Context context;
  CLI::App app("Federated learning for marketing teams.", "florin");
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_version_flag("--version", "florin " FLORIN_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  SetExamples(app, kExamples);
  const auto set_format = [&context](const std::string& name) {
    const auto format = FindFormat(name);
    if (!format) {
      throw CLI::ValidationError("--output", "expected table, json or csv, found \"" + name + "\"");
    }
    context.format = *format;
  };
  app.add_option_function<std::string>("-o,--output", set_format,
                                       "How to print: table, json or csv")
      ->option_text("FORMAT");
  app.add_flag("-q,--quiet", context.is_quiet, "No progress lines");
  for (const Command& command : kCommands) {
    CLI::App* sub = app.add_subcommand(command.name, command.help)->group("Commands");
    command.setup(*sub, context);
  }
  const Typed typed = FindTyped(app, argc, argv);
  const Status status = CheckTyped(typed, argc, argv);
  if (!status.ok()) return Finish(status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return Finish(UsageOf(app, typed, error));
  }
  FLORIN_CHECK(context.action != nullptr);
  return Finish(context.action());
}

// Without the handlers of exit(): gRPC's threads may still take a connection down, and OpenSSL, as
// any library, must not be taken away under them.
[[noreturn]] void End(int code) {
  std::cout.flush();
  std::fflush(nullptr);
#ifdef __SANITIZE_ADDRESS__
  __lsan_do_leak_check();  // such a handler too
#endif
  std::_Exit(code);
}

}  // namespace

CLI::App& AddVerb(CLI::App& app, const char* name, const char* help, const char* examples) {
  CLI::App* verb = app.add_subcommand(name, help)->group("Commands");
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

int main(int argc, char** argv) { florin::apps::End(florin::apps::Main(argc, argv)); }
