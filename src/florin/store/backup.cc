#include "florin/store/backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include "florin/crypto/sha256.h"
#include "florin/store/blobs.h"
#include "florin/store/database.h"
#include "florin/store/migrate.h"

namespace florin::store {
namespace {

constexpr int kFormat = 1;
constexpr size_t kPieceSize = size_t{16} << 20;
constexpr int kTries = 5;  // a running coordinator may drop a blob while it is copied

Status Refused(const std::string& path, std::string_view why) {
  return Status(Kind::kFailed, "STORE-BACKUP", path + ": " + std::string(why));
}

bool Exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(std::filesystem::symlink_status(path, error));
}

// A file payload, as the rows name it.
struct Payload {
  BlobHash hash;
  uint64_t size = 0;
};

// What is dropped first comes first: what no published version needs, then the oldest versions.
Result<std::vector<Payload>> Payloads(Database& database) {
  Query query = database.Ask(
      "SELECT hash, size FROM blobs WHERE bytes IS NULL ORDER BY"
      " (SELECT max(position) FROM versions JOIN published ON version = id WHERE file = hash)");
  std::vector<Payload> payloads;
  for (;;) {
    FLORIN_ASSIGN(const bool has_row, query.Step());
    if (!has_row) return payloads;
    Payload payload{.hash = {}, .size = static_cast<uint64_t>(query.Int(1))};
    const ByteView hash = query.Blob(0);
    if (hash.size() != payload.hash.size()) {  // a file need not keep the rules of our tables
      return Refused(database.path(), "a payload's hash is not of 32 bytes; take another backup");
    }
    std::ranges::copy(hash, payload.hash.begin());
    payloads.push_back(payload);
  }
}

Result<File> OpenBlob(const Blobs& blobs, const Payload& payload) {
  const std::string path = blobs.PathOf(payload.hash);
  if (!Exists(path)) return DamagedBlob(path, "the file is missing");
  return File::Open(path, O_RDONLY);
}

// What may be dropped while the rest is copied is opened at once: an open file stays readable. More
// than these many are left to luck and another try.
constexpr size_t kOpenMax = 256;
Result<std::map<BlobHash, File>> Hold(const Blobs& blobs, const std::vector<Payload>& payloads) {
  std::map<BlobHash, File> held;
  for (const Payload& payload : payloads) {
    if (held.size() == kOpenMax) break;
    FLORIN_ASSIGN(held[payload.hash], OpenBlob(blobs, payload));
  }
  return held;
}

// Copies one blob into the backup, and checks it on the way.
Status Pack(Database& copy, const File& file, const Payload& payload) {
  crypto::Kt128 hash;
  Bytes piece(static_cast<size_t>(std::min<uint64_t>(kPieceSize, payload.size)));
  for (int64_t position = 0;; ++position) {
    FLORIN_ASSIGN(const size_t size, file.Read(piece));
    if (size == 0) break;
    const ByteView bytes = ByteView(piece).first(size);
    hash.Update(bytes);
    FLORIN_TRY(copy.Ask("INSERT INTO backup_blobs (hash, position, bytes) VALUES (?, ?, ?)",
                        payload.hash, position, bytes)
                   .Run());
  }
  if (std::move(hash).Finish() == payload.hash) return {};
  return DamagedBlob(file.path(), "its bytes do not have the hash of its name");
}

Status PackAll(Database& copy, const Blobs& blobs, const std::vector<Payload>& payloads,
               std::map<BlobHash, File> held, const std::vector<Companion>& companions) {
  FLORIN_TRY(
      copy.Execute("PRAGMA journal_mode = DELETE; BEGIN;"
                   // A party that was brought back would answer a step a second time.
                   "DELETE FROM parties;"
                   "CREATE TABLE backup (format INTEGER NOT NULL) STRICT;"
                   "CREATE TABLE backup_blobs (hash BLOB NOT NULL, position INTEGER NOT NULL,"
                   " bytes BLOB NOT NULL, PRIMARY KEY (hash, position)) STRICT;"
                   "CREATE TABLE backup_files (name TEXT NOT NULL PRIMARY KEY,"
                   " hash BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;"));
  FLORIN_TRY(copy.Ask("INSERT INTO backup (format) VALUES (?)", kFormat).Run());
  for (const Payload& payload : payloads) {
    File file;
    if (const auto found = held.find(payload.hash); found != held.end()) {
      file = std::move(found->second);
    } else {
      FLORIN_ASSIGN(file, OpenBlob(blobs, payload));
    }
    FLORIN_TRY(Pack(copy, file, payload));
  }
  for (const Companion& companion : companions) {
    FLORIN_TRY(copy.Ask("INSERT INTO backup_files (name, hash, bytes) VALUES (?, ?, ?)",
                        companion.name, crypto::HashSha256(companion.bytes), companion.bytes)
                   .Run());
  }
  return copy.Execute("COMMIT");
}

// Calls `take` for each piece of a payload in order, and checks size and hash.
template <typename Take>
Status Unpack(Database& backup, const Payload& payload, const Take& take) {
  crypto::Kt128 hash;
  uint64_t size = 0;
  Query query =
      backup.Ask("SELECT bytes FROM backup_blobs WHERE hash = ? ORDER BY position", payload.hash);
  for (;;) {
    FLORIN_ASSIGN(const bool has_row, query.Step());
    if (!has_row) break;
    hash.Update(query.Blob(0));
    size += query.Blob(0).size();
    FLORIN_TRY(take(query.Blob(0)));
  }
  if (size == payload.size && std::move(hash).Finish() == payload.hash) return {};
  return Refused(backup.path(), "payload " + base::Hex(payload.hash) +
                                    " is missing or damaged; take another backup");
}

Status CheckInline(Database& backup) {
  Query query = backup.Ask("SELECT hash, bytes FROM blobs WHERE bytes IS NOT NULL");
  for (;;) {
    FLORIN_ASSIGN(const bool has_row, query.Step());
    if (!has_row) return {};
    if (!std::ranges::equal(query.Blob(0), crypto::HashKt128(query.Blob(1)))) {
      return Refused(backup.path(), "a payload does not have its hash; take another backup");
    }
  }
}

Result<std::vector<Companion>> Companions(Database& backup) {
  Query query = backup.Ask("SELECT name, hash, bytes FROM backup_files ORDER BY name");
  std::vector<Companion> companions;
  for (;;) {
    FLORIN_ASSIGN(const bool has_row, query.Step());
    if (!has_row) return companions;
    const ByteView bytes = query.Blob(2);
    if (!std::ranges::equal(query.Blob(1), crypto::HashSha256(bytes))) {
      return Refused(backup.path(), query.Text(0) + " is damaged in it; take another backup");
    }
    companions.push_back({query.Text(0), Bytes(bytes.begin(), bytes.end())});
  }
}

Status CheckTables(Database& backup) {
  Query query = backup.Ask("SELECT format FROM backup");
  const auto has_format = query.Step();
  const bool has_no_table = has_format.status().code() == "STORE-SQL";
  if (!has_format.ok() && !has_no_table) return has_format.status();
  if (has_no_table || !*has_format) return Refused(backup.path(), "it is no backup");
  if (query.Int(0) != kFormat) {
    return Refused(backup.path(), "format " + std::to_string(query.Int(0)) +
                                      ": this program reads format " + std::to_string(kFormat));
  }
  Query integrity = backup.Ask("PRAGMA integrity_check(1)");
  FLORIN_ASSIGN(const bool has_answer, integrity.Step());
  if (!has_answer || integrity.Text(0) != "ok") {
    return Refused(backup.path(), "it is damaged; take another backup");
  }
  return CheckMigrations(backup, Migrations());
}

Status CheckAll(Database& backup) {
  FLORIN_TRY(CheckTables(backup));
  FLORIN_TRY(CheckInline(backup));
  FLORIN_TRY(Companions(backup).status());
  FLORIN_ASSIGN(const auto payloads, Payloads(backup));
  for (const Payload& payload : payloads) {
    FLORIN_TRY(Unpack(backup, payload, [](ByteView) { return Status(); }));
  }
  return {};
}

// Copies, packs and checks; `temporary` is there and empty. What is read of the source is of one
// moment, that of the first question.
Status Make(const std::string& directory, const std::string& temporary,
            const std::vector<Companion>& companions) {
  const Blobs blobs(directory + "/blobs");
  {
    FLORIN_ASSIGN(Database source,
                  Database::Open(directory + "/florin.db", Database::Mode::kExisting));
    FLORIN_TRY(source.Execute("BEGIN"));
    FLORIN_ASSIGN(const auto payloads, Payloads(source));
    FLORIN_ASSIGN(auto held, Hold(blobs, payloads));
    FLORIN_ASSIGN(Database copy, Database::Open(temporary, Database::Mode::kExisting));
    FLORIN_TRY(source.CopyTo(copy));
    FLORIN_TRY(source.Execute("COMMIT"));
    FLORIN_TRY(PackAll(copy, blobs, payloads, std::move(held), companions));
  }
  return CheckBackup(temporary);
}

Status SyncFile(const std::string& path) {
  FLORIN_ASSIGN(const File file, File::Open(path, O_RDONLY));
  return file.Sync();
}

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

Status UnpackAll(Database& backup, const std::string& folder) {
  FLORIN_ASSIGN(const auto payloads, Payloads(backup));
  const Blobs blobs(folder);
  for (const Payload& payload : payloads) {
    FLORIN_ASSIGN(const BlobWriter writer, BlobWriter::Make(folder));
    FLORIN_TRY(Unpack(backup, payload, [&](ByteView piece) { return writer.Append(piece); }));
    FLORIN_TRY(writer.Finish(blobs.PathOf(payload.hash)));
  }
  return {};
}

}  // namespace

Status Backup(const std::string& directory, const std::string& file,
              const std::vector<Companion>& companions) {
  if (!Exists(directory + "/florin.db")) return Refused(directory, "there is no store in it");
  if (Exists(file)) return Refused(file, "there is a file already; name another");
  const std::string temporary = file + ".part";
  Status status;
  for (int i = 0; i < kTries; ++i) {
    unlink(temporary.c_str());
    // Made here, so that it has its mode before a byte is in it.
    FLORIN_TRY(File::Open(temporary, O_WRONLY | O_CREAT | O_EXCL).status());
    status = Make(directory, temporary, companions);
    if (status.code() != "STORE-BLOB") break;
  }
  if (status.ok()) status = SyncFile(temporary);
  if (status.ok()) status = Rename(temporary, file);
  if (status.ok()) return SyncFolder(FolderOf(file));
  unlink(temporary.c_str());
  return status;
}

Status CheckBackup(const std::string& file) {
  if (!Exists(file)) return Refused(file, "there is no such file");
  FLORIN_ASSIGN(Database backup, Database::Open(file, Database::Mode::kExisting));
  Status status = CheckAll(backup);
  if (status.code() != "STORE-CORRUPT") return status;
  return Refused(file, "it is damaged or no backup; take another");
}

Result<std::vector<Companion>> ReadCompanions(const std::string& file) {
  FLORIN_TRY(CheckBackup(file));
  FLORIN_ASSIGN(Database backup, Database::Open(file, Database::Mode::kExisting));
  return Companions(backup);
}

Status Restore(const std::string& file, const std::string& directory) {
  FLORIN_TRY(CheckBackup(file));
  std::error_code error;
  if (Exists(directory) && !std::filesystem::is_empty(directory, error)) {
    return Refused(directory, "it is not an empty folder; name another, nothing is overwritten");
  }
  FLORIN_TRY(MakeFolder(directory));
  if (chmod(directory.c_str(), S_IRWXU) != 0) return IoFault("close", directory, errno);
  // A directory with this file in it is not opened: the restore was cut short.
  const std::string temporary = directory + "/florin.db.restore";
  {
    FLORIN_TRY(File::Open(temporary, O_WRONLY | O_CREAT | O_EXCL).status());  // with its mode
    FLORIN_ASSIGN(Database copy, Database::Open(temporary, Database::Mode::kExisting));
    FLORIN_TRY(MakeFolder(directory + "/blobs"));
    FLORIN_ASSIGN(Database backup, Database::Open(file, Database::Mode::kExisting));
    FLORIN_TRY(UnpackAll(backup, directory + "/blobs"));
    FLORIN_TRY(backup.CopyTo(copy));
    FLORIN_TRY(
        copy.Execute("DROP TABLE backup; DROP TABLE backup_blobs;"
                     "DROP TABLE backup_files; VACUUM;"));
  }
  FLORIN_TRY(SyncFile(temporary));
  FLORIN_TRY(Rename(temporary, directory + "/florin.db"));
  return SyncFolder(directory);
}

}  // namespace florin::store
