#include "florin/store/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "florin/store/failpoint.h"
#include "florin/store/migrate.h"

namespace florin::store {
namespace {

constexpr std::array<std::string_view, 6> kOurs = {
    "florin.db", "florin.db-wal", "florin.db-shm", "florin.db-journal", "blobs", "lock"};

Status Unfit(const std::string& path, const std::string& why) {
  return Status(Kind::kConfig, "STORE-DIRECTORY", path + ": " + why);
}

// A folder of something else is not taken over, and its mode not touched.
Status CheckContents(const std::string& path) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name == "lost+found" || std::ranges::find(kOurs, name) != kOurs.end()) continue;
    return Unfit(path, "it holds \"" + name + "\", which is not a store's; name an empty folder");
  }
  return error ? IoFault("list", path, error.value()) : Status();
}

// Blobs are only ever written beside a database: without it they are all that is left of a store.
Status CheckNotBereft(const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(path + "/florin.db", error) ||
      !std::filesystem::exists(path + "/blobs", error) ||
      std::filesystem::is_empty(path + "/blobs", error)) {
    return {};
  }
  return Unfit(path, "blobs/ is there and florin.db is not; restore the directory from a backup");
}

Status Close(const std::string& path) {
  struct stat facts{};
  if (stat(path.c_str(), &facts) != 0) return IoFault("look at", path, errno);
  if (!S_ISDIR(facts.st_mode)) return Unfit(path, "it is not a folder");
  FLORIN_TRY(CheckContents(path));
  constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
  if ((facts.st_mode & kOthers) == 0) return {};
  if (chmod(path.c_str(), S_IRWXU) == 0) return {};
  return Unfit(path, "others may read it, and it holds secrets; its owner must chmod it to 0700");
}

Result<File> Lock(const std::string& folder) {
  FLORIN_ASSIGN(File file, File::Open(folder + "/lock", O_RDWR | O_CREAT));
  if (flock(file.descriptor(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return IoFault("lock", file.path(), errno);
    Bytes text(32);
    FLORIN_ASSIGN(const size_t size, file.Read(text));
    const std::string holder(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
    return Status(Kind::kConflict, "STORE-LOCKED",
                  folder + ": in use by process " + (holder.empty() ? "?" : holder) +
                      "; stop it, or name another directory");
  }
  const std::string holder = std::to_string(getpid());
  if (ftruncate(file.descriptor(), 0) != 0) return IoFault("write", file.path(), errno);
  FLORIN_TRY(file.Write(base::AsBytes(holder)));
  return file;
}

// SQLite would make it readable to others, and gives its log and index the same mode: the folder
// alone closes them, and files get copied out of folders.
Status MakePrivateFile(const std::string& path) {
  FLORIN_ASSIGN(const File file, File::Open(path, O_RDWR | O_CREAT));
  return fchmod(file.descriptor(), S_IRUSR | S_IWUSR) == 0 ? Status()
                                                           : IoFault("close", path, errno);
}

}  // namespace

Directory::Directory(std::string path, File lock, Database database)
    : path_(std::move(path)),
      lock_(std::move(lock)),
      database_(std::move(database)),
      blobs_(path_ + "/blobs") {}

Result<std::unique_ptr<Directory>> Directory::Open(const std::string& path) {
  FLORIN_TRY(MakeFolder(path));
  FLORIN_TRY(Close(path));
  FLORIN_ASSIGN(File lock, Lock(path));
  FLORIN_TRY(CheckNotBereft(path));
  FLORIN_TRY(MakeFolder(path + "/blobs"));
  FLORIN_TRY(MakePrivateFile(path + "/florin.db"));
  FLORIN_ASSIGN(Database database, Database::Open(path + "/florin.db", Database::Mode::kCreate));
  FLORIN_TRY(database.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"));
  FLORIN_TRY(Migrate(database, Migrations()));
  FLORIN_TRY(SyncFolder(path));
  std::unique_ptr<Directory> directory(new Directory(path, std::move(lock), std::move(database)));
  FLORIN_TRY(directory->Sweep());
  return directory;
}

Status Directory::Sweep() {
  return blobs_.Sweep([&](const BlobHash& hash) -> Result<bool> {
    return database_.Ask("SELECT 1 FROM blobs WHERE hash = ? AND bytes IS NULL", hash).Step();
  });
}

Unit::Unit(Directory& directory) : directory_(&directory), lock_(directory.mutex_) {}

Unit::Unit(Unit&& other) noexcept
    : directory_(std::exchange(other.directory_, nullptr)),
      lock_(std::move(other.lock_)),
      is_open_(std::exchange(other.is_open_, false)),
      depth_(other.depth_) {}

Unit::~Unit() {
  if (is_open_) RollBack();
}

Result<Unit> Unit::Begin(Directory& directory) {
  Unit unit(directory);
  FLORIN_TRY(unit.Start());
  return unit;
}

Status Unit::Start() {
  const int error = AtFailpoint("commit.begin");
  if (error != 0) return IoFault("write", directory_->path_, error);
  FLORIN_TRY(directory_->database_.Execute(directory_->depth_ == 0 ? "BEGIN" : "SAVEPOINT inner"));
  depth_ = ++directory_->depth_;
  is_open_ = true;
  return {};
}

void Unit::RollBack() {
  FLORIN_CHECK(depth_ == directory_->depth_);  // inner units end first
  is_open_ = false;
  --directory_->depth_;
  if (directory_->depth_ == 0) directory_->released_.clear();
  // After a fault that ended the transaction there is nothing to roll back.
  if (!directory_->database_.IsInTransaction()) return;
  static_cast<void>(directory_->database_.Execute(
      directory_->depth_ == 0 ? "ROLLBACK" : "ROLLBACK TO inner; RELEASE inner"));
}

Status Unit::CheckOpen() const {
  if (!is_open_ || directory_->database_.IsInTransaction()) return {};
  return Status(Kind::kFailed, "STORE-IO",
                directory_->path_ + ": a fault of the disk undid this transaction");
}

Status Unit::Commit() {
  FLORIN_CHECK(is_open_ && depth_ == directory_->depth_);
  FLORIN_TRY(CheckOpen());
  const bool is_outer = depth_ == 1;
  FLORIN_TRY(directory_->database_.Execute(is_outer ? "COMMIT" : "RELEASE inner"));
  is_open_ = false;
  --directory_->depth_;
  if (!is_outer) return {};
  static_cast<void>(AtFailpoint("commit.end"));
  for (const BlobHash& hash : std::exchange(directory_->released_, {})) {
    const auto is_named = Ask("SELECT 1 FROM blobs WHERE hash = ?", hash).Step();
    if (is_named.ok() && !*is_named) directory_->blobs_.Remove(hash);
  }
  return {};
}

Result<BlobHash> Unit::PutBlob(ByteView bytes) {
  const BlobHash hash = crypto::HashKt128(bytes);
  FLORIN_ASSIGN(const bool is_there, Ask("SELECT 1 FROM blobs WHERE hash = ?", hash).Step());
  if (is_there) return hash;
  if (bytes.size() <= kInlineMax) {
    FLORIN_TRY(
        Ask("INSERT INTO blobs (hash, size, bytes) VALUES (?, ?, ?)", hash, bytes.size(), bytes)
            .Run());
    return hash;
  }
  FLORIN_TRY(directory_->blobs_.Write(hash, bytes));
  FLORIN_TRY(Ask("INSERT INTO blobs (hash, size) VALUES (?, ?)", hash, bytes.size()).Run());
  return hash;
}

Result<Bytes> Unit::ReadBlob(ByteView hash) {
  BlobHash wanted{};
  if (hash.size() == wanted.size()) std::ranges::copy(hash, wanted.begin());
  Query query = Ask("SELECT size, bytes FROM blobs WHERE hash = ?", wanted);
  FLORIN_ASSIGN(const bool is_there, query.Step());
  if (!is_there) return DamagedBlob(directory_->blobs_.PathOf(wanted), "no row names it");
  if (query.IsNull(1)) {
    return directory_->blobs_.Read(wanted, static_cast<uint64_t>(query.Int(0)));
  }
  const ByteView stored = query.Blob(1);
  if (crypto::HashKt128(stored) != wanted) {
    return DamagedBlob(directory_->path_ + "/florin.db", "a payload does not have its hash");
  }
  return Bytes(stored.begin(), stored.end());
}

// typeof: SQLite 3.38 to 3.40 answers 0 to "RETURNING bytes IS NULL", whatever the row holds.
Status Unit::ReleaseBlob(ByteView hash) {
  BlobHash wanted{};
  if (hash.size() == wanted.size()) std::ranges::copy(hash, wanted.begin());
  Query query =
      Ask("DELETE FROM blobs WHERE hash = ?1"
          " AND NOT EXISTS (SELECT 1 FROM versions WHERE file = ?1)"
          " AND NOT EXISTS (SELECT 1 FROM jobs WHERE checkpoint = ?1)"
          " AND NOT EXISTS (SELECT 1 FROM contributions WHERE bulk = ?1)"
          " AND NOT EXISTS (SELECT 1 FROM private_states WHERE state = ?1)"
          " RETURNING typeof(bytes) = 'null'",
          wanted);
  FLORIN_ASSIGN(const bool is_gone, query.Step());
  if (!is_gone) return {};
  if (query.Int(0) != 0) directory_->released_.push_back(wanted);
  return query.Run();
}

}  // namespace florin::store
