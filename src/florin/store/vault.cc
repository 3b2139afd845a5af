#include "florin/store/vault.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <vector>

#include "florin/base/check.h"
#include "florin/base/codec.h"
#include "florin/crypto/random.h"
#include "florin/crypto/sealing.h"
#include "florin/crypto/sha256.h"
#include "florin/store/failpoint.h"
#include "florin/store/files.h"

namespace florin::store {
namespace {

constexpr std::string_view kMagic = "FDK1";
constexpr std::string_view kSealedMagic = "FSE1";
constexpr size_t kHeaderSize = 4 + 8 + 8 + 32;
constexpr size_t kDataKeyFileSize = kHeaderSize + crypto::kSealedPrefixSize +
                                    crypto::kSealedChunkOverhead + crypto::kSealingKeySize;
constexpr size_t kShownDigits = 16;
constexpr int kTries = 3;  // while another process rotates

using crypto::SecretBytes;

struct Header {
  Time made;
  Time rotated;
  crypto::Sha256Digest kek{};  // its fingerprint
};

// data.key: the header, and under the KEK the data key, bound to the header.
struct DataKeyFile {
  Header header;
  Bytes bytes;
  ByteView associated() const { return ByteView(bytes).first(kHeaderSize); }
  ByteView sealed() const { return ByteView(bytes).subspan(kHeaderSize); }
};

crypto::Sha256Digest DigestOf(const SecretBytes& kek) {
  constexpr std::string_view kLabel = "florin key-encryption key 1";
  SecretBytes text = SecretBytes::Zeros(kLabel.size() + kek.view().size());
  const auto end = std::ranges::copy(base::AsBytes(kLabel), text.span().begin()).out;
  std::ranges::copy(kek.view(), end);
  return crypto::HashSha256(text.view());
}

std::string Shown(const crypto::Sha256Digest& digest) {
  return base::Hex(digest).substr(0, kShownDigits);
}

bool IsThere(const std::string& path) {
  struct stat facts{};
  return stat(path.c_str(), &facts) == 0;
}

std::string ParentOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

Status KekFault(const std::string& path, const std::string& found, const std::string& remedy) {
  return {Kind::kDenied, "KEYS-FILE",
          path +
              ": key-encryption key: expected a file of 32 bytes that only this user may read "
              "(mode 0600), found " +
              found + "; " + remedy};
}

Status Damaged(const std::string& path) {
  return {Kind::kFailed, "KEYS-DAMAGED",
          path +
              ": expected a data key as the program wrote it, found other bytes; restore the "
              "folder from a backup"};
}

Result<DataKeyFile> Parse(Bytes bytes, const std::string& path) {
  base::Reader reader(bytes);
  const bool is_one = bytes.size() == kDataKeyFileSize &&
                      std::ranges::equal(reader.Fixed(kMagic.size()), base::AsBytes(kMagic));
  if (!is_one) return Damaged(path);
  DataKeyFile file;
  file.header.made = Time{reader.I64()};
  file.header.rotated = Time{reader.I64()};
  std::ranges::copy(reader.Fixed(file.header.kek.size()), file.header.kek.begin());
  file.bytes = std::move(bytes);
  return file;
}

Result<Bytes> ReadUpTo(const std::string& path, size_t size_max) {
  FLORIN_ASSIGN(const File file, File::Open(path, O_RDONLY));
  Bytes bytes(size_max + 1);
  FLORIN_ASSIGN(const size_t size, file.Read(bytes));
  bytes.resize(size);
  return bytes;
}

Result<DataKeyFile> ReadDataKey(const std::string& path) {
  FLORIN_ASSIGN(Bytes bytes, ReadUpTo(path, kDataKeyFileSize));
  return Parse(std::move(bytes), path);
}

Bytes SealDataKey(const SecretBytes& kek, const SecretBytes& data_key, Time made, Time rotated) {
  base::Writer writer;
  writer.Fixed(base::AsBytes(kMagic));
  writer.I64(made.micros).I64(rotated.micros).Fixed(DigestOf(kek));
  const Bytes sealed = crypto::SealBytes(kek.view(), writer.view(), data_key.view());
  writer.Fixed(sealed);
  return std::move(writer).Take();
}

SecretBytes NewKey() {
  crypto::SecretKey drawn = crypto::NewSecretKey();
  SecretBytes key(drawn);
  drawn.fill(0);
  return key;
}

// Under a name that nobody has yet, else what is there stays: two that begin at once end with one.
Status Create(const std::string& path, ByteView bytes) {
  const std::string temporary = path + ".tmp-" + std::to_string(getpid());
  FLORIN_TRY(WriteAndSync(temporary, bytes));
  const bool is_made = link(temporary.c_str(), path.c_str()) == 0;
  const int error = errno;
  unlink(temporary.c_str());
  if (!is_made && error != EEXIST) return IoFault("create", path, error);
  return SyncFolder(ParentOf(path));
}

// Ok when there is none.
Status Remove(const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return IoFault("remove", path, errno);
  return SyncFolder(ParentOf(path));
}

std::string StagedPath(const std::string& folder) { return folder + "/" + kKekFile + ".new"; }
std::string OwnPath(const std::string& folder) { return folder + "/" + kKekFile; }
std::string DataKeyPath(const std::string& folder) { return folder + "/" + kDataKeyFile; }

Bytes AssociatedOf(std::string_view name) {
  base::Writer writer;
  writer.Text("florin secret 1").Text(name);
  return std::move(writer).Take();
}

struct Fitting {
  SecretBytes kek;
  std::string path;
};

// The file among `paths` whose key has the fingerprint; none: why the first is not it.
Result<Fitting> FindKek(const std::vector<std::string>& paths, const Header& header) {
  std::string found = "no file";
  for (const std::string& path : paths) {
    if (!IsThere(path)) continue;
    auto kek = ReadKek(path);
    if (!kek.ok() && path == paths.front()) return std::move(kek).status();
    if (!kek.ok()) continue;
    if (DigestOf(*kek) == header.kek) return Fitting{std::move(*kek), path};
    if (path == paths.front()) found = Shown(DigestOf(*kek));
  }
  const bool is_missing = found == "no file";
  return Status(is_missing ? Kind::kNotFound : Kind::kDenied,
                is_missing ? "KEYS-MISSING" : "KEYS-WRONG",
                paths.front() + ": key-encryption key: expected the one with fingerprint " +
                    Shown(header.kek) + ", found " + found + "; put it back from its copy, or " +
                    "name its file in " + kKekVariable);
}

}  // namespace

std::string KekPath(const std::string& folder) {
  return IsKekElsewhere() ? std::getenv(kKekVariable) : OwnPath(folder);
}

bool IsKekElsewhere() {
  const char* const file = std::getenv(kKekVariable);
  return file != nullptr && *file != '\0';
}

Result<SecretBytes> ReadKek(const std::string& path) {
  FLORIN_ASSIGN(const File file, File::Open(path, O_RDONLY));
  struct stat facts{};
  if (fstat(file.descriptor(), &facts) != 0) return IoFault("look at", path, errno);
  if (!S_ISREG(facts.st_mode)) return KekFault(path, "something else", "name a file");
  if (facts.st_uid != geteuid()) {
    return KekFault(path, "one of user " + std::to_string(facts.st_uid),
                    "run as that user, or chown it");
  }
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return KekFault(path, "one that others may read or change",
                    "run chmod 600 " + path + ", and florin keys rotate if somebody may have");
  }
  SecretBytes kek = SecretBytes::Zeros(crypto::kSealingKeySize);
  FLORIN_ASSIGN(const uint64_t size, file.Size());
  if (size != crypto::kSealingKeySize) {
    return KekFault(path, std::to_string(size) + " bytes", "put it back from its copy");
  }
  FLORIN_ASSIGN(const size_t got, file.Read(kek.span()));
  if (got != size) return KekFault(path, std::to_string(got) + " bytes", "try again");
  return kek;
}

std::string FingerprintOf(const SecretBytes& kek) { return Shown(DigestOf(kek)); }

Result<std::string> FingerprintOf(ByteView data_key_file, const std::string& path) {
  FLORIN_ASSIGN(const DataKeyFile file,
                Parse(Bytes(data_key_file.begin(), data_key_file.end()), path));
  return Shown(file.header.kek);
}

bool IsSealed(ByteView bytes) {
  return bytes.size() >= crypto::kSealedPrefixSize + crypto::kSealedChunkOverhead &&
         std::ranges::equal(bytes.first(kSealedMagic.size()), base::AsBytes(kSealedMagic));
}

Result<Vault> Vault::Load(const std::string& folder) { return LoadWith(folder, ""); }

// more: another file that may hold the KEK.
Result<Vault> Vault::LoadWith(const std::string& folder, const std::string& more) {
  const std::string path = DataKeyPath(folder);
  std::vector<std::string> paths = {KekPath(folder), StagedPath(folder)};
  if (!more.empty()) paths.push_back(more);
  for (int i = 1;; ++i) {
    if (!IsThere(path)) return Vault();
    FLORIN_ASSIGN(const DataKeyFile file, ReadDataKey(path));
    auto found = FindKek(paths, file.header);
    if (!found.ok() && i < kTries) {
      FLORIN_ASSIGN(const DataKeyFile again, ReadDataKey(path));
      if (again.bytes != file.bytes) continue;
    }
    if (!found.ok()) return std::move(found).status();
    auto opened = crypto::OpenBytes(found->kek.view(), file.associated(), file.sealed());
    if (!opened.ok()) return Damaged(path);
    Vault vault;
    vault.data_key_ = SecretBytes(*opened);
    std::ranges::fill(*opened, 0);
    vault.facts_ = {found->path, Shown(file.header.kek), file.header.made, file.header.rotated};
    return vault;
  }
}

Result<Vault> Vault::Make(const std::string& folder, Time now) {
  if (!IsThere(DataKeyPath(folder))) {
    const std::string path = KekPath(folder);
    if (!IsThere(path) && IsKekElsewhere()) {
      return Status(Kind::kNotFound, "KEYS-MISSING",
                    path + ": key-encryption key: expected the file that " + kKekVariable +
                        " names, found none; mount it, or make it: (umask 077; head -c 32 "
                        "/dev/urandom > " +
                        path + ")");
    }
    if (!IsThere(path)) FLORIN_TRY(Create(path, NewKey().view()));
    FLORIN_ASSIGN(const SecretBytes kek, ReadKek(path));
    FLORIN_TRY(Create(DataKeyPath(folder), SealDataKey(kek, NewKey(), now, now)));
  }
  return Load(folder);
}

Bytes Vault::Seal(std::string_view name, ByteView secret) const {
  FLORIN_CHECK(has_key());
  return crypto::SealBytes(data_key_.view(), AssociatedOf(name), secret);
}

Result<Bytes> Vault::Open(std::string_view name, ByteView bytes) const {
  if (!IsSealed(bytes)) return Bytes(bytes.begin(), bytes.end());
  if (!has_key()) {
    return Status(Kind::kNotFound, "KEYS-MISSING",
                  std::string(name) + ": it is sealed: expected " + kDataKeyFile +
                      " in its folder, found none; restore the folder from a backup");
  }
  auto opened = crypto::OpenBytes(data_key_.view(), AssociatedOf(name), bytes);
  if (opened.ok()) return opened;
  return Status(Kind::kFailed, "KEYS-OPEN",
                std::string(name) +
                    ": expected what was sealed in this folder under this name, "
                    "found other bytes; restore it from a backup");
}

Result<KeyFacts> RotateKek(const std::string& folder, const std::string& file, Time now) {
  FLORIN_CHECK(!file.empty() || !IsKekElsewhere());
  FLORIN_ASSIGN(const Vault vault, Vault::LoadWith(folder, file));
  FLORIN_CHECK(vault.has_key());
  const std::string staged = StagedPath(folder);
  // An earlier rotation got as far as data.key: its KEK must not be written over.
  if (vault.facts_.kek_file == staged) {
    FLORIN_TRY(Rename(staged, OwnPath(folder)));
    FLORIN_TRY(SyncFolder(folder));
  }
  const std::string target = file.empty() ? staged : file;
  if (file.empty()) FLORIN_TRY(ReplaceFile(target, NewKey().view()));
  if (!file.empty() && !IsThere(target)) FLORIN_TRY(Create(target, NewKey().view()));
  static_cast<void>(AtFailpoint("keys.kek"));
  FLORIN_ASSIGN(const SecretBytes kek, ReadKek(target));
  if (FingerprintOf(kek) != vault.facts_.kek_fingerprint) {
    FLORIN_TRY(ReplaceFile(DataKeyPath(folder),
                           SealDataKey(kek, vault.data_key_, vault.facts_.made, now)));
  }
  static_cast<void>(AtFailpoint("keys.wrap"));
  // Nothing of the old KEK goes before the new one has opened what is on the disk.
  FLORIN_ASSIGN(const Vault proven, Vault::LoadWith(folder, target));
  FLORIN_CHECK(proven.data_key_ == vault.data_key_);
  KeyFacts facts = proven.facts_;
  facts.kek_file = file.empty() ? OwnPath(folder) : file;
  if (file.empty()) {
    FLORIN_TRY(Rename(staged, OwnPath(folder)));
    FLORIN_TRY(SyncFolder(folder));
  } else {
    std::error_code error;
    const bool is_own = std::filesystem::equivalent(file, OwnPath(folder), error) && !error;
    if (!is_own) FLORIN_TRY(Remove(OwnPath(folder)));
    FLORIN_TRY(Remove(staged));
  }
  static_cast<void>(AtFailpoint("keys.place"));
  return facts;
}

}  // namespace florin::store
