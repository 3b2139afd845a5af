// Folders on disk and stores in them, for this room's tests.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>  // mkdtemp

#include <filesystem>
#include <memory>
#include <string>

#include "florin/store/sqlite_records.h"
#include "florin/store/sqlite_store.h"

namespace florin::store {

// Empty at first, gone with the object.
class TempFolder {
 public:
  TempFolder() : path_(testing::TempDir() + "florin-store-XXXXXX") {
    EXPECT_NE(mkdtemp(path_.data()), nullptr);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }
  std::string At(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::unique_ptr<Directory> MustOpen(const std::string& path) {
  auto directory = Directory::Open(path);
  EXPECT_TRUE(directory.ok()) << directory.status().ToString();
  return directory.ok() ? std::move(*directory) : nullptr;
}

inline std::string OpenCode(const std::string& path) {
  return std::string(Directory::Open(path).status().code());
}

// A folder, its Directory, and a view of it.
struct TempDirectory {
  TempFolder folder;
  std::unique_ptr<Directory> directory = MustOpen(folder.At("data"));
};
template <typename View>
struct Temp : private TempDirectory, public View {
  template <typename... More>
  explicit Temp(More... more) : View(*directory, more...) {}
};

inline Bytes Pattern(size_t size, uint8_t seed) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 31 + seed);
  return bytes;
}

inline round::Commit CommitOf(uint32_t round) {
  round::Commit commit;
  commit.state.job = JobId("job");
  commit.state.round = RoundId{round};
  return commit;
}

// Of that many float32 parameters.
inline job::Version VersionOf(uint32_t round, size_t parameters) {
  auto state = std::make_shared<model::State>();
  state->layout = *num::Layout::Make(num::Scalar::kFloat32, {{"w", {parameters}}});
  const std::vector<float> values(parameters, static_cast<float>(round));
  state->parameters = num::Values::Of(Span<const float>(values));
  job::Version version;
  version.job = JobId("job");
  version.round = RoundId{round};
  version.state = std::move(state);
  job::SealVersion(version);
  return version;
}

inline round::Commit PublishedAs(const job::Version& version) {
  round::Commit commit = CommitOf(version.round.number);
  commit.version = version;
  commit.published = version.id;
  return commit;
}

inline uint32_t LoadedRound(round::Store& store) {
  const auto state = store.Load(JobId("job"));
  EXPECT_TRUE(state.ok()) << state.status().ToString();
  if (!state.ok()) return 0;
  const auto& found = *state;
  return found ? found->round.number : 0;
}

// Files in blobs/.
inline size_t BlobCount(const std::string& directory) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory + "/blobs")) {
    count += entry.is_regular_file();
  }
  return count;
}

inline std::string OnlyBlob(const std::string& directory) {
  EXPECT_EQ(BlobCount(directory), 1U);
  return std::filesystem::directory_iterator(directory + "/blobs")->path().string();
}

}  // namespace florin::store
