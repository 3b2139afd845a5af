#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "florin/base/codec.h"
#include "florin/base/rng.h"
#include "florin/base/text.h"
#include "florin/protocol/party.h"

namespace florin::protocol {
namespace {

constexpr size_t kBulkMax = 1 << 16;

std::string DecodeCode(const Bytes& bytes, size_t bulk_max = kBulkMax) {
  const auto message = DecodeMessage(bytes, bulk_max);
  return message.ok() ? "" : std::string(message.status().code());
}

void ExpectInverse(const Message& message) {
  const Bytes bytes = EncodeMessage(message);
  EXPECT_EQ(bytes.size(), EncodedSize(message));
  const auto decoded = DecodeMessage(bytes, kBulkMax);
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  EXPECT_EQ(*decoded, message);

  const MessageParts parts = SplitMessage(message);
  Bytes joined = parts.head;
  joined.insert(joined.end(), parts.bulk.begin(), parts.bulk.end());
  EXPECT_EQ(joined, bytes);
  base::Reader reader(parts.head);
  MessageHead head = ReadHead(reader, kBulkMax);
  ASSERT_TRUE(reader.Finish("head").ok());
  EXPECT_EQ(head.entry_count, message.bulk.size());
  const auto added = AddBulk(std::move(head), parts.bulk);
  ASSERT_TRUE(added.ok()) << added.status().ToString();
  EXPECT_EQ(*added, message);
}

// The lines of the specification's "message" block, split at "|".
std::vector<std::vector<std::string>> SpecExamples() {
  std::ifstream file(std::string(FLORIN_SOURCE_DIR) + "/docs/spec/protocols.md");
  std::vector<std::vector<std::string>> examples;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      is_inside = line == "```message";
    } else if (is_inside) {
      examples.emplace_back();
      for (const auto part : base::Split(line, '|')) examples.back().emplace_back(base::Trim(part));
    }
  }
  return examples;
}

Bytes ParseHex(std::string text) {
  std::erase(text, ' ');
  auto bytes = base::FromHex(text == "-" ? "" : text);
  EXPECT_TRUE(bytes.ok()) << text;
  return bytes.ok() ? *bytes : Bytes{};
}

TEST(MessageSpec, ExamplesOfTheDocumentDecodeAndEncode) {
  const auto examples = SpecExamples();
  ASSERT_EQ(examples.size(), 5U);
  for (const auto& example : examples) {
    ASSERT_EQ(example.size(), 5U);
    Message expected{.from = {static_cast<uint32_t>(std::stoul(example[1]))},
                     .to = {static_cast<uint32_t>(std::stoul(example[2]))},
                     .header = ParseHex(example[3]),
                     .bulk = {}};
    std::istringstream entries(example[4] == "-" ? "" : example[4]);
    for (int64_t entry; entries >> entry;) {
      expected.bulk.words.push_back(static_cast<uint64_t>(entry));
    }
    const Bytes bytes = ParseHex(example[0]);
    const auto decoded = DecodeMessage(bytes, kBulkMax);
    ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
    EXPECT_EQ(*decoded, expected) << example[0];
    EXPECT_EQ(EncodeMessage(expected), bytes) << example[0];
  }
}

TEST(Message, EncodingIsInvertible) {
  base::SeededRng rng(1);
  ExpectInverse({});
  ExpectInverse({.from = {UINT32_MAX}, .to = {UINT32_MAX}, .header = Bytes(300, 7), .bulk = {}});
  for (int i = 0; i < 2000; ++i) {
    Message message{.from = {static_cast<uint32_t>(rng.Next() >> (32 + rng.Below(32)))},
                    .to = kAggregator,
                    .header = Bytes(rng.Below(20), static_cast<uint8_t>(i)),
                    .bulk = {}};
    message.bulk.words.resize(rng.Below(300));
    const double density = rng.Uniform();
    const uint64_t shift = rng.Below(64);
    for (uint64_t& word : message.bulk.words) {
      if (rng.Uniform() >= density) continue;
      word = rng.Next() >> shift;
      if (rng.Below(2) == 0) word = -word;
    }
    ExpectInverse(message);
  }
}

// So that what is computed of a bulk does not depend on the way it came.
TEST(Message, BulkIsReadAndAddedAlikeHoweverTheMessageHasIt) {
  using Words = std::vector<uint64_t>;
  base::SeededRng rng(7);
  Message message{.from = {1}, .to = kAggregator, .header = {}, .bulk = {}};
  for (const size_t size : {0U, 1U, 256U, 257U, 1000U}) {
    message.bulk.words.assign(size, 0);
    for (size_t i = 0; i < size; ++i) {
      if (i % 300 < 200 || i % 20 == 0) message.bulk.words[i] = rng.Next() >> 20;
    }
    const Result<Message> packed = DecodeMessage(EncodeMessage(message), kBulkMax);
    ASSERT_TRUE(packed.ok());
    const Message* forms[] = {&message, &packed.value()};
    std::vector<std::pair<size_t, Words>> blocks[2];
    Words sums[2];
    for (size_t which = 0; which < 2; ++which) {
      forms[which]->ReadBulk([&](size_t first, Span<const uint64_t> entries) {
        blocks[which].push_back({first, Words(entries.begin(), entries.end())});
      });
      sums[which].assign(size, 5);
      forms[which]->AddBulkTo(sums[which]);
    }
    EXPECT_EQ(blocks[0], blocks[1]);
    EXPECT_EQ(sums[0], sums[1]);
    for (size_t i = 0; i < size; ++i) EXPECT_EQ(sums[0][i], message.bulk.words[i] + 5);
  }
}

TEST(Message, TruncatedAnywhereIsRefused) {
  Message message{.from = {300}, .to = {0}, .header = {1, 2, 3}, .bulk = {}};
  for (const uint64_t word : {uint64_t{0}, uint64_t{1} << 20, ~uint64_t{0} >> 1}) {
    message.bulk.words.assign(40, word);
    message.bulk.words[7] = 0;
    const Bytes bytes = EncodeMessage(message);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(DecodeCode({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}),
                "PROTO-MESSAGE");
    }
    Bytes longer = bytes;
    longer.push_back(0);
    EXPECT_EQ(DecodeCode(longer), "PROTO-MESSAGE");
  }
}

TEST(Message, OtherSpellingsAreRefused) {
  EXPECT_EQ(DecodeCode({3, 0, 0, 2, 1, 5, 6}), "");                     // 5 6, as it should be
  EXPECT_EQ(DecodeCode({0x83, 0, 0, 0, 2, 1, 5, 6}), "PROTO-MESSAGE");  // long varint
  EXPECT_EQ(DecodeCode({3, 0, 0, 2, 1, 5, 6, 7}), "PROTO-MESSAGE");     // bytes left over
  EXPECT_EQ(DecodeCode({0xff, 0xff, 0xff, 0xff, 0x1f, 0, 0, 0}), "PROTO-MESSAGE");  // 2^33 - 1
}

TEST(Message, BulkOfAnotherSizeThanItsHeadIsRefused) {
  Message message;
  message.bulk.words.assign(3, uint64_t{1} << 62);
  const MessageParts parts = SplitMessage(message);
  for (const size_t size : {0U, 23U, 25U}) {
    base::Reader reader(parts.head);
    EXPECT_EQ(AddBulk(ReadHead(reader, kBulkMax), Bytes(size, 0x55)).status().code(),
              "PROTO-MESSAGE");
  }
}

TEST(Message, BulkOverTheBoundIsRefusedBeforeItIsAllocated) {
  Message message;
  message.bulk.words.assign(101, 0);
  EXPECT_EQ(DecodeCode(EncodeMessage(message), 101), "");
  EXPECT_EQ(DecodeCode(EncodeMessage(message), 100), "PROTO-MESSAGE");
  base::Writer forged;
  forged.Varint(1).Varint(0).Varint(0).Varint(uint64_t{1} << 40).U64(1);
  EXPECT_EQ(DecodeCode(std::move(forged).Take(), size_t{1} << 50), "PROTO-MESSAGE");
}

}  // namespace
}  // namespace florin::protocol
