// One suite for every row of ProtocolKinds(): what any protocol owes the engines.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "florin/base/rng.h"
#include "florin/protocol/party.h"

namespace florin::protocol {
namespace {

using num::RingVector;

std::vector<RingVector> RandomVectors(size_t count, size_t size, uint64_t seed) {
  base::SeededRng rng(seed);
  std::vector<RingVector> vectors(count);
  for (RingVector& vector : vectors) {
    vector.words.resize(size);
    rng.Fill(vector.words);
  }
  return vectors;
}

// Bit i of a subset is contributor i + 1; those after the 32nd always take part.
bool IsIn(uint32_t subset, size_t i) { return i >= 32 || (subset >> i & 1) != 0; }

RingVector SumOf(const std::vector<RingVector>& vectors, uint32_t subset = ~0U) {
  RingVector sum{std::vector<uint64_t>(vectors.front().size(), 0)};
  for (size_t i = 0; i < vectors.size(); ++i) {
    if (IsIn(subset, i)) num::RingAdd(sum.words, vectors[i].words);
  }
  return sum;
}

Message Copy(const Message& message) { return message; }

// A cohort in one place: parties and the messages under way between them.
class Cohort {
 public:
  Cohort(const ProtocolKind& kind, const ProtocolSetup& setup,
         const std::vector<RingVector>& vectors)
      : kind_(kind), setup_(setup) {
    Add(kind.make_aggregator(setup));
    for (uint32_t i = 0; i < vectors.size(); ++i) {
      Add(kind.make_contributor(setup, PartyId{i + 1}, vectors[i]));
    }
  }

  Party& aggregator() { return *parties_[0]; }
  std::deque<Message>& messages() { return messages_; }

  // Starts the aggregator and the contributors of `subset`.
  void Start(uint32_t subset = ~0U) {
    for (uint32_t index = 0; index < parties_.size(); ++index) {
      if (index == 0 || IsIn(subset, index - 1)) Post(parties_[index]->Start());
    }
  }

  // Delivers what is under way, and what that gives rise to.
  void Deliver() {
    while (!messages_.empty()) {
      Message message = std::move(messages_.front());
      messages_.pop_front();
      const uint32_t to = message.to.index;
      ASSERT_LT(to, parties_.size());
      Post(parties_[to]->Receive(std::move(message)));
    }
  }

  // Step after step until the aggregator is ready or refuses.
  Status Open(uint32_t subset = ~0U) {
    std::vector<PartyId> dropouts;
    for (uint32_t index = 1; index < parties_.size(); ++index) {
      if (!IsIn(subset, index - 1)) dropouts.push_back({index});
    }
    for (int step = 0; step < 8 && aggregator().phase() != PartyPhase::kReady; ++step) {
      auto sent = aggregator().Proceed(dropouts);
      if (!sent.ok()) return std::move(sent).status();
      Post(std::move(sent));
      Deliver();
    }
    return {};
  }

  RingVector Take() {
    auto result = std::move(aggregator()).TakeResult();
    EXPECT_TRUE(result.ok()) << result.status().ToString();
    return result.ok() ? std::move(result).value() : RingVector{};
  }

  // A crash of the aggregator: what was saved is all that is left of it.
  void Restart() {
    const Bytes saved = SavedBytes(aggregator());
    auto restored = kind_.restore_aggregator(setup_, saved);
    ASSERT_TRUE(restored.ok()) << restored.status().ToString();
    parties_[0] = std::move(restored).value();
    EXPECT_EQ(SavedBytes(aggregator()), saved);
  }

 private:
  void Add(Result<std::unique_ptr<Party>> party) {
    ASSERT_TRUE(party.ok()) << party.status().ToString();
    parties_.push_back(std::move(party).value());
  }
  void Post(Result<Messages> sent) {
    ASSERT_TRUE(sent.ok()) << sent.status().ToString();
    for (Message& message : *sent) messages_.push_back(std::move(message));
  }

  const ProtocolKind& kind_;
  ProtocolSetup setup_;
  std::vector<std::unique_ptr<Party>> parties_;
  std::deque<Message> messages_;
};

class ProtocolConformance : public testing::TestWithParam<ProtocolKind> {
 protected:
  static ProtocolSetup Setup(uint32_t count, size_t size = 5, uint32_t minimum = 1) {
    return {.vector_size = size, .contributors_max = count, .contributors_min = minimum};
  }

  // The aggregator refuses `message` with `code` and is what it was before.
  static void ExpectRejected(Cohort& cohort, Message message, std::string_view code) {
    const Bytes before = SavedBytes(cohort.aggregator());
    const auto answer = cohort.aggregator().Receive(std::move(message));
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.status().code(), code);
    EXPECT_EQ(SavedBytes(cohort.aggregator()), before);
  }
};

TEST_P(ProtocolConformance, RegistryFindsItByName) {
  const ProtocolKind* kind = FindProtocol(GetParam().name);
  ASSERT_NE(kind, nullptr);
  EXPECT_STREQ(kind->name, GetParam().name);
  EXPECT_STRNE(kind->help, "");
  EXPECT_EQ(FindProtocol("no such protocol"), nullptr);
}

TEST_P(ProtocolConformance, SumIsExact) {
  for (const uint32_t count : {1U, 2U, 5U, 63U, 64U, 65U, 130U}) {
    for (const size_t size : {1U, 17U, 1000U}) {
      const auto vectors = RandomVectors(count, size, size_t{count} * 1000 + size);
      Cohort cohort(GetParam(), Setup(count, size), vectors);
      cohort.Start();
      cohort.Deliver();
      ASSERT_TRUE(cohort.Open().ok());
      RingVector expected = vectors[0];
      for (uint32_t i = 1; i < count; ++i) num::RingAdd(expected.words, vectors[i].words);
      EXPECT_EQ(cohort.Take(), expected) << count << " x " << size;
      EXPECT_EQ(cohort.aggregator().phase(), PartyPhase::kDone);
    }
  }
}

TEST_P(ProtocolConformance, EveryDropoutSubsetOpensTheSurvivorsOrNothing) {
  for (uint32_t count = 1; count <= 6; ++count) {
    const auto vectors = RandomVectors(count, 5, count);
    for (uint32_t minimum = 1; minimum <= count; ++minimum) {
      for (uint32_t subset = 0; subset < 1U << count; ++subset) {
        Cohort cohort(GetParam(), Setup(count, 5, minimum), vectors);
        cohort.Start(subset);
        cohort.Deliver();
        const Status opened = cohort.Open(subset);
        if (static_cast<uint32_t>(std::popcount(subset)) >= minimum) {
          ASSERT_TRUE(opened.ok()) << opened.ToString();
          EXPECT_EQ(cohort.Take(), SumOf(vectors, subset));
        } else {
          ASSERT_FALSE(opened.ok());
          EXPECT_EQ(opened.code(), "PROTO-QUORUM");
          EXPECT_EQ(cohort.aggregator().phase(), PartyPhase::kWaiting);
          EXPECT_FALSE(std::move(cohort.aggregator()).TakeResult().ok());
        }
      }
    }
  }
}

TEST_P(ProtocolConformance, ArrivalOrderDoesNotShow) {
  const auto vectors = RandomVectors(5, 7, 21);
  std::vector<size_t> order(5);
  std::iota(order.begin(), order.end(), size_t{0});
  do {
    Cohort cohort(GetParam(), Setup(5, 7), vectors);
    cohort.Start();
    std::deque<Message> held = std::exchange(cohort.messages(), {});
    ASSERT_EQ(held.size(), order.size());
    for (const size_t i : order) cohort.messages().push_back(std::move(held[i]));
    cohort.Deliver();
    ASSERT_TRUE(cohort.Open().ok());
    ASSERT_EQ(cohort.Take(), SumOf(vectors));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_P(ProtocolConformance, MessagesSurviveTheWire) {
  const auto vectors = RandomVectors(4, 6, 22);
  Cohort cohort(GetParam(), Setup(4, 6), vectors);
  cohort.Start();
  for (Message& message : cohort.messages()) {
    const Bytes bytes = EncodeMessage(message);
    for (size_t size = 0; size < bytes.size(); ++size) {
      ASSERT_FALSE(DecodeMessage(ByteView(bytes).first(size), 6).ok()) << size;
    }
    auto decoded = DecodeMessage(bytes, 6);
    ASSERT_TRUE(decoded.ok());
    message = std::move(decoded).value();
  }
  cohort.Deliver();
  ASSERT_TRUE(cohort.Open().ok());
  EXPECT_EQ(cohort.Take(), SumOf(vectors));
}

TEST_P(ProtocolConformance, DuplicatesAreRejectedAndCountedOnce) {
  const auto vectors = RandomVectors(3, 5, 23);
  Cohort cohort(GetParam(), Setup(3), vectors);
  cohort.Start();
  for (Message& message : std::exchange(cohort.messages(), {})) {
    const Message again = Copy(message);
    ASSERT_TRUE(cohort.aggregator().Receive(std::move(message)).ok());
    ExpectRejected(cohort, again, "PROTO-DUPLICATE");
  }
  ASSERT_TRUE(cohort.Open().ok());
  EXPECT_EQ(cohort.Take(), SumOf(vectors));
}

TEST_P(ProtocolConformance, WrongPartiesAreRejected) {
  const auto vectors = RandomVectors(3, 5, 24);
  Cohort cohort(GetParam(), Setup(3), vectors);
  cohort.Start();
  for (const uint32_t from : {0U, 4U, 64U, 65U, UINT32_MAX}) {
    Message forged = Copy(cohort.messages().front());
    forged.from = PartyId{from};
    ExpectRejected(cohort, forged, "PROTO-SENDER");
  }
  Message misrouted = Copy(cohort.messages().front());
  misrouted.to = PartyId{2};
  ExpectRejected(cohort, misrouted, "PROTO-SENDER");
  cohort.Deliver();
  ASSERT_TRUE(cohort.Open().ok());
  EXPECT_EQ(cohort.Take(), SumOf(vectors));
}

TEST_P(ProtocolConformance, WrongLengthsAndHeadersAreRejected) {
  const auto vectors = RandomVectors(2, 5, 25);
  Cohort cohort(GetParam(), Setup(2), vectors);
  cohort.Start();
  for (const size_t size : {0U, 1U, 4U, 6U, 100U}) {
    Message forged = Copy(cohort.messages().front());
    forged.bulk.words.resize(size);
    ExpectRejected(cohort, forged, "PROTO-LENGTH");
  }
  Message forged = Copy(cohort.messages().front());
  forged.header.push_back(0xff);
  ExpectRejected(cohort, forged, "PROTO-MESSAGE");
  cohort.Deliver();
  ASSERT_TRUE(cohort.Open().ok());
  EXPECT_EQ(cohort.Take(), SumOf(vectors));
}

TEST_P(ProtocolConformance, WrongPhasesAreRejected) {
  const auto vectors = RandomVectors(2, 5, 26);
  Cohort cohort(GetParam(), Setup(2), vectors);
  auto contributor = GetParam().make_contributor(Setup(2), PartyId{1}, vectors[0]);
  ASSERT_TRUE(contributor.ok());
  auto sent = (*contributor)->Start();
  ASSERT_TRUE(sent.ok());
  const Message early = sent->front();
  EXPECT_EQ((*contributor)->Start().status().code(), "PROTO-PHASE");
  EXPECT_EQ((*contributor)->Receive(Copy(early)).status().code(), "PROTO-PHASE");
  EXPECT_EQ(std::move(**contributor).TakeResult().status().code(), "PROTO-PHASE");

  ExpectRejected(cohort, early, "PROTO-PHASE");
  EXPECT_EQ(cohort.aggregator().Proceed({}).status().code(), "PROTO-PHASE");
  cohort.Start();
  EXPECT_EQ(cohort.aggregator().Start().status().code(), "PROTO-PHASE");
  EXPECT_EQ(std::move(cohort.aggregator()).TakeResult().status().code(), "PROTO-PHASE");
  cohort.messages().pop_back();
  cohort.Deliver();
  ASSERT_TRUE(cohort.Open(0b01).ok());
  Message late = Copy(early);
  late.from = PartyId{2};
  ExpectRejected(cohort, late, "PROTO-PHASE");
  EXPECT_EQ(cohort.aggregator().Proceed({}).status().code(), "PROTO-PHASE");
  EXPECT_EQ(cohort.Take(), vectors[0]);
  ExpectRejected(cohort, late, "PROTO-PHASE");
  EXPECT_EQ(std::move(cohort.aggregator()).TakeResult().status().code(), "PROTO-PHASE");
}

TEST_P(ProtocolConformance, DropoutsMustBeMissingContributors) {
  const auto vectors = RandomVectors(3, 5, 27);
  Cohort cohort(GetParam(), Setup(3), vectors);
  cohort.Start(0b011);
  cohort.Deliver();
  for (const PartyId wrong : {PartyId{0}, PartyId{1}, PartyId{4}}) {
    EXPECT_EQ(cohort.aggregator().Proceed({PartyId{3}, wrong}).status().code(), "PROTO-SENDER");
    EXPECT_EQ(cohort.aggregator().phase(), PartyPhase::kWaiting);
  }
  ASSERT_TRUE(cohort.Open(0b011).ok());
  EXPECT_EQ(cohort.Take(), SumOf(vectors, 0b011));
}

TEST_P(ProtocolConformance, AggregatorMayRestartAfterEveryMessage) {
  const auto vectors = RandomVectors(6, 9, 28);
  Cohort cohort(GetParam(), Setup(6, 9, 4), vectors);
  cohort.Restart();
  cohort.Start(0b110111);
  for (Message& message : std::exchange(cohort.messages(), {})) {
    cohort.Restart();
    const Message again = Copy(message);
    ASSERT_TRUE(cohort.aggregator().Receive(std::move(message)).ok());
    cohort.Restart();
    ExpectRejected(cohort, again, "PROTO-DUPLICATE");
  }
  ASSERT_TRUE(cohort.Open(0b110111).ok());
  cohort.Restart();
  EXPECT_EQ(cohort.Take(), SumOf(vectors, 0b110111));
  cohort.Restart();
  EXPECT_EQ(cohort.aggregator().phase(), PartyPhase::kDone);
}

TEST_P(ProtocolConformance, SavedBytesOfAnotherSetupAreRefused) {
  const auto vectors = RandomVectors(6, 9, 29);
  Cohort cohort(GetParam(), Setup(6, 9), vectors);
  cohort.Start();
  cohort.Deliver();
  const Bytes saved = SavedBytes(cohort.aggregator());
  const auto code = [&](const ProtocolSetup& setup, ByteView bytes) {
    const auto restored = GetParam().restore_aggregator(setup, bytes);
    return restored.ok() ? std::string() : std::string(restored.status().code());
  };
  EXPECT_EQ(code(Setup(6, 9), saved), "");
  EXPECT_EQ(code(Setup(6, 10), saved), "PROTO-STATE");
  EXPECT_EQ(code(Setup(6, 8), saved), "PROTO-STATE");
  EXPECT_EQ(code(Setup(5, 9), saved), "PROTO-STATE");  // contributor 6 is counted
  EXPECT_EQ(code(Setup(65, 9), saved), "PROTO-STATE");
  for (size_t size = 0; size < saved.size(); ++size) {
    EXPECT_EQ(code(Setup(6, 9), ByteView(saved).first(size)), "PROTO-STATE") << size;
  }
}

TEST_P(ProtocolConformance, SetupsNothingCanRunUnderAreRefused) {
  const ProtocolKind& kind = GetParam();
  for (const ProtocolSetup& bad : {Setup(0), Setup(3, 0), Setup(3, 5, 4), Setup(3, 5, 0),
                                   Setup(ProtocolSetup::kContributorsMax + 1)}) {
    EXPECT_EQ(kind.make_aggregator(bad).status().code(), "PROTO-SETUP");
    EXPECT_EQ(kind.restore_aggregator(bad, {}).status().code(), "PROTO-SETUP");
    EXPECT_EQ(kind.make_contributor(bad, PartyId{1}, {}).status().code(), "PROTO-SETUP");
  }
  const RingVector vector{std::vector<uint64_t>(5, 1)};
  for (const uint32_t index : {0U, 4U}) {
    EXPECT_EQ(kind.make_contributor(Setup(3), PartyId{index}, vector).status().code(),
              "PROTO-SENDER");
  }
  EXPECT_EQ(kind.make_contributor(Setup(3, 6), PartyId{1}, vector).status().code(), "PROTO-LENGTH");
}

INSTANTIATE_TEST_SUITE_P(Registry, ProtocolConformance,
                         testing::ValuesIn(ProtocolKinds().begin(), ProtocolKinds().end()),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace florin::protocol
