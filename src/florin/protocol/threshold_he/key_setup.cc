#include "florin/protocol/threshold_he/key_setup.h"

#include <algorithm>
#include <string>
#include <utility>

#include "florin/crypto/hpke.h"
#include "florin/crypto/rlwe/keys.h"
#include "florin/crypto/shamir.h"
#include "florin/crypto/transcript.h"
#include "florin/protocol/checks.h"
#include "florin/protocol/threshold_he/words.h"

namespace florin::protocol::threshold_he {
namespace {

namespace rlwe = crypto::rlwe;
using crypto::Kt128Digest;
using crypto::SecretBytes;

constexpr uint8_t kSecretVersion = 1;
constexpr crypto::HpkeSuite kSuite{};

Status Denied(const char* code, const std::string& message) {
  return Status(Kind::kDenied, code, "threshold_he: " + message);
}
std::string NameOf(const Committee& committee, size_t member) {
  return "\"" + committee.members[member].name + "\"";
}

Kt128Digest CommitmentOf(const Committee& committee, size_t member, ByteView share) {
  return crypto::Transcript("florin/threshold_he/commitment/1")
      .Add("members", ByteView(DigestOf(committee, false)))
      .Add("member", member)
      .Add("share", share)
      .Digest();
}

// What a box from one member to another is bound to.
Kt128Digest BoxInfo(const Committee& committee, size_t from, size_t to) {
  return crypto::Transcript("florin/threshold_he/box/1")
      .Add("members", ByteView(DigestOf(committee, false)))
      .Add("from", from)
      .Add("to", to)
      .Digest();
}

// What a member signs: all of its word before the signature.
Kt128Digest WordDigest(const Committee& committee, size_t member, ByteView word) {
  return crypto::Transcript("florin/threshold_he/word/1")
      .Add("members", ByteView(DigestOf(committee, false)))
      .Add("member", member)
      .Add("word", word)
      .Digest();
}

Status CheckSigned(const Committee& committee, size_t member, ByteView word) {
  constexpr size_t kSize = sizeof(crypto::Ed25519Signature);
  FLORIN_CHECK(word.size() >= kSize);  // it was read
  crypto::Ed25519Signature signature;
  std::ranges::copy(word.last(kSize), signature.begin());
  const Kt128Digest digest = WordDigest(committee, member, word.first(word.size() - kSize));
  if (crypto::VerifyEd25519(committee.members[member].identity, digest, signature)) return {};
  return Denied("PROTO-SIGNATURE", "what " + NameOf(committee, member) +
                                       " said in the key setup is not signed by its identity, or "
                                       "not for this epoch.");
}

}  // namespace

SecretBytes Write(const DecryptorSecret& secret) {
  SecretBytes bytes =
      SecretBytes::Zeros(1 + rlwe::kSeedSize + secret.shares.size() * crypto::kShareSize);
  Span<uint8_t> out = bytes.span();
  out[0] = kSecretVersion;
  std::ranges::copy(secret.seed.view(), out.subspan(1).begin());
  out = out.subspan(1 + rlwe::kSeedSize);
  for (const SecretBytes& share : secret.shares) {
    std::ranges::copy(share.view(), out.begin());
    out = out.subspan(crypto::kShareSize);
  }
  return bytes;
}

Result<DecryptorSecret> ReadSecret(ByteView bytes, size_t members) {
  base::Reader reader(bytes);
  if (reader.U8() != kSecretVersion) reader.Fail("unknown version");
  DecryptorSecret secret;
  secret.seed = SecretBytes(reader.Fixed(rlwe::kSeedSize));
  for (size_t i = 0; i < members; ++i) {
    secret.shares.emplace_back(reader.Fixed(crypto::kShareSize));
  }
  const Status status = reader.Finish("key of a decryptor");
  if (!status.ok()) return Fault("PROTO-STATE", std::string(status.message()) + ".");
  return secret;
}

Result<KeySetup> KeySetup::Make(Committee committee, size_t self,
                                const crypto::Ed25519Seed& identity, Rng& rng) {
  FLORIN_TRY(CheckMembers(committee));
  if (self >= committee.members.size() ||
      committee.members[self].identity != crypto::PublicKeyOf(identity)) {
    return Denied("PROTO-COMMITTEE", "this decryptor is not the member " + std::to_string(self) +
                                         " of the committee.");
  }
  const auto draw = [&] {
    SecretBytes secret = SecretBytes::Zeros(rlwe::kSeedSize);
    std::array<uint64_t, rlwe::kSeedSize / 8> words;
    rng.Fill(words);
    std::ranges::copy(base::AsBytes(Span<const uint64_t>(words)), secret.span().begin());
    words.fill(0);
    return secret;
  };
  KeySetup setup;
  setup.self_ = self;
  setup.identity_ = identity;
  setup.secret_.seed = draw();
  setup.box_key_ = crypto::HpkeDeriveKeyPair(kSuite.kem, draw().view());
  setup.dealt_ = crypto::ShareSecret(setup.secret_.seed.view(), committee.threshold,
                                     static_cast<uint32_t>(committee.members.size()), rng);
  committee.members[self].share =
      rlwe::DecryptorKey(setup.secret_.seed.view(), committee.epoch).Share();
  setup.committee_ = std::move(committee);
  return setup;
}

Status KeySetup::CheckTurn(Turn turn, size_t count) const {
  if (turn_ != turn) {
    return Fault("PROTO-PHASE", "threshold_he: a turn of the key setup was taken before.");
  }
  if (count == committee_.members.size()) return {};
  return Denied("PROTO-MESSAGE",
                "the word of each of " + std::to_string(committee_.members.size()) +
                    " decryptors is expected, found " + std::to_string(count) + ".");
}

Result<Bytes> KeySetup::Pledge() {
  FLORIN_TRY(CheckTurn(Turn::kPledge, committee_.members.size()));
  threshold_he::Pledge pledge;
  std::ranges::copy(box_key_.public_key, pledge.box_key.begin());
  pledge.commitment = CommitmentOf(committee_, self_, committee_.members[self_].share);
  turn_ = Turn::kReveal;
  return WriteSigned(pledge, [&](ByteView word) {
    return crypto::SignEd25519(identity_, WordDigest(committee_, self_, word));
  });
}

Result<Bytes> KeySetup::Reveal(Span<const Bytes> pledges) {
  FLORIN_TRY(CheckTurn(Turn::kReveal, pledges.size()));
  std::vector<Kt128Digest> pledged;
  threshold_he::Reveal reveal;
  for (size_t i = 0; i < pledges.size(); ++i) {
    FLORIN_ASSIGN(const threshold_he::Pledge pledge, ReadPledge(pledges[i]));
    FLORIN_TRY(CheckSigned(committee_, i, pledges[i]));
    pledged.push_back(pledge.commitment);
    reveal.boxes.emplace_back();
    if (i == self_) continue;
    const Kt128Digest info = BoxInfo(committee_, self_, i);
    auto sender = crypto::HpkeSender::Make(kSuite, pledge.box_key, {.info = info});
    if (!sender.ok()) {
      return Denied("PROTO-KEY", "nobody can seal to the key of " + NameOf(committee_, i) + ".");
    }
    const Bytes sealed = sender->Seal({}, dealt_[i].view());
    std::ranges::copy(sender->encapsulated(), reveal.boxes[i].begin());
    std::ranges::copy(sealed, reveal.boxes[i].begin() + kEncapsulatedSize);
  }
  reveal.share = committee_.members[self_].share;
  pledged_ = std::move(pledged);
  dealt_.clear();
  turn_ = Turn::kConfirm;
  return WriteSigned(reveal, [&](ByteView word) {
    return crypto::SignEd25519(identity_, WordDigest(committee_, self_, word));
  });
}

Result<Bytes> KeySetup::Confirm(Span<const Bytes> reveals) {
  FLORIN_TRY(CheckTurn(Turn::kConfirm, reveals.size()));
  std::vector<SecretBytes> shares;
  Committee committee = committee_;
  for (size_t i = 0; i < reveals.size(); ++i) {
    FLORIN_ASSIGN(threshold_he::Reveal reveal, ReadReveal(reveals[i], reveals.size()));
    FLORIN_TRY(CheckSigned(committee_, i, reveals[i]));
    if (CommitmentOf(committee_, i, reveal.share) != pledged_[i]) {
      return Denied("PROTO-COMMITTEE", NameOf(committee_, i) +
                                           " shows another key share than it pledged: it may have "
                                           "been chosen by the others'.");
    }
    committee.members[i].share = std::move(reveal.share);
    shares.emplace_back();
    if (i == self_) continue;
    const Kt128Digest info = BoxInfo(committee_, i, self_);
    const ByteView box = reveal.boxes[self_];
    auto recipient =
        crypto::HpkeRecipient::Make(kSuite, box.first(kEncapsulatedSize), box_key_, {.info = info});
    auto share = recipient.ok() ? recipient->Open({}, box.subspan(kEncapsulatedSize))
                                : Result<Bytes>(recipient.status());
    if (!share.ok()) {
      return Denied("PROTO-COMMITTEE", "the share that " + NameOf(committee_, i) +
                                           " dealt this decryptor does not open.");
    }
    shares[i] = SecretBytes(*share);
    std::ranges::fill(*share, uint8_t{0});
  }
  const crypto::Ed25519Signature signature = crypto::SignEd25519(identity_, DigestOf(committee));
  shares[self_] = SecretBytes::Zeros(crypto::kShareSize);
  secret_.shares = std::move(shares);
  committee_ = std::move(committee);
  turn_ = Turn::kOver;
  return Bytes(signature.begin(), signature.end());
}

Result<SecretBytes> KeySetup::TakeSecret() && {
  FLORIN_TRY(CheckTurn(Turn::kOver, committee_.members.size()));
  return Write(secret_);
}

Result<Committee> Assemble(Committee committee, Span<const Bytes> reveals,
                           Span<const Bytes> confirmations) {
  FLORIN_TRY(CheckMembers(committee));
  const size_t count = committee.members.size();
  if (reveals.size() != count || confirmations.size() != count) {
    return Denied("PROTO-MESSAGE", "the words of all decryptors are expected.");
  }
  for (size_t i = 0; i < count; ++i) {
    FLORIN_ASSIGN(threshold_he::Reveal reveal, ReadReveal(reveals[i], count));
    committee.members[i].share = std::move(reveal.share);
    crypto::Ed25519Signature& signature = committee.members[i].signature;
    if (confirmations[i].size() != signature.size()) {
      return Denied("PROTO-MESSAGE", "a confirmation has " + std::to_string(signature.size()) +
                                         " bytes, found " +
                                         std::to_string(confirmations[i].size()) + ".");
    }
    std::ranges::copy(confirmations[i], signature.begin());
  }
  FLORIN_TRY(CheckCommittee(committee));
  return committee;
}

}  // namespace florin::protocol::threshold_he
