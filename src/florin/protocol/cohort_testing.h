// A cohort in one place, for tests: the parties of a round, step by step, any of which may stop
// answering, die and come back from what it saved, or be lied to.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "florin/base/rng.h"
#include "florin/crypto/ed25519.h"
#include "florin/protocol/party.h"
#include "florin/protocol/threshold_he/committee_testing.h"

namespace florin::protocol {

using Places = std::vector<uint32_t>;

inline std::vector<num::RingVector> RandomVectors(size_t count, size_t size, uint64_t seed) {
  base::SeededRng rng(seed);
  std::vector<num::RingVector> vectors(count);
  for (num::RingVector& vector : vectors) {
    vector.words.resize(size);
    rng.Fill(vector.words);
  }
  return vectors;
}

inline crypto::Ed25519Seed IdentityOf(uint32_t place) {
  crypto::Ed25519Seed seed{};
  base::SeededRng rng(place, 7);
  for (uint8_t& byte : seed) byte = static_cast<uint8_t>(rng.Next());
  return seed;
}

inline ProtocolSetup SetupOf(uint32_t count, size_t size = 5, uint32_t minimum = 1) {
  ProtocolSetup setup;
  setup.vector_size = size;
  setup.contributors_max = count;
  setup.contributors_min = minimum;
  setup.context.fill(0x5a);
  setup.committee = threshold_he::ThreeDecryptors().committee;
  for (uint32_t place = 1; place <= count; ++place) {
    setup.cohort.push_back({.place = {place},
                            .name = "site-" + std::to_string(place),
                            .identity = crypto::PublicKeyOf(IdentityOf(place))});
  }
  return setup;
}

// The sum of the vectors at these places.
inline num::RingVector SumOf(const std::vector<num::RingVector>& vectors, const Places& places) {
  num::RingVector sum{std::vector<uint64_t>(vectors.front().size(), 0)};
  for (const uint32_t place : places) num::RingAdd(sum.words, vectors[place - 1].words);
  return sum;
}

class Cohort {
 public:
  // The cohort's setup is not what its contributors get: they are told who takes part.
  Cohort(const ProtocolKind& kind, const ProtocolSetup& setup,
         const std::vector<num::RingVector>& vectors,
         const threshold_he::TestCommittee& committee = threshold_he::ThreeDecryptors())
      : kind_(&kind), setup_(setup), vectors_(&vectors) {
    setup_.committee = committee.committee;
    aggregator_ = Checked(kind.make_aggregator(setup_));
    setup_for_all_ = setup_;
    setup_for_all_.cohort.clear();
    base::SeededRng rng(setup.contributors_max, 3);
    for (uint32_t place = 1; place <= setup.contributors_max; ++place) {
      contributors_.push_back(Checked(kind.make_contributor(setup_for_all_, SelfOf(place), rng)));
    }
    if (kind.make_decryptor != nullptr) {
      for (size_t i = 0; i < committee.keys.size(); ++i) {
        decryptors_.push_back(Checked(
            kind.make_decryptor(setup_for_all_, DecryptorSelf(i), committee.keys[i].view())));
      }
    }
    EXPECT_TRUE(aggregator_->Start().ok());
  }

  // The same cohort at the same point: every party from what it saves.
  Cohort(const Cohort& other)
      : kind_(other.kind_),
        setup_(other.setup_),
        setup_for_all_(other.setup_for_all_),
        vectors_(other.vectors_),
        step_(other.step_) {
    aggregator_ = Checked(kind_->restore_aggregator(setup_, SavedBytes(*other.aggregator_)));
    for (uint32_t place = 1; place <= other.contributors_.size(); ++place) {
      const Party& party = *other.contributors_[place - 1];
      if (party.phase() == PartyPhase::kFresh) {
        base::SeededRng rng(place, 4);
        contributors_.push_back(
            Checked(kind_->make_contributor(setup_for_all_, SelfOf(place), rng)));
      } else {
        contributors_.push_back(
            Checked(kind_->restore_contributor(setup_for_all_, SelfOf(place), SavedBytes(party))));
      }
    }
    for (size_t i = 0; i < other.decryptors_.size(); ++i) {
      decryptors_.push_back(Checked(kind_->restore_decryptor(setup_for_all_, DecryptorSelf(i),
                                                             SavedBytes(*other.decryptors_[i]))));
    }
  }

  Party& aggregator() { return *aggregator_; }
  Party& contributor(uint32_t place) { return *contributors_[place - 1]; }
  Party& decryptor(size_t member) { return *decryptors_[member]; }
  const ProtocolKind& kind() const { return *kind_; }
  uint32_t step() const { return step_; }
  Places Everyone() const {
    Places places;
    for (uint32_t place = 1; place <= contributors_.size(); ++place) places.push_back(place);
    return places;
  }

  // What a contributor says in the present step.
  Result<Messages> Answer(uint32_t place) {
    if (step_ == 0) return AnswerTo(place, Message{});
    auto asked = aggregator_->Ask({place});
    if (!asked.ok()) return std::move(asked).status();
    return AnswerTo(place, std::move(*asked));
  }
  Result<Messages> AnswerTo(uint32_t place, Message asked) {
    Party& party = contributor(place);
    if (step_ == kind_->contribution_step) {
      Status status = party.Contribute((*vectors_)[place - 1]);
      if (!status.ok()) return status;
    }
    return step_ == 0 ? party.Start() : party.Receive(std::move(asked));
  }

  // Those at `places` answer the present step, in this order.
  void Take(const Places& places) {
    for (const uint32_t place : places) {
      auto answer = Answer(place);
      ASSERT_TRUE(answer.ok()) << place << " in step " << step_ << ": "
                               << answer.status().ToString();
      ASSERT_EQ(answer->size(), 1U);
      auto taken = aggregator_->Receive(std::move(answer->front()));
      ASSERT_TRUE(taken.ok()) << place << " in step " << step_ << ": " << taken.status().ToString();
      ASSERT_TRUE(taken->empty());
    }
  }

  // The present step is over: only those at `places` have answered it. Where decryptors come next,
  // all of them open.
  Status Close(const Places& places) {
    FLORIN_TRY(CloseStep(places));
    if (step_ < kind_->steps || decryptors_.empty()) return {};
    std::vector<size_t> members(decryptors_.size());
    std::iota(members.begin(), members.end(), size_t{0});
    return Open({members});
  }
  Status CloseStep(const Places& places) {
    std::vector<PartyId> dropouts;
    for (const uint32_t place : Everyone()) {
      if (std::find(places.begin(), places.end(), place) == places.end()) {
        dropouts.push_back({place});
      }
    }
    Status status = aggregator_->Proceed(dropouts);
    if (status.ok()) ++step_;
    return status;
  }

  // What a decryptor answers to what it is asked in the present step.
  Result<Messages> DecryptorAnswer(size_t member) {
    auto asked = aggregator_->Ask(threshold_he::PlaceOf(member));
    if (!asked.ok()) return std::move(asked).status();
    return decryptors_[member]->Receive(std::move(*asked));
  }
  // The steps of decryptors, until the aggregator is ready: members[s] answer step s of them, the
  // last entry all after it.
  Status Open(const std::vector<std::vector<size_t>>& members) {
    for (size_t s = 0; aggregator_->phase() == PartyPhase::kWaiting; ++s) {
      for (const size_t member : members[std::min(s, members.size() - 1)]) {
        auto answer = DecryptorAnswer(member);
        if (!answer.ok()) return std::move(answer).status();
        FLORIN_TRY(aggregator_->Receive(std::move(answer->front())).status());
      }
      FLORIN_TRY(aggregator_->Proceed({}));
    }
    return {};
  }

  // All steps; answering[s] (the last one for all after it) answer step s.
  Status Run(const std::vector<Places>& answering) {
    while (step_ < kind_->steps) {
      const Places& places = answering[std::min<size_t>(step_, answering.size() - 1)];
      Take(places);
      if (testing::Test::HasFatalFailure()) return Status(Kind::kFailed, "TEST", "see above");
      FLORIN_TRY(Close(places));
    }
    return {};
  }
  Status Run() { return Run({Everyone()}); }

  num::RingVector TakeSum() {
    auto result = std::move(*aggregator_).TakeResult();
    EXPECT_TRUE(result.ok()) << result.status().ToString();
    return result.ok() ? std::move(result).value() : num::RingVector{};
  }

  // A crash: what was saved is all that is left.
  void RestartAggregator() {
    const Bytes saved = SavedBytes(*aggregator_);
    aggregator_ = Checked(kind_->restore_aggregator(setup_, saved));
    EXPECT_EQ(SavedBytes(*aggregator_), saved);
  }
  void RestartContributor(uint32_t place) {
    const Bytes saved = SavedBytes(contributor(place));
    contributors_[place - 1] =
        Checked(kind_->restore_contributor(setup_for_all_, SelfOf(place), saved));
    EXPECT_EQ(SavedBytes(contributor(place)), saved);
  }

  void RestartDecryptor(size_t member) {
    const Bytes saved = SavedBytes(*decryptors_[member]);
    decryptors_[member] =
        Checked(kind_->restore_decryptor(setup_for_all_, DecryptorSelf(member), saved));
    EXPECT_EQ(SavedBytes(*decryptors_[member]), saved);
  }

  Cohort Clone() const { return *this; }

  Self SelfOf(uint32_t place) const {
    return {.place = {place}, .identity = IdentityOf(place), .accept = {}};
  }
  static Self DecryptorSelf(size_t member) {
    return {.place = threshold_he::PlaceOf(member),
            .identity = threshold_he::DecryptorIdentity(member),
            .accept = {}};
  }
  const ProtocolSetup& setup() const { return setup_; }
  const ProtocolSetup& setup_for_all() const { return setup_for_all_; }

 private:
  static std::unique_ptr<Party> Checked(Result<std::unique_ptr<Party>> party) {
    EXPECT_TRUE(party.ok()) << party.status().ToString();
    return party.ok() ? std::move(*party) : nullptr;
  }

  const ProtocolKind* kind_;
  ProtocolSetup setup_;
  ProtocolSetup setup_for_all_;
  const std::vector<num::RingVector>* vectors_;
  uint32_t step_ = 0;
  std::unique_ptr<Party> aggregator_;
  std::vector<std::unique_ptr<Party>> contributors_;
  std::vector<std::unique_ptr<Party>> decryptors_;
};

}  // namespace florin::protocol
