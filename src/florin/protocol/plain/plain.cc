#include "florin/protocol/plain/plain.h"

#include <bit>
#include <string>
#include <utility>

#include "florin/base/codec.h"
#include "florin/protocol/checks.h"

namespace florin::protocol::plain {
namespace {

constexpr uint8_t kSaveVersion = 1;

class Contributor final : public Party {
 public:
  Contributor(const ProtocolSetup& setup, PartyId self) : setup_(setup), self_(self) {}

  Status Contribute(num::RingVector vector) override {
    if (phase_ != PartyPhase::kFresh) return WrongPhase("vector", PartyPhase::kFresh, phase_);
    FLORIN_TRY(CheckLength(setup_, self_, vector.size()));
    contribution_ = std::move(vector);
    return {};
  }
  Result<Messages> Start() override {
    if (phase_ != PartyPhase::kFresh) return WrongPhase("start", PartyPhase::kFresh, phase_);
    FLORIN_TRY(CheckLength(setup_, self_, contribution_.size()));
    phase_ = PartyPhase::kDone;
    Messages messages;
    messages.push_back({self_, kAggregator, {}, std::move(contribution_)});
    return messages;
  }
  Result<Messages> Receive(Message) override {
    return Fault("PROTO-PHASE", "plain: a contributor expects no message.");
  }
  Result<Message> Ask(PartyId) const override { return NotHere(); }
  Status Proceed(const std::vector<PartyId>&) override { return NotHere(); }
  bool IsEnough() const override { return false; }
  PartyPhase phase() const override { return phase_; }
  Result<num::RingVector> TakeResult() && override { return NotHere(); }
  void Save(base::Writer&) const override {}  // its offer makes it again

 private:
  static Status NotHere() {
    return Fault("PROTO-PHASE", "plain: this is the aggregator's, and the party a contributor.");
  }

  ProtocolSetup setup_;
  PartyId self_;
  num::RingVector contribution_;
  PartyPhase phase_ = PartyPhase::kFresh;
};

class Aggregator final : public Party {
 public:
  explicit Aggregator(const ProtocolSetup& setup)
      : setup_(setup), counted_((setup.contributors_max + 63) / 64, 0) {}

  Status Contribute(num::RingVector) override {
    return Fault("PROTO-PHASE", "plain: an aggregator has no vector of its own.");
  }

  Result<Messages> Start() override {
    if (phase_ != PartyPhase::kFresh) return WrongPhase("start", PartyPhase::kFresh, phase_);
    phase_ = PartyPhase::kWaiting;
    return Messages{};
  }

  Result<Messages> Receive(Message message) override {
    FLORIN_TRY(Check(message));
    if (count_ == 0 && message.packed.size == 0) {
      sum_ = std::move(message.bulk);
    } else {
      sum_.words.resize(setup_.vector_size);
      message.AddBulkTo(sum_.words);
    }
    Mark(message.from);
    return Messages{};
  }

  Result<Message> Ask(PartyId) const override {
    return Fault("PROTO-PHASE", "plain: contributors speak once, and are asked by their offer.");
  }

  Status Proceed(const std::vector<PartyId>& dropouts) override {
    if (phase_ != PartyPhase::kWaiting) return WrongPhase("proceed", PartyPhase::kWaiting, phase_);
    for (const PartyId dropout : dropouts) {
      if (IsContributor(setup_, dropout) && !IsCounted(dropout)) continue;
      return NotADropout(dropout);
    }
    if (count_ < setup_.contributors_min) {
      return Fault("PROTO-QUORUM",
                   "plain: " + std::to_string(count_) + " contributions, at least " +
                       std::to_string(setup_.contributors_min) + " needed; nothing opened.");
    }
    phase_ = PartyPhase::kReady;
    return {};
  }

  bool IsEnough() const override { return count_ >= setup_.contributors_min; }

  PartyPhase phase() const override { return phase_; }

  Result<num::RingVector> TakeResult() && override {
    if (phase_ != PartyPhase::kReady) return WrongPhase("result", PartyPhase::kReady, phase_);
    phase_ = PartyPhase::kDone;
    return std::move(sum_);
  }

  void Save(base::Writer& writer) const override {
    writer.U8(kSaveVersion).U8(static_cast<uint8_t>(phase_));
    writer.Array(Span<const uint64_t>(counted_));
    SavePacked(writer, sum_.words);
  }

  Status Restore(ByteView saved) {
    base::Reader reader(saved);
    if (reader.U8() != kSaveVersion) reader.Fail("unknown version");
    const uint8_t phase = reader.U8();
    if (phase > static_cast<uint8_t>(PartyPhase::kDone)) reader.Fail("unknown phase");
    counted_ = reader.Array<uint64_t>(counted_.size());
    sum_.words = RestorePacked(reader, setup_.vector_size);
    const Status status = reader.Finish("aggregator of plain");
    if (!status.ok()) return Fault("PROTO-STATE", std::string(status.message()) + ".");
    phase_ = static_cast<PartyPhase>(phase);
    return CheckRestored();
  }

 private:
  Status Check(const Message& message) const {
    if (phase_ != PartyPhase::kWaiting) return WrongPhase("message", PartyPhase::kWaiting, phase_);
    FLORIN_TRY(CheckRoute(setup_, message));
    if (IsCounted(message.from)) {
      return Fault("PROTO-DUPLICATE", Name(message.from) + ": its vector is in the sum already.");
    }
    if (!message.header.empty()) {
      return Fault("PROTO-MESSAGE", Name(message.from) + ": expected an empty header, found " +
                                        std::to_string(message.header.size()) + " bytes.");
    }
    return CheckLength(setup_, message.from, message.bulk_size());
  }

  // What Save could have written, and nothing else.
  Status CheckRestored() {
    const bool is_sized = counted_.size() == (setup_.contributors_max + 63) / 64;
    const size_t spare = counted_.size() * 64 - setup_.contributors_max;
    if (!is_sized || (spare > 0 && counted_.back() >> (64 - spare) != 0)) {
      return Fault("PROTO-STATE", "aggregator of plain: saved for another cohort size.");
    }
    for (const uint64_t word : counted_) count_ += static_cast<uint32_t>(std::popcount(word));
    const bool has_sum = count_ > 0 && phase_ != PartyPhase::kDone;
    const bool is_opened = phase_ == PartyPhase::kReady || phase_ == PartyPhase::kDone;
    if (sum_.size() != (has_sum ? setup_.vector_size : 0) ||
        (phase_ == PartyPhase::kFresh && count_ > 0) ||
        (is_opened && count_ < setup_.contributors_min)) {
      return Fault("PROTO-STATE", "aggregator of plain: phase, count and sum disagree.");
    }
    return {};
  }

  bool IsCounted(PartyId party) const {
    const uint32_t bit = party.index - 1;
    return (counted_[bit / 64] >> (bit % 64) & 1) != 0;
  }
  void Mark(PartyId party) {
    const uint32_t bit = party.index - 1;
    counted_[bit / 64] |= uint64_t{1} << (bit % 64);
    ++count_;
  }

  ProtocolSetup setup_;
  PartyPhase phase_ = PartyPhase::kFresh;
  std::vector<uint64_t> counted_;  // bit i: contributor i + 1 is in the sum
  uint32_t count_ = 0;
  num::RingVector sum_;  // empty until the first contribution
};

}  // namespace

Result<std::unique_ptr<Party>> MakeContributor(const ProtocolSetup& setup, Self self, base::Rng&) {
  FLORIN_TRY(CheckSetup("plain", setup));
  FLORIN_TRY(CheckSelf(setup, self.place));
  return std::unique_ptr<Party>(std::make_unique<Contributor>(setup, self.place));
}

Result<std::unique_ptr<Party>> RestoreContributor(const ProtocolSetup& setup, Self self,
                                                  ByteView saved) {
  FLORIN_TRY(CheckSetup("plain", setup));
  FLORIN_TRY(CheckSelf(setup, self.place));
  if (!saved.empty()) return Fault("PROTO-STATE", "contributor of plain: it saves nothing.");
  return std::unique_ptr<Party>(std::make_unique<Contributor>(setup, self.place));
}

Result<std::unique_ptr<Party>> MakeAggregator(const ProtocolSetup& setup) {
  FLORIN_TRY(CheckSetup("plain", setup));
  return std::unique_ptr<Party>(std::make_unique<Aggregator>(setup));
}

Result<std::unique_ptr<Party>> RestoreAggregator(const ProtocolSetup& setup, ByteView saved) {
  FLORIN_TRY(CheckSetup("plain", setup));
  auto aggregator = std::make_unique<Aggregator>(setup);
  FLORIN_TRY(aggregator->Restore(saved));
  return std::unique_ptr<Party>(std::move(aggregator));
}

}  // namespace florin::protocol::plain
