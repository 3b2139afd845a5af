// What secagg promises beyond every protocol: each refusal of a bad word by its code, liars named,
// nothing opened twice, and sums in narrow rings.
#include "florin/protocol/secagg/secagg.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "florin/protocol/cohort_testing.h"
#include "florin/protocol/secagg/keys.h"
#include "florin/protocol/secagg/neighbours.h"
#include "florin/protocol/secagg/words.h"

namespace florin::protocol::secagg {
namespace {

const ProtocolKind& Secagg() { return *FindProtocol("secagg"); }

class SecaggTest : public testing::Test {
 protected:
  static constexpr uint32_t kCount = 5;

  // A cohort whose first `step` steps are done, by everybody.
  Cohort At(uint32_t step) {
    Cohort cohort(Secagg(), SetupOf(kCount, 4, 3), vectors_);
    while (cohort.step() < step) {
      cohort.Take(cohort.Everyone());
      EXPECT_TRUE(cohort.Close(cohort.Everyone()).ok());
    }
    return cohort;
  }
  static Message AskedOf(Cohort& cohort, uint32_t place, Bytes header) {
    Message asked = cohort.aggregator().Ask({place}).value();
    asked.header = std::move(header);
    return asked;
  }
  // The contributor at 1 refuses what it is asked, is as it was, and answers the honest question.
  static void ExpectRefused(Cohort& cohort, Bytes header, std::string_view code) {
    const Bytes before = SavedBytes(cohort.contributor(1));
    const auto answer = cohort.AnswerTo(1, AskedOf(cohort, 1, std::move(header)));
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.status().code(), code) << answer.status().ToString();
    EXPECT_EQ(SavedBytes(cohort.contributor(1)), before);
    Cohort honest = cohort.Clone();
    EXPECT_TRUE(honest.Answer(1).ok());
  }
  static std::string CodeOf(Party& party, Message message) {
    const auto answer = party.Receive(std::move(message));
    return answer.ok() ? "" : std::string(answer.status().code());
  }

  std::vector<num::RingVector> vectors_ = RandomVectors(kCount, 4, 1);
};

TEST_F(SecaggTest, ThresholdIsThreeInFiveAndOneMore) {
  ProtocolSetup setup;
  for (const auto& [count, threshold] : std::vector<std::pair<uint32_t, uint32_t>>{
           {2, 2}, {3, 2}, {4, 3}, {5, 4}, {10, 7}, {50, 31}}) {
    EXPECT_EQ(ThresholdOf(setup, count - 1), threshold) << count;
  }
  setup.threshold = 9;
  EXPECT_EQ(ThresholdOf(setup, 9), 9U);
  EXPECT_EQ(ThresholdOf(setup, 4), 5U) << "never more than there are";
  EXPECT_EQ(ThresholdOf(setup, 49), 31U) << "never fewer than the rule";
}

// -- the list of neighbours

TEST_F(SecaggTest, PeersMustBeSignedForThisRoundAndModel) {
  Cohort cohort = At(kShares);
  Peers peers = ReadPeers(cohort.aggregator().Ask({1})->header, kCount).value();
  peers.neighbours[1].advert.mask[3] ^= 1;
  ExpectRefused(cohort, Write(peers), "PROTO-SIGNATURE");

  // Signed rightly, by the right one, for another model: the context is another.
  Context other = cohort.setup().context;
  other[0] ^= 1;
  peers.neighbours[1].advert =
      MakeAdvert(crypto::SecretBytes(Bytes(32, 9)), other, {3}, IdentityOf(3));
  ExpectRefused(cohort, Write(peers), "PROTO-SIGNATURE");
}

TEST_F(SecaggTest, PeersMustBeDistinctAndOthers) {
  Cohort cohort = At(kShares);
  const Peers honest = ReadPeers(cohort.aggregator().Ask({1})->header, kCount).value();
  const auto with = [&](const auto& change) {
    Peers peers = honest;
    change(peers);
    ExpectRefused(cohort, Write(peers), "PROTO-PEERS");
  };
  with([](Peers& peers) { peers.neighbours[2].who.name = peers.neighbours[0].who.name; });
  with([](Peers& peers) { peers.neighbours[2].who.identity = peers.neighbours[0].who.identity; });
  with([](Peers& peers) { peers.neighbours[2].advert.mask = peers.neighbours[0].advert.mask; });
  with([](Peers& peers) { peers.neighbours[2].advert.channel = peers.neighbours[0].advert.mask; });
  with([](Peers& peers) { peers.neighbours[0].who.identity = crypto::PublicKeyOf(IdentityOf(1)); });
  with([](Peers& peers) { peers.neighbours.resize(1); });  // two are not three
  Peers own = honest;
  own.neighbours[0].who.place = {1};
  ExpectRefused(cohort, Write(own), "PROTO-PEERS");
}

TEST_F(SecaggTest, PeersMustStandInOrder) {
  Cohort cohort = At(kShares);
  Peers peers = ReadPeers(cohort.aggregator().Ask({1})->header, kCount).value();
  std::swap(peers.neighbours[0], peers.neighbours[1]);
  ExpectRefused(cohort, Write(peers), "PROTO-MESSAGE");
}

TEST_F(SecaggTest, KeysOfSmallOrderAreRefusedByAll) {
  Cohort cohort = At(kAdvertise);
  const crypto::SecretBytes round(Bytes(32, 4));
  Advert advert = MakeAdvert(round, cohort.setup().context, {1}, IdentityOf(1));
  const auto said = [&](const Advert& word) { return Message{{1}, kAggregator, Write(word), {}}; };
  advert.signature[5] ^= 1;
  EXPECT_EQ(CodeOf(cohort.aggregator(), said(advert)), "PROTO-SIGNATURE");
  EXPECT_FALSE(IsUsable(PublicKey{}));
  EXPECT_FALSE(IsUsable(PublicKey{1}));
  EXPECT_TRUE(IsUsable(advert.mask));
}

TEST_F(SecaggTest, TheSameKeysTwiceAreRejectedAtTheDoor) {
  Cohort cohort = At(kAdvertise);
  const crypto::SecretBytes round(Bytes(32, 4));
  const Context& context = cohort.setup().context;
  ASSERT_TRUE(
      cohort.aggregator()
          .Receive({{1}, kAggregator, Write(MakeAdvert(round, context, {1}, IdentityOf(1))), {}})
          .ok());
  EXPECT_EQ(CodeOf(cohort.aggregator(),
                   {{2}, kAggregator, Write(MakeAdvert(round, context, {2}, IdentityOf(2))), {}}),
            "PROTO-KEY");
}

TEST_F(SecaggTest, TheOwnerDecidesWhoAreItsPeers) {
  ProtocolSetup setup = SetupOf(kCount, 4, 3);
  Cohort cohort = At(kShares);
  std::vector<std::string> seen;
  base::SeededRng rng(5);
  auto party = Secagg().make_contributor(cohort.setup_for_all(),
                                         {.place = {1},
                                          .identity = IdentityOf(1),
                                          .accept =
                                              [&](const auto& peers) {
                                                for (const Participant& peer : peers)
                                                  seen.push_back(peer.name);
                                                return Status(Kind::kRefused, "POLICY-PEER",
                                                              "site-3 is not known here.");
                                              }},
                                         rng);
  ASSERT_TRUE(party.ok() && (*party)->Start().ok());
  EXPECT_EQ(CodeOf(**party, cohort.aggregator().Ask({1}).value()), "POLICY-PEER");
  EXPECT_EQ(seen, (std::vector<std::string>{"site-2", "site-3", "site-4", "site-5"}));
}

// -- boxes

TEST_F(SecaggTest, FewerBoxesThanTheThresholdSendNothing) {
  Cohort cohort = At(kMaskedInput);
  Boxes boxes = ReadBoxes(cohort.aggregator().Ask({1})->header, kCount).value();
  boxes.boxes.resize(2);  // with the own one three of four
  ExpectRefused(cohort, Write(boxes), "PROTO-QUORUM");
  boxes = ReadBoxes(cohort.aggregator().Ask({1})->header, kCount).value();
  boxes.boxes[0].box[0] ^= 1;
  boxes.boxes[1].box[90] ^= 1;
  ExpectRefused(cohort, Write(boxes), "PROTO-QUORUM");
  std::swap(boxes.boxes[2].box, boxes.boxes[3].box);
  ExpectRefused(cohort, Write(boxes), "PROTO-QUORUM");
}

TEST_F(SecaggTest, OneBoxThatDoesNotOpenCostsNothing) {
  Cohort cohort = At(kMaskedInput);
  Boxes boxes = ReadBoxes(cohort.aggregator().Ask({1})->header, kCount).value();
  boxes.boxes[2].box[40] ^= 1;
  auto answer = cohort.AnswerTo(1, AskedOf(cohort, 1, Write(boxes)));
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  ASSERT_TRUE(cohort.aggregator().Receive(std::move(answer->front())).ok());
  cohort.Take({2, 3, 4, 5});
  ASSERT_TRUE(cohort.Close(cohort.Everyone()).ok());
  ASSERT_TRUE(cohort.Run().ok());
  EXPECT_EQ(cohort.TakeSum(), SumOf(vectors_, {1, 2, 3, 4, 5}));
}

// -- who is in the sum

TEST_F(SecaggTest, SurvivorListsThatWouldOpenSomebodyAreRefused) {
  Cohort cohort = At(kConsistency);
  const auto with = [&](const Places& places) {
    Survivors survivors{Bytes(1, 0)};
    for (const uint32_t place : places) PutIn(survivors.places, {place});
    ExpectRefused(cohort, Write(survivors), "PROTO-SURVIVORS");
  };
  with({2, 3, 4, 5});  // without oneself
  with({1, 2});        // below the minimum
  with({1, 2, 3});     // below the threshold
}

TEST_F(SecaggTest, AListWithSomebodyWhoDealtNothingIsRefused) {
  Cohort cohort = At(kShares);
  cohort.Take({1, 2, 3, 4});
  ASSERT_TRUE(cohort.Close({1, 2, 3, 4}).ok());
  cohort.Take({1, 2, 3, 4});
  ASSERT_TRUE(cohort.Close({1, 2, 3, 4}).ok());
  Survivors survivors{Bytes(1, 0b11111)};
  ExpectRefused(cohort, Write(survivors), "PROTO-SURVIVORS");
}

// Two halves are told two lists: neither gets enough signatures of its own one.
TEST_F(SecaggTest, SplitViewsOpenNothing) {
  Cohort cohort = At(kConsistency);
  Bytes others;
  for (const uint32_t place : {1U, 2U, 3U, 4U, 5U}) {
    Survivors told{Bytes(1, place <= 2 ? 0b11111 : 0b01111)};
    if (place == 5) told.places[0] = 0b11111;
    auto answer = cohort.AnswerTo(place, AskedOf(cohort, place, Write(told)));
    ASSERT_TRUE(answer.ok()) << answer.status().ToString();
    const bool is_true = told.places[0] == 0b11111;
    EXPECT_EQ(CodeOf(cohort.aggregator(), std::move(answer->front())),
              is_true ? "" : "PROTO-SIGNATURE");
  }
  EXPECT_FALSE(cohort.aggregator().IsEnough());
  EXPECT_EQ(cohort.aggregator().Proceed({{3}, {4}}).code(), "PROTO-QUORUM");
}

TEST_F(SecaggTest, UnmaskingNeedsSignaturesOfTheSameList) {
  Cohort cohort = At(kUnmask);
  Agreement agreement = ReadAgreement(cohort.aggregator().Ask({1})->header, kCount).value();
  ASSERT_EQ(agreement.signatures.size(), 3U);  // with the own one four
  Agreement few = agreement;
  few.signatures.pop_back();
  ExpectRefused(cohort, Write(few), "PROTO-SURVIVORS");
  Agreement forged = agreement;
  forged.signatures[1].signature[7] ^= 1;
  ExpectRefused(cohort, Write(forged), "PROTO-SURVIVORS");
  Agreement moved = agreement;
  moved.signatures[2].place = {5};
  ExpectRefused(cohort, Write(moved), "PROTO-SURVIVORS");
  Agreement own = agreement;
  own.signatures[0].place = {1};
  ExpectRefused(cohort, Write(own), "PROTO-SURVIVORS");
}

TEST_F(SecaggTest, NobodyUnmasksTwice) {
  Cohort cohort = At(kUnmask);
  const Message asked = cohort.aggregator().Ask({1}).value();
  ASSERT_TRUE(cohort.contributor(1).Receive(Message(asked)).ok());
  EXPECT_EQ(CodeOf(cohort.contributor(1), asked), "PROTO-PHASE");
  cohort.RestartContributor(1);
  EXPECT_EQ(CodeOf(cohort.contributor(1), asked), "PROTO-PHASE");
  EXPECT_LT(SavedBytes(cohort.contributor(1)).size(), 8U) << "no secret is kept";
}

TEST_F(SecaggTest, AContributorGivesOneShareOfEach) {
  Cohort cohort = At(kMaskedInput);
  cohort.Take({1, 2, 3, 4});
  ASSERT_TRUE(cohort.Close({1, 2, 3, 4}).ok());
  cohort.Take({1, 2, 3, 4});
  ASSERT_TRUE(cohort.Close({1, 2, 3, 4}).ok());
  const Opened opened = ReadOpened(cohort.Answer(1)->front().header, kCount).value();
  ASSERT_EQ(opened.shares.size(), 5U);
  for (uint32_t i = 0; i < 5; ++i) EXPECT_EQ(opened.shares[i].of, PartyId{i + 1});
}

TEST_F(SecaggTest, EarlierStepsAreNotAnsweredAgain) {
  Cohort cohort = At(kConsistency);
  for (const uint8_t step : {kAdvertise, kShares, kMaskedInput}) {
    EXPECT_EQ(CodeOf(cohort.contributor(1), AskedOf(cohort, 1, Bytes{step})), "PROTO-PHASE");
  }
  EXPECT_EQ(CodeOf(cohort.contributor(1), AskedOf(cohort, 1, Bytes{kUnmask})), "PROTO-MESSAGE");
  EXPECT_EQ(CodeOf(cohort.contributor(1), AskedOf(cohort, 1, {})), "PROTO-MESSAGE");
  EXPECT_EQ(cohort.contributor(1).Contribute(vectors_[0]).code(), "PROTO-PHASE");
}

// -- wrong shares

TEST_F(SecaggTest, ALiarIsNamedAndTheSumStands) {
  for (const uint32_t liar : {1U, 3U, 5U}) {
    Cohort cohort = At(kUnmask);
    for (const uint32_t place : cohort.Everyone()) {
      Message answer = cohort.Answer(place)->front();
      if (place == liar) {
        Opened opened = ReadOpened(answer.header, kCount).value();
        for (Opened::Share& share : opened.shares) share.share[0] ^= 1;
        answer.header = Write(opened);
      }
      ASSERT_TRUE(cohort.aggregator().Receive(std::move(answer)).ok());
    }
    ASSERT_TRUE(cohort.Close(cohort.Everyone()).ok());
    const auto blamed = cohort.aggregator().Blamed();
    // With four of five needed, a liar whose share is the spare one is not looked at.
    if (liar <= 4) {
      ASSERT_EQ(blamed.size(), 1U) << liar;
      EXPECT_EQ(blamed[0].place, PartyId{liar});
      EXPECT_NE(blamed[0].reason.find("PROTO-SHARE"), std::string::npos);
    }
    EXPECT_EQ(cohort.TakeSum(), SumOf(vectors_, cohort.Everyone()));
  }
}

TEST_F(SecaggTest, TooManyLiarsOpenNothing) {
  Cohort cohort = At(kUnmask);
  for (const uint32_t place : cohort.Everyone()) {
    Message answer = cohort.Answer(place)->front();
    if (place <= 2) {
      Opened opened = ReadOpened(answer.header, kCount).value();
      for (Opened::Share& share : opened.shares) share.share[0] ^= 1;
      answer.header = Write(opened);
    }
    ASSERT_TRUE(cohort.aggregator().Receive(std::move(answer)).ok());
  }
  EXPECT_EQ(cohort.aggregator().Proceed({}).code(), "PROTO-SHARES");
  EXPECT_EQ(cohort.aggregator().phase(), PartyPhase::kWaiting);
}

TEST_F(SecaggTest, SharesOfStrangersAndLimbsOutOfTheFieldAreRejected) {
  Cohort cohort = At(kShares);
  cohort.Take({1, 2, 3, 4});
  ASSERT_TRUE(cohort.Close({1, 2, 3, 4}).ok());
  for (const uint32_t step : {kMaskedInput, kConsistency}) {
    ASSERT_EQ(cohort.step(), step);
    cohort.Take({1, 2, 3, 4});
    ASSERT_TRUE(cohort.Close({1, 2, 3, 4}).ok());
  }
  Message answer = cohort.Answer(1)->front();
  Opened opened = ReadOpened(answer.header, kCount).value();
  opened.shares.push_back({{5}, {}});
  answer.header = Write(opened);
  EXPECT_EQ(CodeOf(cohort.aggregator(), answer), "PROTO-MESSAGE");
}

TEST_F(SecaggTest, AMaskedVectorOfAnotherIsRejected) {
  Cohort cohort = At(kMaskedInput);
  Message answer = cohort.Answer(1)->front();
  Message stolen = answer;
  stolen.from = {2};
  EXPECT_EQ(CodeOf(cohort.aggregator(), stolen), "PROTO-SIGNATURE");
  Message changed = answer;
  changed.packed.bytes.back() ^= 1;
  EXPECT_EQ(CodeOf(cohort.aggregator(), changed), "PROTO-SIGNATURE");
  EXPECT_EQ(CodeOf(cohort.aggregator(), answer), "");
}

// Contributors that were given another model have masks that do not cancel, whatever is said.
TEST_F(SecaggTest, AnotherModelIsAnotherContext) {
  ProtocolSetup other = SetupOf(kCount, 4, 3);
  other.context[31] ^= 1;
  other.cohort.clear();
  base::SeededRng rng(8);
  auto party = Secagg().make_contributor(other, {.place = {1}, .identity = IdentityOf(1)}, rng);
  ASSERT_TRUE(party.ok());
  Cohort cohort = At(kAdvertise);
  auto said = (*party)->Start();
  ASSERT_TRUE(said.ok());
  EXPECT_EQ(CodeOf(cohort.aggregator(), said->front()), "PROTO-SIGNATURE");
}

// -- rings

TEST_F(SecaggTest, NarrowEntriesAreSummedInTheirRing) {
  for (const uint32_t bits : {4U, 8U, 16U, 20U, 24U, 32U}) {
    constexpr size_t kSize = 20'000;
    ProtocolSetup setup = SetupOf(3, kSize, 3);
    setup.narrow_size = kSize - 2;
    setup.narrow_bits = bits;
    const int64_t most = (int64_t{1} << (bits - 1)) / 3 - (bits == 4 ? 0 : 1);
    base::SeededRng rng(bits);
    std::vector<num::RingVector> vectors(3, {std::vector<uint64_t>(kSize)});
    for (num::RingVector& vector : vectors) {
      for (uint64_t& word : vector.words) {
        const auto magnitude = static_cast<uint64_t>(2 * most + 1);
        word = static_cast<uint64_t>(static_cast<int64_t>(rng.Below(magnitude)) - most);
      }
      vector.words.back() = rng.Next() >> 3;  // of the wide ones
    }
    Cohort cohort(Secagg(), setup, vectors);
    ASSERT_TRUE(cohort.Run({{1, 2, 3}, {1, 2, 3}, {1, 3, 2}}).ok());
    EXPECT_EQ(cohort.TakeSum(), SumOf(vectors, {1, 2, 3})) << bits;
  }
}

// Masked vectors are as wide as their ring, and look like it: no entry tells what is under it.
TEST_F(SecaggTest, AMaskedVectorIsUniform) {
  constexpr size_t kSize = 65'536;
  ProtocolSetup setup = SetupOf(3, kSize, 3);
  setup.narrow_size = kSize - 1;
  const std::vector<num::RingVector> zeros(3, {std::vector<uint64_t>(kSize, 0)});
  Cohort cohort(Secagg(), setup, zeros);
  while (cohort.step() < kMaskedInput) {
    cohort.Take(cohort.Everyone());
    ASSERT_TRUE(cohort.Close(cohort.Everyone()).ok());
  }
  const Message masked = cohort.Answer(2)->front();
  std::vector<uint64_t> words(kSize);
  masked.CopyBulk(0, words);
  std::vector<double> counts(256, 0);
  for (size_t i = 0; i + 1 < kSize; ++i) ++counts[words[i] >> 24 & 0xff];
  double chi = 0;
  for (const double count : counts) chi += (count - 256) * (count - 256) / 256;
  EXPECT_LT(chi, 350) << "255 degrees of freedom: once in 20,000";
  EXPECT_GT(chi, 170);
}

// -- many

// Random dropouts at random steps, whoever they are. FLORIN_PATTERNS: how many patterns.
TEST_F(SecaggTest, RandomDropoutsOfFifty) {
  constexpr uint32_t kMany = 50;
  const char* asked = std::getenv("FLORIN_PATTERNS");
  const int patterns = asked == nullptr ? 4 : std::atoi(asked);
  const auto vectors = RandomVectors(kMany, 8, 50);
  Cohort start(Secagg(), SetupOf(kMany, 8, 25), vectors);
  start.Take(start.Everyone());
  ASSERT_TRUE(start.Close(start.Everyone()).ok());
  start.Take(start.Everyone());
  base::SeededRng rng(50);
  int opened = 0;
  for (int i = 0; i < patterns; ++i) {
    Cohort cohort = start.Clone();
    Places able = cohort.Everyone();
    ASSERT_TRUE(cohort.Close(able).ok());
    const uint64_t share = 10 + rng.Below(60);  // of a hundred stay, at least 10 a step
    Places summed;
    Status status;
    while (status.ok() && cohort.step() < kSteps) {
      std::erase_if(able, [&](uint32_t) { return rng.Below(300) < 100 - share; });
      cohort.Take(able);
      if (HasFatalFailure()) return;
      if (cohort.step() == kMaskedInput) summed = able;
      const bool is_enough = able.size() >= 31;
      status = cohort.Close(able);
      ASSERT_EQ(status.ok(), is_enough) << status.ToString();
    }
    if (!status.ok()) continue;
    ASSERT_EQ(cohort.TakeSum(), SumOf(vectors, summed));
    ++opened;
  }
  EXPECT_GT(opened, 0);
}

}  // namespace
}  // namespace florin::protocol::secagg
