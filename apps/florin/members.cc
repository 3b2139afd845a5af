// florin site, florin operator: who belongs to the workspace.
#include <iostream>
#include <memory>

#include "florin/base/time.h"
#include "operator_verbs.h"
#include "remote.h"

namespace florin::apps {
namespace {

struct Asked {
  std::string folder;
  std::string name;
  std::string ttl = "24h";
};

// What differs between sites and operators.
struct Kin {
  const char* noun;
  const char* join;  // the command that takes the token
  Result<v1::Invitation> (api::OperatorClient::*add)(const std::string&, Duration);
  Result<v1::MemberList> (api::OperatorClient::*list)();
  Status (api::OperatorClient::*end)(const std::string&);
};
constexpr Kin kSites = {"site", "florin agent join", &api::OperatorClient::AddSite,
                        &api::OperatorClient::ListSites, &api::OperatorClient::RevokeSite};
constexpr Kin kOperators = {"operator", "florin operator join", &api::OperatorClient::AddOperator,
                            &api::OperatorClient::ListOperators,
                            &api::OperatorClient::RemoveOperator};

Status Add(const Kin& kin, const Asked& asked, const Context& context) {
  FLORIN_ASSIGN(const Duration ttl, ParsePeriod("--ttl", asked.ttl));
  FLORIN_ASSIGN(const auto client, Connect(asked.folder));
  FLORIN_ASSIGN(const v1::Invitation made, (client.get()->*kin.add)(asked.name, ttl));
  Table table({kin.noun, "valid_for", "token"});
  table.Add({asked.name, asked.ttl, made.token()});
  table.Print(std::cout, context.format);
  if (!context.is_quiet) {
    std::cerr << "The token joins once, as " << kin.noun << " " << asked.name << ": " << kin.join
              << " TOKEN. It is not shown again.\n";
  }
  return {};
}

Status List(const Kin& kin, const Asked& asked, const Context& context) {
  FLORIN_ASSIGN(const auto client, Connect(asked.folder));
  FLORIN_ASSIGN(const v1::MemberList members, (client.get()->*kin.list)());
  Table table({kin.noun, "connected", "enrolled", "revoked", "certificate", "serial"});
  for (const v1::Member& member : members.member()) {
    table.Add({member.name(), member.role() == "site" ? Cell::Flag(member.is_connected()) : Cell(),
               TimeCell(member.enrolled_at_micros()), TimeCell(member.revoked_at_micros()),
               ShortHex(member.fingerprint()), base::Hex(base::AsBytes(member.serial()))});
  }
  table.Print(std::cout, context.format);
  return {};
}

Status End(const Kin& kin, const Asked& asked, const Context& context) {
  FLORIN_ASSIGN(const auto client, Connect(asked.folder));
  FLORIN_TRY((client.get()->*kin.end)(asked.name));
  Table table({kin.noun, "status"});
  table.Add({asked.name, "revoked"});
  table.Print(std::cout, context.format);
  return {};
}

// The site fetches the certificate itself, as it would at half of its life: its key is its own.
Status Renew(const Kin& kin, const Asked& asked, const Context& context) {
  FLORIN_ASSIGN(const auto client, Connect(asked.folder));
  FLORIN_TRY(client->RenewSite(asked.name));
  Table table({kin.noun, "status"});
  table.Add({asked.name, "asked to renew"});
  table.Print(std::cout, context.format);
  return {};
}

using Action = Status (*)(const Kin&, const Asked&, const Context&);

CLI::App& AddMemberVerb(CLI::App& app, Context& context, const Kin& kin, const char* name,
                        const char* help, const std::string& example, Action action) {
  auto asked = std::make_shared<Asked>();
  CLI::App& verb = AddVerb(app, name, help, example.c_str());
  if (action != List) verb.add_option("NAME", asked->name, "The member's name")->required();
  if (action == Add) {
    verb.add_option("--ttl", asked->ttl, "How long the token may be used: 30m, 24h, 7d")
        ->option_text("TIME");
  }
  AddFolderOption(verb, asked->folder);
  OnChosen(verb, context, [&kin, asked, action, &context] { return action(kin, *asked, context); });
  return verb;
}

}  // namespace

void SetupSite(CLI::App& app, Context& context) {
  app.require_subcommand(1);
  SetExamples(app, "  florin site add europe --ttl 24h\n  florin site list");
  AddMemberVerb(app, context, kSites, "add", "a token by which a site joins, once",
                "  florin site add europe --ttl 24h", Add);
  AddMemberVerb(app, context, kSites, "list", "the sites, and which are connected",
                "  florin site list", List);
  AddMemberVerb(app, context, kSites, "renew",
                "ask a connected site to fetch a new certificate now", "  florin site renew europe",
                Renew);
  AddMemberVerb(app, context, kSites, "revoke", "end a site's membership and its connection",
                "  florin site revoke europe", End);
}

void AddOperatorVerbs(CLI::App& app, Context& context) {
  AddMemberVerb(app, context, kOperators, "add", "a token by which an operator joins, once",
                "  florin operator add maria", Add);
  AddMemberVerb(app, context, kOperators, "list", "the operators", "  florin operator list", List);
  AddMemberVerb(app, context, kOperators, "remove", "end an operator; the last one stays",
                "  florin operator remove maria", End);
}

}  // namespace florin::apps
