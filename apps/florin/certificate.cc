// florin certificate: what the workspace trusts, and how it is changed.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <set>
#include <thread>
#include <utility>

#include "commands.h"
#include "enrol.h"
#include "errors.h"
#include "florin/base/clock.h"
#include "florin/govern/audit_file.h"
#include "remote.h"

namespace florin::apps {
namespace {

struct Asked {
  std::string folder;
  std::string serial;
};

std::string HexOf(const std::string& bytes) { return base::Hex(base::AsBytes(bytes)); }

// Members whose newest certificate is of before the last change of the root, by the coordinator's
// own account of who came and renewed. They are cut off when the old root ends.
Result<std::vector<std::string>> Behind(api::OperatorClient& client) {
  std::set<std::string> renewed;
  for (uint64_t first = 0;;) {
    FLORIN_ASSIGN(const v1::AuditPage page, client.ReadAudit("members", first));
    if (page.line().empty()) break;
    for (const std::string& line : page.line()) {
      FLORIN_ASSIGN(const govern::AuditLine parsed, govern::ParseLine(line));
      const auto* entry = std::get_if<govern::Entry>(&parsed);
      if (entry == nullptr) continue;
      if (entry->event == "root-rotated") renewed.clear();
      const auto member = entry->fields.find("member");
      const bool is_new = entry->fields.contains("serial") && member != entry->fields.end();
      if (is_new) renewed.insert(member->second);
    }
    first = page.next();
  }
  std::vector<std::string> behind;
  FLORIN_ASSIGN(const v1::MemberList sites, client.ListSites());
  FLORIN_ASSIGN(const v1::MemberList operators, client.ListOperators());
  for (const v1::MemberList* members : {&sites, &operators}) {
    for (const v1::Member& member : members->member()) {
      const std::string name = member.role() + " \"" + member.name() + "\"";
      if (member.revoked_at_micros() == 0 && !renewed.contains(name)) behind.push_back(name);
    }
  }
  return behind;
}

Status Print(const v1::Certificates& certificates, const Context& context,
             const std::vector<std::string>& behind = {}) {
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
  for (const std::string& name : behind) table.Add({"not renewed yet", name, Cell(), Cell()});
  table.Print(std::cout, context.format);
  return {};
}

Status Show(const Asked& asked, const Context& context) {
  FLORIN_ASSIGN(const auto client, Connect(asked.folder));
  FLORIN_ASSIGN(const v1::Certificates certificates, client->ShowCertificates());
  std::vector<std::string> behind;
  if (certificates.root_size() > 1) {
    FLORIN_ASSIGN(behind, Behind(*client));
  }
  return Print(certificates, context, behind);
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
  AddCertificateVerb(app, context, "show",
                     "the roots that are trusted, what was ended, and who has not renewed",
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
