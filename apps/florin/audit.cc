// florin audit verify: whether an audit file is what its writer wrote. The verb show is in
// audit_show.cc.
#include <iostream>
#include <memory>

#include "commands.h"
#include "errors.h"
#include "florin/api/audit_trail.h"
#include "operator_verbs.h"

namespace florin::apps {
namespace {

struct Options {
  std::string file;
  std::vector<std::string> keys;
};

Result<crypto::Ed25519PublicKey> KeyOf(const std::string& hex) {
  FLORIN_ASSIGN(const Bytes bytes, base::FromHex(hex));
  crypto::Ed25519PublicKey key;
  if (bytes.size() != key.size()) {
    return UsageFault("--key: expected 64 hexadecimal digits, found " + std::to_string(hex.size()));
  }
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return key;
}

Status Verify(const Options& options, const Context& context) {
  std::vector<crypto::Ed25519PublicKey> keys;
  for (const std::string& hex : options.keys) {
    FLORIN_ASSIGN(keys.emplace_back(), KeyOf(hex));
  }
  const bool is_pinned = !keys.empty();
  const api::TrailReport report = api::VerifyTrail(options.file, std::move(keys));
  FLORIN_TRY(Status(report.status));
  Table table({"file", "entries", "signed by", "key"});
  std::string signers;
  for (const auto& key : report.keys) signers += (signers.empty() ? "" : " ") + base::Hex(key);
  table.Add({options.file, Cell::Count(report.entries), signers.empty() ? "nobody" : signers,
             is_pinned ? "as given" : "as in the file: compare it with the owner's"});
  table.Print(std::cout, context.format);
  return {};
}

}  // namespace

void SetupAudit(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App& verify = AddVerb(app, "verify", "check every link and signature of an audit file",
                             "  florin audit verify sites/eu/audit.jsonl\n"
                             "  florin audit verify sites/eu/audit.jsonl --key 3d4017c3...");
  verify.add_option("file", options->file, "The audit file")->required();
  verify.add_option("--key", options->keys, "The public key it must be signed with, as hex");
  OnChosen(verify, context, [options, &context] { return Verify(*options, context); });
  AddAuditShow(app, context);
}

}  // namespace florin::apps
