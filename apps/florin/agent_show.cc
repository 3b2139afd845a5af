// florin agent show: what the owners of other sites, and the operator, may want to know of this
// one.
#include <iostream>
#include <memory>

#include "agent_verbs.h"
#include "enrol.h"
#include "florin/crypto/ed25519.h"
#include "florin/crypto/x509.h"

namespace florin::apps {
namespace {

Status Show(const std::string& path, const Context& context) {
  FLORIN_ASSIGN(const PeerFolder folder, LoadPeer(path));
  FLORIN_ASSIGN(const crypto::Certificate root, crypto::ParseCertificate(folder.trust.roots[0]));
  Table table({"name", "value"});
  table.Add({"site", folder.settings.peer.name});
  table.Add({"coordinator", folder.settings.address});
  table.Add({"root", base::Hex(root.fingerprint)});
  table.Add({"identity key", base::Hex(crypto::PublicKeyOf(folder.identity_key))});
  table.Print(std::cout, context.format);
  return {};
}

}  // namespace

void AddAgentShow(CLI::App& app, Context& context) {
  const auto folder = std::make_shared<std::string>();
  CLI::App& show = AddVerb(app, "show", "the site's name, identity key and coordinator",
                           "  florin agent show --dir sites/eu");
  show.add_option("--dir", *folder, "The agent's folder")->required();
  OnChosen(show, context, [folder, &context] { return Show(*folder, context); });
}

}  // namespace florin::apps
