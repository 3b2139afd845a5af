// The few things the store asks of the file system, each with its error as a Status: [STORE-IO].
#pragma once

#include <string>
#include <string_view>

#include "florin/base/bytes.h"
#include "florin/base/status.h"

namespace florin::store {

// "<path>: cannot <doing>: <why>, <remedy>" [STORE-IO]
Status IoFault(std::string_view doing, const std::string& path, int error);

// An open file descriptor, closed with the object.
class File {
 public:
  File() = default;
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();
  // flags: of open(2); new files are 0600.
  static Result<File> Open(const std::string& path, int flags);
  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  const std::string& path() const { return path_; }

  Result<uint64_t> Size() const;
  Status Write(ByteView bytes) const;              // all of them, where the last write ended
  Result<size_t> Read(Span<uint8_t> bytes) const;  // fewer only at the end
  Status Sync() const;

 private:
  int descriptor_ = -1;
  std::string path_;
};

// A file that is whole and durable when this returns, 0600: at once, or beside it and renamed.
Status WriteAndSync(const std::string& path, ByteView content);
Status ReplaceFile(const std::string& path, ByteView content);

Status Rename(const std::string& from, const std::string& to);
// Makes names in a folder durable.
Status SyncFolder(const std::string& folder);
// Creates the folder and its parents; a folder that is there is left as it is. 0700.
Status MakeFolder(const std::string& folder);

}  // namespace florin::store
