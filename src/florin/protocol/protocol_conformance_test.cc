// One suite for every row of ProtocolKinds(), and for threshold_he: what any protocol owes the
// engines.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "florin/protocol/cohort_testing.h"
#include "florin/protocol/party.h"
#include "florin/protocol/threshold_he/threshold_he.h"

namespace florin::protocol {
namespace {

using num::RingVector;

// Bit i of a subset is place i + 1.
Places PlacesOf(uint32_t subset) {
  Places places;
  for (uint32_t i = 0; i < 32; ++i) {
    if ((subset >> i & 1) != 0) places.push_back(i + 1);
  }
  return places;
}

class ProtocolConformance : public testing::TestWithParam<ProtocolKind> {
 protected:
  // Fewest contributors of a cohort.
  static uint32_t Least() { return GetParam().is_sealed ? 2 : 1; }

  static size_t BulkSize(const ProtocolSetup& setup) { return GetParam().bulk_size(setup); }

  // From one size or place of `size` to the next, where trying each takes too long.
  static size_t StrideOf(size_t size, size_t tries) {
    return size <= 20'000 ? 1 : size / tries | 1;
  }

  // Whether so many answers to a step, of so many to the first, may close it.
  static bool IsQuorum(uint32_t step, uint32_t first, uint32_t count, uint32_t minimum) {
    if (!GetParam().is_sealed) return count >= minimum;
    const uint32_t least = step <= GetParam().contribution_step ? std::max(2U, minimum) : 1;
    return count >= least && (step == 0 || count >= first * 3 / 5 + 1);
  }

  // The aggregator refuses `message` with `code` and is what it was before.
  static void ExpectRejected(Cohort& cohort, Message message, std::string_view code) {
    const Bytes before = SavedBytes(cohort.aggregator());
    const auto answer = cohort.aggregator().Receive(std::move(message));
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.status().code(), code) << answer.status().ToString();
    EXPECT_EQ(SavedBytes(cohort.aggregator()), before);
  }

  static Message AnswerOf(Cohort& cohort, uint32_t place) {
    auto answer = cohort.Answer(place);
    EXPECT_TRUE(answer.ok()) << answer.status().ToString();
    return answer.ok() ? answer->front() : Message{};
  }

  // All ways in which those that answered may go on, from the present step of `cohort` on.
  static void Explore(const Cohort& cohort, uint32_t able, uint32_t first, uint32_t contributed,
                      uint32_t minimum, const std::vector<RingVector>& vectors, uint32_t& opened);
};

TEST_P(ProtocolConformance, RegistryFindsItByName) {
  if (GetParam().decryptor_steps > 0) GTEST_SKIP() << "not in the registry";
  const ProtocolKind* kind = FindProtocol(GetParam().name);
  ASSERT_NE(kind, nullptr);
  EXPECT_STREQ(kind->name, GetParam().name);
  EXPECT_STRNE(kind->help, "");
  EXPECT_LT(kind->contribution_step, kind->steps);
  EXPECT_EQ(FindProtocol("no such protocol"), nullptr);
}

TEST_P(ProtocolConformance, SumIsExact) {
  for (const uint32_t count : {2U, 3U, 5U, 23U}) {
    for (const size_t size : {1U, 17U, 1000U}) {
      const auto vectors = RandomVectors(count, size, size_t{count} * 1000 + size);
      Cohort cohort(GetParam(), SetupOf(count, size), vectors);
      const Status status = cohort.Run();
      ASSERT_TRUE(status.ok()) << status.ToString();
      EXPECT_EQ(cohort.TakeSum(), SumOf(vectors, cohort.Everyone())) << count << " x " << size;
      EXPECT_EQ(cohort.aggregator().phase(), PartyPhase::kDone);
      EXPECT_TRUE(cohort.aggregator().Blamed().empty());
    }
  }
}

void ProtocolConformance::Explore(const Cohort& cohort, uint32_t able, uint32_t first,
                                  uint32_t contributed, uint32_t minimum,
                                  const std::vector<RingVector>& vectors, uint32_t& opened) {
  const uint32_t step = cohort.step();
  for (uint32_t subset = able;; subset = (subset - 1) & able) {
    const auto count = static_cast<uint32_t>(std::popcount(subset));
    const uint32_t came = step == 0 ? count : first;
    Cohort next = cohort.Clone();
    next.Take(PlacesOf(subset));
    if (HasFatalFailure()) return;
    const bool is_quorum = IsQuorum(step, came, count, minimum);
    EXPECT_EQ(next.aggregator().IsEnough(), is_quorum);
    const Status closed = next.Close(PlacesOf(subset));
    ASSERT_EQ(closed.ok(), is_quorum) << closed.ToString() << " " << count << " in step " << step;
    const uint32_t summed = step == GetParam().contribution_step ? subset : contributed;
    if (!closed.ok()) {
      EXPECT_EQ(closed.code(), "PROTO-QUORUM");
      EXPECT_FALSE(std::move(next.aggregator()).TakeResult().ok());
    } else if (step + 1 == GetParam().steps) {
      ASSERT_EQ(next.TakeSum(), SumOf(vectors, PlacesOf(summed)));
      ++opened;
    } else {
      Explore(next, subset, came, summed, minimum, vectors, opened);
    }
    if (subset == 0 || HasFatalFailure()) return;
  }
}

// Every set of contributors may stop at every step; each one is also saved and restored before
// each.
TEST_P(ProtocolConformance, EveryDropoutPatternOpensTheSurvivorsOrNothing) {
  for (uint32_t count = Least(); count <= 6; ++count) {
    const auto vectors = RandomVectors(count, 5, count);
    uint32_t opened = 0;
    for (const uint32_t minimum : {1U, count - 1}) {
      if (minimum == 0 || (count == 6 && minimum > 1)) continue;
      const Cohort cohort(GetParam(), SetupOf(count, 5, minimum), vectors);
      Explore(cohort, (1U << count) - 1, 0, 0, minimum, vectors, opened);
      if (HasFatalFailure()) return;
    }
    EXPECT_GT(opened, 0U);
  }
}

TEST_P(ProtocolConformance, ArrivalOrderDoesNotShow) {
  const auto vectors = RandomVectors(4, 7, 21);
  Places order(4);
  std::iota(order.begin(), order.end(), 1U);
  const Cohort fresh(GetParam(), SetupOf(4, 7), vectors);
  do {
    Cohort cohort = fresh.Clone();
    const Status status = cohort.Run({order});
    ASSERT_TRUE(status.ok()) << status.ToString();
    ASSERT_EQ(cohort.TakeSum(), SumOf(vectors, order));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_P(ProtocolConformance, MessagesSurviveTheWire) {
  const auto vectors = RandomVectors(4, 6, 22);
  Cohort cohort(GetParam(), SetupOf(4, 6), vectors);
  const auto travel = [](const Message& message) {
    const Bytes bytes = EncodeMessage(message);
    const size_t bulk_max = BulkSize(SetupOf(4, 6));
    const size_t stride = StrideOf(bytes.size(), 100);
    for (size_t size = 0; size < bytes.size(); size += stride) {
      EXPECT_FALSE(DecodeMessage(ByteView(bytes).first(size), bulk_max).ok()) << size;
    }
    if (message.bulk_size() > 0) {
      EXPECT_FALSE(DecodeMessage(bytes, message.bulk_size() - 1).ok());
    }
    auto decoded = DecodeMessage(bytes, bulk_max);
    EXPECT_TRUE(decoded.ok());
    return decoded.ok() ? std::move(*decoded) : Message{};
  };
  while (cohort.step() < GetParam().steps) {
    for (const uint32_t place : cohort.Everyone()) {
      Message asked;
      if (cohort.step() > 0) asked = travel(cohort.aggregator().Ask({place}).value());
      auto answer = cohort.AnswerTo(place, std::move(asked));
      ASSERT_TRUE(answer.ok());
      ASSERT_TRUE(cohort.aggregator().Receive(travel(answer->front())).ok());
    }
    ASSERT_TRUE(cohort.Close(cohort.Everyone()).ok());
  }
  EXPECT_EQ(cohort.TakeSum(), SumOf(vectors, cohort.Everyone()));
}

TEST_P(ProtocolConformance, DuplicatesAndForgeriesAreRejectedInEveryStep) {
  const auto vectors = RandomVectors(3, 5, 23);
  Cohort cohort(GetParam(), SetupOf(3), vectors);
  while (cohort.step() < GetParam().steps) {
    for (const uint32_t place : cohort.Everyone()) {
      const Message message = AnswerOf(cohort, place);
      for (const uint32_t from : {0U, 4U, 64U, 65U, UINT32_MAX}) {
        Message forged = message;
        forged.from = PartyId{from};
        ExpectRejected(cohort, std::move(forged), "PROTO-SENDER");
      }
      Message misrouted = message;
      misrouted.to = PartyId{2};
      ExpectRejected(cohort, std::move(misrouted), "PROTO-SENDER");
      Message longer = message;
      longer.header.push_back(0xff);
      ExpectRejected(cohort, std::move(longer), "PROTO-MESSAGE");
      for (const size_t size : {1U, 4U, 6U, 100U}) {
        Message other = message;
        other.packed = {};
        other.bulk.words.resize(size);
        ExpectRejected(cohort, std::move(other), "PROTO-LENGTH");
      }
      ASSERT_TRUE(cohort.aggregator().Receive(Message(message)).ok());
      ExpectRejected(cohort, message, "PROTO-DUPLICATE");
    }
    ASSERT_TRUE(cohort.Close(cohort.Everyone()).ok());
  }
  EXPECT_EQ(cohort.TakeSum(), SumOf(vectors, cohort.Everyone()));
}

// No byte of a sealed answer may be another one: signatures, boxes and shares see to that. A share
// and a box are read by their openers alone, so a change may also show as one blamed or a refusal
// to open, but never as another sum.
TEST_P(ProtocolConformance, NoChangedByteChangesTheSum) {
  const auto vectors = RandomVectors(4, 3, 33);
  const Cohort fresh(GetParam(), SetupOf(4, 3), vectors);
  if (!GetParam().is_sealed) GTEST_SKIP() << "a protocol in the open takes what it is given";
  Cohort cohort = fresh.Clone();
  while (cohort.step() < GetParam().steps) {
    Cohort here = cohort.Clone();
    const Bytes answer = EncodeMessage(AnswerOf(here, 1));
    const size_t stride = 7 * StrideOf(answer.size(), 500);
    for (size_t at = 0; at < answer.size(); at += stride) {
      Bytes changed = answer;
      changed[at] ^= 0x10;
      auto message = DecodeMessage(changed, BulkSize(SetupOf(4, 3)));
      if (!message.ok()) continue;
      Cohort lied = cohort.Clone();
      if (!lied.aggregator().Receive(std::move(*message)).ok()) continue;
      lied.Take({2, 3, 4});
      if (HasFatalFailure()) return;
      if (!lied.Close(lied.Everyone()).ok()) continue;
      bool is_over = false;
      while (!is_over && lied.step() < GetParam().steps) {
        Places able;
        for (const uint32_t place : Places{2, 3, 4}) {
          auto said = lied.Answer(place);
          if (said.ok() && lied.aggregator().Receive(std::move(said->front())).ok()) {
            able.push_back(place);
          }
        }
        is_over = !lied.Close(able).ok();
      }
      if (is_over) continue;
      const RingVector sum = lied.TakeSum();
      EXPECT_TRUE(sum == SumOf(vectors, {1, 2, 3, 4}) || sum == SumOf(vectors, {2, 3, 4})) << at;
    }
    cohort.Take(cohort.Everyone());
    ASSERT_TRUE(cohort.Close(cohort.Everyone()).ok());
  }
}

TEST_P(ProtocolConformance, WrongPhasesAreRejected) {
  const auto vectors = RandomVectors(3, 5, 26);
  Cohort cohort(GetParam(), SetupOf(3), vectors);
  EXPECT_EQ(cohort.aggregator().Start().status().code(), "PROTO-PHASE");
  EXPECT_EQ(cohort.aggregator().Contribute(vectors[0]).code(), "PROTO-PHASE");
  EXPECT_EQ(cohort.contributor(1).Proceed({}).code(), "PROTO-PHASE");
  EXPECT_EQ(cohort.contributor(1).Ask({1}).status().code(), "PROTO-PHASE");
  EXPECT_FALSE(cohort.contributor(1).IsEnough());
  Message late;
  while (cohort.step() < GetParam().steps) {
    EXPECT_EQ(std::move(cohort.aggregator()).TakeResult().status().code(), "PROTO-PHASE");
    late = AnswerOf(cohort, 1);
    EXPECT_EQ(cohort.contributor(1).Start().status().code(), "PROTO-PHASE");
    EXPECT_EQ(std::move(cohort.contributor(1)).TakeResult().status().code(), "PROTO-PHASE");
    ASSERT_TRUE(cohort.aggregator().Receive(Message(late)).ok());
    cohort.Take({2, 3});
    ASSERT_TRUE(cohort.Close(cohort.Everyone()).ok());
  }
  EXPECT_EQ(cohort.contributor(1).phase(), PartyPhase::kDone);
  ExpectRejected(cohort, late, "PROTO-PHASE");
  EXPECT_EQ(cohort.aggregator().Proceed({}).code(), "PROTO-PHASE");
  EXPECT_EQ(cohort.aggregator().Ask({1}).status().code(), "PROTO-PHASE");
  EXPECT_EQ(cohort.TakeSum(), SumOf(vectors, cohort.Everyone()));
  ExpectRejected(cohort, late, "PROTO-PHASE");
  EXPECT_EQ(std::move(cohort.aggregator()).TakeResult().status().code(), "PROTO-PHASE");
}

TEST_P(ProtocolConformance, DropoutsMustBeMissingContributors) {
  const auto vectors = RandomVectors(3, 5, 27);
  Cohort cohort(GetParam(), SetupOf(3), vectors);
  cohort.Take({1, 2});
  for (const PartyId wrong : {PartyId{0}, PartyId{1}, PartyId{4}}) {
    EXPECT_EQ(cohort.aggregator().Proceed({PartyId{3}, wrong}).code(), "PROTO-SENDER");
    EXPECT_EQ(cohort.aggregator().phase(), PartyPhase::kWaiting);
  }
  ASSERT_TRUE(cohort.Close({1, 2}).ok());
}

TEST_P(ProtocolConformance, EverybodyMayRestartAfterEveryMessage) {
  const auto vectors = RandomVectors(6, 9, 28);
  Cohort cohort(GetParam(), SetupOf(6, 9, 4), vectors);
  const Places able{1, 2, 3, 5, 6};
  while (cohort.step() < GetParam().steps) {
    for (const uint32_t place : able) {
      const Message message = AnswerOf(cohort, place);
      cohort.RestartContributor(place);
      cohort.RestartAggregator();
      ASSERT_TRUE(cohort.aggregator().Receive(Message(message)).ok());
      cohort.RestartAggregator();
      ExpectRejected(cohort, message, "PROTO-DUPLICATE");
    }
    ASSERT_TRUE(cohort.Close(able).ok());
    cohort.RestartAggregator();
  }
  EXPECT_EQ(cohort.TakeSum(), SumOf(vectors, able));
  cohort.RestartAggregator();
  EXPECT_EQ(cohort.aggregator().phase(), PartyPhase::kDone);
}

TEST_P(ProtocolConformance, AskingAgainAsksTheSame) {
  const auto vectors = RandomVectors(3, 5, 34);
  Cohort cohort(GetParam(), SetupOf(3), vectors);
  while (cohort.step() + 1 < GetParam().steps) {
    cohort.Take(cohort.Everyone());
    ASSERT_TRUE(cohort.Close(cohort.Everyone()).ok());
    const Message asked = cohort.aggregator().Ask({2}).value();
    cohort.RestartAggregator();
    EXPECT_EQ(cohort.aggregator().Ask({2}).value(), asked);
    EXPECT_EQ(cohort.aggregator().Ask({4}).status().code(), "PROTO-SENDER");
    EXPECT_EQ(cohort.aggregator().Ask({0}).status().code(), "PROTO-SENDER");
  }
}

TEST_P(ProtocolConformance, SavedBytesOfAnotherSetupAreRefused) {
  const auto vectors = RandomVectors(6, 9, 29);
  Cohort cohort(GetParam(), SetupOf(6, 9), vectors);
  while (cohort.step() < GetParam().contribution_step) {
    cohort.Take(cohort.Everyone());
    ASSERT_TRUE(cohort.Close(cohort.Everyone()).ok());
  }
  cohort.Take(cohort.Everyone());
  const Bytes saved = SavedBytes(cohort.aggregator());
  const auto code = [&](const ProtocolSetup& setup, ByteView bytes) {
    const auto restored = GetParam().restore_aggregator(setup, bytes);
    return restored.ok() ? std::string() : std::string(restored.status().code());
  };
  EXPECT_EQ(code(SetupOf(6, 9), saved), "");
  EXPECT_EQ(code(SetupOf(6, 10), saved), "PROTO-STATE");
  EXPECT_EQ(code(SetupOf(6, 8), saved), "PROTO-STATE");
  EXPECT_EQ(code(SetupOf(5, 9), saved), "PROTO-STATE");  // contributor 6 is counted
  EXPECT_EQ(code(SetupOf(65, 9), saved), "PROTO-STATE");
  for (size_t size = 0; size < saved.size(); size += StrideOf(saved.size(), 200)) {
    EXPECT_EQ(code(SetupOf(6, 9), ByteView(saved).first(size)), "PROTO-STATE") << size;
  }
}

TEST_P(ProtocolConformance, SetupsNothingCanRunUnderAreRefused) {
  const ProtocolKind& kind = GetParam();
  base::SeededRng rng(1);
  for (const ProtocolSetup& bad : {SetupOf(0), SetupOf(3, 0), SetupOf(3, 5, 4), SetupOf(3, 5, 0)}) {
    EXPECT_EQ(kind.make_aggregator(bad).status().code(), "PROTO-SETUP");
    EXPECT_EQ(kind.restore_aggregator(bad, {}).status().code(), "PROTO-SETUP");
    EXPECT_EQ(kind.make_contributor(bad, {.place = {1}}, rng).status().code(), "PROTO-SETUP");
  }
  ProtocolSetup large = SetupOf(3);
  large.contributors_max = ProtocolSetup::kContributorsMax + 1;
  EXPECT_EQ(kind.make_aggregator(large).status().code(), "PROTO-SETUP");
  for (const uint32_t index : {0U, 4U}) {
    EXPECT_EQ(kind.make_contributor(SetupOf(3), {.place = {index}}, rng).status().code(),
              "PROTO-SENDER");
  }
  auto contributor = kind.make_contributor(SetupOf(3, 6), {.place = {1}}, rng);
  ASSERT_TRUE(contributor.ok());
  EXPECT_EQ((*contributor)->Contribute({std::vector<uint64_t>(5, 1)}).code(), "PROTO-LENGTH");
}

std::vector<ProtocolKind> AllKinds() {
  std::vector<ProtocolKind> kinds(ProtocolKinds().begin(), ProtocolKinds().end());
  kinds.push_back(threshold_he::Kind());
  return kinds;
}

INSTANTIATE_TEST_SUITE_P(Registry, ProtocolConformance, testing::ValuesIn(AllKinds()),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace florin::protocol
