// Rounds of five contributors and their decryptors, for tests: the same round at its several
// points, and what may be changed in what is said.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "florin/protocol/cohort_testing.h"
#include "florin/protocol/threshold_he/threshold_he.h"
#include "florin/protocol/threshold_he/words.h"

namespace florin::protocol::threshold_he {

using Members = std::vector<size_t>;

class ThresholdHeTest : public testing::Test {
 protected:
  static constexpr uint32_t kCount = 5;

  Cohort Fresh(const TestCommittee& committee = ThreeDecryptors()) {
    return Cohort(Kind(), SetupOf(kCount, 4, 3), vectors_, committee);
  }
  // All have contributed, and the decryptors are asked.
  Cohort AtOpening(const TestCommittee& committee = ThreeDecryptors()) {
    Cohort cohort = Fresh(committee);
    cohort.Take(cohort.Everyone());
    EXPECT_TRUE(cohort.CloseStep(cohort.Everyone()).ok());
    return cohort;
  }
  // Decryptor 2 is missing, and the others are asked for their shares.
  Cohort AtRecovery() {
    Cohort cohort = AtOpening();
    TakeAnswers(cohort, {0, 1});
    EXPECT_TRUE(cohort.aggregator().Proceed({PlaceOf(2)}).ok());
    return cohort;
  }
  static void TakeAnswers(Cohort& cohort, const Members& members) {
    for (const size_t member : members) {
      auto answer = cohort.DecryptorAnswer(member);
      ASSERT_TRUE(answer.ok()) << answer.status().ToString();
      const auto taken = cohort.aggregator().Receive(std::move(answer->front()));
      ASSERT_TRUE(taken.ok()) << taken.status().ToString();
    }
  }
  static Message QuestionTo(const Cohort& cohort, size_t member) {
    return const_cast<Cohort&>(cohort).aggregator().Ask(PlaceOf(member)).value();
  }
  static std::string CodeOf(Party& party, Message message) {
    const auto answer = party.Receive(std::move(message));
    return answer.ok() ? "" : std::string(answer.status().code());
  }
  // Decryptor 0 refuses the question, is as it was, and answers the honest one.
  static void ExpectRefused(Cohort& cohort, Message question, std::string_view code) {
    const Bytes before = SavedBytes(cohort.decryptor(0));
    EXPECT_EQ(CodeOf(cohort.decryptor(0), std::move(question)), code);
    EXPECT_EQ(SavedBytes(cohort.decryptor(0)), before);
    Cohort honest = cohort.Clone();
    EXPECT_TRUE(honest.DecryptorAnswer(0).ok());
  }
  // The aggregator rejects the message, and is as it was.
  static void ExpectRejected(Cohort& cohort, Message message, std::string_view code) {
    const Bytes before = SavedBytes(cohort.aggregator());
    EXPECT_EQ(CodeOf(cohort.aggregator(), std::move(message)), code);
    EXPECT_EQ(SavedBytes(cohort.aggregator()), before);
  }
  // The question with the list and the keys changed.
  using Change = std::function<void(OpenAsked&, std::vector<uint64_t>&)>;
  static Message Changed(Message question, const Change& change) {
    OpenAsked asked = ReadOpenAsked(question.header).value();
    change(asked, question.bulk.words);
    question.header = Write(asked);
    return question;
  }
  // A message whose contributor signed it as it is now.
  static Message SignedAnew(const Cohort& cohort, Message message, Bytes key) {
    Contribution word;
    word.key = std::move(key);
    const Digest vector =
        crypto::HashKt128(base::AsBytes(Span<const uint64_t>(message.bulk.words)));
    word.signature = crypto::SignEd25519(IdentityOf(message.from.index),
                                         ContributionDigest(cohort.setup().context, message.from,
                                                            DigestOf(*cohort.setup().committee),
                                                            vector, crypto::HashKt128(word.key)));
    message.header = Write(word);
    return message;
  }
  static Bytes KeyOf(const Message& message) {
    return ReadContribution(message.header).value().key;
  }

  std::vector<num::RingVector> vectors_ = RandomVectors(kCount, 4, 1);
};

}  // namespace florin::protocol::threshold_he
