// Large payloads as files, named by the KT128 of their bytes: written to a temporary name,
// fsynced, renamed, the folder fsynced. Whoever names a blob in a row does so after Write has
// returned, so a row without its blob cannot be. Not thread-safe.
#pragma once

#include <functional>
#include <string>

#include "florin/base/bytes.h"
#include "florin/base/status.h"
#include "florin/crypto/kt128.h"
#include "florin/store/files.h"

namespace florin::store {

using BlobHash = crypto::Kt128Digest;

Status DamagedBlob(const std::string& path, std::string_view why);

class Blobs {
 public:
  explicit Blobs(std::string folder) : folder_(std::move(folder)) {}

  // Durable when it returns. Nothing to do for the caller when it fails: a part of a blob is swept
  // at the next open. [STORE-IO]
  Status Write(const BlobHash& hash, ByteView bytes) const;
  // [STORE-BLOB] it is missing, or its bytes do not have this size or hash; [STORE-IO]
  Result<Bytes> Read(const BlobHash& hash, uint64_t size) const;
  // A file that cannot be removed is an orphan for the next sweep.
  void Remove(const BlobHash& hash) const;
  // Removes what was half written, and every blob that no row names. Files that are not the store's
  // are left alone. [STORE-IO]
  Status Sweep(const std::function<Result<bool>(const BlobHash&)>& is_named) const;

  std::string PathOf(const BlobHash& hash) const;

 private:
  std::string folder_;
};

// A blob that comes in pieces.
class BlobWriter {
 public:
  static Result<BlobWriter> Make(const std::string& folder);
  Status Append(ByteView piece) const { return file_.Write(piece); }
  // Durable under `path`, in the same folder, when it returns.
  Status Finish(const std::string& path) const;

 private:
  File file_;
};

}  // namespace florin::store
