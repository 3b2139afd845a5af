#include "florin/data/features/text_index.h"

#include <gtest/gtest.h>

namespace florin::data {
namespace {

TEST(TextIndex, FindsEachTextAndNoOther) {
  std::vector<std::string> texts;
  texts.reserve(5002);
  for (int i = 0; i < 5000; ++i) texts.push_back("value " + std::to_string(i * 7));
  texts.push_back("");
  texts.push_back(std::string("nul\0byte", 8));
  const TextIndex index(texts);
  for (uint32_t i = 0; i < texts.size(); ++i) EXPECT_EQ(index.Find(texts[i]), i);
  for (int i = 0; i < 5000; ++i) {
    const uint32_t found = index.Find("value " + std::to_string(i));
    EXPECT_EQ(found, i % 7 == 0 ? static_cast<uint32_t>(i / 7) : kUnknownRow);
  }
  EXPECT_EQ(index.Find("nul"), kUnknownRow);
}

TEST(TextIndex, TextsOfEveryLengthAreKeptApart) {
  // Runs of the same byte, zeros among them, differ in nothing but their length.
  std::vector<std::string> texts;
  for (const char c : {'\0', 'a', '\xff'}) {
    for (size_t size = 1; size < 20; ++size) texts.emplace_back(size, c);
  }
  for (size_t at = 0; at < 8; ++at) {
    texts.emplace_back(8, 'b');
    texts.back()[at] = 'c';
  }
  const TextIndex index(texts);
  for (uint32_t i = 0; i < texts.size(); ++i) EXPECT_EQ(index.Find(texts[i]), i);
  EXPECT_EQ(index.Find(""), kUnknownRow);
  EXPECT_EQ(index.Find(std::string(20, 'a')), kUnknownRow);
  EXPECT_EQ(index.Find("bbbbbbbb"), kUnknownRow);
}

TEST(TextIndex, EmptyListFindsNothing) {
  EXPECT_EQ(TextIndex().Find("x"), kUnknownRow);
  EXPECT_EQ(TextIndex(std::vector<std::string>()).Find(""), kUnknownRow);
}

TEST(DistinctCounter, CountsExactlyUpToItsBound) {
  DistinctCounter counter(1000);
  for (int pass = 0; pass < 2; ++pass) {
    for (int i = 0; i < 900; ++i) counter.Add(std::to_string(i));
    EXPECT_EQ(counter.count(), 900U);
  }
  for (int i = 0; i < 5000; ++i) counter.Add(std::to_string(i));
  EXPECT_EQ(counter.count(), 1000U);
}

}  // namespace
}  // namespace florin::data
