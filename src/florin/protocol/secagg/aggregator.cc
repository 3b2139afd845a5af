// The aggregator's side: it checks what it can on arrival, so that a bad message costs its sender
// alone, relays between neighbours, adds masked vectors, and takes the masks off the sum.
#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "florin/crypto/random.h"
#include "florin/crypto/transcript.h"
#include "florin/protocol/checks.h"
#include "florin/protocol/recovery.h"
#include "florin/protocol/secagg/keys.h"
#include "florin/protocol/secagg/masks.h"
#include "florin/protocol/secagg/neighbours.h"
#include "florin/protocol/secagg/secagg.h"
#include "florin/protocol/secagg/words.h"

namespace florin::protocol::secagg {
namespace {

using crypto::SecretBytes;

constexpr uint8_t kSaveVersion = 1;
constexpr size_t kMasksAtOnce = 256;  // over one pass of the vector

// What there is of one contributor.
struct Seat {
  uint8_t answers = 0;  // steps it has answered
  Advert advert = {};
  Dealt dealt = {};
  crypto::Ed25519Signature agreed = {};
  Opened opened = {};
};

class Aggregator final : public Party {
 public:
  explicit Aggregator(const ProtocolSetup& setup) : setup_(setup), seats_(setup.contributors_max) {}

  Status Contribute(num::RingVector) override {
    return Fault("PROTO-PHASE", "secagg: an aggregator has no vector of its own.");
  }
  Result<Messages> Start() override {
    if (phase_ != PartyPhase::kFresh) return WrongPhase("start", PartyPhase::kFresh, phase_);
    phase_ = PartyPhase::kWaiting;
    return Messages{};
  }
  Result<Messages> Receive(Message message) override;
  Result<Message> Ask(PartyId contributor) const override;
  Status Proceed(const std::vector<PartyId>& dropouts) override;
  bool IsEnough() const override { return phase_ == PartyPhase::kWaiting && CheckStep().ok(); }
  PartyPhase phase() const override { return phase_; }
  std::vector<Blame> Blamed() const override { return blamed_; }

  Result<num::RingVector> TakeResult() && override {
    if (phase_ != PartyPhase::kReady) return WrongPhase("result", PartyPhase::kReady, phase_);
    phase_ = PartyPhase::kDone;
    return std::move(sum_);
  }

  void Save(base::Writer& writer) const override;
  Status Restore(ByteView saved);

 private:
  const Seat& seat(uint32_t place) const { return seats_[place - 1]; }
  Seat& seat(uint32_t place) { return seats_[place - 1]; }
  bool HasAnswered(uint32_t place, Step step) const { return seat(place).answers > step; }
  uint32_t CountOf(Step step) const {
    return static_cast<uint32_t>(
        std::ranges::count_if(seats_, [&](const Seat& one) { return one.answers > step; }));
  }
  uint32_t threshold() const { return ThresholdOf(setup_, neighbours_.degree()); }
  const crypto::Ed25519PublicKey& identity(uint32_t place) const {
    return setup_.cohort[place - 1].identity;
  }
  // Of those that have dealt: whose shares it may hold.
  std::vector<uint32_t> Neighbourhood(uint32_t place) const;
  Bytes Survivors() const;

  Status Take(uint32_t place, const Message& message);
  Status TakeAdvert(uint32_t place, ByteView header);
  Status TakeVector(uint32_t place, const Message& message);
  Status TakeOpened(uint32_t place, ByteView header);
  Status CheckStep() const;
  Status CheckNeighbourhoods(Step step) const;
  Bytes AskShares(uint32_t place) const;
  Bytes AskMaskedInput(uint32_t place) const;
  Bytes AskUnmask(uint32_t place) const;
  void MakeNeighbours();
  Status Open();
  Result<std::vector<SecretBytes>> OpenSecrets();
  Result<SecretBytes> OpenSecret(Recovery& recovery, uint32_t dealer,
                                 std::vector<HeldShare> held) const;
  void Unmask(const std::vector<SecretBytes>& secrets);

  ProtocolSetup setup_;
  PartyPhase phase_ = PartyPhase::kFresh;
  uint8_t step_ = kAdvertise;
  std::vector<Seat> seats_;   // of the place i + 1
  Neighbours neighbours_;     // from kShares on
  std::set<PublicKey> keys_;  // that were advertised
  num::RingVector sum_;       // empty until the first vector
  std::vector<Blame> blamed_;
};

Result<Messages> Aggregator::Receive(Message message) {
  if (phase_ != PartyPhase::kWaiting) return WrongPhase("message", PartyPhase::kWaiting, phase_);
  FLORIN_TRY(CheckRoute(setup_, message));
  const uint32_t place = message.from.index;
  if (HasAnswered(place, static_cast<Step>(step_))) {
    return Fault("PROTO-DUPLICATE", Name(message.from) + " has answered this step.");
  }
  if (seat(place).answers < step_) {
    return Fault("PROTO-PHASE", Name(message.from) + " did not answer an earlier step.");
  }
  if (step_ != kMaskedInput && message.bulk_size() != 0) {
    return Fault("PROTO-LENGTH", Name(message.from) + ": expected no vector in this step.");
  }
  FLORIN_TRY(Take(place, message));
  ++seat(place).answers;
  return Messages{};
}

Status Aggregator::Take(uint32_t place, const Message& message) {
  switch (step_) {
    case kAdvertise:
      return TakeAdvert(place, message.header);
    case kShares: {
      FLORIN_ASSIGN(Dealt dealt, ReadDealt(message.header, setup_.contributors_max));
      if (dealt.boxes.size() != neighbours_.degree()) {
        return Fault("PROTO-MESSAGE", Name(message.from) + ": expected " +
                                          std::to_string(neighbours_.degree()) + " boxes, found " +
                                          std::to_string(dealt.boxes.size()) + ".");
      }
      seat(place).dealt = std::move(dealt);
      return {};
    }
    case kMaskedInput:
      return TakeVector(place, message);
    case kConsistency: {
      FLORIN_ASSIGN(const auto signature, ReadSignature(kConsistency, message.header));
      if (!IsSigned(identity(place), Signed::kSurvivors, setup_.context, message.from, Survivors(),
                    signature)) {
        return Fault("PROTO-SIGNATURE",
                     Name(message.from) + " has not signed the list of who is in the sum.");
      }
      seat(place).agreed = signature;
      return {};
    }
    default:
      return TakeOpened(place, message.header);
  }
}

Status Aggregator::TakeAdvert(uint32_t place, ByteView header) {
  FLORIN_ASSIGN(const Advert advert, ReadAdvert(header));
  const PartyId party{place};
  if (!IsSignedBy(identity(place), advert, setup_.context, party)) {
    return Fault("PROTO-SIGNATURE", "the keys of " + Name(party) +
                                        " are not signed by its identity, or not for this round "
                                        "and model.");
  }
  if (!IsUsable(advert.channel) || !IsUsable(advert.mask) || advert.channel == advert.mask ||
      keys_.contains(advert.channel) || keys_.contains(advert.mask)) {
    return Fault("PROTO-KEY", Name(party) + ": its keys are of small order, or are there twice.");
  }
  keys_.insert(advert.channel);
  keys_.insert(advert.mask);
  seat(place).advert = advert;
  return {};
}

Status Aggregator::TakeVector(uint32_t place, const Message& message) {
  FLORIN_TRY(CheckLength(setup_, message.from, message.bulk_size()));
  FLORIN_ASSIGN(const auto signature, ReadSignature(kMaskedInput, message.header));
  const bool is_packed = message.packed.size > 0;
  const Bytes packed = is_packed ? Bytes{} : Pack(message.bulk.words);
  if (!IsSigned(identity(place), Signed::kMaskedInput, setup_.context, message.from,
                is_packed ? message.packed.bytes : packed, signature)) {
    return Fault("PROTO-SIGNATURE", "the vector of " + Name(message.from) +
                                        " is not signed by its identity, or not for this round "
                                        "and model.");
  }
  sum_.words.resize(setup_.vector_size);
  message.AddBulkTo(sum_.words);
  return {};
}

Status Aggregator::TakeOpened(uint32_t place, ByteView header) {
  FLORIN_ASSIGN(Opened opened, ReadOpened(header, setup_.contributors_max));
  const std::vector<uint32_t> near = Neighbourhood(place);
  for (const Opened::Share& share : opened.shares) {
    if (std::ranges::binary_search(near, share.of.index)) continue;
    return Fault("PROTO-MESSAGE", Name({place}) + " opens a share of " + Name(share.of) +
                                      ", which has dealt it none.");
  }
  seat(place).opened = std::move(opened);
  return {};
}

std::vector<uint32_t> Aggregator::Neighbourhood(uint32_t place) const {
  std::vector<uint32_t> near = neighbours_.Of(place);
  near.insert(std::ranges::lower_bound(near, place), place);
  std::erase_if(near, [&](uint32_t one) { return !HasAnswered(one, kShares); });
  return near;
}

Bytes Aggregator::Survivors() const {
  Bytes places((size_t{setup_.contributors_max} + 7) / 8, 0);
  for (uint32_t place = 1; place <= seats_.size(); ++place) {
    if (HasAnswered(place, kMaskedInput)) PutIn(places, {place});
  }
  return places;
}

Result<Message> Aggregator::Ask(PartyId contributor) const {
  if (phase_ != PartyPhase::kWaiting) return WrongPhase("ask", PartyPhase::kWaiting, phase_);
  const uint32_t place = contributor.index;
  if (!IsContributor(setup_, contributor) || seat(place).answers < step_) {
    return Fault("PROTO-SENDER", Name(contributor) + " is not asked in this step.");
  }
  switch (step_) {
    case kAdvertise:
      return Message{kAggregator, contributor, {}, {}};
    case kShares:
      return Message{kAggregator, contributor, AskShares(place), {}};
    case kMaskedInput:
      return Message{kAggregator, contributor, AskMaskedInput(place), {}};
    case kConsistency:
      return Message{kAggregator, contributor, Write(secagg::Survivors{Survivors()}), {}};
    default:
      return Message{kAggregator, contributor, AskUnmask(place), {}};
  }
}

Bytes Aggregator::AskShares(uint32_t place) const {
  Peers peers;
  for (const uint32_t other : neighbours_.Of(place)) {
    Participant who = setup_.cohort[other - 1];
    who.place = {other};
    peers.neighbours.push_back({std::move(who), seat(other).advert});
  }
  return Write(peers);
}

Bytes Aggregator::AskMaskedInput(uint32_t place) const {
  Boxes boxes;
  for (const uint32_t other : neighbours_.Of(place)) {
    if (!HasAnswered(other, kShares)) continue;
    boxes.boxes.push_back({{other}, seat(other).dealt.boxes[neighbours_.PositionOf(other, place)]});
  }
  return Write(boxes);
}

// As many signatures as are needed: each costs its reader as much as an agreed key.
Bytes Aggregator::AskUnmask(uint32_t place) const {
  Agreement agreement;
  for (const uint32_t other : neighbours_.Of(place)) {
    if (agreement.signatures.size() + 1 == threshold()) break;
    if (HasAnswered(other, kConsistency)) {
      agreement.signatures.push_back({{other}, seat(other).agreed});
    }
  }
  return Write(agreement);
}

// Can the present step close with those that have answered it?
Status Aggregator::CheckStep() const {
  const auto step = static_cast<Step>(step_);
  const uint32_t least = std::max(2U, setup_.contributors_min);
  const uint32_t count = CountOf(step);
  const uint32_t needed = step <= kMaskedInput ? least : 1;
  if (count < needed) {
    return Fault("PROTO-QUORUM", "secagg: " + std::to_string(count) + " answers, at least " +
                                     std::to_string(needed) + " needed; nothing opened.");
  }
  return step == kAdvertise ? Status() : CheckNeighbourhoods(step);
}

// Everybody who has dealt has enough neighbours left that answered: or its secrets cannot be
// opened, and it would not go on itself.
Status Aggregator::CheckNeighbourhoods(Step step) const {
  for (const uint32_t place : neighbours_.members()) {
    if (!HasAnswered(place, kShares)) continue;
    uint32_t count = HasAnswered(place, step) ? 1 : 0;
    if (neighbours_.is_complete()) {
      count = CountOf(step);
    } else {
      for (const uint32_t other : neighbours_.Of(place)) count += HasAnswered(other, step) ? 1 : 0;
    }
    if (count < threshold()) {
      return Fault("PROTO-QUORUM", "secagg: " + std::to_string(count) + " answers around " +
                                       Name({place}) + ", at least " + std::to_string(threshold()) +
                                       " needed; nothing opened.");
    }
    if (neighbours_.is_complete()) break;  // the same for all
  }
  return {};
}

Status Aggregator::Proceed(const std::vector<PartyId>& dropouts) {
  if (phase_ != PartyPhase::kWaiting) return WrongPhase("proceed", PartyPhase::kWaiting, phase_);
  for (const PartyId dropout : dropouts) {
    if (IsContributor(setup_, dropout) && !HasAnswered(dropout.index, static_cast<Step>(step_))) {
      continue;
    }
    return NotADropout(dropout);
  }
  FLORIN_TRY(CheckStep());
  if (step_ == kUnmask) return Open();
  ++step_;
  if (step_ == kShares) MakeNeighbours();
  if (step_ == kConsistency) {
    for (Seat& one : seats_) one.dealt.boxes.clear();
  }
  return {};
}

void Aggregator::MakeNeighbours() {
  std::vector<uint32_t> members;
  for (uint32_t place = 1; place <= seats_.size(); ++place) {
    if (HasAnswered(place, kAdvertise)) members.push_back(place);
  }
  // Nobody can choose the order after it is known whose keys are whose.
  crypto::Transcript order("florin/secagg/order/1");
  order.Add("context", ByteView(setup_.context));
  for (const uint32_t place : members) {
    order.Add("channel", ByteView(seat(place).advert.channel));
    order.Add("mask", ByteView(seat(place).advert.mask));
  }
  crypto::KeyedRng rng(order.Digest(), base::AsBytes("florin secagg order"));
  neighbours_ = Neighbours(std::move(members), setup_, rng);
}

Status Aggregator::Open() {
  FLORIN_ASSIGN(const std::vector<SecretBytes> secrets, OpenSecrets());
  Unmask(secrets);
  phase_ = PartyPhase::kReady;
  for (Seat& one : seats_) one.opened.shares.clear();
  return {};
}

// One a member that has dealt: the seed of its mask when it is in the sum, else its mask key.
Result<std::vector<SecretBytes>> Aggregator::OpenSecrets() {
  std::vector<std::vector<HeldShare>> held(seats_.size());
  for (const uint32_t holder : neighbours_.members()) {
    for (const Opened::Share& share : seat(holder).opened.shares) {
      held[share.of.index - 1].push_back({.holder = {holder}, .share = share.share});
    }
  }
  Recovery recovery;
  std::vector<SecretBytes> secrets(seats_.size());
  for (const uint32_t dealer : neighbours_.members()) {
    if (!HasAnswered(dealer, kShares)) continue;
    auto secret = OpenSecret(recovery, dealer, std::move(held[dealer - 1]));
    blamed_ = recovery.blames();
    if (!secret.ok()) return std::move(secret).status();
    secrets[dealer - 1] = std::move(*secret);
  }
  return secrets;
}

Result<SecretBytes> Aggregator::OpenSecret(Recovery& recovery, uint32_t dealer,
                                           std::vector<HeldShare> held) const {
  const PartyId place{dealer};
  const Seat& its = seat(dealer);
  const uint32_t own = static_cast<uint32_t>(std::ranges::count_if(
      neighbours_.Of(dealer), [&](uint32_t other) { return other < dealer; }));
  for (HeldShare& share : held) {
    const uint32_t other = share.holder.index;
    const uint32_t position = other == dealer ? own : neighbours_.PositionOf(dealer, other);
    share.index = position + 1 + (other > dealer ? 1 : 0);
  }
  if (HasAnswered(dealer, kMaskedInput)) {
    return recovery.Open(place, std::move(held), threshold(), [&](const SecretBytes& seed) {
      return Commit(seed, setup_.context, place) == its.dealt.commitment;
    });
  }
  return recovery.Open(place, std::move(held), threshold(), [&](const SecretBytes& key) {
    const auto pair = crypto::EcdhKeyPairOf(crypto::EcdhCurve::kX25519, key.view());
    return pair.ok() && std::ranges::equal(pair->public_key, its.advert.mask);
  });
}

void Aggregator::Unmask(const std::vector<SecretBytes>& secrets) {
  Masks masks(setup_);
  const auto apply = [&](size_t waiting) {
    if (masks.size() >= waiting) masks.Apply(sum_.words);
  };
  for (const uint32_t place : neighbours_.members()) {
    if (!HasAnswered(place, kShares)) continue;
    const SecretBytes& secret = secrets[place - 1];
    if (HasAnswered(place, kMaskedInput)) {
      masks.AddSelf(secret, {place}, crypto::MaskSign::kSubtract);
      apply(kMasksAtOnce);
      continue;
    }
    for (const uint32_t other : neighbours_.Of(place)) {
      if (!HasAnswered(other, kMaskedInput)) continue;
      const auto agreed =
          crypto::EcdhAgree(crypto::EcdhCurve::kX25519, secret.view(), seat(other).advert.mask);
      FLORIN_CHECK(agreed.ok());  // the key was usable when it came
      masks.AddPair(*agreed, {other}, {place}, /*is_removed=*/true);
      apply(kMasksAtOnce);
    }
  }
  apply(0);
}

void Aggregator::Save(base::Writer& writer) const {
  writer.U8(kSaveVersion).U8(static_cast<uint8_t>(phase_)).U8(step_).Varint(seats_.size());
  for (const Seat& one : seats_) {
    writer.U8(one.answers);
    if (one.answers > kAdvertise) {
      writer.Fixed(one.advert.channel).Fixed(one.advert.mask).Fixed(one.advert.signature);
    }
    if (one.answers > kShares) writer.Blob(Write(one.dealt));
    if (one.answers > kConsistency) writer.Fixed(one.agreed);
    if (one.answers > kUnmask) writer.Blob(Write(one.opened));
  }
  SavePacked(writer, sum_.words);
}

Status Aggregator::Restore(ByteView saved) {
  const auto refuse = [](const std::string& why) {
    return Fault("PROTO-STATE", "aggregator of secagg: " + why);
  };
  base::Reader reader(saved);
  if (reader.U8() != kSaveVersion) reader.Fail("unknown version");
  const uint8_t phase = reader.U8();
  if (phase > static_cast<uint8_t>(PartyPhase::kDone)) reader.Fail("unknown phase");
  phase_ = static_cast<PartyPhase>(phase);
  step_ = reader.U8();
  if (step_ >= kSteps) reader.Fail("unknown step");
  if (reader.Varint() != seats_.size()) reader.Fail("another cohort");
  for (size_t i = 0; reader.ok() && i < seats_.size(); ++i) {
    Seat& one = seats_[i];
    one.answers = reader.U8();
    if (one.answers > step_ + 1 || (phase_ == PartyPhase::kFresh && one.answers > 0)) {
      reader.Fail("an answer to a step to come");
    }
    if (one.answers > kAdvertise) {
      one.advert.channel = ReadArray<32>(reader);
      one.advert.mask = ReadArray<32>(reader);
      one.advert.signature = ReadArray<64>(reader);
      keys_.insert(one.advert.channel);
      keys_.insert(one.advert.mask);
    }
    if (one.answers > kShares) {
      auto dealt = ReadDealt(reader.Blob(kHeaderSizeMax), setup_.contributors_max);
      if (!dealt.ok()) return refuse("shares that do not parse.");
      one.dealt = std::move(*dealt);
    }
    if (one.answers > kConsistency) one.agreed = ReadArray<64>(reader);
    if (one.answers > kUnmask) {
      auto opened = ReadOpened(reader.Blob(kHeaderSizeMax), setup_.contributors_max);
      if (!opened.ok()) return refuse("opened shares that do not parse.");
      one.opened = std::move(*opened);
    }
  }
  sum_.words = RestorePacked(reader, setup_.vector_size);
  const Status status = reader.Finish("aggregator of secagg");
  if (!status.ok()) return Fault("PROTO-STATE", std::string(status.message()) + ".");
  if (step_ > kAdvertise) MakeNeighbours();
  const bool has_sum = CountOf(kMaskedInput) > 0 && phase_ != PartyPhase::kDone;
  const bool is_opened = phase_ == PartyPhase::kReady || phase_ == PartyPhase::kDone;
  if (sum_.size() != (has_sum ? setup_.vector_size : 0) || (is_opened && step_ != kUnmask)) {
    return refuse("phase, answers and sum disagree.");
  }
  for (const uint32_t place : neighbours_.members()) {
    const size_t boxes = seat(place).dealt.boxes.size();
    const bool has_boxes = HasAnswered(place, kShares) && step_ <= kMaskedInput;
    if (boxes != (has_boxes ? neighbours_.degree() : 0)) return refuse("boxes are missing.");
  }
  return {};
}

Status CheckAggregator(const ProtocolSetup& setup) {
  FLORIN_TRY(CheckSealed(setup));
  if (setup.cohort.size() == setup.contributors_max) return {};
  return Status(Kind::kConfig, "PROTO-SETUP",
                "secagg: expected the name and key of each contributor, found " +
                    std::to_string(setup.cohort.size()) + " of " +
                    std::to_string(setup.contributors_max) + ".");
}

}  // namespace

Result<std::unique_ptr<Party>> MakeAggregator(const ProtocolSetup& setup) {
  FLORIN_TRY(CheckAggregator(setup));
  return std::unique_ptr<Party>(std::make_unique<Aggregator>(setup));
}

Result<std::unique_ptr<Party>> RestoreAggregator(const ProtocolSetup& setup, ByteView saved) {
  FLORIN_TRY(CheckAggregator(setup));
  auto aggregator = std::make_unique<Aggregator>(setup);
  FLORIN_TRY(aggregator->Restore(saved));
  return std::unique_ptr<Party>(std::move(aggregator));
}

}  // namespace florin::protocol::secagg
