// The decryptor's side. It trusts nobody's sum: it checks who signed what, adds the sealed keys up
// itself, and opens one sum in each context.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "florin/crypto/rlwe/keys.h"
#include "florin/protocol/checks.h"
#include "florin/protocol/threshold_he/key_setup.h"
#include "florin/protocol/threshold_he/threshold_he.h"
#include "florin/protocol/threshold_he/words.h"

namespace florin::protocol::threshold_he {
namespace {

namespace rlwe = crypto::rlwe;

constexpr uint8_t kSaveVersion = 1;

Status Denied(const char* code, const std::string& message) {
  return Status(Kind::kDenied, code, "threshold_he: " + message + " Nothing opened.");
}

// The one set of missing decryptors that shares were given for.
struct Ended {
  Digest context{};
  std::vector<uint8_t> missing = {};
  bool operator==(const Ended&) const = default;
};

class Decryptor final : public Party {
 public:
  Decryptor(const ProtocolSetup& setup, Self self, DecryptorSecret secret)
      : setup_(setup),
        committee_(*setup.committee),
        digest_(DigestOf(committee_)),
        self_(std::move(self)),
        secret_(std::move(secret)) {}

  Status Contribute(num::RingVector) override { return NotHere(); }
  Result<Messages> Start() override { return NotHere(); }
  Result<Message> Ask(PartyId) const override { return NotHere(); }
  Status Proceed(const std::vector<PartyId>&) override { return NotHere(); }
  bool IsEnough() const override { return false; }
  Result<num::RingVector> TakeResult() && override { return NotHere(); }
  // Done once the epoch has ended.
  PartyPhase phase() const override { return ended_ ? PartyPhase::kDone : PartyPhase::kWaiting; }

  Result<Messages> Receive(Message message) override;
  void Save(base::Writer& writer) const override;
  Status Restore(base::Reader& reader);

  size_t member() const { return self_.place.index - ProtocolSetup::kFirstDecryptor; }
  // Is the key that of the committee?
  Status CheckKey() const {
    const Bytes share = rlwe::DecryptorKey(secret_.seed.view(), committee_.epoch).Share();
    if (share == committee_.members[member()].share) return {};
    return Fault("PROTO-STATE",
                 "threshold_he: the decryptor's key is not the one that the committee has.");
  }

 private:
  static Status NotHere() {
    return Fault("PROTO-PHASE",
                 "threshold_he: this is another party's, and the party a decryptor.");
  }
  Status CheckCounted(const OpenAsked& asked, const Message& message) const;
  Status CheckOpened(const Digest& context, const Digest& question) const;
  Status CheckSignatures(const OpenAsked& asked, ByteView keys) const;
  Result<Messages> Open(const Message& message);
  Result<Messages> Recover(const Message& message);
  template <typename Word>
  Result<Messages> Say(const Message& asked, Word word) const;

  ProtocolSetup setup_;
  const Committee& committee_;  // of the setup
  Digest digest_;               // of the committee
  Self self_;
  DecryptorSecret secret_;
  std::map<Digest, Digest> opened_;  // context -> question
  std::optional<Ended> ended_;
};

Result<Messages> Decryptor::Receive(Message message) {
  if (message.from != kAggregator || message.to != self_.place) {
    return Fault("PROTO-SENDER", "message from " + Name(message.from) + " to " + Name(message.to) +
                                     ": expected one from party 0 to " + Name(self_.place) + ".");
  }
  const bool is_recovery = !message.header.empty() && message.header[0] == kRecover;
  return is_recovery ? Recover(message) : Open(message);
}

template <typename Word>
Result<Messages> Decryptor::Say(const Message& asked, Word word) const {
  const Bytes unsigned_word = Write(word);
  word.signature = crypto::SignEd25519(
      self_.identity,
      AnswerDigest(digest_, self_.place, asked.header, ByteView(unsigned_word).subspan(kAnswerAt)));
  Messages messages;
  messages.push_back({self_.place, kAggregator, Write(word), {}});
  return messages;
}

// Who must be in the sum, whatever the aggregator says.
Status Decryptor::CheckCounted(const OpenAsked& asked, const Message& message) const {
  const size_t count = asked.counted.size();
  const size_t least = std::max(2U, setup_.contributors_min);
  if (count < least) {
    return Denied("PROTO-QUORUM", std::to_string(count) + " contributions, at least " +
                                      std::to_string(least) + " needed.");
  }
  if (message.bulk_size() != count * kSealedKeyWords) {
    return Fault("PROTO-LENGTH", "threshold_he: expected the sealed keys of " +
                                     std::to_string(count) + " contributors, found " +
                                     std::to_string(message.bulk_size()) + " words.");
  }
  std::set<std::string> names;
  std::set<crypto::Ed25519PublicKey> identities;
  std::vector<Participant> participants;
  for (const Counted& one : asked.counted) {
    if (!names.insert(one.who.name).second || !identities.insert(one.who.identity).second) {
      return Denied("PROTO-PEERS", Name(one.who.place) + " (\"" + one.who.name +
                                       "\") is in the sum twice, by its name or identity.");
    }
    participants.push_back(one.who);
  }
  return self_.accept ? self_.accept(participants) : Status();
}

// The same question may come again: its answer did not arrive, and it is the same one.
Status Decryptor::CheckOpened(const Digest& context, const Digest& question) const {
  const auto at = opened_.find(context);
  if (at != opened_.end() && at->second != question) {
    return Denied("PROTO-OPENED",
                  "another sum was opened in this round; a decryptor opens one, or two would tell "
                  "what those have sent by whom they differ.");
  }
  if (at != opened_.end()) return {};
  if (ended_ || opened_.size() >= kOpeningsMax) {
    return Denied("PROTO-RETIRED", ended_ ? "the epoch has ended with the recovery of a key; set "
                                            "up another one."
                                          : "the epoch's key has opened as many sums as it may; "
                                            "set up another one.");
  }
  return {};
}

// keys: of all that are counted, one behind the other.
Status Decryptor::CheckSignatures(const OpenAsked& asked, ByteView keys) const {
  std::set<Digest> digests;
  for (size_t i = 0; i < asked.counted.size(); ++i) {
    const Counted& one = asked.counted[i];
    const Digest key = crypto::HashKt128(keys.subspan(i * kSealedKeySize, kSealedKeySize));
    if (!crypto::VerifyEd25519(
            one.who.identity,
            ContributionDigest(asked.context, one.who.place, digest_, one.vector, key),
            one.signature)) {
      return Denied("PROTO-SIGNATURE", "the contribution of " + Name(one.who.place) + " (\"" +
                                           one.who.name +
                                           "\") is not signed by its identity, or not for this "
                                           "round and committee.");
    }
    if (!digests.insert(key).second) {
      return Denied("PROTO-KEY", Name(one.who.place) + " has sealed the key of another one.");
    }
  }
  return {};
}

Result<Messages> Decryptor::Open(const Message& message) {
  FLORIN_ASSIGN(const OpenAsked asked, ReadOpenAsked(message.header));
  const Digest question = crypto::HashKt128(message.header);
  FLORIN_TRY(CheckOpened(asked.context, question));
  FLORIN_TRY(CheckCounted(asked, message));
  std::vector<uint64_t> words(message.bulk_size());
  message.CopyBulk(0, words);
  const ByteView keys = base::AsBytes(Span<const uint64_t>(words));
  FLORIN_TRY(CheckSignatures(asked, keys));
  rlwe::KeySum sum;
  for (size_t i = 0; i < asked.counted.size(); ++i) {
    const auto key =
        rlwe::Message::Parse(rlwe::MessageKind::kSealedKey, rlwe::kSealedKeyPolynomials,
                             keys.subspan(i * kSealedKeySize, kSealedKeySize));
    if (!key.ok()) {
      return Denied("PROTO-CIPHERTEXT",
                    Name(asked.counted[i].who.place) + ": " + std::string(key.status().message()));
    }
    sum.Add(*key);
  }
  const rlwe::DecryptorKey own(secret_.seed.view(), committee_.epoch);
  auto answer = Say(message, Opening{.opening = own.Open(sum)});
  opened_[asked.context] = question;
  return answer;
}

// Shares of one set, once: who could ask for others would have all keys in the end. And of so few
// that those who are left could have opened the sum.
Result<Messages> Decryptor::Recover(const Message& message) {
  FLORIN_ASSIGN(const RecoverAsked asked, ReadRecoverAsked(message.header));
  if (message.bulk_size() != 0) {
    return Fault("PROTO-LENGTH", "threshold_he: a question for shares has no bulk.");
  }
  const size_t members = committee_.members.size();
  const Ended ending{asked.context, asked.missing};
  if (!opened_.contains(asked.context)) {
    return Denied("PROTO-PHASE", "this decryptor has opened nothing in this round.");
  }
  if (asked.missing.size() > members - committee_.threshold || asked.missing.back() >= members ||
      std::ranges::binary_search(asked.missing, member())) {
    return Denied("PROTO-PEERS", "expected at most " +
                                     std::to_string(members - committee_.threshold) +
                                     " other decryptors that are missing.");
  }
  if (ended_ && *ended_ != ending) {
    return Denied("PROTO-RETIRED",
                  "shares of another set of keys were given; set up another epoch.");
  }
  Recovered word;
  for (const uint8_t missing : asked.missing) {
    Share& share = word.shares.emplace_back();
    std::ranges::copy(secret_.shares[missing].view(), share.begin());
  }
  ended_ = ending;
  return Say(message, std::move(word));
}

void Decryptor::Save(base::Writer& writer) const {
  writer.U8(kSaveVersion).Blob(Write(secret_).view()).Varint(opened_.size());
  for (const auto& [context, question] : opened_) writer.Fixed(context).Fixed(question);
  writer.Bool(ended_.has_value());
  if (ended_) writer.Fixed(ended_->context).Blob(ended_->missing);
}

Status Decryptor::Restore(base::Reader& reader) {
  const uint64_t count = reader.Varint();
  if (count > kOpeningsMax) reader.Fail("too many openings");
  for (uint64_t i = 0; reader.ok() && i < count; ++i) {
    const Digest context = ReadArray<32>(reader);
    if (!opened_.empty() && context <= opened_.rbegin()->first) reader.Fail("out of order");
    opened_[context] = ReadArray<32>(reader);
  }
  if (reader.Bool()) {
    ended_.emplace();
    ended_->context = ReadArray<32>(reader);
    const ByteView missing = reader.Blob(kMembersMax);
    ended_->missing.assign(missing.begin(), missing.end());
    if (!opened_.contains(ended_->context)) reader.Fail("it ended before it opened");
  }
  const Status status = reader.Finish("decryptor of threshold_he");
  if (!status.ok()) return Fault("PROTO-STATE", std::string(status.message()) + ".");
  return {};
}

Result<std::unique_ptr<Decryptor>> Make(const ProtocolSetup& setup, Self self, ByteView key) {
  FLORIN_TRY(CheckSealed(setup));
  const size_t members = setup.committee->members.size();
  const uint32_t index = self.place.index - ProtocolSetup::kFirstDecryptor;
  if (index >= members) {
    return Fault("PROTO-SENDER", Name(self.place) + " is no decryptor of a committee of " +
                                     std::to_string(members) + ".");
  }
  FLORIN_ASSIGN(DecryptorSecret secret, ReadSecret(key, members));
  auto decryptor = std::make_unique<Decryptor>(setup, std::move(self), std::move(secret));
  FLORIN_TRY(decryptor->CheckKey());
  return decryptor;
}

}  // namespace

Result<std::unique_ptr<Party>> MakeDecryptor(const ProtocolSetup& setup, Self self, ByteView key) {
  FLORIN_ASSIGN(auto decryptor, Make(setup, std::move(self), key));
  return std::unique_ptr<Party>(std::move(decryptor));
}

Result<std::unique_ptr<Party>> RestoreDecryptor(const ProtocolSetup& setup, Self self,
                                                ByteView saved) {
  base::Reader reader(saved);
  if (reader.U8() != kSaveVersion) reader.Fail("unknown version");
  const ByteView key = reader.Blob(saved.size());
  if (!reader.ok()) return Fault("PROTO-STATE", "decryptor of threshold_he: it has no key.");
  FLORIN_ASSIGN(auto decryptor, Make(setup, std::move(self), key));
  FLORIN_TRY(decryptor->Restore(reader));
  return std::unique_ptr<Party>(std::move(decryptor));
}

}  // namespace florin::protocol::threshold_he
