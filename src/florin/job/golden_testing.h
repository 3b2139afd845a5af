// Golden files for this room's tests: UPDATE_GOLDEN=1 rewrites them, then the diff is reviewed.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "florin/base/status.h"

namespace florin::job {

inline const std::string kTestData = FLORIN_SOURCE_DIR "/src/florin/job/testdata";

inline std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void ExpectGolden(const std::string& path, const std::string& text) {
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  EXPECT_EQ(ReadText(path), text) << "golden file " << path << "; UPDATE_GOLDEN=1 rewrites it";
}

// The files of `folder` that end in `extension`, sorted.
inline std::vector<std::string> FilesIn(const std::string& folder, const std::string& extension) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == extension) names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Reads the files a job names from testdata/.
inline Result<std::string> ReadTestFile(const std::string& path) {
  const std::string full = kTestData + "/" + path;
  if (std::filesystem::is_regular_file(full)) return ReadText(full);
  return Status(Kind::kNotFound, "FILE-NOT-FOUND", "there is no file \"" + path + "\"");
}

}  // namespace florin::job
