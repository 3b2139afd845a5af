#include "florin/round/effect_codec.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

namespace florin::round {
namespace {

// Every alternative once, with nothing left at its default.
std::vector<Effect> Sample() {
  ContributionId id;
  id.bytes.fill(0x33);
  job::Event event{.at = {5},
                   .name = "round.started",
                   .job = JobId("j"),
                   .round = {3},
                   .site = SiteId("a"),
                   .text = "It began.",
                   .numbers = {{"loss", 0.5}, {"auc", 1}}};
  return {Audit{"entry"},
          Keep{},
          Publish{},
          DropRound{},
          SetDeadline{kNever},
          OpenParty{job::Work::kEvaluate},
          SendOffer{job::Work::kEvaluate, 300},
          Fold{id, job::Work::kEvaluate, 7},
          SendReceipt{SiteId("a"), {3}, job::Work::kEvaluate, id, job::Verdict::kDiscarded, "late"},
          CloseStep{job::Work::kUpdate, {0, 7}},
          CloseParty{job::Work::kEvaluate, {1, std::numeric_limits<uint32_t>::max()}},
          ApplySum{},
          Emit{std::move(event)}};
}

TEST(Outbox, EveryEffectComesBackInItsPlace) {
  const std::vector<Effect> sample = Sample();
  ASSERT_EQ(sample.size(), std::variant_size_v<Effect>);
  const auto restored = RestoreOutbox(SaveOutbox(sample));
  ASSERT_TRUE(restored.ok()) << restored.status().ToString();
  ASSERT_EQ(restored->size(), sample.size());
  for (size_t i = 0; i < sample.size(); ++i) {
    EXPECT_EQ((*restored)[i].index(), i);
    base::Writer a;
    base::Writer b;
    SaveEffect(sample[i], a);
    SaveEffect((*restored)[i], b);
    EXPECT_EQ(std::move(a).Take(), std::move(b).Take()) << i;
  }
  EXPECT_EQ(std::get<SetDeadline>((*restored)[4]).at, kNever);
  EXPECT_EQ(std::get<SendOffer>((*restored)[6]).member, 300U);
  EXPECT_EQ(std::get<Fold>((*restored)[7]).member, 7U);
  EXPECT_EQ(std::get<SendReceipt>((*restored)[8]).reason, "late");
  EXPECT_EQ(std::get<CloseParty>((*restored)[10]).dropouts.size(), 2U);
  EXPECT_EQ(std::get<Emit>((*restored)[12]).event.numbers[0].second, 0.5);
  EXPECT_EQ(std::get<Emit>((*restored)[12]).event.text, "It began.");
}

TEST(Outbox, EmptyIsTwoBytes) {
  EXPECT_EQ(SaveOutbox({}), (Bytes{1, 0}));
  EXPECT_TRUE(RestoreOutbox(Bytes{1, 0})->empty());
}

// A change of the bytes is a change of what running coordinators have stored. The file is also the
// fuzz target's seed.
TEST(Outbox, SavedBytesStayTheSame) {
  const std::string path = FLORIN_SOURCE_DIR "/src/florin/round/testdata/every.outbox";
  const Bytes bytes = SaveOutbox(Sample());
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  std::ifstream file(path, std::ios::binary);
  const std::string stored{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(stored, std::string(bytes.begin(), bytes.end()));
}

TEST(Outbox, EveryTruncationAndEveryTailIsRefused) {
  Bytes bytes = SaveOutbox(Sample());
  bytes.push_back(0);
  EXPECT_EQ(RestoreOutbox(bytes).status().code(), "CODEC");
  bytes.pop_back();
  while (!bytes.empty()) {
    bytes.pop_back();
    EXPECT_EQ(RestoreOutbox(bytes).status().code(), "CODEC") << bytes.size();
  }
}

TEST(Outbox, WhatNoWriterMakesIsRefused) {
  const auto code = [](const Bytes& bytes) {
    return std::string(RestoreOutbox(bytes).status().code());
  };
  EXPECT_EQ(code({1, 1, 2}), "");
  EXPECT_EQ(code({2, 1, 2}), "CODEC");                                   // a format to come
  EXPECT_EQ(code({1, 1, 0}), "CODEC");                                   // no such tag
  EXPECT_EQ(code({1, 1, 14}), "CODEC");                                  // no such tag
  EXPECT_EQ(code({1, 1, 5, 3}), "CODEC");                                // no such work
  EXPECT_EQ(code({1, 0xff, 0xff, 0xff, 0x7f, 2}), "CODEC");              // more than there are
  EXPECT_EQ(code({1, 1, 6, 1, 0xff, 0xff, 0xff, 0xff, 0x1f}), "CODEC");  // member over 2^32
  EXPECT_EQ(code({1, 1, 9, 1, 0xff, 0xff, 0xff, 0xff, 0x0f}), "CODEC");  // dropouts not there
}

}  // namespace
}  // namespace florin::round
