// The subcommands of `florin`: one file and one line of the table in main.cc each.
//
// A command parses its options, calls the rooms and prints; what is worth a unit test lives in a
// room. Data goes to standard output, progress and errors to standard error.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "florin/base/status.h"
#include "output.h"

namespace florin::apps {

// What every command may use. One per process.
struct Context {
  Format format = Format::kTable;  // --output
  bool is_quiet = false;           // --quiet: no progress lines
  std::function<Status()> action;  // what the chosen command does, set while parsing
};

struct Command {
  const char* name;
  const char* help;  // one line
  void (*setup)(CLI::App& app, Context& context);
};

void SetupAgent(CLI::App& app, Context& context);
void SetupAudit(CLI::App& app, Context& context);
void SetupBackup(CLI::App& app, Context& context);
void SetupBench(CLI::App& app, Context& context);
void SetupCertificate(CLI::App& app, Context& context);
void SetupCoordinator(CLI::App& app, Context& context);
void SetupData(CLI::App& app, Context& context);
void SetupDoctor(CLI::App& app, Context& context);
void SetupInit(CLI::App& app, Context& context);
void SetupJob(CLI::App& app, Context& context);
void SetupKeys(CLI::App& app, Context& context);
void SetupModel(CLI::App& app, Context& context);
void SetupOperator(CLI::App& app, Context& context);
void SetupPolicy(CLI::App& app, Context& context);
void SetupReport(CLI::App& app, Context& context);
void SetupRestore(CLI::App& app, Context& context);
void SetupScore(CLI::App& app, Context& context);
void SetupSite(CLI::App& app, Context& context);
void SetupSim(CLI::App& app, Context& context);

// Adds a verb: `examples` are shown first in its help, one command a line.
CLI::App& AddVerb(CLI::App& app, const char* name, const char* help, const char* examples);
// The same for a command without verbs.
void SetExamples(CLI::App& app, const char* examples);
// Runs `action` when `app` is the chosen command.
void OnChosen(CLI::App& app, Context& context, std::function<Status()> action);

}  // namespace florin::apps
