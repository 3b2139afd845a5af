// The contributor's side: it speaks once, and keeps nothing then. What has not spoken is not
// brought back: a second vector under one seed would give away how the two differ.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "florin/crypto/rlwe/keys.h"
#include "florin/crypto/secret.h"
#include "florin/protocol/checks.h"
#include "florin/protocol/threshold_he/threshold_he.h"
#include "florin/protocol/threshold_he/vectors.h"
#include "florin/protocol/threshold_he/words.h"

namespace florin::protocol::threshold_he {
namespace {

namespace rlwe = crypto::rlwe;
using crypto::SecretBytes;

constexpr uint8_t kSaveVersion = 1;

class Contributor final : public Party {
 public:
  Contributor(const ProtocolSetup& setup, Self self)
      : setup_(setup), layout_(LayoutOf(setup).value_or(Layout{})), self_(std::move(self)) {}

  void Draw(Rng& rng) {
    std::array<uint64_t, rlwe::kSeedSize / 8> words;
    rng.Fill(words);
    seed_ = SecretBytes(base::AsBytes(Span<const uint64_t>(words)));
    words.fill(0);
  }

  Status Contribute(num::RingVector vector) override {
    if (phase() != PartyPhase::kFresh) return WrongPhase("vector", PartyPhase::kFresh, phase());
    FLORIN_TRY(CheckLength(setup_, self_.place, vector.size()));
    vector_ = std::move(vector);
    return {};
  }

  // Its owner decides whether these decryptors may open what it says.
  Result<Messages> Start() override {
    if (phase() != PartyPhase::kFresh) return WrongPhase("start", PartyPhase::kFresh, phase());
    FLORIN_TRY(CheckLength(setup_, self_.place, vector_.size()));
    const Committee& committee = *setup_.committee;
    if (self_.accept) FLORIN_TRY(self_.accept(ParticipantsOf(committee)));
    const rlwe::VectorKey key(seed_.view(), setup_.context);
    Message message{self_.place, kAggregator, {}, SealVector(layout_, key, vector_.words)};
    Contribution word;
    word.key = rlwe::JointKey(SharesOf(committee), committee.epoch).Seal(key);
    const Digest digest = ContributionDigest(
        setup_.context, self_.place, DigestOf(committee),
        crypto::HashKt128(base::AsBytes(Span<const uint64_t>(message.bulk.words))),
        crypto::HashKt128(word.key));
    word.signature = crypto::SignEd25519(self_.identity, digest);
    message.header = Write(word);
    vector_ = {};
    seed_ = {};
    Messages messages;
    messages.push_back(std::move(message));
    return messages;
  }

  Result<Messages> Receive(Message) override {
    return Fault("PROTO-PHASE", "threshold_he: a contributor expects no message.");
  }
  Result<Message> Ask(PartyId) const override { return NotHere(); }
  Status Proceed(const std::vector<PartyId>&) override { return NotHere(); }
  bool IsEnough() const override { return false; }
  Result<num::RingVector> TakeResult() && override { return NotHere(); }
  PartyPhase phase() const override {
    return seed_.view().empty() ? PartyPhase::kDone : PartyPhase::kFresh;
  }
  void Save(base::Writer& writer) const override {
    writer.U8(kSaveVersion).Bool(phase() == PartyPhase::kDone);
  }

  Status Restore(ByteView saved) {
    base::Reader reader(saved);
    if (reader.U8() != kSaveVersion) reader.Fail("unknown version");
    if (!reader.Bool()) reader.Fail("it has not spoken");
    const Status status = reader.Finish("contributor of threshold_he");
    if (!status.ok()) return Fault("PROTO-STATE", std::string(status.message()) + ".");
    return {};
  }

 private:
  static Status NotHere() {
    return Fault("PROTO-PHASE",
                 "threshold_he: this is the aggregator's, and the party a contributor.");
  }

  ProtocolSetup setup_;
  Layout layout_;
  Self self_;
  SecretBytes seed_;  // of the vector's key; empty once it was used
  num::RingVector vector_;
};

Result<std::unique_ptr<Contributor>> Make(const ProtocolSetup& setup, Self self) {
  FLORIN_TRY(CheckSealed(setup));
  FLORIN_TRY(CheckSelf(setup, self.place));
  return std::make_unique<Contributor>(setup, std::move(self));
}

size_t BulkSize(const ProtocolSetup& setup) {
  const auto layout = LayoutOf(setup);
  return layout ? layout->words() : 0;
}

}  // namespace

Status CheckSealed(const ProtocolSetup& setup) {
  FLORIN_TRY(CheckSetup("threshold_he", setup));
  if (setup.contributors_max < 2 || setup.contributors_max > kContributorsMax || !LayoutOf(setup) ||
      setup.committee == nullptr) {
    return Status(Kind::kConfig, "PROTO-SETUP",
                  "threshold_he: expected 2 to " + std::to_string(kContributorsMax) +
                      " contributors, narrow entries of 1 to 32 bits within the vector, and a "
                      "committee; found " +
                      std::to_string(setup.contributors_max) + " contributors, " +
                      std::to_string(setup.narrow_size) + " entries of " +
                      std::to_string(setup.narrow_bits) + " bits and " +
                      (setup.committee == nullptr ? "no" : "a") + " committee.");
  }
  return CheckCommittee(*setup.committee);
}

Result<std::unique_ptr<Party>> MakeContributor(const ProtocolSetup& setup, Self self, Rng& rng) {
  FLORIN_ASSIGN(auto contributor, Make(setup, std::move(self)));
  contributor->Draw(rng);
  return std::unique_ptr<Party>(std::move(contributor));
}

Result<std::unique_ptr<Party>> RestoreContributor(const ProtocolSetup& setup, Self self,
                                                  ByteView saved) {
  FLORIN_ASSIGN(auto contributor, Make(setup, std::move(self)));
  FLORIN_TRY(contributor->Restore(saved));
  return std::unique_ptr<Party>(std::move(contributor));
}

const ProtocolKind& Kind() {
  static constexpr ProtocolKind kKind{
      .name = "threshold_he",
      .help = "The coordinator sees the sum: contributors speak once, decryptors open.",
      .is_sealed = true,
      .steps = 1,
      .contribution_step = kContribute,
      .bulk_size = BulkSize,
      .make_contributor = MakeContributor,
      .restore_contributor = RestoreContributor,
      .make_aggregator = MakeAggregator,
      .restore_aggregator = RestoreAggregator,
      .decryptor_steps = kSteps - 1,
      .make_decryptor = MakeDecryptor,
      .restore_decryptor = RestoreDecryptor};
  return kKind;
}

}  // namespace florin::protocol::threshold_he
