// florin certificate: what the workspace trusts, and how it is changed.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <thread>
#include <utility>

#include "commands.h"
#include "enrol.h"
#include "errors.h"
#include "florin/base/clock.h"
#include "remote.h"

namespace florin::apps {
namespace {

struct Asked {
  std::string folder;
  std::string serial;
};

std::string HexOf(const std::string& bytes) { return base::Hex(base::AsBytes(bytes)); }

Status Print(const v1::Certificates& certificates, const Context& context) {
  Table table({"what", "id", "since", "until"});
  bool is_first = true;
  for (const v1::Root& root : certificates.root()) {
    table.Add({is_first ? "root that signs" : "old root, still trusted", HexOf(root.fingerprint()),
               TimeCell(root.begins_micros()), TimeCell(root.ends_micros())});
    is_first = false;
  }
  for (const std::string& serial : certificates.denied()) {
    table.Add({"ended certificate", HexOf(serial), Cell(), Cell()});
  }
  table.Print(std::cout, context.format);
  return {};
}

Status Show(const Asked& asked, const Context& context) {
  FLORIN_ASSIGN(const auto client, Connect(asked.folder));
  FLORIN_ASSIGN(const v1::Certificates certificates, client->ShowCertificates());
  return Print(certificates, context);
}

// Whose newest certificate it is: a wrong digit would end nobody's.
Result<std::string> HolderOf(api::OperatorClient& client, ByteView serial) {
  FLORIN_ASSIGN(const v1::MemberList sites, client.ListSites());
  FLORIN_ASSIGN(const v1::MemberList operators, client.ListOperators());
  for (const v1::MemberList* members : {&sites, &operators}) {
    for (const v1::Member& member : members->member()) {
      if (std::ranges::equal(base::AsBytes(member.serial()), serial)) {
        return member.role() + " " + member.name();
      }
    }
  }
  return std::string("nobody's newest one");
}

Status Deny(const Asked& asked, const Context& context) {
  FLORIN_ASSIGN(const Bytes serial, base::FromHex(asked.serial));
  FLORIN_ASSIGN(const auto client, Connect(asked.folder));
  FLORIN_ASSIGN(const std::string holder, HolderOf(*client, serial));
  FLORIN_TRY(client->DenyCertificate(serial));
  Table table({"serial", "of", "status"});
  table.Add({base::Hex(serial), holder, "ended"});
  table.Print(std::cout, context.format);
  return {};
}

// Until the coordinator's port has read the new root: a second or two.
Status AwaitEntry(const std::string& folder) {
  constexpr int kTries = 120;
  for (int i = 1;; ++i) {
    FLORIN_ASSIGN(const auto client, Connect(folder));
    Status status = client->ShowCertificates().status();
    if (status.kind() != Kind::kUnreachable || i == kTries) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

// The operator's own folder follows at once, or this command would be its last.
Status Rotate(const Asked& asked, const Context& context) {
  FLORIN_ASSIGN(const auto client, Connect(asked.folder));
  FLORIN_ASSIGN(const v1::Certificates certificates, client->RotateRoot());
  FLORIN_TRY(Print(certificates, context));
  base::SystemClock clock;
  FLORIN_ASSIGN(const PeerFolder own, LoadPeer(asked.folder));
  if (Status renewed = RenewPeer(own, clock); !renewed.ok()) {
    return std::move(renewed).Prefixed(
        "the root is rotated, but this folder has no certificate under it yet");
  }
  FLORIN_TRY(AwaitEntry(asked.folder));
  if (!context.is_quiet) {
    std::cerr
        << "Connected sites renew now. Other operators: florin operator renew. Sites that are "
           "away: when they come back, within 30 days.\n";
  }
  return {};
}

Status EndOld(const Asked& asked, const Context& context) {
  FLORIN_ASSIGN(const auto client, Connect(asked.folder));
  FLORIN_ASSIGN(const v1::Certificates certificates, client->EndOldRoot());
  return Print(certificates, context);
}

using Action = Status (*)(const Asked&, const Context&);

void AddCertificateVerb(CLI::App& app, Context& context, const char* name, const char* help,
                        const char* example, Action action) {
  auto asked = std::make_shared<Asked>();
  CLI::App& verb = AddVerb(app, name, help, example);
  if (action == Deny) {
    verb.add_option("SERIAL", asked->serial, "40 digits, as florin site list shows them")
        ->required();
  }
  AddFolderOption(verb, asked->folder);
  OnChosen(verb, context, [asked, action, &context] { return action(*asked, context); });
}

}  // namespace

void SetupCertificate(CLI::App& app, Context& context) {
  app.require_subcommand(1);
  SetExamples(app,
              "  florin certificate show\n  florin certificate deny 5b0c...\n"
              "  florin certificate rotate-root\n  florin certificate end-old-root");
  AddCertificateVerb(app, context, "show", "the roots that are trusted, and what was ended",
                     "  florin certificate show", Show);
  AddCertificateVerb(app, context, "deny",
                     "end one certificate, as of a stolen disk; its member stays",
                     "  florin certificate deny 5b0c8d...", Deny);
  AddCertificateVerb(app, context, "rotate-root",
                     "make a new root that signs from now on; the old one stays trusted",
                     "  florin certificate rotate-root", Rotate);
  AddCertificateVerb(app, context, "end-old-root",
                     "trust the old root no more; who has not renewed is cut off",
                     "  florin certificate end-old-root", EndOld);
}

}  // namespace florin::apps
