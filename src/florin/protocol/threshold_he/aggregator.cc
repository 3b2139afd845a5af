// The aggregator's side: it adds sealed vectors on arrival, keeps the sealed keys for the
// decryptors, and opens the sum with what these answer.
#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "florin/crypto/rlwe/keys.h"
#include "florin/protocol/checks.h"
#include "florin/protocol/recovery.h"
#include "florin/protocol/threshold_he/threshold_he.h"
#include "florin/protocol/threshold_he/vectors.h"
#include "florin/protocol/threshold_he/words.h"

namespace florin::protocol::threshold_he {
namespace {

namespace rlwe = crypto::rlwe;

constexpr uint8_t kSaveVersion = 1;

struct Seat {
  bool has_answered = false;
  Digest vector{};
  Contribution word = {};
};
struct DecryptorSeat {
  Bytes opening = {};              // empty until it answers
  std::vector<Share> shares = {};  // of those that are missing
};

Result<rlwe::Message> ParseKey(const Bytes& key) {
  return rlwe::Message::Parse(rlwe::MessageKind::kSealedKey, rlwe::kSealedKeyPolynomials, key);
}
Result<rlwe::Message> ParseOpening(const Bytes& opening) {
  return rlwe::Message::Parse(rlwe::MessageKind::kOpening, rlwe::kOpeningPolynomials, opening);
}
Status NotOpened(const Status& why) {
  return Fault("PROTO-OPENING",
               "threshold_he: the sum does not open: " + std::string(why.message()) +
                   " A contributor has sealed what is none, or a decryptor opened another sum.");
}

class Aggregator final : public Party {
 public:
  explicit Aggregator(const ProtocolSetup& setup)
      : setup_(setup),
        layout_(LayoutOf(setup).value_or(Layout{})),
        committee_digest_(DigestOf(*setup.committee)),
        seats_(setup.contributors_max),
        decryptors_(setup.committee->members.size()) {}

  Status Contribute(num::RingVector) override {
    return Fault("PROTO-PHASE", "threshold_he: an aggregator has no vector of its own.");
  }
  Result<Messages> Start() override {
    if (phase_ != PartyPhase::kFresh) return WrongPhase("start", PartyPhase::kFresh, phase_);
    phase_ = PartyPhase::kWaiting;
    return Messages{};
  }
  Result<Messages> Receive(Message message) override;
  Result<Message> Ask(PartyId party) const override;
  Status Proceed(const std::vector<PartyId>& dropouts) override;
  bool IsEnough() const override { return phase_ == PartyPhase::kWaiting && CheckStep().ok(); }
  PartyPhase phase() const override { return phase_; }
  std::vector<Blame> Blamed() const override { return blamed_; }
  Result<num::RingVector> TakeResult() && override {
    if (phase_ != PartyPhase::kReady) return WrongPhase("result", PartyPhase::kReady, phase_);
    phase_ = PartyPhase::kDone;
    return std::move(opened_);
  }
  void Save(base::Writer& writer) const override;
  Status Restore(ByteView saved);

 private:
  const Committee& committee() const { return *setup_.committee; }
  bool IsOver() const { return phase_ == PartyPhase::kReady || phase_ == PartyPhase::kDone; }
  // Which member; as many as there are for who is none.
  size_t MemberOf(PartyId party) const {
    const uint32_t index = party.index - ProtocolSetup::kFirstDecryptor;
    return std::min<size_t>(index, decryptors_.size());
  }
  bool HasOpened(size_t member) const { return !decryptors_[member].opening.empty(); }
  bool HasAnswered(PartyId party) const;
  bool IsAsked(PartyId party) const;
  std::vector<uint8_t> Missing() const;

  Status TakeContribution(const Message& message);
  Status TakeAnswer(const Message& message);
  Status CheckAnswer(const Message& message, const Signature& signature) const;
  Status CheckStep() const;
  Bytes Question() const;
  Status Open();
  Status AddRebuilt(const rlwe::KeySum& sum, std::vector<Bytes>& openings);
  Status RestoreSeats(base::Reader& reader);
  Status RestoreSum(ByteView bytes);

  ProtocolSetup setup_;
  Layout layout_;
  Digest committee_digest_;
  PartyPhase phase_ = PartyPhase::kFresh;
  uint8_t step_ = kContribute;
  std::vector<Seat> seats_;               // of the place i + 1
  uint32_t count_ = 0;                    // that have answered
  std::set<Digest> keys_;                 // digests of the sealed keys
  std::unique_ptr<rlwe::VectorSum> sum_;  // from the first contribution until it is open
  std::vector<DecryptorSeat> decryptors_;
  num::RingVector opened_;
  std::vector<Blame> blamed_;
};

bool Aggregator::HasAnswered(PartyId party) const {
  if (step_ == kContribute) return seats_[party.index - 1].has_answered;
  const DecryptorSeat& seat = decryptors_[MemberOf(party)];
  return step_ == kOpen ? !seat.opening.empty() : !seat.shares.empty();
}

bool Aggregator::IsAsked(PartyId party) const {
  if (step_ == kContribute) return IsContributor(setup_, party);
  const size_t member = MemberOf(party);
  return member < decryptors_.size() && (step_ == kOpen || HasOpened(member));
}

Result<Messages> Aggregator::Receive(Message message) {
  if (phase_ != PartyPhase::kWaiting) return WrongPhase("message", PartyPhase::kWaiting, phase_);
  if (step_ == kContribute) {
    FLORIN_TRY(CheckRoute(setup_, message));
  } else if (IsContributor(setup_, message.from)) {
    return Fault("PROTO-PHASE", Name(message.from) + ": its step is over.");
  } else if (!IsAsked(message.from) || message.to != kAggregator) {
    return Fault("PROTO-SENDER", "message from " + Name(message.from) + " to " + Name(message.to) +
                                     ": expected a decryptor that is asked, to party 0.");
  }
  if (HasAnswered(message.from)) {
    return Fault("PROTO-DUPLICATE", Name(message.from) + " has answered this step.");
  }
  FLORIN_TRY(step_ == kContribute ? TakeContribution(message) : TakeAnswer(message));
  return Messages{};
}

Status Aggregator::TakeContribution(const Message& message) {
  if (message.bulk_size() != layout_.words()) {
    return Fault("PROTO-LENGTH", Name(message.from) + ": sealed vector of " +
                                     std::to_string(message.bulk_size()) + " words, expected " +
                                     std::to_string(layout_.words()) + ".");
  }
  FLORIN_ASSIGN(Contribution word, ReadContribution(message.header));
  std::vector<uint64_t> unpacked(message.packed.size);
  if (message.packed.size > 0) message.CopyBulk(0, unpacked);
  const ByteView bytes =
      base::AsBytes(Span<const uint64_t>(message.packed.size > 0 ? unpacked : message.bulk.words));
  const Digest vector = crypto::HashKt128(bytes);
  const Digest key = crypto::HashKt128(word.key);
  if (!crypto::VerifyEd25519(
          setup_.cohort[message.from.index - 1].identity,
          ContributionDigest(setup_.context, message.from, committee_digest_, vector, key),
          word.signature)) {
    return Fault("PROTO-SIGNATURE", "the contribution of " + Name(message.from) +
                                        " is not signed by its identity, or not for this round, "
                                        "model and committee.");
  }
  const auto sealed = rlwe::Message::Parse(rlwe::MessageKind::kVector, layout_.polynomials, bytes);
  const auto sealed_key = ParseKey(word.key);
  if (!sealed.ok() || !sealed_key.ok()) {
    const Status& fault = sealed.ok() ? sealed_key.status() : sealed.status();
    return Fault("PROTO-CIPHERTEXT", Name(message.from) + ": " + std::string(fault.message()));
  }
  if (!keys_.insert(key).second) {
    return Fault("PROTO-KEY", Name(message.from) + " has sealed the key of another one.");
  }
  if (!sum_) sum_ = std::make_unique<rlwe::VectorSum>(layout_.polynomials);
  sum_->Add(*sealed);
  seats_[message.from.index - 1] = {true, vector, std::move(word)};
  ++count_;
  return {};
}

Status Aggregator::CheckAnswer(const Message& message, const Signature& signature) const {
  const Member& member = committee().members[MemberOf(message.from)];
  const Digest digest = AnswerDigest(committee_digest_, message.from, Question(),
                                     ByteView(message.header).subspan(kAnswerAt));
  if (crypto::VerifyEd25519(member.identity, digest, signature)) return {};
  return Fault("PROTO-SIGNATURE", "the answer of decryptor \"" + member.name +
                                      "\" is not signed by its identity, or answers another "
                                      "question.");
}

Status Aggregator::TakeAnswer(const Message& message) {
  if (message.bulk_size() != 0) {
    return Fault("PROTO-LENGTH", Name(message.from) + ": expected no vector in this step.");
  }
  DecryptorSeat& seat = decryptors_[MemberOf(message.from)];
  if (step_ == kOpen) {
    FLORIN_ASSIGN(Opening word, ReadOpening(message.header));
    FLORIN_TRY(CheckAnswer(message, word.signature));
    if (const auto opening = ParseOpening(word.opening); !opening.ok()) {
      return Fault("PROTO-CIPHERTEXT",
                   Name(message.from) + ": " + std::string(opening.status().message()));
    }
    seat.opening = std::move(word.opening);
    return {};
  }
  FLORIN_ASSIGN(Recovered word, ReadRecovered(message.header));
  FLORIN_TRY(CheckAnswer(message, word.signature));
  if (word.shares.size() != Missing().size()) {
    return Fault("PROTO-MESSAGE", Name(message.from) + ": expected " +
                                      std::to_string(Missing().size()) + " shares, found " +
                                      std::to_string(word.shares.size()) + ".");
  }
  seat.shares = std::move(word.shares);
  return {};
}

std::vector<uint8_t> Aggregator::Missing() const {
  std::vector<uint8_t> missing;
  for (size_t i = 0; i < decryptors_.size(); ++i) {
    if (!HasOpened(i)) missing.push_back(static_cast<uint8_t>(i));
  }
  return missing;
}

// The header of what decryptors are asked in this step: the same for all.
Bytes Aggregator::Question() const {
  if (step_ == kRecover) return Write(RecoverAsked{setup_.context, Missing()});
  OpenAsked asked{.context = setup_.context};
  for (uint32_t i = 0; i < seats_.size(); ++i) {
    if (!seats_[i].has_answered) continue;
    Participant who = setup_.cohort[i];
    who.place = {i + 1};
    asked.counted.push_back({std::move(who), seats_[i].vector, seats_[i].word.signature});
  }
  return Write(asked);
}

Result<Message> Aggregator::Ask(PartyId party) const {
  if (phase_ != PartyPhase::kWaiting) return WrongPhase("ask", PartyPhase::kWaiting, phase_);
  if (!IsAsked(party)) {
    return Fault("PROTO-SENDER", Name(party) + " is not asked in this step.");
  }
  Message asked{kAggregator, party, {}, {}};
  if (step_ == kContribute) return asked;
  asked.header = Question();
  if (step_ == kRecover) return asked;
  asked.bulk.words.resize(count_ * kSealedKeyWords);
  uint64_t* at = asked.bulk.words.data();
  for (const Seat& seat : seats_) {
    if (!seat.has_answered) continue;
    std::ranges::copy(seat.word.key, reinterpret_cast<uint8_t*>(at));
    at += kSealedKeyWords;
  }
  return asked;
}

// Can the present step close with those that have answered it?
Status Aggregator::CheckStep() const {
  const auto quorum = [](size_t found, size_t needed, const char* what) {
    if (found >= needed) return Status();
    return Fault("PROTO-QUORUM", "threshold_he: " + std::to_string(found) + " " + what +
                                     ", at least " + std::to_string(needed) +
                                     " needed; nothing opened.");
  };
  if (step_ == kContribute) {
    return quorum(count_, std::max(2U, setup_.contributors_min), "contributions");
  }
  size_t count = 0;
  for (size_t i = 0; i < decryptors_.size(); ++i) count += HasAnswered(PlaceOf(i)) ? 1 : 0;
  return quorum(count, committee().threshold, "decryptors' answers");
}

Status Aggregator::Proceed(const std::vector<PartyId>& dropouts) {
  if (phase_ != PartyPhase::kWaiting) return WrongPhase("proceed", PartyPhase::kWaiting, phase_);
  for (const PartyId dropout : dropouts) {
    if (!IsAsked(dropout) || HasAnswered(dropout)) return NotADropout(dropout);
  }
  FLORIN_TRY(CheckStep());
  if (step_ == kContribute || (step_ == kOpen && !Missing().empty())) {
    ++step_;
    return {};
  }
  return Open();
}

// The openings of those who are missing, by their seeds.
Status Aggregator::AddRebuilt(const rlwe::KeySum& sum, std::vector<Bytes>& openings) {
  const std::vector<uint8_t> missing = Missing();
  Recovery recovery;
  for (size_t i = 0; i < missing.size(); ++i) {
    std::vector<HeldShare> held;
    for (size_t member = 0; member < decryptors_.size(); ++member) {
      if (decryptors_[member].shares.empty()) continue;
      held.push_back({.holder = PlaceOf(member),
                      .index = static_cast<uint32_t>(member) + 1,
                      .share = decryptors_[member].shares[i]});
    }
    const auto is_right = [&](const crypto::SecretBytes& seed) {
      return rlwe::DecryptorKey(seed.view(), committee().epoch).Share() ==
             committee().members[missing[i]].share;
    };
    auto seed =
        recovery.Open(PlaceOf(missing[i]), std::move(held), committee().threshold, is_right);
    blamed_ = recovery.blames();
    if (!seed.ok()) return std::move(seed).status();
    openings.push_back(rlwe::DecryptorKey(seed->view(), committee().epoch).Open(sum));
  }
  return {};
}

Status Aggregator::Open() {
  rlwe::KeySum sum;
  for (const Seat& seat : seats_) {
    if (seat.has_answered) sum.Add(*ParseKey(seat.word.key));
  }
  std::vector<Bytes> openings;
  for (const DecryptorSeat& seat : decryptors_) {
    if (!seat.opening.empty()) openings.push_back(seat.opening);
  }
  FLORIN_TRY(AddRebuilt(sum, openings));
  std::vector<rlwe::Message> parsed;
  parsed.reserve(openings.size());
  for (const Bytes& opening : openings) parsed.push_back(*ParseOpening(opening));
  const auto keys = rlwe::OpenKeys(sum, parsed);
  if (!keys.ok()) return NotOpened(keys.status());
  auto opened = OpenVector(layout_, *sum_, *keys, setup_.context);
  if (!opened.ok()) return NotOpened(opened.status());
  opened_ = std::move(*opened);
  phase_ = PartyPhase::kReady;
  for (Seat& seat : seats_) seat.word = {};
  for (DecryptorSeat& seat : decryptors_) seat = {};
  sum_.reset();
  return {};
}

void Aggregator::Save(base::Writer& writer) const {
  writer.U8(kSaveVersion).U8(static_cast<uint8_t>(phase_)).U8(step_);
  writer.Fixed(setup_.context).Varint(setup_.vector_size).Varint(seats_.size());
  for (const Seat& seat : seats_) {
    writer.Bool(seat.has_answered);
    if (!seat.has_answered || IsOver()) continue;
    writer.Fixed(seat.vector).Fixed(seat.word.signature).Fixed(seat.word.key);
  }
  writer.Varint(decryptors_.size());
  for (const DecryptorSeat& seat : decryptors_) {
    writer.Blob(seat.opening).Varint(seat.shares.size());
    for (const Share& share : seat.shares) writer.Fixed(share);
  }
  writer.Blob(sum_ ? sum_->Pack() : Bytes{});
  SavePacked(writer, opened_.words);
}

Status Aggregator::RestoreSeats(base::Reader& reader) {
  const auto read = [&](size_t size) {
    const ByteView bytes = reader.Fixed(size);
    return Bytes(bytes.begin(), bytes.end());
  };
  if (reader.Varint() != seats_.size()) reader.Fail("another cohort");
  for (size_t i = 0; reader.ok() && i < seats_.size(); ++i) {
    Seat& seat = seats_[i];
    seat.has_answered = reader.Bool();
    if (!seat.has_answered) continue;
    ++count_;
    if (IsOver()) continue;
    seat.vector = ReadArray<32>(reader);
    seat.word.signature = ReadArray<64>(reader);
    seat.word.key = read(kSealedKeySize);
    keys_.insert(crypto::HashKt128(seat.word.key));
  }
  if (reader.Varint() != decryptors_.size()) reader.Fail("another committee");
  for (size_t i = 0; reader.ok() && i < decryptors_.size(); ++i) {
    DecryptorSeat& seat = decryptors_[i];
    const ByteView opening = reader.Blob(kOpeningSize);
    seat.opening.assign(opening.begin(), opening.end());
    const uint64_t shares = reader.Varint();
    if (shares > decryptors_.size()) reader.Fail("too many shares");
    for (uint64_t k = 0; reader.ok() && k < shares; ++k) {
      seat.shares.push_back(ReadArray<crypto::kShareSize>(reader));
    }
  }
  return {};
}

Status Aggregator::RestoreSum(ByteView bytes) {
  if (bytes.empty()) return {};
  const auto sum = rlwe::Message::Parse(rlwe::MessageKind::kVector, layout_.polynomials, bytes);
  if (!sum.ok()) return sum.status();
  sum_ = std::make_unique<rlwe::VectorSum>(layout_.polynomials);
  sum_->Add(*sum, count_);
  return {};
}

Status Aggregator::Restore(ByteView saved) {
  const auto refuse = [](const std::string& why) {
    return Fault("PROTO-STATE", "aggregator of threshold_he: " + why);
  };
  base::Reader reader(saved);
  if (reader.U8() != kSaveVersion) reader.Fail("unknown version");
  const uint8_t phase = reader.U8();
  if (phase > static_cast<uint8_t>(PartyPhase::kDone)) reader.Fail("unknown phase");
  phase_ = static_cast<PartyPhase>(phase);
  step_ = reader.U8();
  if (step_ >= kSteps) reader.Fail("unknown step");
  if (ReadArray<32>(reader) != setup_.context) reader.Fail("another round");
  if (reader.Varint() != setup_.vector_size) reader.Fail("vectors of another size");
  FLORIN_TRY(RestoreSeats(reader));
  const ByteView sum = reader.Blob(layout_.words() * 8);
  opened_.words = RestorePacked(reader, setup_.vector_size);
  const Status status = reader.Finish("aggregator of threshold_he");
  if (!status.ok()) return refuse(std::string(status.message()) + ".");
  if (!RestoreSum(sum).ok()) return refuse("a sum that does not parse.");
  const bool is_begun = phase_ != PartyPhase::kFresh;
  const bool has_sum = count_ > 0 && !IsOver();
  if ((sum_ != nullptr) != has_sum || (!is_begun && (count_ > 0 || step_ != kContribute)) ||
      opened_.size() != (phase_ == PartyPhase::kReady ? setup_.vector_size : 0) ||
      (IsOver() && step_ == kContribute) || (!IsOver() && keys_.size() != count_) ||
      (step_ != kContribute && count_ < std::max(2U, setup_.contributors_min))) {
    return refuse("phase, answers and sum disagree.");
  }
  for (const Seat& seat : seats_) {
    if (has_sum && seat.has_answered && !ParseKey(seat.word.key).ok()) {
      return refuse("a sealed key that does not parse.");
    }
  }
  size_t openings = 0;
  for (const DecryptorSeat& seat : decryptors_) {
    const bool has_opening = !seat.opening.empty();
    openings += has_opening ? 1 : 0;
    const bool has_shares = !seat.shares.empty();
    if ((has_opening && (step_ == kContribute || IsOver() || !ParseOpening(seat.opening).ok())) ||
        (has_shares &&
         (step_ != kRecover || !has_opening || seat.shares.size() != Missing().size()))) {
      return refuse("answers of decryptors that disagree.");
    }
  }
  if (step_ == kRecover && !IsOver() && (openings < committee().threshold || Missing().empty())) {
    return refuse("a recovery of nobody.");
  }
  return {};
}

Status CheckAggregator(const ProtocolSetup& setup) {
  FLORIN_TRY(CheckSealed(setup));
  const auto is_long = [](const Participant& one) { return one.name.size() > kNameMax; };
  if (setup.cohort.size() == setup.contributors_max &&
      std::ranges::none_of(setup.cohort, is_long)) {
    return {};
  }
  return Status(Kind::kConfig, "PROTO-SETUP",
                "threshold_he: expected a key and a name of at most " + std::to_string(kNameMax) +
                    " bytes for each of " + std::to_string(setup.contributors_max) +
                    " contributors, found " + std::to_string(setup.cohort.size()) + ".");
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

}  // namespace florin::protocol::threshold_he
