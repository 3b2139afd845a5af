// The directory of one coordinator or agent: `florin.db`, `blobs/`, `lock` (docs/spec/store.md).
//
// A Directory holds the lock for as long as it lives; stores and records are views of it, and it
// outlives them. Every change and every read is done in a Unit, one at a time: units of other
// threads wait. A unit begun by a thread that has one open is a part of it and ends before it; what
// is done in both becomes durable when the outer one commits.
//
// Errors of all of it: [STORE-IO] the disk is full or broken: nothing of the unit is kept, what was
// saved before can still be read; [STORE-BLOB] a payload is missing or damaged; and those of
// database.h.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "florin/base/status.h"
#include "florin/store/blobs.h"
#include "florin/store/database.h"

namespace florin::store {

class Directory {
 public:
  // Creates what is missing, applies migrations, sweeps orphan blobs. A folder that others may read
  // is closed to them (0700). [STORE-DIRECTORY] it holds something else than a store, or a store
  // without its database, or is not ours to close; [STORE-LOCKED] another process uses it;
  // [STORE-NEWER], [STORE-MIGRATION].
  static Result<std::unique_ptr<Directory>> Open(const std::string& path);

  const std::string& path() const { return path_; }

 private:
  friend class Unit;
  Directory(std::string path, File lock, Database database);
  Status Sweep();

  const std::string path_;
  File lock_;
  Database database_;
  Blobs blobs_;
  std::recursive_mutex mutex_;
  int depth_ = 0;                   // of open units, all of one thread
  std::vector<BlobHash> released_;  // files to remove once the outer unit is durable
};

class Unit {
 public:
  static Result<Unit> Begin(Directory& directory);
  Unit(Unit&&) noexcept;
  Unit& operator=(Unit&&) = delete;
  ~Unit();  // rolls back what was not committed

  template <typename... Values>
  Query Ask(std::string_view sql, const Values&... values) {
    Status fault = CheckOpen();
    if (!fault.ok()) return Query(directory_->database_, std::move(fault));
    return directory_->database_.Ask(sql, values...);
  }

  // A payload by its hash: in the row up to kInlineMax, else as a file that is durable when this
  // returns. The same bytes are kept once.
  static constexpr size_t kInlineMax = size_t{64} << 10;
  Result<BlobHash> PutBlob(ByteView bytes);
  Result<Bytes> ReadBlob(ByteView hash);
  // Forgets a payload that no row names any more; one that is still named stays.
  Status ReleaseBlob(ByteView hash);

  Status Commit();

 private:
  explicit Unit(Directory& directory);
  Status Start();
  // A full disk may end a transaction by itself; what came after would then stand alone.
  Status CheckOpen() const;
  void RollBack();

  Directory* directory_;  // nullptr once moved from
  std::unique_lock<std::recursive_mutex> lock_;
  bool is_open_ = false;
  int depth_ = 0;  // 1: the outer one
};

}  // namespace florin::store
