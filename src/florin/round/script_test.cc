// Plays every story of tests/conformance.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "florin/round/script_testing.h"

namespace florin::round {
namespace {

const std::string kFolder = FLORIN_SOURCE_DIR "/tests/conformance";

std::vector<std::string> Scripts() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".round") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class ScriptTest : public testing::TestWithParam<std::string> {};

TEST_P(ScriptTest, DecidesAsWritten) {
  const std::string path = kFolder + "/" + GetParam() + ".round";
  std::ifstream file(path);
  const std::string script{std::istreambuf_iterator<char>(file), {}};
  const std::string played = PlayScript(script);
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << played;
    return;
  }
  EXPECT_EQ(played, script) << path << "; UPDATE_GOLDEN=1 rewrites its > and = lines";
}

std::string TestName(const testing::TestParamInfo<std::string>& story) {
  std::string name = story.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Stories, ScriptTest, testing::ValuesIn(Scripts()), TestName);

}  // namespace
}  // namespace florin::round
