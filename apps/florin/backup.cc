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
constexpr const char* kOwnerFiles[] = {"policy.yaml", "audit.jsonl"};
constexpr const char* kTlsFolder = "tls/current/";

struct Options {
  std::string folder;
  std::string file;
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
  explicit Collector(std::string root) : root_(std::move(root)) {}

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
  Status TakePeer(const std::string& prefix) {
    for (const char* name : kPeerFiles) FLORIN_TRY(Take(prefix + name));
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
  std::vector<Companion> companions_;
};

Result<std::vector<Companion>> CollectCoordinator(const std::string& folder) {
  FLORIN_TRY(LoadCoordinator(folder).status());
  Collector collector(folder);
  FLORIN_TRY(collector.Take(kCoordinatorFile));
  FLORIN_TRY(collector.TakeTls(""));
  for (const std::string& name : NamesIn(folder + "/operators")) {
    const std::string prefix = "operators/" + name + "/";
    if (!IsPlainName(name) || !IsThere(Under(folder, prefix + kPeerFile))) continue;
    FLORIN_TRY(collector.TakePeer(prefix));
  }
  return std::move(collector).Finish();
}

Result<std::vector<Companion>> CollectSite(const std::string& folder) {
  FLORIN_ASSIGN(const PeerFolder peer, LoadPeer(folder));
  if (peer.settings.peer.role != identity::Role::kSite) {
    return Refused(folder, "the folder of " + peer.settings.peer.ToString() +
                               " holds keys alone and no store; copy it, or add the operator anew");
  }
  Collector collector(folder);
  FLORIN_TRY(collector.TakePeer(""));
  for (const char* name : kOwnerFiles) FLORIN_TRY(collector.Take(name));
  for (const std::string& name : NamesIn(folder + "/decisions")) {
    if (!IsPlainName(name) || !name.ends_with(".json")) continue;
    FLORIN_TRY(collector.Take("decisions/" + name));
  }
  return std::move(collector).Finish();
}

// Read before the store is: what the store has and the files have not, a coordinator writes anew.
Result<std::vector<Companion>> Collect(const std::string& folder) {
  return IsThere(folder + "/" + kPeerFile) ? CollectSite(folder) : CollectCoordinator(folder);
}

std::string WhyLeftOut(const std::string& name) {
  if (name == "views") return "no: views and rows stay with their owner; copy them yourself";
  if (name == "plans.json") return "no: the agent writes it anew";
  return "no: not of the program's making";
}

Status Backup(const Options& options, const Context& context) {
  FLORIN_ASSIGN(const std::vector<Companion> companions, Collect(options.folder));
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
    std::cerr << options.file << " was read back and is whole. It holds private keys: whoever has "
              << "it can be this member.\n";
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
  return IsOneOf(name, kPeerFiles);
}

Status WriteTlsOf(const std::string& folder, const std::string& prefix,
                  const std::vector<Companion>& companions) {
  TlsParts parts;
  std::string* const targets[] = {&parts.key_pem, &parts.certificate_pem, &parts.roots_pem,
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

Status Restore(const Options& options, const Context& context) {
  FLORIN_ASSIGN(const std::vector<Companion> companions, store::ReadCompanions(options.file));
  FLORIN_ASSIGN(const std::string settings, SettingsOf(options.file, companions));
  std::error_code error;
  if (IsThere(options.folder) && !fs::is_empty(options.folder, error)) {
    return Refused(options.folder,
                   "it is not an empty folder; name another, nothing is overwritten");
  }
  const bool is_coordinator = settings == kCoordinatorFile;
  if (!options.is_dry) {
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
              "  florin backup sites/eu /backup/eu-monday.florin");
  const auto options = std::make_shared<Options>();
  app.add_option("DIR", options->folder, "A coordinator's or a site's folder; it may be in use")
      ->required();
  app.add_option("FILE", options->file, "The backup: a new file, closed to others")->required();
  OnChosen(app, context, [options, &context] { return Backup(*options, context); });
}

void SetupRestore(CLI::App& app, Context& context) {
  SetExamples(app,
              "  florin restore /backup/retail-monday.florin /var/lib/florin/retail\n"
              "  florin restore /backup/retail-monday.florin /tmp/none --dry-run");
  const auto options = std::make_shared<Options>();
  app.add_option("FILE", options->file, "The backup")->required();
  app.add_option("DIR", options->folder, "The folder to make: new or empty")->required();
  app.add_flag("--dry-run", options->is_dry, "Check file and folder, write nothing");
  OnChosen(app, context, [options, &context] { return Restore(*options, context); });
}

}  // namespace florin::apps
