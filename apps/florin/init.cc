// florin init: a workspace with its authority, its coordinator's folder and its first operator.
#include <unistd.h>

#include <array>
#include <filesystem>
#include <iostream>
#include <memory>

#include "commands.h"
#include "enrol.h"
#include "errors.h"
#include "florin/base/clock.h"
#include "florin/base/text.h"
#include "florin/identity/token.h"
#include "florin/store/vault.h"

namespace florin::apps {
namespace {

struct Options {
  std::string folder;
  std::string name;  // "" = the folder's
  std::string listen = "0.0.0.0:7443";
  std::string enrol_listen = "0.0.0.0:7444";
  std::string host;  // "" = this machine's
};

// Where others reach this machine, as far as it knows: what it listens on, or its name.
std::string GuessHost(const std::string& listen) {
  const std::string host = HostOf(listen);
  if (host != "0.0.0.0" && host != "::") return listen.substr(0, listen.rfind(':'));
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  const std::string own = base::Lower(name.data());
  return identity::CheckAddress(own + ":1").ok() ? own : "localhost";
}

Status CheckListen(const char* option, const std::string& listen) {
  if (identity::CheckAddress(listen).ok()) return {};
  return UsageFault(std::string(option) + ": expected host:port as 0.0.0.0:7443, found \"" +
                    listen + "\"");
}

std::string PortOf(const std::string& listen) { return listen.substr(listen.rfind(':')); }

Result<InitOptions> Complete(const Options& options) {
  FLORIN_TRY(CheckListen("--listen", options.listen));
  FLORIN_TRY(CheckListen("--enrol-listen", options.enrol_listen));
  if (PortOf(options.listen) == PortOf(options.enrol_listen)) {
    return UsageFault("--enrol-listen: expected another port than that of --listen");
  }
  InitOptions init;
  init.folder = options.folder;
  CoordinatorSettings& settings = init.settings;
  const auto path = std::filesystem::absolute(options.folder + "/.").lexically_normal();
  settings.workspace = options.name.empty() ? path.parent_path().filename().string() : options.name;
  if (options.name.empty() && !base::CheckName("workspace", settings.workspace).ok()) {
    return UsageFault("the folder's name is no name for a workspace; say one with --name");
  }
  settings.listen = options.listen;
  settings.enrol_listen = options.enrol_listen;
  std::string host = options.host.empty() ? GuessHost(options.listen) : base::Lower(options.host);
  const bool is_bare_ipv6 = host.find(':') != std::string::npos && host.front() != '[';
  if (is_bare_ipv6) host = "[" + host + "]";
  settings.address = host + PortOf(options.listen);
  settings.enrol_address = host + PortOf(options.enrol_listen);
  if (!identity::CheckAddress(settings.address).ok()) {
    return UsageFault("--address: expected a host name or an IP address without port, found \"" +
                      options.host + "\"");
  }
  return init;
}

Status Init(const Options& options, const Context& context) {
  FLORIN_ASSIGN(const InitOptions init, Complete(options));
  base::SystemClock clock;
  FLORIN_ASSIGN(const Initialised made, InitWorkspace(init, clock.Now()));
  const CoordinatorSettings& settings = made.folder.settings;
  const std::string kit = made.first_operator.path;
  Table table({"item", "value"});
  table.Add({"workspace", settings.workspace});
  table.Add({"folder", made.folder.path});
  table.Add({"address", settings.address});
  table.Add({"enrolment address", settings.enrol_address});
  table.Add({"root fingerprint", made.root_fingerprint});
  table.Add({"audit key", made.audit_key});
  table.Add({"first operator", kit});
  table.Print(std::cout, context.format);
  if (context.format != Format::kTable) return {};
  std::cout << "\nNext:\n"
            << "  florin coordinator --dir " << made.folder.path << "    start it\n"
            << "  florin site add SITE --dir " << kit << "    print a token for a site\n"
            << "Note the audit key: florin audit verify FILE --key KEY checks the coordinator's\n"
            << "audit chains against it.\n"
            << "The folder holds the authority's key: back it up, and let nobody else read it.\n"
            << "Its secrets are sealed under " << store::KekPath(made.folder.path)
            << ": keep a copy of that file elsewhere, no backup opens without it.\n"
            << "A wrong address is changed in " << kCoordinatorFile << " and the operator's "
            << kPeerFile << ".\n";
  return {};
}

}  // namespace

void SetupInit(CLI::App& app, Context& context) {
  SetExamples(app,
              "  florin init /var/lib/florin/retail --address coordinator.example\n"
              "  florin init trial --listen 127.0.0.1:7443 --enrol-listen 127.0.0.1:7444");
  auto options = std::make_shared<Options>();
  app.add_option("DIR", options->folder, "The coordinator's folder: new or empty")->required();
  app.add_option("--name", options->name, "The workspace's name; without it, the folder's");
  app.add_option("--listen", options->listen, "Where members are listened for")
      ->option_text("HOST:PORT");
  app.add_option("--enrol-listen", options->enrol_listen, "Where joiners are listened for")
      ->option_text("HOST:PORT");
  app.add_option("--address", options->host,
                 "How others call this machine; without it, its host name")
      ->option_text("HOST");
  OnChosen(app, context, [&context, options] { return Init(*options, context); });
}

}  // namespace florin::apps
