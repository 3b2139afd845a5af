// What threshold_he promises beyond every protocol: any t of the decryptors open, in every ring;
// what the aggregator rejects, by its code.
#include "florin/protocol/threshold_he/threshold_he.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "florin/protocol/threshold_he/round_testing.h"
#include "florin/protocol/threshold_he/words.h"

namespace florin::protocol::threshold_he {
namespace {

// -- who opens

TEST_F(ThresholdHeTest, AnyOfTheDecryptorsThatAreEnoughOpen) {
  for (const auto& [count, threshold] :
       std::vector<std::pair<size_t, uint32_t>>{{2, 2}, {3, 2}, {5, 3}}) {
    const TestCommittee committee = MakeCommittee(count, threshold);
    const Cohort ready = AtOpening(committee);
    for (uint32_t subset = 0; subset < 1U << count; ++subset) {
      Members members;
      for (size_t i = 0; i < count; ++i) {
        if ((subset >> i & 1) != 0) members.push_back(i);
      }
      Cohort cohort = ready.Clone();
      TakeAnswers(cohort, members);
      if (HasFatalFailure()) return;
      EXPECT_EQ(cohort.aggregator().IsEnough(), members.size() >= threshold);
      if (members.size() < threshold) {
        EXPECT_EQ(cohort.aggregator().Proceed({}).code(), "PROTO-QUORUM");
        continue;
      }
      ASSERT_TRUE(cohort.aggregator().Proceed({}).ok());
      EXPECT_EQ(cohort.aggregator().phase() == PartyPhase::kReady, members.size() == count);
      members.resize(threshold);  // the others have gone
      const Status status = cohort.Open({members});
      ASSERT_TRUE(status.ok()) << status.ToString();
      ASSERT_EQ(cohort.TakeSum(), SumOf(vectors_, cohort.Everyone())) << count << " " << subset;
      EXPECT_TRUE(cohort.aggregator().Blamed().empty());
    }
  }
}

TEST_F(ThresholdHeTest, RecoveryNeedsEnoughShares) {
  Cohort cohort = AtRecovery();
  TakeAnswers(cohort, {1});
  EXPECT_FALSE(cohort.aggregator().IsEnough());
  EXPECT_EQ(cohort.aggregator().Proceed({PlaceOf(0)}).code(), "PROTO-QUORUM");
  EXPECT_EQ(cohort.aggregator().Proceed({PlaceOf(1)}).code(), "PROTO-SENDER");
  EXPECT_EQ(cohort.aggregator().Proceed({PlaceOf(2)}).code(), "PROTO-SENDER") << "not asked";
  EXPECT_EQ(cohort.aggregator().Ask(PlaceOf(2)).status().code(), "PROTO-SENDER");
  EXPECT_EQ(cohort.aggregator().Ask(PlaceOf(3)).status().code(), "PROTO-SENDER");
  EXPECT_EQ(cohort.aggregator().Ask({1}).status().code(), "PROTO-SENDER");
}

TEST_F(ThresholdHeTest, EverybodyMayRestartBetweenAllMessagesOfTheOpening) {
  Cohort cohort = AtOpening();
  for (const Members& members : {Members{2, 0}, Members{0, 2}}) {
    for (const size_t member : members) {
      cohort.RestartAggregator();
      cohort.RestartDecryptor(member);
      const Message question = QuestionTo(cohort, member);
      const Message answer = cohort.DecryptorAnswer(member)->front();
      cohort.RestartDecryptor(member);
      EXPECT_EQ(cohort.decryptor(member).Receive(Message(question))->front(), answer)
          << "the answer was lost: it comes again";
      ASSERT_TRUE(cohort.aggregator().Receive(Message(answer)).ok());
      cohort.RestartAggregator();
      ExpectRejected(cohort, answer, "PROTO-DUPLICATE");
    }
    ASSERT_TRUE(cohort.aggregator().Proceed({}).ok());
    cohort.RestartAggregator();
  }
  EXPECT_EQ(cohort.TakeSum(), SumOf(vectors_, cohort.Everyone()));
  cohort.RestartAggregator();
}

// -- what the aggregator rejects

TEST_F(ThresholdHeTest, ContributionsMustBeSignedForThisRoundModelAndCommittee) {
  Cohort cohort = Fresh();
  const Message honest = cohort.Answer(1)->front();
  Message stolen = honest;
  stolen.from = {2};
  ExpectRejected(cohort, stolen, "PROTO-SIGNATURE");
  Message changed = honest;
  changed.bulk.words[77] ^= 1;
  ExpectRejected(cohort, changed, "PROTO-SIGNATURE");
  Message other_key = honest;
  other_key.header[200] ^= 1;
  ExpectRejected(cohort, other_key, "PROTO-SIGNATURE");
  Message cut = honest;
  cut.header.pop_back();
  ExpectRejected(cohort, cut, "PROTO-MESSAGE");

  const TestCommittee others = MakeCommittee(3, 3);
  for (int what = 0; what < 2; ++what) {
    ProtocolSetup setup = cohort.setup_for_all();
    if (what == 0) setup.context[31] ^= 1;
    if (what == 1) setup.committee = others.committee;
    base::SeededRng rng(8);
    auto party = MakeContributor(setup, {.place = {1}, .identity = IdentityOf(1)}, rng);
    ASSERT_TRUE(party.ok() && (*party)->Contribute(vectors_[0]).ok());
    ExpectRejected(cohort, (*party)->Start()->front(), "PROTO-SIGNATURE");
  }
  EXPECT_EQ(CodeOf(cohort.aggregator(), honest), "");
}

TEST_F(ThresholdHeTest, WhatIsNoCiphertextIsRejectedAtTheDoor) {
  Cohort cohort = Fresh();
  const Message honest = cohort.Answer(1)->front();
  Message high = honest;
  high.bulk.words[50] = ~uint64_t{0};
  ExpectRejected(cohort, SignedAnew(cohort, high, KeyOf(honest)), "PROTO-CIPHERTEXT");
  Message head = honest;
  head.bulk.words[0] ^= 1;
  ExpectRejected(cohort, SignedAnew(cohort, head, KeyOf(honest)), "PROTO-CIPHERTEXT");
  Bytes key = KeyOf(honest);
  std::fill_n(key.begin() + 100, 30, uint8_t{0xff});
  ExpectRejected(cohort, SignedAnew(cohort, honest, key), "PROTO-CIPHERTEXT");
  ASSERT_EQ(CodeOf(cohort.aggregator(), honest), "");
  Message copied = honest;
  copied.from = {2};
  ExpectRejected(cohort, SignedAnew(cohort, copied, KeyOf(honest)), "PROTO-KEY");
}

TEST_F(ThresholdHeTest, AnswersOfDecryptorsMustBeSignedAndTheirs) {
  Cohort cohort = AtOpening();
  const Message honest = cohort.DecryptorAnswer(0)->front();
  for (const size_t at : {size_t{3}, kAnswerAt + 20, honest.header.size() - 1}) {
    Message changed = honest;
    changed.header[at] ^= 1;
    ExpectRejected(cohort, changed, "PROTO-SIGNATURE");
  }
  Message other = honest;
  other.from = PlaceOf(1);
  ExpectRejected(cohort, other, "PROTO-SIGNATURE");
  other.from = PlaceOf(3);
  ExpectRejected(cohort, other, "PROTO-SENDER");
  other = honest;
  other.to = {1};
  ExpectRejected(cohort, other, "PROTO-SENDER");
  other = honest;
  other.header.pop_back();
  ExpectRejected(cohort, other, "PROTO-MESSAGE");
  other = honest;
  other.bulk.words.resize(3);
  ExpectRejected(cohort, other, "PROTO-LENGTH");
  Cohort contributing = Fresh();
  ExpectRejected(contributing, honest, "PROTO-SENDER");
  Message late = contributing.Answer(1)->front();
  ExpectRejected(cohort, late, "PROTO-PHASE");

  Opening word = ReadOpening(honest.header).value();
  std::fill_n(word.opening.begin() + 100, 30, uint8_t{0xff});
  Message signed_anew = honest;
  signed_anew.header = Write(word);
  word.signature = crypto::SignEd25519(
      DecryptorIdentity(0),
      AnswerDigest(DigestOf(*cohort.setup().committee), PlaceOf(0), QuestionTo(cohort, 0).header,
                   ByteView(signed_anew.header).subspan(kAnswerAt)));
  signed_anew.header = Write(word);
  ExpectRejected(cohort, signed_anew, "PROTO-CIPHERTEXT");
  EXPECT_EQ(CodeOf(cohort.aggregator(), honest), "");
}

// Somebody seals another key than its vector's: nothing comes out, rather than something wrong.
TEST_F(ThresholdHeTest, ASumThatDoesNotOpenIsNotOpened) {
  Cohort cohort = Fresh();
  Cohort other(Kind(), SetupOf(kCount + 1, 4, 3), vectors_);
  const Message honest = cohort.Answer(1)->front();
  const Message foreign = other.Answer(1)->front();
  ASSERT_NE(KeyOf(honest), KeyOf(foreign));
  ASSERT_EQ(CodeOf(cohort.aggregator(), SignedAnew(cohort, honest, KeyOf(foreign))), "");
  cohort.Take({2, 3, 4, 5});
  ASSERT_TRUE(cohort.CloseStep(cohort.Everyone()).ok());
  TakeAnswers(cohort, {0, 1, 2});
  const Bytes before = SavedBytes(cohort.aggregator());
  EXPECT_EQ(cohort.aggregator().Proceed({}).code(), "PROTO-OPENING");
  EXPECT_EQ(SavedBytes(cohort.aggregator()), before);
}

// One seed, one vector.
TEST_F(ThresholdHeTest, AContributorThatHasNotSpokenIsNotBroughtBack) {
  Cohort cohort = Fresh();
  const auto code = [&](const Bytes& saved) {
    const auto party = RestoreContributor(cohort.setup_for_all(), cohort.SelfOf(1), saved);
    return party.ok() ? "" : std::string(party.status().code());
  };
  EXPECT_EQ(code(SavedBytes(cohort.contributor(1))), "PROTO-STATE");
  ASSERT_TRUE(cohort.Answer(1).ok());
  EXPECT_EQ(code(SavedBytes(cohort.contributor(1))), "");
  EXPECT_EQ(cohort.contributor(1).Contribute(vectors_[0]).code(), "PROTO-PHASE");
}

// -- rings and sizes

TEST_F(ThresholdHeTest, EntriesAreSummedInTheirRing) {
  for (const uint32_t bits : {1U, 4U, 8U, 20U, 31U, 32U}) {
    constexpr size_t kSize = 50'000;  // more than a polynomial of any packing but the narrowest
    ProtocolSetup setup = SetupOf(3, kSize, 3);
    setup.narrow_size = kSize - 700;
    setup.narrow_bits = bits;
    base::SeededRng rng(bits);
    std::vector<num::RingVector> vectors = RandomVectors(3, kSize, bits);
    Cohort cohort(Kind(), setup, vectors);
    const Status status = cohort.Run();
    ASSERT_TRUE(status.ok()) << status.ToString();
    num::RingVector expected = SumOf(vectors, {1, 2, 3});
    for (size_t i = 0; i < setup.narrow_size; ++i) {
      const uint32_t spare = 64 - bits;
      expected.words[i] =
          static_cast<uint64_t>(static_cast<int64_t>(expected.words[i] << spare) >> spare);
    }
    EXPECT_TRUE(cohort.TakeSum() == expected) << bits;
  }
}

TEST_F(ThresholdHeTest, AValueOf32BitsTakesAboutFiveBytes) {
  constexpr size_t kSize = 409'600;  // ten polynomials
  ProtocolSetup setup = SetupOf(2, kSize, 2);
  setup.narrow_size = kSize;
  const std::vector<num::RingVector> vectors = RandomVectors(2, kSize, 3);
  Cohort cohort(Kind(), setup, vectors);
  const Message message = cohort.Answer(1)->front();
  EXPECT_EQ(message.bulk_size(), Kind().bulk_size(setup));
  const size_t size = EncodedSize(message);
  RecordProperty("bytes", static_cast<int>(size));
  EXPECT_LT(size, kSize * 5 * 1.001 + kSealedKeySize + 100);

  setup.contributors_max = kContributorsMax;  // 44 bits a slot
  EXPECT_EQ(Kind().bulk_size(setup), 1 + 25'600 * 13);
  setup.narrow_size = 0;  // two limbs an entry
  EXPECT_EQ(Kind().bulk_size(setup), 1 + 25'600 * 25);
  setup.narrow_bits = 33;
  EXPECT_EQ(Kind().bulk_size(setup), 0U);
}

// -- setups

TEST_F(ThresholdHeTest, SetupsAndKeysThatDoNotFitAreRefused) {
  const auto code = [](const ProtocolSetup& setup) {
    return std::string(MakeAggregator(setup).status().code());
  };
  ProtocolSetup setup = SetupOf(3);
  EXPECT_TRUE(MakeAggregator(setup).ok());
  setup.committee = nullptr;
  EXPECT_EQ(code(setup), "PROTO-SETUP");
  setup = SetupOf(1);
  EXPECT_EQ(code(setup), "PROTO-SETUP");
  setup = SetupOf(3);
  setup.narrow_bits = 0;
  EXPECT_EQ(code(setup), "PROTO-SETUP");
  setup = SetupOf(3);
  setup.narrow_size = 6;
  EXPECT_EQ(code(setup), "PROTO-SETUP");
  setup = SetupOf(3);
  setup.cohort.pop_back();
  EXPECT_EQ(code(setup), "PROTO-SETUP");
  setup = SetupOf(3);
  setup.cohort[0].name.assign(kNameMax + 1, 'x');
  EXPECT_EQ(code(setup), "PROTO-SETUP");
  setup = SetupOf(3);
  setup.contributors_max = kContributorsMax + 1;
  EXPECT_EQ(code(setup), "PROTO-SETUP");

  setup = SetupOf(3);
  const auto decryptor = [&](PartyId place, ByteView key) {
    return std::string(MakeDecryptor(setup, {.place = place}, key).status().code());
  };
  const auto& keys = ThreeDecryptors().keys;
  EXPECT_EQ(decryptor(PlaceOf(0), keys[0].view()), "");
  EXPECT_EQ(decryptor(PlaceOf(1), keys[0].view()), "PROTO-STATE") << "another's key";
  EXPECT_EQ(decryptor(PlaceOf(3), keys[0].view()), "PROTO-SENDER");
  EXPECT_EQ(decryptor({1}, keys[0].view()), "PROTO-SENDER");
  for (size_t size = 0; size < keys[0].view().size(); ++size) {
    EXPECT_EQ(decryptor(PlaceOf(0), keys[0].view().first(size)), "PROTO-STATE") << size;
  }
}

TEST_F(ThresholdHeTest, ADecryptorIsNeitherContributorNorAggregator) {
  Cohort cohort = Fresh();
  Party& decryptor = cohort.decryptor(0);
  EXPECT_EQ(decryptor.Contribute(vectors_[0]).code(), "PROTO-PHASE");
  EXPECT_EQ(decryptor.Start().status().code(), "PROTO-PHASE");
  EXPECT_EQ(decryptor.Ask({1}).status().code(), "PROTO-PHASE");
  EXPECT_EQ(decryptor.Proceed({}).code(), "PROTO-PHASE");
  EXPECT_FALSE(decryptor.IsEnough());
  EXPECT_EQ(decryptor.phase(), PartyPhase::kWaiting);
  EXPECT_EQ(std::move(decryptor).TakeResult().status().code(), "PROTO-PHASE");
}

// What a decryptor or an aggregator has saved is taken whole or not at all.
TEST_F(ThresholdHeTest, SavedBytesThatAreCutAreRefused) {
  Cohort cohort = AtRecovery();
  TakeAnswers(cohort, {0});
  const Bytes decryptor = SavedBytes(cohort.decryptor(0));
  for (size_t size = 0; size < decryptor.size(); ++size) {
    EXPECT_EQ(RestoreDecryptor(cohort.setup_for_all(), Cohort::DecryptorSelf(0),
                               ByteView(decryptor).first(size))
                  .status()
                  .code(),
              "PROTO-STATE")
        << size;
  }
  const Bytes aggregator = SavedBytes(cohort.aggregator());
  EXPECT_TRUE(RestoreAggregator(cohort.setup(), aggregator).ok());
  for (size_t size = 0; size < aggregator.size(); size += aggregator.size() / 300) {
    EXPECT_EQ(RestoreAggregator(cohort.setup(), ByteView(aggregator).first(size)).status().code(),
              "PROTO-STATE")
        << size;
  }
  ProtocolSetup other = cohort.setup();
  other.context[0] ^= 1;
  EXPECT_EQ(RestoreAggregator(other, aggregator).status().code(), "PROTO-STATE");
  Bytes changed = aggregator;
  changed[2] = kOpen;  // with shares that only kRecover has
  EXPECT_EQ(RestoreAggregator(cohort.setup(), changed).status().code(), "PROTO-STATE");
}

}  // namespace
}  // namespace florin::protocol::threshold_he
