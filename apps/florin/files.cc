#include "files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "florin/crypto/sha256.h"
#include "florin/job/parse.h"
#include "florin/job/parse_policy.h"
#include "florin/source/csv.h"

namespace florin::apps {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBufferSize = 1 << 20;
constexpr std::string_view kPrivateMagic = "FLORINPS";
constexpr uint32_t kPrivateFormat = 1;
constexpr size_t kDigestSize = 32;

std::string Beside(const std::string& file, const std::string& path) {
  return fs::path(path).is_absolute() ? path : (fs::path(file).parent_path() / path).string();
}

std::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// All faults, then one line that counts them when there are several.
Status Faulty(const std::string& path, const std::vector<job::Diagnostic>& faults) {
  if (faults.size() <= 1) return job::FaultStatus(faults);
  std::string text;
  for (const job::Diagnostic& fault : faults) text += fault.ToString() + "\n";
  text += path + ": " + std::to_string(faults.size()) + " faults, listed above";
  return Status(Kind::kConfig, faults.front().code, std::move(text));
}

}  // namespace

Result<std::string> ReadFile(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    return Status(Kind::kNotFound, "FILE-NOT-FOUND", "there is no file " + path);
  }
  if (fs::is_directory(status)) {
    return Status(Kind::kNotFound, "FILE-READ", path + ": expected a file, found a folder");
  }
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    return Status(Kind::kFailed, "FILE-READ", path + ": cannot be read; check its permissions");
  }
  return text;
}

AtomicFile::AtomicFile(std::string path, std::string temporary, int fd)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      buffer_(std::move(other.buffer_)),
      fd_(std::exchange(other.fd_, -1)) {}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  close(fd_);
  unlink(temporary_.c_str());
}

Result<AtomicFile> AtomicFile::Create(const std::string& path) {
  std::string temporary = path + ".tmp-" + std::to_string(getpid());
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  AtomicFile file(path, std::move(temporary), fd);
  if (fd < 0) return file.Fault("cannot be created");
  return file;
}

Status AtomicFile::Append(std::string_view text) {
  buffer_ += text;
  return buffer_.size() < kBufferSize ? Status() : Flush();
}

Status AtomicFile::Flush() {
  for (size_t at = 0; at < buffer_.size();) {
    const ssize_t count = write(fd_, buffer_.data() + at, buffer_.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Fault("cannot be written");
    at += static_cast<size_t>(count);
  }
  buffer_.clear();
  return {};
}

Status AtomicFile::Commit() {
  FLORIN_TRY(Flush());
  if (fsync(fd_) != 0) return Fault("cannot be synced");
  if (rename(temporary_.c_str(), path_.c_str()) != 0) return Fault("cannot be put in place");
  close(std::exchange(fd_, -1));
  // The name is durable once the folder is.
  const fs::path folder = fs::path(path_).parent_path();
  const int folder_fd = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
  if (folder_fd >= 0) {
    fsync(folder_fd);
    close(folder_fd);
  }
  return {};
}

Status AtomicFile::Fault(std::string_view what) const {
  return Status(Kind::kFailed, "FILE-WRITE",
                path_ + ": " + std::string(what) + " (" + std::strerror(errno) + ")");
}

Status WriteFile(const std::string& path, std::string_view content) {
  FLORIN_ASSIGN(AtomicFile file, AtomicFile::Create(path));
  FLORIN_TRY(file.Append(content));
  return file.Commit();
}

Status WriteFile(const std::string& path, ByteView content) {
  return WriteFile(path, AsText(content));
}

Status MakeFolder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) return {};
  return Status(Kind::kFailed, "FILE-WRITE",
                path + ": the folder cannot be made (" + error.message() + ")");
}

Result<job::JobSpec> LoadJob(const std::string& path) {
  FLORIN_ASSIGN(const std::string yaml, ReadFile(path));
  const auto read = [&](const std::string& named) { return ReadFile(Beside(path, named)); };
  auto parsed = job::ParseJob(yaml, path, read);
  if (!parsed.ok()) return Faulty(path, parsed.faults);
  return std::move(parsed.value);
}

Result<std::shared_ptr<const job::Plan>> LoadPlan(const std::string& path) {
  FLORIN_ASSIGN(job::JobSpec spec, LoadJob(path));
  auto plan = job::MakePlan(std::move(spec));
  if (!plan.ok()) return std::move(plan).status().Prefixed(path);
  return plan;
}

Result<data::View> LoadView(const std::string& path) {
  FLORIN_ASSIGN(const std::string yaml, ReadFile(path));
  auto parsed = job::ParseView(yaml, path);
  if (!parsed.ok()) return Faulty(path, parsed.faults);
  parsed.value.csv.path = Beside(path, parsed.value.csv.path);
  return std::move(parsed.value);
}

Result<govern::SitePolicy> LoadPolicy(const std::string& path) {
  FLORIN_ASSIGN(const std::string yaml, ReadFile(path));
  auto parsed = job::ParsePolicy(yaml, path);
  if (!parsed.ok()) return Faulty(path, parsed.faults);
  return std::move(parsed.value);
}

Result<std::unique_ptr<data::Source>> OpenRows(const data::View& view) {
  return source::OpenCsv(view.csv, view.csv.path);
}

Result<job::Version> LoadVersion(const std::string& path) {
  FLORIN_ASSIGN(const std::string bytes, ReadFile(path));
  auto version = job::RestoreVersion(base::AsBytes(bytes));
  if (!version.ok()) return std::move(version).status().Prefixed(path);
  return version;
}

Result<model::PrivateState> LoadPrivate(const std::string& path) {
  FLORIN_ASSIGN(const std::string bytes, ReadFile(path));
  const auto fault = [&](const std::string& message) {
    return Status(Kind::kFailed, "PRIVATE-FILE", path + ": " + message);
  };
  if (!bytes.starts_with(kPrivateMagic) || bytes.size() < kPrivateMagic.size() + kDigestSize) {
    return fault("not a private file: expected one that starts with FLORINPS");
  }
  const ByteView body = base::AsBytes(bytes).first(bytes.size() - kDigestSize);
  const crypto::Sha256Digest digest = crypto::HashSha256(body);
  if (std::memcmp(digest.data(), bytes.data() + body.size(), kDigestSize) != 0) {
    return fault("is damaged: its bytes do not have its checksum");
  }
  base::Reader reader(body);
  reader.Fixed(kPrivateMagic.size());
  if (reader.U32() != kPrivateFormat) return fault("is of a format this program does not read");
  auto own = model::PrivateState::Restore(reader);
  if (own.ok() && !reader.Finish("private file").ok()) return fault("has bytes left over");
  if (!own.ok()) return fault(std::string(own.status().message()));
  return own;
}

Status SavePrivate(const std::string& path, const model::PrivateState& own) {
  base::Writer writer;
  writer.Fixed(base::AsBytes(kPrivateMagic)).U32(kPrivateFormat);
  own.Save(writer);
  const crypto::Sha256Digest digest = crypto::HashSha256(writer.view());
  writer.Fixed(digest);
  return WriteFile(path, writer.view());
}

}  // namespace florin::apps
