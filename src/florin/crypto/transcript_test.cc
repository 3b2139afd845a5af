#include "florin/crypto/transcript.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace florin::crypto {
namespace {

std::string Spec() {
  std::ifstream file(std::string(FLORIN_SOURCE_DIR) + "/docs/spec/transcript.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(TranscriptTest, TheExamplesOfTheSpec) {
  const std::string spec = Spec();
  Transcript transcript("florin/example");
  const auto row = [&](const std::string& items) {
    return "| " + items + " | `" + base::Hex(transcript.Digest()) + "` |";
  };
  EXPECT_NE(spec.find(row("none")), std::string::npos) << row("none");
  transcript.Add("round", 7);
  EXPECT_NE(spec.find(row("`round` 7")), std::string::npos) << row("`round` 7");
  transcript.Add("site", "acme");
  EXPECT_NE(spec.find(row("`round` 7, `site` `acme`")), std::string::npos) << row("both");
}

// The bytes of the message as section "Example" has them.
TEST(TranscriptTest, IsKt128OfItsItems) {
  Transcript transcript("florin/example");
  transcript.Add("round", 7).Add("site", "acme");
  const Bytes message = base::FromHex(
                            "05726f756e640800000000000000070000000000000004736974650400000000000000"
                            "61636d65")
                            .value();
  EXPECT_EQ(transcript.Digest(), HashKt128(message, base::AsBytes("florin/example")));
}

// Lists whose bytes would run into each other without sizes.
TEST(TranscriptTest, DifferentListsHaveDifferentDigests) {
  std::set<std::string> digests;
  const std::vector<std::vector<std::vector<std::string>>> lists = {
      {},
      {{"a", ""}},
      {{"a", "b"}},
      {{"ab", ""}},
      {{"a", ""}, {"b", ""}},
      {{"b", ""}, {"a", ""}},
      {{"a", "b"}, {"c", ""}},
      {{"a", ""}, {"b", "c"}},
      {{"a", "bc"}},
      {{"a", std::string(1, '\0')}},
      {{"a", std::string(8, '\0')}},
      {{"a", std::string("\x01"
                         "b\0\0\0\0\0\0\0\0",
                         10)}}};
  for (const char* domain : {"x", "y", "xy"}) {
    for (const auto& list : lists) {
      Transcript transcript(domain);
      for (const auto& item : list) transcript.Add(item[0], item[1]);
      digests.insert(base::Hex(transcript.Digest()));
    }
  }
  EXPECT_EQ(digests.size(), 3 * lists.size());
}

TEST(TranscriptTest, DigestsOnTheWayChangeNothing) {
  const Bytes large(100000, 3);
  Transcript asked("x");
  Transcript quiet("x");
  for (int i = 0; i < 5; ++i) {
    static_cast<void>(asked.Digest());
    asked.Add("value", large);
    quiet.Add("value", large);
  }
  EXPECT_EQ(asked.Digest(), quiet.Digest());
  Transcript copy = asked;
  copy.Add("more", 1);
  EXPECT_EQ(asked.Digest(), quiet.Digest());
  EXPECT_NE(copy.Digest(), quiet.Digest());
}

}  // namespace
}  // namespace florin::crypto
