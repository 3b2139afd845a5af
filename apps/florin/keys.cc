// florin keys: which secrets a folder has, under which key they are sealed, and a new such key.
#include <filesystem>
#include <iostream>
#include <memory>

#include "commands.h"
#include "errors.h"
#include "florin/base/clock.h"
#include "secrets.h"
#include "workspace.h"

namespace florin::apps {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string folder;
  std::string kek;   // "" = in the folder
  std::string name;  // of a secret
  std::string file;
};

bool IsThere(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

Status CheckFolder(const std::string& folder) {
  if (IsThere(folder + "/" + kCoordinatorFile) || IsThere(folder + "/" + kPeerFile) ||
      IsThere(folder + "/" + kPendingFile)) {
    return {};
  }
  return {Kind::kNotFound, "WORKSPACE-MISSING",
          folder +
              ": expected the folder of a coordinator or a member, found none; name one with "
              "--dir"};
}

// What the store keeps sealed from the process's first start on.
void AddStored(const std::string& folder, std::vector<SecretFile>& secrets) {
  if (IsThere(folder + "/" + kCoordinatorFile)) {
    secrets.push_back({"store/authority", "", "private key of the workspace's authority"});
    secrets.push_back({"store/secret", "", "seed that signs the audit chains"});
  } else if (IsThere(folder + "/store/florin.db")) {
    secrets.push_back({"store/parties", "", "the site's part in sealed sums that are open"});
  }
}

Status List(const Options& options, const Context& context) {
  FLORIN_TRY(CheckFolder(options.folder));
  FLORIN_ASSIGN(const store::Vault vault, store::Vault::Load(options.folder));
  std::vector<SecretFile> secrets = SecretFilesIn(options.folder);
  AddStored(options.folder, secrets);
  Table table({"secret", "kind", "sealed", "kek", "made", "rotated", "kek file"});
  for (const SecretFile& secret : secrets) {
    bool is_sealed = vault.has_key();
    if (!secret.path.empty()) {
      FLORIN_ASSIGN(const std::string bytes, ReadSecret(secret.path));
      is_sealed = store::IsSealed(base::AsBytes(bytes));
    }
    const std::string name =
        secret.path.empty() ? secret.name
                            : fs::path(secret.path).lexically_relative(options.folder).string();
    const store::KeyFacts& facts = vault.facts();
    if (is_sealed) {
      table.Add({name, secret.kind, Cell::Flag(true), facts.kek_fingerprint, facts.made.ToString(),
                 facts.rotated.ToString(), facts.kek_file});
    } else {
      table.Add({name, secret.kind, Cell::Flag(false), Cell(), Cell(), Cell(), Cell()});
    }
  }
  table.Print(std::cout, context.format);
  return {};
}

Status Rotate(const Options& options, const Context& context) {
  FLORIN_TRY(CheckFolder(options.folder));
  if (options.kek.empty() && store::IsKekElsewhere()) {
    return UsageFault(std::string("--kek: expected a file for the new key, since ") +
                      store::kKekVariable +
                      " says that it lies elsewhere; other folders may be "
                      "under the old one");
  }
  FLORIN_ASSIGN(const store::File lock, LockFolder(options.folder));
  const std::string file = options.kek.empty() ? "" : fs::absolute(options.kek).string();
  if (!IsThere(options.folder + "/" + store::kDataKeyFile)) {
    return {Kind::kNotFound, "KEYS-MISSING",
            options.folder +
                ": expected data.key, found none: nothing is sealed here yet; start "
                "the coordinator or the agent, or renew the operator"};
  }
  base::SystemClock clock;
  FLORIN_ASSIGN(const store::KeyFacts facts, store::RotateKek(options.folder, file, clock.Now()));
  Table table({"item", "value"});
  table.Add({"kek", facts.kek_fingerprint});
  table.Add({"kek file", facts.kek_file});
  table.Add({"made", facts.made.ToString()});
  table.Add({"rotated", facts.rotated.ToString()});
  table.Print(std::cout, context.format);
  if (context.is_quiet) return {};
  if (!file.empty()) {
    std::cerr << "From now on: " << store::kKekVariable << "=" << file
              << "; start what runs in this folder anew with it.\n";
  }
  std::cerr << "Keep a copy of the key elsewhere. Backups made before open with the old one.\n";
  return {};
}

Status Export(const Options& options) {
  FLORIN_TRY(CheckFolder(options.folder));
  const std::string set = fs::weakly_canonical(options.folder + "/tls/current/key.pem").string();
  FLORIN_ASSIGN(const store::Vault vault, store::Vault::Load(options.folder));
  for (const SecretFile& secret : SecretFilesIn(options.folder)) {
    const bool is_old = secret.name == kTlsKey && fs::weakly_canonical(secret.path) != set;
    if (secret.name != options.name || is_old) continue;
    if (IsThere(options.file)) {
      return {Kind::kConflict, "FILE-EXISTS",
              options.file +
                  ": expected no such file, found one; name another, nothing is "
                  "overwritten"};
    }
    FLORIN_ASSIGN(const std::string text, ReadSealed(vault, secret.path, secret.name));
    return WriteSecret(options.file, text);
  }
  return UsageFault("NAME: expected " + std::string(kIdentityKey) + ", " + kSiteSecret + " or " +
                    kTlsKey + " where the folder has it, found \"" + options.name + "\"");
}

void AddFolder(CLI::App& verb, const std::shared_ptr<Options>& options) {
  verb.add_option("--dir", options->folder, "The folder of a coordinator, a site or an operator")
      ->required();
}

}  // namespace

void SetupKeys(CLI::App& app, Context& context) {
  app.require_subcommand(1);
  SetExamples(app,
              "  florin keys list --dir /var/lib/florin/retail\n"
              "  florin keys rotate --dir /var/lib/florin/retail\n"
              "  florin keys rotate --dir sites/eu --kek /media/key/eu.kek");
  const auto options = std::make_shared<Options>();
  CLI::App& list = AddVerb(app, "list", "which secrets there are, and under which key",
                           "  florin keys list --dir /var/lib/florin/retail\n"
                           "  florin keys list --dir sites/eu --output json");
  AddFolder(list, options);
  OnChosen(list, context, [options, &context] { return List(*options, context); });
  CLI::App& rotate =
      AddVerb(app, "rotate", "a new key-encryption key, in the folder or elsewhere",
              "  florin keys rotate --dir /var/lib/florin/retail\n"
              "  florin keys rotate --dir sites/eu --kek /media/key/eu.kek\n"
              "  FLORIN_KEK_FILE=/media/key/eu.kek florin keys rotate --dir sites/eu "
              "--kek sites/eu/kek");
  AddFolder(rotate, options);
  rotate
      .add_option("--kek", options->kek,
                  "Where the new key is to lie: made there, or taken from there; without it, in "
                  "the folder")
      ->option_text("FILE");
  OnChosen(rotate, context, [options, &context] { return Rotate(*options, context); });
  CLI::App& out = AddVerb(app, "export", "one secret as an open file, for another program",
                          "  florin keys export tls/key.pem --dir sites/eu --out eu-key.pem");
  out.add_option("NAME", options->name, "identity.key, site.secret or tls/key.pem")->required();
  AddFolder(out, options);
  out.add_option("--out", options->file, "A new file, 0600")->required()->option_text("FILE");
  OnChosen(out, context, [options] { return Export(*options); });
}

}  // namespace florin::apps
