// A decryptor opens only what it added up itself, once, and gives shares of one set of keys: each
// refusal by its code.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "florin/protocol/threshold_he/round_testing.h"
#include "florin/protocol/threshold_he/threshold_he.h"
#include "florin/protocol/threshold_he/words.h"

namespace florin::protocol::threshold_he {
namespace {

using DecryptorTest = ThresholdHeTest;

// -- what a decryptor refuses to open

TEST_F(DecryptorTest, ADecryptorOpensNoSumOfFewerThanItsMinimum) {
  Cohort cohort = AtOpening();
  for (const size_t count : {size_t{0}, size_t{1}, size_t{2}}) {
    ExpectRefused(cohort,
                  Changed(QuestionTo(cohort, 0),
                          [&](OpenAsked& asked, std::vector<uint64_t>& keys) {
                            asked.counted.resize(count);
                            keys.resize(count * kSealedKeyWords);
                          }),
                  "PROTO-QUORUM");
  }
}

TEST_F(DecryptorTest, ADecryptorOpensOneSumOfARound) {
  Cohort cohort = AtOpening();
  const Message question = QuestionTo(cohort, 0);
  const Message answer = cohort.DecryptorAnswer(0)->front();
  ExpectRefused(cohort,
                Changed(question,
                        [](OpenAsked& asked, std::vector<uint64_t>& keys) {
                          asked.counted.pop_back();
                          keys.resize(4 * kSealedKeyWords);
                        }),
                "PROTO-OPENED");
  EXPECT_EQ(cohort.decryptor(0).Receive(Message(question))->front(), answer) << "the same sum";
  Message other = question;
  other.bulk.words[40] ^= 1;
  ExpectRefused(cohort, std::move(other), "PROTO-SIGNATURE");
}

TEST_F(DecryptorTest, ADecryptorOpensOnlyWhatIsSignedForThisRound) {
  Cohort cohort = AtOpening();
  const auto refused = [&](const Change& change) {
    ExpectRefused(cohort, Changed(QuestionTo(cohort, 0), change), "PROTO-SIGNATURE");
  };
  refused([](OpenAsked& asked, auto&) { asked.counted[1].signature[7] ^= 1; });
  refused([](OpenAsked& asked, auto&) { asked.counted[1].vector[0] ^= 1; });
  refused([](OpenAsked& asked, auto&) { asked.counted[4].who.place = {9}; });
  refused([](OpenAsked& asked, auto&) { asked.counted[2].who.identity[3] ^= 1; });
  refused([](OpenAsked& asked, auto&) { asked.context[5] ^= 1; });
  refused([](auto&, std::vector<uint64_t>& keys) { keys[3 * kSealedKeyWords + 99] ^= 1; });
  refused([](auto&, std::vector<uint64_t>& keys) {  // somebody's key instead of another's
    std::copy_n(keys.begin(), kSealedKeyWords, keys.begin() + kSealedKeyWords);
  });
}

TEST_F(DecryptorTest, ADecryptorCountsNobodyTwice) {
  Cohort cohort = AtOpening();
  const auto twice = [](OpenAsked& asked, std::vector<uint64_t>& keys) {
    asked.counted[1] = asked.counted[0];
    std::copy_n(keys.begin(), kSealedKeyWords, keys.begin() + kSealedKeyWords);
  };
  ExpectRefused(cohort, Changed(QuestionTo(cohort, 0), twice), "PROTO-MESSAGE");
  ExpectRefused(cohort,
                Changed(QuestionTo(cohort, 0),
                        [&](OpenAsked& asked, auto& keys) {
                          twice(asked, keys);
                          asked.counted[1].who.place = {2};
                        }),
                "PROTO-PEERS");
  ExpectRefused(cohort,
                Changed(QuestionTo(cohort, 0),
                        [&](OpenAsked& asked, auto&) {
                          asked.counted[3].who.name = asked.counted[2].who.name;
                        }),
                "PROTO-PEERS");
  // Under two names, and rightly signed for each place.
  ExpectRefused(
      cohort,
      Changed(
          QuestionTo(cohort, 0),
          [&](OpenAsked& asked, std::vector<uint64_t>& keys) {
            Counted& two = asked.counted[1];
            const Digest key = crypto::HashKt128(
                base::AsBytes(Span<const uint64_t>(keys)).subspan(kSealedKeySize, kSealedKeySize));
            two.who.identity = asked.counted[0].who.identity;
            two.signature = crypto::SignEd25519(
                IdentityOf(1),
                ContributionDigest(asked.context, {2}, DigestOf(*cohort.setup().committee),
                                   two.vector, key));
          }),
      "PROTO-PEERS");
}

TEST_F(DecryptorTest, ADecryptorWantsAllSealedKeysAndNoMore) {
  Cohort cohort = AtOpening();
  for (const size_t words : {size_t{0}, 5 * kSealedKeyWords - 1, 6 * kSealedKeyWords}) {
    Message question = QuestionTo(cohort, 0);
    question.bulk.words.resize(words);
    ExpectRefused(cohort, std::move(question), "PROTO-LENGTH");
  }
  Message longer = QuestionTo(cohort, 0);
  longer.header.push_back(0);
  ExpectRefused(cohort, std::move(longer), "PROTO-MESSAGE");
  Message cut = QuestionTo(cohort, 0);
  cut.header.pop_back();
  ExpectRefused(cohort, std::move(cut), "PROTO-MESSAGE");
  Message empty = QuestionTo(cohort, 0);
  empty.header.clear();
  ExpectRefused(cohort, std::move(empty), "PROTO-MESSAGE");
  Message misled = QuestionTo(cohort, 0);
  misled.to = PlaceOf(1);
  ExpectRefused(cohort, std::move(misled), "PROTO-SENDER");
}

// A colluding aggregator counts what it would have to reject: the decryptor looks itself.
TEST_F(DecryptorTest, ADecryptorChecksCiphertextsItself) {
  Cohort cohort = AtOpening();
  Cohort fresh = Fresh();
  const Message first = fresh.Answer(1)->front();
  const Message second = fresh.Answer(2)->front();
  const auto with = [&](const Bytes& key) {
    return Changed(QuestionTo(cohort, 0), [&](OpenAsked& asked, std::vector<uint64_t>& keys) {
      for (const Message* message : {&first, &second}) {
        const size_t i = message->from.index - 1;
        const Bytes own = message == &second ? key : KeyOf(first);
        const Message anew = SignedAnew(cohort, *message, own);
        asked.counted[i].signature = ReadContribution(anew.header)->signature;
        asked.counted[i].vector =
            crypto::HashKt128(base::AsBytes(Span<const uint64_t>(message->bulk.words)));
        std::ranges::copy(own, reinterpret_cast<uint8_t*>(&keys[i * kSealedKeyWords]));
      }
    });
  };
  EXPECT_EQ(CodeOf(cohort.Clone().decryptor(0), with(KeyOf(second))), "") << "other honest ones";
  ExpectRefused(cohort, with(KeyOf(first)), "PROTO-KEY");
  Bytes high = KeyOf(second);
  std::fill_n(high.begin() + 100, 30, uint8_t{0xff});
  ExpectRefused(cohort, with(high), "PROTO-CIPHERTEXT");
  Bytes head = KeyOf(second);
  head[0] ^= 1;
  ExpectRefused(cohort, with(head), "PROTO-CIPHERTEXT");
}

TEST_F(DecryptorTest, TheOwnerDecidesWhoMayOpenAndWhoMayContribute) {
  Cohort cohort = AtOpening();
  std::vector<std::string> seen;
  const auto refuse = [&](const std::vector<Participant>& all) {
    for (const Participant& one : all) seen.push_back(one.name);
    return Status(::florin::Kind::kRefused, "POLICY-PEER", "not known here.");
  };
  Self self = Cohort::DecryptorSelf(1);
  self.accept = refuse;
  auto decryptor =
      MakeDecryptor(cohort.setup_for_all(), std::move(self), ThreeDecryptors().keys[1].view());
  ASSERT_TRUE(decryptor.ok());
  EXPECT_EQ(CodeOf(**decryptor, QuestionTo(cohort, 1)), "POLICY-PEER");
  EXPECT_EQ(seen, (std::vector<std::string>{"site-1", "site-2", "site-3", "site-4", "site-5"}));

  seen.clear();
  base::SeededRng rng(5);
  auto contributor = MakeContributor(
      cohort.setup_for_all(), {.place = {1}, .identity = IdentityOf(1), .accept = refuse}, rng);
  ASSERT_TRUE(contributor.ok() && (*contributor)->Contribute(vectors_[0]).ok());
  EXPECT_EQ((*contributor)->Start().status().code(), "POLICY-PEER");
  EXPECT_EQ(seen, (std::vector<std::string>{"decryptor-1", "decryptor-2", "decryptor-3"}));
}

// -- shares of those who are missing

TEST_F(DecryptorTest, SharesAreGivenForOneSetOfMissingOnesAndTheEpochEnds) {
  Cohort cohort = AtRecovery();
  const auto asking = [&](std::vector<uint8_t> missing) {
    Message question = QuestionTo(cohort, 0);
    question.header = Write(RecoverAsked{cohort.setup().context, std::move(missing)});
    return question;
  };
  ExpectRefused(cohort, asking({0}), "PROTO-PEERS");     // itself
  ExpectRefused(cohort, asking({1, 2}), "PROTO-PEERS");  // more than may be missing
  ExpectRefused(cohort, asking({3}), "PROTO-PEERS");     // nobody
  ExpectRefused(cohort, asking({}), "PROTO-MESSAGE");
  Message elsewhere = asking({2});
  elsewhere.header[5] ^= 1;
  ExpectRefused(cohort, std::move(elsewhere), "PROTO-PHASE");
  Message bulky = asking({2});
  bulky.bulk.words.resize(1);
  ExpectRefused(cohort, std::move(bulky), "PROTO-LENGTH");
  Cohort unopened = AtOpening();
  EXPECT_EQ(CodeOf(unopened.decryptor(0), asking({2})), "PROTO-PHASE") << "before the opening";

  const Message answer = cohort.DecryptorAnswer(0)->front();
  EXPECT_EQ(cohort.DecryptorAnswer(0)->front(), answer);
  EXPECT_EQ(cohort.decryptor(0).phase(), PartyPhase::kDone);
  ExpectRefused(cohort, asking({1}), "PROTO-RETIRED");
  cohort.RestartDecryptor(0);
  ExpectRefused(cohort, asking({1}), "PROTO-RETIRED");
}

// Decryptors of one epoch open round after round, until a key was rebuilt.
TEST_F(DecryptorTest, AnEpochHasManyRoundsUntilItEnds) {
  Cohort first = AtRecovery();
  ProtocolSetup setup = SetupOf(kCount, 4, 3);
  setup.context[0] ^= 1;
  Cohort second(Kind(), setup, vectors_);
  second.Take(second.Everyone());
  ASSERT_TRUE(second.CloseStep(second.Everyone()).ok());
  const Message question = QuestionTo(second, 0);
  Cohort before = first.Clone();
  EXPECT_EQ(CodeOf(before.decryptor(0), question), "");
  before.RestartDecryptor(0);
  TakeAnswers(before, {0, 1});
  EXPECT_TRUE(before.Open({{}}).ok());
  EXPECT_EQ(before.TakeSum(), SumOf(vectors_, {1, 2, 3, 4, 5}));

  TakeAnswers(first, {0});
  EXPECT_EQ(CodeOf(first.decryptor(0), question), "PROTO-RETIRED");
  first.RestartDecryptor(0);
  EXPECT_EQ(CodeOf(first.decryptor(0), question), "PROTO-RETIRED");
}

TEST_F(DecryptorTest, AKeyOpensSoManySumsAndNoMore) {
  Cohort cohort = AtOpening();
  base::Writer saved;
  saved.U8(1).Blob(ThreeDecryptors().keys[0].view()).Varint(kOpeningsMax);
  for (uint32_t i = 0; i < kOpeningsMax; ++i) {
    Digest context{};
    context[0] = static_cast<uint8_t>(i >> 8);
    context[1] = static_cast<uint8_t>(i);
    saved.Fixed(context).Fixed(Digest{});
  }
  saved.Bool(false);
  auto full = RestoreDecryptor(cohort.setup_for_all(), Cohort::DecryptorSelf(0), saved.view());
  ASSERT_TRUE(full.ok()) << full.status().ToString();
  EXPECT_EQ(SavedBytes(**full), Bytes(saved.view().begin(), saved.view().end()));
  EXPECT_EQ(CodeOf(**full, QuestionTo(cohort, 0)), "PROTO-RETIRED");
}

TEST_F(DecryptorTest, WhoGivesBackAnotherShareIsNamed) {
  const TestCommittee committee = MakeCommittee(5, 3);
  Cohort cohort = AtOpening(committee);
  TakeAnswers(cohort, {0, 1, 2, 3});
  ASSERT_TRUE(cohort.aggregator().Proceed({}).ok());
  for (const size_t member : {0U, 1U, 2U, 3U}) {
    const Message question = QuestionTo(cohort, member);
    Message answer = cohort.DecryptorAnswer(member)->front();
    if (member == 1) {
      Recovered word = ReadRecovered(answer.header).value();
      word.shares[0][3] ^= 1;
      answer.header = Write(word);
      ExpectRejected(cohort, answer, "PROTO-SIGNATURE");
      word.signature = crypto::SignEd25519(
          DecryptorIdentity(member),
          AnswerDigest(DigestOf(*committee.committee), PlaceOf(member), question.header,
                       ByteView(answer.header).subspan(kAnswerAt)));
      answer.header = Write(word);
    }
    ASSERT_TRUE(cohort.aggregator().Receive(std::move(answer)).ok());
  }
  ASSERT_TRUE(cohort.aggregator().Proceed({}).ok());
  const auto blamed = cohort.aggregator().Blamed();
  ASSERT_EQ(blamed.size(), 1U);
  EXPECT_EQ(blamed[0].place, PlaceOf(1));
  EXPECT_NE(blamed[0].reason.find("PROTO-SHARE"), std::string::npos);
  EXPECT_EQ(cohort.TakeSum(), SumOf(vectors_, cohort.Everyone()));
}

}  // namespace
}  // namespace florin::protocol::threshold_he
