// florin agent join, florin operator join: a new peer redeems its token.
#include "join.h"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>

#include "agent_verbs.h"
#include "enrol.h"
#include "errors.h"
#include "florin/base/clock.h"
#include "florin/store/vault.h"
#include "operator_verbs.h"

namespace florin::apps {
namespace {

using identity::Role;

struct Options {
  Role role = Role::kSite;
  std::string token;  // "-" = standard input
  std::string folder;
  std::string name;  // "" = the folder's
};

// A token on a command line is seen by everybody on the machine while it runs.
std::string TokenFrom(const std::string& argument) {
  if (argument != "-") return argument;
  std::string line;
  std::getline(std::cin, line);
  return line;
}

Result<identity::Peer> PeerOf(const Options& options) {
  const auto path = std::filesystem::absolute(options.folder + "/.").lexically_normal();
  identity::Peer peer{options.role, options.name};
  if (peer.name.empty()) peer.name = path.parent_path().filename().string();
  if (identity::CheckPeer(peer).ok()) return peer;
  const std::string option = options.role == Role::kSite ? "--site" : "--name";
  return UsageFault(options.name.empty()
                        ? "the folder's name is no name for a member; say with " + option +
                              " for whom the token was made"
                        : option + ": expected 1 to 64 characters of a-z, 0-9 and '-', found \"" +
                              options.name + "\"");
}

void WarnOfClock(const Joined& joined) {
  const int64_t seconds = joined.clock_skew.micros / 1'000'000;
  if (std::abs(seconds) <= 60) return;
  std::cerr << "warning: the coordinator's clock is " << std::abs(seconds) << " s "
            << (seconds > 0 ? "ahead of" : "behind") << " this machine's; set the wrong one\n";
}

Status JoinNow(const Options& options, const Context& context) {
  FLORIN_ASSIGN(const identity::Peer peer, PeerOf(options));
  base::SystemClock clock;
  FLORIN_ASSIGN(const Joined joined,
                JoinWorkspace({TokenFrom(options.token), options.folder, peer}, clock));
  const PeerSettings& settings = joined.folder.settings;
  Table table({"item", "value"});
  table.Add({"workspace", settings.workspace});
  table.Add({std::string(identity::RoleName(peer.role)), peer.name});
  table.Add({"folder", joined.folder.path});
  table.Add({"coordinator", settings.address});
  table.Add({"root fingerprint", joined.root_fingerprint});
  table.Add({"audit key", base::Hex(crypto::PublicKeyOf(joined.folder.identity_key))});
  table.Add({"certificate until", joined.expires_at.ToString()});
  table.Print(std::cout, context.format);
  WarnOfClock(joined);
  if (context.format != Format::kTable) return {};
  const bool is_site = peer.role == Role::kSite;
  std::cout << "\nNext:\n  florin " << (is_site ? "agent run" : "job list") << " --dir "
            << joined.folder.path << "\n"
            << "The folder's secrets are sealed under " << store::KekPath(joined.folder.path)
            << ": keep a copy of that file elsewhere.\n";
  return {};
}

Status RenewNow(const std::string& path, const Context& context) {
  base::SystemClock clock;
  FLORIN_ASSIGN(const PeerFolder before, LoadPeer(path));
  FLORIN_TRY(RenewPeer(before, clock));
  FLORIN_ASSIGN(const PeerFolder folder, LoadPeer(path));
  FLORIN_ASSIGN(const crypto::Certificate certificate, CurrentCertificate(folder.tls));
  Table table({"item", "value"});
  table.Add(
      {std::string(identity::RoleName(folder.settings.peer.role)), folder.settings.peer.name});
  table.Add({"serial", crypto::SerialHex(certificate.serial)});
  table.Add({"certificate until", certificate.validity.not_after.ToString()});
  table.Add({"roots trusted", Cell::Count(folder.trust.roots.size())});
  table.Print(std::cout, context.format);
  return {};
}

// By itself it happens when half of the certificate's life is over.
void AddRenew(CLI::App& app, Context& context, const char* example) {
  auto folder = std::make_shared<std::string>();
  CLI::App& renew =
      AddVerb(app, "renew", "fetch a new certificate now, and the roots as they are", example);
  renew.add_option("--dir", *folder, "The member's folder")->required();
  OnChosen(renew, context, [&context, folder] { return RenewNow(*folder, context); });
}

}  // namespace

void AddJoin(CLI::App& app, Context& context, Role role) {
  const bool is_site = role == Role::kSite;
  auto options = std::make_shared<Options>();
  options->role = role;
  CLI::App& join =
      AddVerb(app, "join", "redeem a token: make keys here, fetch a certificate",
              is_site ? "  florin agent join florin1.GGNvb3Jk... --dir /var/lib/florin/acme\n"
                        "  florin agent join - --dir acme --site acme < token.txt"
                      : "  florin operator join florin1.GGNvb3Jk... --dir ~/.florin/ada\n"
                        "  florin operator join - --dir ada --name ada < token.txt");
  join.add_option("TOKEN", options->token, "The token; - reads it from standard input")->required();
  join.add_option("--dir", options->folder, "The member's folder: new, or one whose join failed")
      ->required();
  join.add_option(is_site ? "--site" : "--name", options->name,
                  "The name that the token was made for; without it, the folder's")
      ->option_text("NAME");
  OnChosen(join, context, [&context, options] { return JoinNow(*options, context); });
}

void SetupAgent(CLI::App& app, Context& context) {
  app.require_subcommand(1);
  SetExamples(app,
              "  florin agent join florin1.GGNvb3Jk... --dir /var/lib/florin/acme\n"
              "  florin agent run --dir /var/lib/florin/acme\n"
              "  florin agent pending --dir /var/lib/florin/acme");
  AddJoin(app, context, Role::kSite);
  AddAgentRun(app, context);
  AddRenew(app, context, "  florin agent renew --dir /var/lib/florin/acme");
  AddAgentShow(app, context);
  AddOwnerVerbs(app, context);
}

void SetupOperator(CLI::App& app, Context& context) {
  app.require_subcommand(1);
  SetExamples(app,
              "  florin operator join florin1.GGNvb3Jk... --dir ~/.florin/ada\n"
              "  florin operator add maria\n  florin operator list");
  AddJoin(app, context, Role::kOperator);
  AddRenew(app, context, "  florin operator renew --dir ~/.florin/ada");
  AddOperatorVerbs(app, context);
}

}  // namespace florin::apps
