#include "florin/store/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace florin::store {

Status IoFault(std::string_view doing, const std::string& path, int error) {
  const bool is_full = error == ENOSPC || error == EDQUOT;
  return Status(
      Kind::kFailed, "STORE-IO",
      path + ": cannot " + std::string(doing) + ": " + std::generic_category().message(error) +
          (is_full ? "; make room, then start again: what was saved before is safe" : ""));
}

File::File(File&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

File::~File() {
  if (is_open()) close(descriptor_);
}

Result<File> File::Open(const std::string& path, int flags) {
  File file;
  file.descriptor_ = open(path.c_str(), flags | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (!file.is_open()) return IoFault("open", path, errno);
  file.path_ = path;
  return file;
}

Result<uint64_t> File::Size() const {
  struct stat facts{};
  if (fstat(descriptor_, &facts) != 0) return IoFault("look at", path_, errno);
  return static_cast<uint64_t>(facts.st_size);
}

Status File::Write(ByteView bytes) const {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return IoFault("write", path_, errno);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

Result<size_t> File::Read(Span<uint8_t> bytes) const {
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = read(descriptor_, bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return IoFault("read", path_, errno);
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  return size;
}

Status File::Sync() const {
  return fsync(descriptor_) == 0 ? Status() : IoFault("sync", path_, errno);
}

Status WriteAndSync(const std::string& path, ByteView content) {
  FLORIN_ASSIGN(const File file, File::Open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW));
  if (fchmod(file.descriptor(), S_IRUSR | S_IWUSR) != 0) {
    return IoFault("close to others", path, errno);
  }
  FLORIN_TRY(file.Write(content));
  return file.Sync();
}

Status ReplaceFile(const std::string& path, ByteView content) {
  const std::string temporary = path + ".tmp";
  FLORIN_TRY(WriteAndSync(temporary, content));
  FLORIN_TRY(Rename(temporary, path));
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return SyncFolder(parent.empty() ? "." : parent);
}

Status Rename(const std::string& from, const std::string& to) {
  return rename(from.c_str(), to.c_str()) == 0 ? Status() : IoFault("rename to", to, errno);
}

Status SyncFolder(const std::string& folder) {
  FLORIN_ASSIGN(const File file, File::Open(folder, O_RDONLY | O_DIRECTORY));
  return file.Sync();
}

Status MakeFolder(const std::string& folder) {
  const std::filesystem::path parent = std::filesystem::path(folder).parent_path();
  std::error_code error;
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error) return IoFault("create", parent.string(), error.value());
  if (mkdir(folder.c_str(), S_IRWXU) != 0) {
    return errno == EEXIST ? Status() : IoFault("create", folder, errno);
  }
  // A parent that may be written and not read cannot be synced by us: its name is as durable as the
  // system makes it.
  static_cast<void>(SyncFolder(parent.empty() ? "." : parent.string()));
  return {};
}

}  // namespace florin::store
