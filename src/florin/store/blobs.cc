#include "florin/store/blobs.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "florin/store/failpoint.h"

namespace florin::store {
namespace {

constexpr std::string_view kTemporary = "tmp-";

std::optional<BlobHash> HashOf(const std::string& name) {
  BlobHash hash;
  const auto bytes = base::FromHex(name);
  if (!bytes.ok() || bytes->size() != hash.size() || base::Hex(*bytes) != name) {
    return std::nullopt;
  }
  std::copy(bytes->begin(), bytes->end(), hash.begin());
  return hash;
}

std::string FolderOf(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

Status FailAt(const char* place, std::string_view doing, const std::string& path) {
  const int error = AtFailpoint(place);
  return error == 0 ? Status() : IoFault(doing, path, error);
}

}  // namespace

Status DamagedBlob(const std::string& path, std::string_view why) {
  return Status(Kind::kFailed, "STORE-BLOB",
                path + ": " + std::string(why) + "; restore the directory from a backup");
}

Result<BlobWriter> BlobWriter::Make(const std::string& folder) {
  BlobWriter writer;
  const std::string path = folder + "/" + std::string(kTemporary) + std::to_string(getpid());
  FLORIN_ASSIGN(writer.file_, File::Open(path, O_WRONLY | O_CREAT | O_TRUNC));
  return writer;
}

Status BlobWriter::Finish(const std::string& path) const {
  FLORIN_TRY(FailAt("blob.sync", "sync", path));
  FLORIN_TRY(file_.Sync());
  FLORIN_TRY(FailAt("blob.rename", "rename to", path));
  FLORIN_TRY(Rename(file_.path(), path));
  FLORIN_TRY(FailAt("blob.folder", "sync the folder of", path));
  return SyncFolder(FolderOf(path));
}

std::string Blobs::PathOf(const BlobHash& hash) const { return folder_ + "/" + base::Hex(hash); }

Status Blobs::Write(const BlobHash& hash, ByteView bytes) const {
  FLORIN_ASSIGN(const BlobWriter writer, BlobWriter::Make(folder_));
  // Half of it lies there when the process is killed at this place.
  FLORIN_TRY(writer.Append(bytes.first(bytes.size() / 2)));
  FLORIN_TRY(FailAt("blob.write", "write", PathOf(hash)));
  FLORIN_TRY(writer.Append(bytes.subspan(bytes.size() / 2)));
  return writer.Finish(PathOf(hash));
}

Result<Bytes> Blobs::Read(const BlobHash& hash, uint64_t size) const {
  const std::string path = PathOf(hash);
  auto file = File::Open(path, O_RDONLY);
  if (!file.ok()) {
    const bool is_there = std::filesystem::exists(path);
    return is_there ? file.status() : DamagedBlob(path, "the file is missing");
  }
  FLORIN_ASSIGN(const uint64_t found, file->Size());
  if (found != size) {
    return DamagedBlob(
        path, "expected " + std::to_string(size) + " bytes, found " + std::to_string(found));
  }
  Bytes bytes(size);
  FLORIN_ASSIGN(const size_t read, file->Read(bytes));
  if (read != size || crypto::HashKt128(bytes) != hash) {
    return DamagedBlob(path, "its bytes do not have the hash of its name");
  }
  return bytes;
}

void Blobs::Remove(const BlobHash& hash) const {
  if (AtFailpoint("blob.remove") == 0) unlink(PathOf(hash).c_str());
}

Status Blobs::Sweep(const std::function<Result<bool>(const BlobHash&)>& is_named) const {
  std::error_code error;
  std::vector<std::string> orphans;
  for (std::filesystem::directory_iterator entry(folder_, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    bool is_orphan = name.starts_with(kTemporary);
    if (const auto hash = HashOf(name)) {
      FLORIN_ASSIGN(const bool is_kept, is_named(*hash));
      is_orphan = !is_kept;
    }
    if (is_orphan) orphans.push_back(entry->path().string());
  }
  if (error) return IoFault("list", folder_, error.value());
  for (const std::string& path : orphans) {
    if (unlink(path.c_str()) != 0) return IoFault("remove", path, errno);
  }
  return {};
}

}  // namespace florin::store
