#include "secrets.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "files.h"
#include "florin/base/text.h"
#include "workspace.h"

namespace florin::apps {
namespace {

namespace fs = std::filesystem;

Status Fault(const std::string& path, std::string_view what, int error) {
  return Status(Kind::kFailed, "FILE-WRITE",
                path + ": " + std::string(what) + " (" + std::strerror(error) + ")");
}

// The store's file errors under the name that this program's files have.
Status AsFileFault(const Status& status) {
  return status.ok() ? Status()
                     : Status(Kind::kFailed, "FILE-WRITE", std::string(status.message()));
}

std::string AsText(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

std::string ParentOf(const std::string& path) {
  const std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

// Numbers of the sets that are there, complete or not.
std::vector<int64_t> SetsIn(const std::string& tls) {
  std::vector<int64_t> numbers;
  std::error_code error;
  for (fs::directory_iterator entry(tls, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto number = base::ParseInt(entry->path().filename().string());
    if (number && *number > 0) numbers.push_back(*number);
  }
  return numbers;
}

Status WriteSet(const std::string& set, const TlsParts& parts) {
  FLORIN_TRY(store::MakeFolder(set));
  FLORIN_TRY(store::WriteAndSync(set + "/key.pem", base::AsBytes(parts.key)));
  FLORIN_TRY(store::WriteAndSync(set + "/certificate.pem", base::AsBytes(parts.certificate_pem)));
  FLORIN_TRY(store::WriteAndSync(set + "/roots.pem", base::AsBytes(parts.roots_pem)));
  if (!parts.chain_pem.empty())
    FLORIN_TRY(store::WriteAndSync(set + "/chain.pem", base::AsBytes(parts.chain_pem)));
  return store::SyncFolder(set);
}

Status PointTo(const std::string& tls, int64_t number) {
  const std::string link = tls + "/current";
  const std::string temporary = link + ".tmp";
  unlink(temporary.c_str());
  if (symlink(std::to_string(number).c_str(), temporary.c_str()) != 0) {
    return store::IoFault("link", temporary, errno);
  }
  FLORIN_TRY(store::Rename(temporary, link));
  return store::SyncFolder(tls);
}

// The number that `current` points to, 0 without one.
int64_t CurrentIn(const std::string& tls) {
  std::error_code error;
  const fs::path target = fs::read_symlink(tls + "/current", error);
  return error ? 0 : base::ParseInt(target.string()).value_or(0);
}

Status WriteNextSet(const std::string& tls, const TlsParts& parts) {
  FLORIN_TRY(store::MakeFolder(tls));
  const int64_t before = CurrentIn(tls);
  int64_t next = 1;
  for (const int64_t number : SetsIn(tls)) next = std::max(next, number + 1);
  FLORIN_TRY(WriteSet(tls + "/" + std::to_string(next), parts));
  FLORIN_TRY(store::SyncFolder(tls));
  FLORIN_TRY(PointTo(tls, next));
  for (const int64_t number : SetsIn(tls)) {
    std::error_code error;
    if (number != next && number != before) {
      fs::remove_all(tls + "/" + std::to_string(number), error);
    }
  }
  return {};
}

}  // namespace

Status MakePrivateFolder(const std::string& path) { return AsFileFault(store::MakeFolder(path)); }

Status WriteSecret(const std::string& path, std::string_view content) {
  return AsFileFault(store::ReplaceFile(path, base::AsBytes(content)));
}

Result<std::string> ReadSecret(const std::string& path) {
  struct stat facts{};
  const bool is_there = stat(path.c_str(), &facts) == 0;
  if (is_there && S_ISREG(facts.st_mode) && (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Status(Kind::kDenied, "SECRET-OPEN",
                  path + ": others may read this secret, or change it; run chmod 600 " + path +
                      ", and replace it if somebody may have read it");
  }
  return ReadFile(path);
}

Status WriteSealed(const store::Vault& vault, const std::string& path, std::string_view name,
                   std::string_view content) {
  return WriteSecret(path, AsText(vault.Seal(name, base::AsBytes(content))));
}

Result<std::string> ReadSealed(const store::Vault& vault, const std::string& path,
                               std::string_view name) {
  FLORIN_ASSIGN(const std::string bytes, ReadSecret(path));
  auto opened = vault.Open(name, base::AsBytes(bytes));
  if (!opened.ok()) return std::move(opened).status().Prefixed(path);
  return AsText(*opened);
}

std::vector<SecretFile> SecretFilesIn(const std::string& folder) {
  std::vector<SecretFile> files = {
      {kIdentityKey, folder + "/identity.key", "Ed25519 seed: the member itself"},
      {kSiteSecret, folder + "/site.secret", "key of the site's rounding"},
      {kPendingFile, folder + "/" + kPendingFile, "request of a join that has not ended"}};
  for (const int64_t number : SetsIn(folder + "/tls")) {
    files.push_back({kTlsKey, folder + "/tls/" + std::to_string(number) + "/key.pem",
                     "private key of a certificate"});
  }
  std::erase_if(files, [](const SecretFile& file) {
    std::error_code error;
    return !fs::exists(file.path, error);
  });
  return files;
}

Result<store::Vault> MakeVault(const std::string& folder, Time now) {
  FLORIN_ASSIGN(store::Vault vault, store::Vault::Load(folder));
  if (vault.has_key()) return vault;
  for (const SecretFile& file : SecretFilesIn(folder)) {
    FLORIN_TRY(ReadSealed(vault, file.path, file.name).status());
  }
  return store::Vault::Make(folder, now);
}

Result<store::Vault> SealFolder(const std::string& folder, Time now) {
  FLORIN_ASSIGN(store::Vault vault, MakeVault(folder, now));
  for (const SecretFile& file : SecretFilesIn(folder)) {
    FLORIN_ASSIGN(const std::string bytes, ReadSecret(file.path));
    if (store::IsSealed(base::AsBytes(bytes))) continue;
    FLORIN_TRY(WriteSealed(vault, file.path, file.name, bytes));
  }
  return vault;
}

Result<store::File> LockFolder(const std::string& path) {
  FLORIN_ASSIGN(store::File folder, store::File::Open(path, O_RDONLY | O_DIRECTORY));
  if (flock(folder.descriptor(), LOCK_EX | LOCK_NB) == 0) return folder;
  return Status(Kind::kConflict, "FOLDER-LOCKED",
                path + ": another process is at work in it; wait until it has ended");
}

std::string SealTlsKey(const store::Vault& vault, std::string_view key_pem) {
  return AsText(vault.Seal(kTlsKey, base::AsBytes(key_pem)));
}

Status RemoveFile(const std::string& path) {
  if (unlink(path.c_str()) != 0) {
    return errno == ENOENT ? Status() : Fault(path, "cannot be removed", errno);
  }
  return AsFileFault(store::SyncFolder(ParentOf(path)));
}

Status WriteTls(const std::string& folder, const TlsParts& parts) {
  return AsFileFault(WriteNextSet(folder + "/tls", parts));
}

transport::TlsFiles MutualTls(const std::string& folder) {
  const std::string set = folder + "/tls/current/";
  return {set + "key.pem", set + "certificate.pem", set + "roots.pem"};
}

transport::TlsFiles EnrolmentTls(const std::string& folder) {
  const std::string set = folder + "/tls/current/";
  return {set + "key.pem", set + "chain.pem", ""};
}

}  // namespace florin::apps
