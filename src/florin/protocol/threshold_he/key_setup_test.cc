// The key setup of an epoch: what decryptors say to each other, and each lie by its code.
#include "florin/protocol/threshold_he/key_setup.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "florin/crypto/transcript.h"
#include "florin/protocol/threshold_he/committee_testing.h"
#include "florin/protocol/threshold_he/words.h"

namespace florin::protocol::threshold_he {
namespace {

constexpr size_t kMembers = 3;

template <typename Made>
std::string CodeOf(const Result<Made>& made) {
  return made.ok() ? "" : std::string(made.status().code());
}

// All members, and what they have said so far.
struct Ceremony {
  explicit Ceremony(uint64_t seed = 1) {
    base::SeededRng rng(seed);
    for (size_t i = 0; i < kMembers; ++i) {
      setups.push_back(
          KeySetup::Make(MembersOf(kMembers, 2), i, DecryptorIdentity(i), rng).value());
      pledges.push_back(setups.back().Pledge().value());
    }
  }
  void RevealAll() {
    for (KeySetup& one : setups) reveals.push_back(one.Reveal(pledges).value());
  }
  void ConfirmAll() {
    for (KeySetup& one : setups) confirmations.push_back(one.Confirm(reveals).value());
  }

  std::vector<KeySetup> setups;
  std::vector<Bytes> pledges;
  std::vector<Bytes> reveals;
  std::vector<Bytes> confirmations;
};

// Signed by a member as its own word, docs/spec/protocols.md, section 6.
Bytes SignedBy(size_t member, Bytes word) {
  word.resize(word.size() - sizeof(Signature));
  const Digest digest = crypto::Transcript("florin/threshold_he/word/1")
                            .Add("members", ByteView(DigestOf(MembersOf(kMembers, 2), false)))
                            .Add("member", member)
                            .Add("word", ByteView(word))
                            .Digest();
  const Signature signature = crypto::SignEd25519(DecryptorIdentity(member), digest);
  word.insert(word.end(), signature.begin(), signature.end());
  return word;
}

TEST(KeySetup, GivesACommitteeThatAllHaveSigned) {
  Ceremony ceremony;
  ceremony.RevealAll();
  ceremony.ConfirmAll();
  const auto committee = Assemble(MembersOf(kMembers, 2), ceremony.reveals, ceremony.confirmations);
  ASSERT_TRUE(committee.ok()) << committee.status().ToString();
  EXPECT_TRUE(CheckCommittee(*committee).ok());
  const Bytes bytes = Write(*committee);
  const auto read = ReadCommittee(bytes);
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(Write(*read), bytes);
  EXPECT_EQ(DigestOf(*read), DigestOf(*committee));
  for (size_t size = 0; size < bytes.size(); size += 97) {
    EXPECT_EQ(CodeOf(ReadCommittee(ByteView(bytes).first(size))), "PROTO-COMMITTEE");
  }
}

TEST(KeySetup, CommitteesThatDoNotFitAreRefused) {
  const auto code = [](const std::function<void(Committee&)>& change) {
    Committee committee = *ThreeDecryptors().committee;
    change(committee);
    return std::string(CheckCommittee(committee).code());
  };
  EXPECT_TRUE(CheckCommittee(*ThreeDecryptors().committee).ok());
  const std::string refused = "PROTO-COMMITTEE";
  EXPECT_EQ(code([](Committee& one) { one.members[1].signature[9] ^= 1; }), refused);
  EXPECT_EQ(code([](Committee& one) { one.members[2].name = "decryptor-9"; }), refused);
  EXPECT_EQ(code([](Committee& one) { one.epoch[0] ^= 1; }), refused);
  EXPECT_EQ(code([](Committee& one) { one.threshold = 3; }), refused);
  EXPECT_EQ(code([](Committee& one) { one.members[0].share[60] ^= 1; }), refused);
  EXPECT_EQ(code([](Committee& one) { one.members[0].share.pop_back(); }), refused);
  EXPECT_EQ(code([](Committee& one) { one.members.pop_back(); }), refused);
  EXPECT_EQ(code([](Committee& one) { one.members[1] = one.members[0]; }), refused);

  // Signed by all, but for a key share that is there twice.
  const auto sign = [](Committee& one) {
    const Digest digest = DigestOf(one);
    for (size_t i = 0; i < one.members.size(); ++i) {
      one.members[i].signature = crypto::SignEd25519(DecryptorIdentity(i), digest);
    }
  };
  EXPECT_EQ(code(sign), "");
  EXPECT_EQ(code([&](Committee& one) {
              one.members[2].share = one.members[0].share;
              sign(one);
            }),
            refused);

  EXPECT_TRUE(CheckMembers(MembersOf(2, 2)).ok());
  EXPECT_TRUE(CheckMembers(MembersOf(10, 6)).ok());
  EXPECT_EQ(CheckMembers(MembersOf(1, 1)).code(), refused);
  EXPECT_EQ(CheckMembers(MembersOf(11, 6)).code(), refused);
  EXPECT_EQ(CheckMembers(MembersOf(4, 2)).code(), refused) << "not more than half";
  EXPECT_EQ(CheckMembers(MembersOf(4, 5)).code(), refused);
  EXPECT_EQ(CheckMembers(MembersOf(4, 0)).code(), refused);
  base::SeededRng rng(2);
  EXPECT_EQ(CodeOf(KeySetup::Make(MembersOf(3, 2), 1, DecryptorIdentity(0), rng)), refused);
  EXPECT_EQ(CodeOf(KeySetup::Make(MembersOf(3, 2), 3, DecryptorIdentity(0), rng)), refused);
}

// Who shows its key share last cannot choose it by the others': it was pledged before.
TEST(KeySetup, AKeyShareThatWasNotPledgedIsRefused) {
  Ceremony ceremony;
  ceremony.RevealAll();
  Ceremony other(2);
  other.RevealAll();
  Bytes rogue = ceremony.reveals[2];
  std::copy_n(other.reveals[2].begin() + 1, kKeyShareSize, rogue.begin() + 1);
  ceremony.reveals[2] = SignedBy(2, rogue);
  EXPECT_EQ(CodeOf(ceremony.setups[0].Confirm(ceremony.reveals)), "PROTO-COMMITTEE");
  EXPECT_EQ(CodeOf(std::move(ceremony.setups[0]).TakeSecret()), "PROTO-PHASE") << "no key";
}

// Told different pledges, decryptors do not sign the same committee, or none.
TEST(KeySetup, SplitViewsGiveNoCommittee) {
  Ceremony ceremony;
  Ceremony other(2);
  std::vector<Bytes> told = ceremony.pledges;
  told[2] = other.pledges[2];
  ceremony.reveals.push_back(ceremony.setups[0].Reveal(told).value());
  ceremony.reveals.push_back(ceremony.setups[1].Reveal(ceremony.pledges).value());
  ceremony.reveals.push_back(ceremony.setups[2].Reveal(ceremony.pledges).value());
  EXPECT_EQ(CodeOf(ceremony.setups[0].Confirm(ceremony.reveals)), "PROTO-COMMITTEE");
}

TEST(KeySetup, WordsMustBeSignedForThisEpochAndMember) {
  for (const size_t at : {size_t{5}, size_t{40}, size_t{100}}) {
    Ceremony ceremony;
    ceremony.pledges[1][at] ^= 1;
    EXPECT_EQ(CodeOf(ceremony.setups[0].Reveal(ceremony.pledges)), "PROTO-SIGNATURE") << at;
  }
  Ceremony swapped;
  std::swap(swapped.pledges[1], swapped.pledges[2]);
  EXPECT_EQ(CodeOf(swapped.setups[0].Reveal(swapped.pledges)), "PROTO-SIGNATURE");
  Ceremony revealed;
  revealed.RevealAll();
  for (const size_t at : {size_t{5}, kKeyShareSize + 20}) {
    std::vector<Bytes> reveals = revealed.reveals;
    reveals[1][at] ^= 1;
    EXPECT_EQ(CodeOf(revealed.setups[0].Confirm(reveals)), "PROTO-SIGNATURE") << at;
  }
  EXPECT_EQ(CodeOf(revealed.setups[0].Confirm(revealed.reveals)), "") << "refusals change nothing";
}

TEST(KeySetup, ABoxThatDoesNotOpenIsNoticedBeforeTheKeyIsUsed) {
  Ceremony ceremony;
  ceremony.RevealAll();
  Bytes changed = ceremony.reveals[1];
  changed[1 + kKeyShareSize + 50] ^= 1;  // in the box for decryptor 0
  ceremony.reveals[1] = SignedBy(1, changed);
  EXPECT_EQ(CodeOf(ceremony.setups[0].Confirm(ceremony.reveals)), "PROTO-COMMITTEE");
}

TEST(KeySetup, AKeyOfSmallOrderIsRefused) {
  Ceremony ceremony;
  Bytes changed = ceremony.pledges[1];
  std::fill_n(changed.begin() + 1, 32, uint8_t{0});
  ceremony.pledges[1] = SignedBy(1, changed);
  EXPECT_EQ(CodeOf(ceremony.setups[0].Reveal(ceremony.pledges)), "PROTO-KEY");
}

TEST(KeySetup, TurnsAreTakenOnceWithTheWordsOfAll) {
  Ceremony ceremony;
  KeySetup& one = ceremony.setups[0];
  EXPECT_EQ(CodeOf(one.Pledge()), "PROTO-PHASE");
  EXPECT_EQ(CodeOf(one.Confirm(ceremony.pledges)), "PROTO-PHASE");
  EXPECT_EQ(CodeOf(one.Reveal(Span<const Bytes>(ceremony.pledges).first(2))), "PROTO-MESSAGE");
  std::vector<Bytes> longer = ceremony.pledges;
  longer[2].push_back(0);
  EXPECT_EQ(CodeOf(one.Reveal(longer)), "PROTO-MESSAGE");
  ceremony.RevealAll();
  EXPECT_EQ(CodeOf(one.Reveal(ceremony.pledges)), "PROTO-PHASE");
  std::vector<Bytes> cut = ceremony.reveals;
  cut[1].pop_back();
  EXPECT_EQ(CodeOf(one.Confirm(cut)), "PROTO-MESSAGE");
  ceremony.ConfirmAll();
  EXPECT_EQ(CodeOf(one.Confirm(ceremony.reveals)), "PROTO-PHASE");
  std::vector<Bytes> short_word = ceremony.confirmations;
  short_word[1].pop_back();
  EXPECT_EQ(CodeOf(Assemble(MembersOf(kMembers, 2), ceremony.reveals, short_word)),
            "PROTO-MESSAGE");
  std::swap(ceremony.confirmations[0], ceremony.confirmations[1]);
  EXPECT_EQ(CodeOf(Assemble(MembersOf(kMembers, 2), ceremony.reveals, ceremony.confirmations)),
            "PROTO-COMMITTEE");
}

}  // namespace
}  // namespace florin::protocol::threshold_he
