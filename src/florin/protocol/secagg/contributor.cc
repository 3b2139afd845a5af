// The contributor's side. It answers each step once, in order; what it needs for the next is in its
// saved state, so that a site may die between any two messages.
#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "florin/protocol/checks.h"
#include "florin/protocol/secagg/keys.h"
#include "florin/protocol/secagg/masks.h"
#include "florin/protocol/secagg/neighbours.h"
#include "florin/protocol/secagg/secagg.h"
#include "florin/protocol/secagg/words.h"

namespace florin::protocol::secagg {
namespace {

using crypto::SecretBytes;

constexpr uint8_t kSaveVersion = 1;
constexpr auto kCurve = crypto::EcdhCurve::kX25519;
constexpr size_t kSecretSize = 32;

Status Denied(const char* code, std::string message) {
  return Status(Kind::kDenied, code, std::move(message));
}

// What a contributor keeps of a neighbour.
struct Neighbour {
  Participant who;
  SecretBytes agreed = {};   // of both mask keys
  SecretBytes box_key = {};  // opens what it sends
  bool is_sharing = false;   // it sent boxes: its mask is in the own vector
  SecretBytes shares = {};   // that were in the box; empty when it did not open
};

class Contributor final : public Party {
 public:
  Contributor(const ProtocolSetup& setup, Self self) : setup_(setup), self_(std::move(self)) {}

  void Draw(base::Rng& rng) {
    std::array<uint64_t, kSecretSize / 8> words;
    rng.Fill(words);
    secret_ = SecretBytes(ByteView(reinterpret_cast<const uint8_t*>(words.data()), kSecretSize));
    words.fill(0);
  }

  Status Contribute(num::RingVector vector) override {
    if (answers_ > kMaskedInput) {
      return Fault("PROTO-PHASE", "secagg: the vector of this round has been sent.");
    }
    FLORIN_TRY(CheckLength(setup_, self_.place, vector.size()));
    vector_ = std::move(vector);
    return {};
  }

  Result<Messages> Start() override {
    if (answers_ != 0) return WrongPhase("start", PartyPhase::kFresh, phase());
    answers_ = 1;
    return Say(Write(MakeAdvert(secret_, setup_.context, self_.place, self_.identity)));
  }

  Result<Messages> Receive(Message message) override {
    if (message.from != kAggregator || message.to != self_.place) {
      return Fault("PROTO-SENDER", "message from " + Name(message.from) + " to " +
                                       Name(message.to) + ": expected one from party 0 to " +
                                       Name(self_.place) + ".");
    }
    if (message.bulk_size() != 0) {
      return Fault("PROTO-MESSAGE", "secagg: what a contributor is asked has no vector.");
    }
    const Step asked = message.header.empty() ? kSteps : static_cast<Step>(message.header[0]);
    if (answers_ == 0 || asked < answers_ || phase() == PartyPhase::kDone) {
      return Fault("PROTO-PHASE", "secagg: this step was answered; each is answered once.");
    }
    switch (answers_) {
      case kShares:
        return DealShares(message.header);
      case kMaskedInput:
        return MaskInput(message.header);
      case kConsistency:
        return Agree(message.header);
      default:
        return Unmask(message.header);
    }
  }

  Result<Message> Ask(PartyId) const override { return NotHere(); }
  Status Proceed(const std::vector<PartyId>&) override { return NotHere(); }
  bool IsEnough() const override { return false; }
  Result<num::RingVector> TakeResult() && override { return NotHere(); }

  PartyPhase phase() const override {
    if (answers_ == 0) return PartyPhase::kFresh;
    return answers_ < kSteps ? PartyPhase::kWaiting : PartyPhase::kDone;
  }

  void Save(base::Writer& writer) const override {
    writer.U8(kSaveVersion).U8(answers_).Blob(secret_.view()).Varint(neighbours_.size());
    for (const Neighbour& neighbour : neighbours_) {
      writer.Varint(neighbour.who.place.index).Text(neighbour.who.name);
      writer.Fixed(neighbour.who.identity).Blob(neighbour.agreed.view());
      writer.Blob(neighbour.box_key.view())
          .Bool(neighbour.is_sharing)
          .Blob(neighbour.shares.view());
    }
    writer.Blob(survivors_);
  }

  Status Restore(ByteView saved);

 private:
  static Status NotHere() {
    return Fault("PROTO-PHASE", "secagg: this is the aggregator's, and the party a contributor.");
  }
  Messages Say(Bytes header) const {
    Messages messages;
    messages.push_back({self_.place, kAggregator, std::move(header), {}});
    return messages;
  }
  Neighbour* Find(PartyId place) {
    const auto at = std::ranges::lower_bound(neighbours_, place, {},
                                             [](const Neighbour& one) { return one.who.place; });
    return at != neighbours_.end() && at->who.place == place ? &*at : nullptr;
  }
  uint32_t threshold() const {
    return ThresholdOf(setup_, static_cast<uint32_t>(neighbours_.size()));
  }
  // Where the own share stands among those of the neighbourhood.
  size_t OwnIndex() const {
    return static_cast<size_t>(std::ranges::count_if(
        neighbours_, [&](const Neighbour& one) { return one.who.place < self_.place; }));
  }
  bool Survives(PartyId place) const { return IsIn(survivors_, place); }

  Status CheckPeers(const Peers& peers) const;
  Result<Messages> DealShares(ByteView header);
  Result<Messages> MaskInput(ByteView header);
  Status CheckSurvivors(const Bytes& places) const;
  Result<Messages> Agree(ByteView header);
  Result<Messages> Unmask(ByteView header);

  ProtocolSetup setup_;
  Self self_;
  uint8_t answers_ = 0;                // steps answered
  SecretBytes secret_;                 // of the round; empty once it is over
  std::vector<Neighbour> neighbours_;  // places ascending
  Bytes survivors_;                    // as agreed to
  std::optional<num::RingVector> vector_;
};

// Whoever names the neighbours may want some of them to be one, or its own.
Status Contributor::CheckPeers(const Peers& peers) const {
  const auto refuse = [](std::string why) { return Denied("PROTO-PEERS", std::move(why)); };
  const auto count = static_cast<uint32_t>(peers.neighbours.size());
  if (count > setup_.degree && setup_.degree != 0) {
    return refuse("secagg: expected at most " + std::to_string(setup_.degree) +
                  " neighbours, found " + std::to_string(count) + ".");
  }
  if (count < setup_.degree || setup_.degree == 0) {  // everybody is a neighbour
    if (count + 1 < std::max(2U, setup_.contributors_min)) {
      return refuse("secagg: expected at least " + std::to_string(setup_.contributors_min) +
                    " contributors, found " + std::to_string(count + 1) + " with this one.");
    }
  }
  const Advert own = MakeAdvert(secret_, setup_.context, self_.place, self_.identity);
  std::set<PublicKey> keys{own.channel, own.mask};
  std::set<crypto::Ed25519PublicKey> identities{crypto::PublicKeyOf(self_.identity)};
  std::set<std::string> names;
  std::vector<Participant> participants;
  for (const Introduction& peer : peers.neighbours) {
    if (peer.who.place == self_.place || !names.insert(peer.who.name).second ||
        !identities.insert(peer.who.identity).second || !keys.insert(peer.advert.channel).second ||
        !keys.insert(peer.advert.mask).second) {
      return refuse("secagg: " + Name(peer.who.place) +
                    " is there twice: by its place, name, identity or one of its keys.");
    }
    if (!IsSignedBy(peer.who.identity, peer.advert, setup_.context, peer.who.place)) {
      return Denied("PROTO-SIGNATURE",
                    "secagg: the keys of " + Name(peer.who.place) + " (\"" + peer.who.name +
                        "\") are not signed by its identity, or not for this round and model.");
    }
    participants.push_back(peer.who);
  }
  return self_.accept ? self_.accept(participants) : Status();
}

Result<Messages> Contributor::DealShares(ByteView header) {
  FLORIN_ASSIGN(const Peers peers, ReadPeers(header, setup_.contributors_max));
  FLORIN_TRY(CheckPeers(peers));
  const auto count = static_cast<uint32_t>(peers.neighbours.size()) + 1;
  const uint32_t needed = ThresholdOf(setup_, count - 1);
  const auto seed = Deal(KeyUse::kSelfMask, secret_, setup_.context, needed, count);
  const auto mask = Deal(KeyUse::kMask, secret_, setup_.context, needed, count);
  const SecretBytes channel = SecretOf(KeyUse::kChannel, secret_, setup_.context);
  const SecretBytes mask_key = SecretOf(KeyUse::kMask, secret_, setup_.context);

  std::vector<Neighbour> neighbours;
  Dealt dealt;
  dealt.commitment =
      Commit(SecretOf(KeyUse::kSelfMask, secret_, setup_.context), setup_.context, self_.place);
  size_t index = 0;
  for (const Introduction& peer : peers.neighbours) {
    const PartyId place = peer.who.place;
    if (index == neighbours.size() && place > self_.place) ++index;  // the own one stays here
    auto agreed = crypto::EcdhAgree(kCurve, channel.view(), peer.advert.channel);
    auto masked = crypto::EcdhAgree(kCurve, mask_key.view(), peer.advert.mask);
    if (!agreed.ok() || !masked.ok()) {
      return Denied("PROTO-KEY", "secagg: nothing can be agreed with the keys of " + Name(place) +
                                     " (\"" + peer.who.name + "\").");
    }
    SecretBytes shares = SecretBytes::Zeros(kSharesSize);
    std::ranges::copy(seed[index].view(), shares.span().begin());
    std::ranges::copy(mask[index].view(), shares.span().begin() + crypto::kShareSize);
    dealt.boxes.push_back(SealShares(BoxKey(*agreed, setup_.context, self_.place, place),
                                     setup_.context, self_.place, place, shares.view()));
    neighbours.push_back({.who = peer.who,
                          .agreed = std::move(*masked),
                          .box_key = BoxKey(*agreed, setup_.context, place, self_.place)});
    ++index;
  }
  neighbours_ = std::move(neighbours);
  answers_ = kShares + 1;
  return Say(Write(dealt));
}

Result<Messages> Contributor::MaskInput(ByteView header) {
  FLORIN_ASSIGN(const Boxes boxes, ReadBoxes(header, setup_.contributors_max));
  if (!vector_) return Fault("PROTO-PHASE", "secagg: the vector to mask is not there.");
  Masks masks(setup_);
  std::vector<SecretBytes> opened;
  uint32_t count = 1;  // the own shares
  for (const Boxes::From& from : boxes.boxes) {
    const Neighbour* neighbour = Find(from.place);
    if (neighbour == nullptr) {
      return Denied("PROTO-PEERS", "secagg: " + Name(from.place) + " is no neighbour.");
    }
    opened.push_back(
        OpenShares(neighbour->box_key, setup_.context, from.place, self_.place, from.box));
    count += opened.back().view().empty() ? 0 : 1;
    masks.AddPair(neighbour->agreed, self_.place, from.place);
  }
  if (count < std::max(2U, threshold())) {
    return Denied("PROTO-QUORUM", "secagg: shares of " + std::to_string(count) +
                                      " contributors, at least " + std::to_string(threshold()) +
                                      " needed; nothing sent.");
  }
  for (size_t i = 0; i < opened.size(); ++i) {
    Neighbour& neighbour = *Find(boxes.boxes[i].place);
    neighbour.is_sharing = true;
    neighbour.shares = std::move(opened[i]);
    neighbour.box_key = {};
  }
  for (Neighbour& neighbour : neighbours_) neighbour.agreed = {};
  masks.AddSelf(SecretOf(KeyUse::kSelfMask, secret_, setup_.context), self_.place,
                crypto::MaskSign::kAdd);
  num::RingVector vector = std::move(*vector_);
  vector_.reset();
  masks.Apply(vector.words);
  Message message{self_.place, kAggregator, {}, {}};
  message.packed = {vector.size(), Pack(vector.words)};
  message.header =
      WriteSignature(kMaskedInput, Sign(self_.identity, Signed::kMaskedInput, setup_.context,
                                        self_.place, message.packed.bytes));
  answers_ = kMaskedInput + 1;
  Messages messages;
  messages.push_back(std::move(message));
  return messages;
}

// A list without enough of the neighbourhood would have this one help to open others alone.
Status Contributor::CheckSurvivors(const Bytes& places) const {
  const auto refuse = [](std::string why) {
    return Denied("PROTO-SURVIVORS", "secagg: the list of who is in the sum " + std::move(why));
  };
  if (!IsIn(places, self_.place)) return refuse("does not have this contributor.");
  if (CountOf(places) < setup_.contributors_min) {
    return refuse("has " + std::to_string(CountOf(places)) + ", expected at least " +
                  std::to_string(setup_.contributors_min) + ".");
  }
  uint32_t near = 1;
  for (const Neighbour& neighbour : neighbours_) {
    if (!IsIn(places, neighbour.who.place)) continue;
    if (!neighbour.is_sharing) {
      return refuse("has " + Name(neighbour.who.place) + ", which has dealt no shares.");
    }
    ++near;
  }
  if (near >= threshold()) return {};
  return refuse("has " + std::to_string(near) + " of this neighbourhood, expected at least " +
                std::to_string(threshold()) + ".");
}

Result<Messages> Contributor::Agree(ByteView header) {
  FLORIN_ASSIGN(Survivors survivors, ReadSurvivors(header, setup_.contributors_max));
  FLORIN_TRY(CheckSurvivors(survivors.places));
  survivors_ = std::move(survivors.places);
  answers_ = kConsistency + 1;
  return Say(WriteSignature(kConsistency, Sign(self_.identity, Signed::kSurvivors, setup_.context,
                                               self_.place, survivors_)));
}

Result<Messages> Contributor::Unmask(ByteView header) {
  FLORIN_ASSIGN(const Agreement agreement, ReadAgreement(header, setup_.contributors_max));
  for (const Agreement::By& by : agreement.signatures) {
    const Neighbour* neighbour = Find(by.place);
    if (neighbour == nullptr || !Survives(by.place) ||
        !IsSigned(neighbour->who.identity, Signed::kSurvivors, setup_.context, by.place, survivors_,
                  by.signature)) {
      return Denied("PROTO-SURVIVORS",
                    "secagg: " + Name(by.place) +
                        " has not signed the same list of who is in the sum; nothing opened.");
    }
  }
  if (agreement.signatures.size() + 1 < threshold()) {
    return Denied("PROTO-SURVIVORS", "secagg: " + std::to_string(agreement.signatures.size() + 1) +
                                         " signatures of who is in the sum, at least " +
                                         std::to_string(threshold()) + " needed; nothing opened.");
  }
  const auto own = Deal(KeyUse::kSelfMask, secret_, setup_.context, threshold(),
                        static_cast<uint32_t>(neighbours_.size()) + 1);
  Opened opened;
  const auto add = [&](PartyId of, ByteView share) {
    Opened::Share item{of, {}};
    std::ranges::copy(share, item.share.begin());
    opened.shares.push_back(item);
  };
  bool is_own_there = false;
  for (const Neighbour& neighbour : neighbours_) {
    if (!is_own_there && neighbour.who.place > self_.place) {
      add(self_.place, own[OwnIndex()].view());
      is_own_there = true;
    }
    if (neighbour.shares.view().empty()) continue;
    const size_t first = Survives(neighbour.who.place) ? 0 : crypto::kShareSize;
    add(neighbour.who.place, neighbour.shares.view().subspan(first, crypto::kShareSize));
  }
  if (!is_own_there) add(self_.place, own[OwnIndex()].view());
  answers_ = kSteps;
  secret_ = {};
  neighbours_.clear();
  survivors_.clear();
  return Say(Write(opened));
}

Status Contributor::Restore(ByteView saved) {
  base::Reader reader(saved);
  if (reader.U8() != kSaveVersion) reader.Fail("unknown version");
  answers_ = reader.U8();
  secret_ = SecretBytes(reader.Blob(kSecretSize));
  const uint64_t count = reader.Varint();
  if (count > setup_.contributors_max || count > reader.remaining()) reader.Fail("too many");
  for (uint64_t i = 0; reader.ok() && i < count; ++i) {
    Neighbour neighbour;
    neighbour.who.place.index = static_cast<uint32_t>(reader.Varint());
    neighbour.who.name = reader.Text(kNameMax);
    neighbour.who.identity = ReadArray<32>(reader);
    neighbour.agreed = SecretBytes(reader.Blob(kSecretSize));
    neighbour.box_key = SecretBytes(reader.Blob(kSecretSize));
    neighbour.is_sharing = reader.Bool();
    neighbour.shares = SecretBytes(reader.Blob(kSharesSize));
    neighbours_.push_back(std::move(neighbour));
  }
  const ByteView survivors = reader.Blob((size_t{setup_.contributors_max} + 7) / 8);
  survivors_.assign(survivors.begin(), survivors.end());
  const Status status = reader.Finish("contributor of secagg");
  if (!status.ok()) return Fault("PROTO-STATE", std::string(status.message()) + ".");
  const bool is_over = answers_ == kSteps;
  const auto is_odd = [](const Neighbour& one) {
    const size_t shares = one.shares.view().size();
    return (shares != 0 && shares != kSharesSize) || (shares != 0 && !one.is_sharing);
  };
  if (answers_ == 0 || answers_ > kSteps || secret_.view().size() != (is_over ? 0 : kSecretSize) ||
      std::ranges::any_of(neighbours_, is_odd) ||
      !std::ranges::is_sorted(neighbours_, std::less_equal{},
                              [](const Neighbour& one) { return one.who.place; })) {
    return Fault("PROTO-STATE", "contributor of secagg: its parts disagree.");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Party>> MakeContributor(const ProtocolSetup& setup, Self self,
                                               base::Rng& rng) {
  FLORIN_TRY(CheckSealed(setup));
  FLORIN_TRY(CheckSelf(setup, self.place));
  auto contributor = std::make_unique<Contributor>(setup, std::move(self));
  contributor->Draw(rng);
  return std::unique_ptr<Party>(std::move(contributor));
}

Result<std::unique_ptr<Party>> RestoreContributor(const ProtocolSetup& setup, Self self,
                                                  ByteView saved) {
  FLORIN_TRY(CheckSealed(setup));
  FLORIN_TRY(CheckSelf(setup, self.place));
  auto contributor = std::make_unique<Contributor>(setup, std::move(self));
  FLORIN_TRY(contributor->Restore(saved));
  return std::unique_ptr<Party>(std::move(contributor));
}

}  // namespace florin::protocol::secagg
