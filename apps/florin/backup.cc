// florin backup, florin restore: a coordinator's or a site's folder as one file, while it runs or
// not. What is in it: docs/spec/store.md, "Backup file". No row and no view is.
#include "florin/store/backup.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <set>

#include "commands.h"
#include "files.h"
#include "florin/base/text.h"
#include "secrets.h"
#include "workspace.h"

namespace florin::apps {
namespace {

namespace fs = std::filesystem;
using store::Companion;

constexpr const char* kTlsFiles[] = {"key.pem", "certificate.pem", "roots.pem", "chain.pem"};
constexpr const char* kPeerFiles[] = {kPeerFile, "identity.key", "site.secret", kTrustFile};
constexpr const char* kKeyFiles[] = {store::kDataKeyFile, store::kKekFile};
constexpr const char* kOwnerFiles[] = {"policy.yaml", "audit.jsonl"};
constexpr const char* kTlsFolder = "tls/current/";

struct Options {
  std::string folder;
  std::string file;
  bool has_kek = false;           // of a backup: the KEK is in it
  std::vector<std::string> keks;  // of a restore: files with KEKs
  bool is_dry = false;
};

Status Refused(const std::string& path, const std::string& why) {
  return {Kind::kFailed, "STORE-BACKUP", path + ": " + why};
}

std::string AsText(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

bool IsThere(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

std::string Under(const std::string& folder, const std::string& name) {
  return folder + "/" + name;
}

bool IsPlainName(const std::string& name) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !name.empty() && name.front() != '.' && std::ranges::all_of(name, is_plain);
}

// The files of one folder, read in it and named from `prefix` on.
class Collector {
 public:
  Collector(std::string root, bool has_kek) : root_(std::move(root)), has_kek_(has_kek) {}

  Status Take(const std::string& name) { return TakeAs(name, root_ + "/" + name); }
  // One set of TLS files, even if they are renewed meanwhile.
  Status TakeTls(const std::string& prefix) {
    std::error_code error;
    const fs::path set = fs::canonical(root_ + "/" + prefix + kTlsFolder, error);
    if (error) return Refused(root_ + "/" + prefix + kTlsFolder, error.message());
    for (const char* name : kTlsFiles) {
      FLORIN_TRY(TakeAs(prefix + kTlsFolder + name, (set / name).string()));
    }
    return {};
  }
  // The data key of a folder, and the KEK that it is under if that is wanted.
  Status TakeKeys(const std::string& prefix) {
    FLORIN_ASSIGN(const store::File lock, LockFolder(root_ + "/" + prefix));  // no rotation between
    FLORIN_TRY(Take(prefix + store::kDataKeyFile));
    if (!has_kek_) return {};
    FLORIN_ASSIGN(const store::Vault vault, store::Vault::Load(root_ + "/" + prefix));
    if (!vault.has_key()) return {};
    return TakeAs(prefix + store::kKekFile, vault.facts().kek_file);
  }
  Status TakePeer(const std::string& prefix) {
    for (const char* name : kPeerFiles) FLORIN_TRY(Take(prefix + name));
    FLORIN_TRY(TakeKeys(prefix));
    return TakeTls(prefix);
  }
  std::vector<Companion> Finish() && { return std::move(companions_); }

 private:
  Status TakeAs(const std::string& name, const std::string& path) {
    const auto text = ReadFile(path);
    if (text.status().code() == "FILE-NOT-FOUND") return {};  // or taken by the agent meanwhile
    if (!text.ok()) return text.status();
    const ByteView bytes = base::AsBytes(*text);
    companions_.push_back({name, Bytes(bytes.begin(), bytes.end())});
    return {};
  }

  std::string root_;
  bool has_kek_;
  std::vector<Companion> companions_;
};

Result<std::vector<Companion>> CollectCoordinator(const std::string& folder, bool has_kek) {
  FLORIN_TRY(LoadCoordinator(folder).status());
  Collector collector(folder, has_kek);
  FLORIN_TRY(collector.Take(kCoordinatorFile));
  FLORIN_TRY(collector.TakeKeys(""));
  FLORIN_TRY(collector.TakeTls(""));
  for (const std::string& name : NamesIn(folder + "/operators")) {
    const std::string prefix = "operators/" + name + "/";
    if (!IsPlainName(name) || !IsThere(Under(folder, prefix + kPeerFile))) continue;
    FLORIN_TRY(collector.TakePeer(prefix));
  }
  return std::move(collector).Finish();
}

Result<std::vector<Companion>> CollectSite(const std::string& folder, bool has_kek) {
  FLORIN_ASSIGN(const PeerFolder peer, LoadPeer(folder));
  if (peer.settings.peer.role != identity::Role::kSite) {
    return Refused(folder, "the folder of " + peer.settings.peer.ToString() +
                               " holds keys alone and no store; copy it, or add the operator anew");
  }
  Collector collector(folder, has_kek);
  FLORIN_TRY(collector.TakePeer(""));
  for (const char* name : kOwnerFiles) FLORIN_TRY(collector.Take(name));
  for (const std::string& name : NamesIn(folder + "/decisions")) {
    if (!IsPlainName(name) || !name.ends_with(".json")) continue;
    FLORIN_TRY(collector.Take("decisions/" + name));
  }
  return std::move(collector).Finish();
}

// Read before the store is: what the store has and the files have not, a coordinator writes anew.
Result<std::vector<Companion>> Collect(const std::string& folder, bool has_kek) {
  return IsThere(folder + "/" + kPeerFile) ? CollectSite(folder, has_kek)
                                           : CollectCoordinator(folder, has_kek);
}

std::string WhyLeftOut(const std::string& name) {
  if (name == "views") return "no: views and rows stay with their owner; copy them yourself";
  if (name == store::kKekFile) return "no: keep a copy elsewhere, the backup opens with it alone";
  if (name == "plans.json") return "no: the agent writes it anew";
  return "no: not of the program's making";
}

std::string WhatOpens(const std::vector<Companion>& companions) {
  std::set<std::string> keks;
  bool has_kek = false;
  for (const Companion& companion : companions) {
    has_kek = has_kek || fs::path(companion.name).filename() == store::kKekFile;
    if (fs::path(companion.name).filename() != store::kDataKeyFile) continue;
    const auto kek = store::FingerprintOf(companion.bytes, companion.name);
    if (kek.ok()) keks.insert(*kek);
  }
  if (has_kek || keks.empty()) {
    return "It holds private keys and what opens them: whoever has it can be this member.";
  }
  std::string text = "Its private keys are sealed: keep a copy of the key-encryption key";
  for (const std::string& kek : keks) text += " " + kek;
  return text + " elsewhere, a restore needs it.";
}

Status Backup(const Options& options, const Context& context) {
  FLORIN_ASSIGN(const std::vector<Companion> companions, Collect(options.folder, options.has_kek));
  FLORIN_TRY(store::Backup(options.folder + "/store", options.file, companions));
  std::set<std::string> kept = {"store"};
  for (const Companion& companion : companions) {
    kept.insert(companion.name.substr(0, companion.name.find('/')));
  }
  Table table({"entry", "in the backup"});
  for (const std::string& name : NamesIn(options.folder)) {
    table.Add({name, kept.contains(name) ? std::string("yes") : WhyLeftOut(name)});
  }
  table.Print(std::cout, context.format);
  if (!context.is_quiet) {
    std::cerr << options.file << " was read back and is whole. " << WhatOpens(companions) << "\n";
  }
  return {};
}

template <size_t kSize>
bool IsOneOf(const std::string& name, const char* const (&names)[kSize]) {
  return std::ranges::find(names, name) != std::end(names);
}

// Only what Collect takes: a file that was made by another hand writes nowhere else.
bool IsKnown(std::string name) {
  if (name == kCoordinatorFile || IsOneOf(name, kOwnerFiles)) return true;
  if (name.starts_with("decisions/")) return IsPlainName(name.substr(name.find('/') + 1));
  if (name.starts_with("operators/")) {
    const auto parts = base::Split(name, '/');
    if (parts.size() < 3 || !IsPlainName(std::string(parts[1]))) return false;
    name = name.substr(std::string("operators/").size() + parts[1].size() + 1);
  }
  if (name.starts_with(kTlsFolder)) {
    return IsOneOf(name.substr(std::string(kTlsFolder).size()), kTlsFiles);
  }
  return IsOneOf(name, kPeerFiles) || IsOneOf(name, kKeyFiles);
}

Status WriteTlsOf(const std::string& folder, const std::string& prefix,
                  const std::vector<Companion>& companions) {
  TlsParts parts;
  std::string* const targets[] = {&parts.key, &parts.certificate_pem, &parts.roots_pem,
                                  &parts.chain_pem};
  for (size_t i = 0; i < std::size(kTlsFiles); ++i) {
    for (const Companion& companion : companions) {
      if (companion.name == prefix + kTlsFolder + kTlsFiles[i]) {
        *targets[i] = AsText(companion.bytes);
      }
    }
  }
  return WriteTls(folder + "/" + prefix, parts);
}

// Each folder on the way to `name`, closed to others.
Status MakeFoldersTo(const std::string& folder, const std::string& name) {
  for (size_t at = name.find('/'); at != std::string::npos; at = name.find('/', at + 1)) {
    FLORIN_TRY(MakePrivateFolder(Under(folder, name.substr(0, at))));
  }
  return {};
}

// The settings of the folder itself come last: with them it is one that can be started.
Status WriteAll(const std::string& folder, const std::string& settings,
                const std::vector<Companion>& companions) {
  for (const Companion& companion : companions) {
    const size_t tls = companion.name.find(kTlsFolder);
    if (companion.name == settings) continue;
    if (tls == std::string::npos) {
      FLORIN_TRY(MakeFoldersTo(folder, companion.name));
      FLORIN_TRY(WriteSecret(Under(folder, companion.name), AsText(companion.bytes)));
    } else if (companion.name.ends_with("/key.pem")) {
      FLORIN_TRY(WriteTlsOf(folder, companion.name.substr(0, tls), companions));
    }
  }
  for (const Companion& companion : companions) {
    if (companion.name != settings) continue;
    FLORIN_TRY(WriteSecret(Under(folder, settings), AsText(companion.bytes)));
  }
  return {};
}

// The settings that say what the folder was.
Result<std::string> SettingsOf(const std::string& file, const std::vector<Companion>& companions) {
  std::string settings;
  for (const Companion& companion : companions) {
    if (!IsKnown(companion.name)) {
      return Refused(file, base::JsonQuote(companion.name) + " is no file of a folder");
    }
    const bool is_settings = companion.name == kCoordinatorFile || companion.name == kPeerFile;
    if (is_settings && !settings.empty()) return Refused(file, "it is of two folders in one");
    if (is_settings) settings = companion.name;
  }
  if (!settings.empty()) return settings;
  return Refused(file, "it holds a store alone, and no coordinator's or site's settings");
}

// Puts beside each data key of the backup the KEK that opens it, unless it is there, or where
// FLORIN_KEK_FILE says. Before anything is written. [KEYS-MISSING]
Status AddKeks(const Options& options, std::vector<Companion>& companions) {
  std::vector<Companion> found;
  for (const Companion& companion : companions) {
    if (fs::path(companion.name).filename() != store::kDataKeyFile) continue;
    const std::string name =
        companion.name.substr(0, companion.name.size() - std::string(store::kDataKeyFile).size()) +
        store::kKekFile;
    const auto is_it = [&name](const Companion& other) { return other.name == name; };
    if (std::ranges::any_of(companions, is_it)) continue;
    FLORIN_ASSIGN(const std::string wanted, store::FingerprintOf(companion.bytes, companion.name));
    std::vector<std::string> files = options.keks;
    if (store::IsKekElsewhere()) files.push_back(store::KekPath(""));
    bool is_found = false;
    for (const std::string& file : files) {
      FLORIN_ASSIGN(const crypto::SecretBytes kek, store::ReadKek(file));
      if (is_found || store::FingerprintOf(kek) != wanted) continue;
      is_found = true;
      if (!store::IsKekElsewhere()) {
        found.push_back({name, Bytes(kek.view().begin(), kek.view().end())});
      }
    }
    if (is_found) continue;
    return Status(Kind::kNotFound, "KEYS-MISSING",
                  options.file + ": " + companion.name +
                      ": expected the key-encryption key with fingerprint " + wanted +
                      ", found none; name its copy with --kek FILE");
  }
  companions.insert(companions.end(), found.begin(), found.end());
  return {};
}

Status Restore(const Options& options, const Context& context) {
  FLORIN_ASSIGN(std::vector<Companion> companions, store::ReadCompanions(options.file));
  FLORIN_ASSIGN(const std::string settings, SettingsOf(options.file, companions));
  std::error_code error;
  if (IsThere(options.folder) && !fs::is_empty(options.folder, error)) {
    return Refused(options.folder,
                   "it is not an empty folder; name another, nothing is overwritten");
  }
  const bool is_coordinator = settings == kCoordinatorFile;
  if (!options.is_dry) {
    FLORIN_TRY(AddKeks(options, companions));
    FLORIN_TRY(MakePrivateFolder(options.folder));
    fs::permissions(options.folder, fs::perms::owner_all, error);
    FLORIN_TRY(store::Restore(options.file, options.folder + "/store"));
    FLORIN_TRY(WriteAll(options.folder, settings, companions));
    FLORIN_TRY(is_coordinator ? LoadCoordinator(options.folder).status()
                              : LoadPeer(options.folder).status());
  }
  Table table({"item", "value"});
  table.Add({"folder", options.folder});
  table.Add({"of", is_coordinator ? "a coordinator" : "a site"});
  table.Add({"files", Cell::Count(companions.size())});
  table.Add({"written", Cell::Flag(!options.is_dry)});
  table.Print(std::cout, context.format);
  if (context.format != Format::kTable || options.is_dry) return {};
  std::cout << "\nNext:\n";
  if (is_coordinator) {
    std::cout << "  florin coordinator --dir " << options.folder << "    start it, and only it\n";
  } else {
    std::cout << "  put the views back in " << options.folder << "/views\n"
              << "  florin agent run --dir " << options.folder << "    start it, and only it\n";
  }
  return {};
}

}  // namespace

void SetupBackup(CLI::App& app, Context& context) {
  SetExamples(app,
              "  florin backup /var/lib/florin/retail /backup/retail-monday.florin\n"
              "  florin backup sites/eu /backup/eu-monday.florin\n"
              "  florin backup sites/eu /media/safe/eu.florin --with-kek");
  const auto options = std::make_shared<Options>();
  app.add_option("DIR", options->folder, "A coordinator's or a site's folder; it may be in use")
      ->required();
  app.add_option("FILE", options->file, "The backup: a new file, closed to others")->required();
  app.add_flag("--with-kek", options->has_kek,
               "Put the key-encryption key in too: then the file alone brings all of it back");
  OnChosen(app, context, [options, &context] { return Backup(*options, context); });
}

void SetupRestore(CLI::App& app, Context& context) {
  SetExamples(
      app,
      "  florin restore /backup/retail-monday.florin /var/lib/florin/retail --kek safe/kek\n"
      "  florin restore /backup/retail-monday.florin /tmp/none --dry-run");
  const auto options = std::make_shared<Options>();
  app.add_option("FILE", options->file, "The backup")->required();
  app.add_option("DIR", options->folder, "The folder to make: new or empty")->required();
  app.add_option("--kek", options->keks, "A copy of the key-encryption key; may be repeated")
      ->option_text("FILE");
  app.add_flag("--dry-run", options->is_dry, "Check file and folder, write nothing");
  OnChosen(app, context, [options, &context] { return Restore(*options, context); });
}

}  // namespace florin::apps
