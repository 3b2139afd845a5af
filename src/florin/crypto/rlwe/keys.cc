#include "florin/crypto/rlwe/keys.h"

#include <algorithm>
#include <string>

#include "florin/base/check.h"
#include "florin/crypto/constant_time.h"
#include "florin/crypto/rlwe/ring.h"

namespace florin::crypto::rlwe {
namespace {

__extension__ using Wide = unsigned __int128;
__extension__ using SignedWide = __int128;

constexpr size_t kSize = kKeyRing.size;
constexpr size_t kPrimes = kKeyRing.prime_count;
constexpr size_t kWords = kKeyRing.words();

// 2^kKeyGap mod the prime, in every place.
std::vector<uint64_t> GapOf(uint64_t prime) {
  return std::vector<uint64_t>(kSize, static_cast<uint64_t>((Wide{1} << kKeyGap) % prime));
}

std::vector<uint64_t> CommonOf(ByteView context) {
  const Ring& ring = Ring::Keys();
  std::vector<uint64_t> common(kWords);
  for (size_t prime = 0; prime < kPrimes; ++prime) {
    ring.MakePublic(context, 0, prime, ring.Of(prime, Span<uint64_t>(common)));
  }
  return common;
}

SecretWords DrawSmall(const SecretStream& stream, Distribution distribution, size_t part) {
  SecretWords small(kSize);
  stream.Draw(distribution, part * kSize, small.span());
  return small;
}

Bytes Joined(const Sha256Digest& digest, ByteView context) {
  Bytes joined(digest.begin(), digest.end());
  joined.insert(joined.end(), context.begin(), context.end());
  return joined;
}

SecretWords Transformed(Span<const uint64_t> small, size_t prime) {
  SecretWords values(kSize);
  Ring::Keys().Transform(small, prime, values.span());
  return values;
}

}  // namespace

KeySum::KeySum() : residues_(kSealedKeyPolynomials * kWords) {}

void KeySum::Add(const Message& message) {
  FLORIN_CHECK(message.kind() == MessageKind::kSealedKey);
  const Span<uint64_t> all = residues_;
  for (size_t j = 0; j < kSealedKeyPolynomials; ++j) {
    for (size_t prime = 0; prime < kPrimes; ++prime) {
      message.AddTo(j, prime, all.subspan((j * kPrimes + prime) * kSize, kSize));
    }
  }
}

Span<const uint64_t> KeySum::polynomial(size_t j) const {
  return Span<const uint64_t>(residues_).subspan(j * kWords, kWords);
}

Bytes KeySum::Pack() const {
  Bytes message = NewMessage(MessageKind::kSealedKey, kSealedKeyPolynomials);
  for (size_t j = 0; j < kSealedKeyPolynomials; ++j) {
    for (size_t prime = 0; prime < kPrimes; ++prime) {
      rlwe::Pack(MessageKind::kSealedKey, j, prime, Ring::Keys().Of(prime, polynomial(j)), message);
    }
  }
  return message;
}

DecryptorKey::DecryptorKey(ByteView seed, ByteView context)
    : seed_(seed), context_(context.begin(), context.end()), secret_(kWords) {
  FLORIN_CHECK(seed.size() == kSeedSize);
  const SecretWords small =
      DrawSmall({seed_.view(), "florin/rlwe/decryptor-key", context_}, kTernary, 0);
  const Ring& ring = Ring::Keys();
  for (size_t prime = 0; prime < kPrimes; ++prime) {
    ring.Transform(small.view(), prime, ring.Of(prime, secret_.span()));
  }
}

// b = -(a t + e).
Bytes DecryptorKey::Share() const {
  const Ring& ring = Ring::Keys();
  const std::vector<uint64_t> common = CommonOf(context_);
  const SecretWords errors =
      DrawSmall({seed_.view(), "florin/rlwe/decryptor-error", context_}, kBinomial21, 0);
  Bytes message = NewMessage(MessageKind::kKeyShare, kKeySharePolynomials);
  const std::vector<uint64_t> zeros(kSize);
  for (size_t prime = 0; prime < kPrimes; ++prime) {
    const num::Ntt& ntt = ring.ntt(prime);
    SecretWords share = Transformed(errors.view(), prime);
    ntt.MultiplyAdd(ring.Of(prime, Span<const uint64_t>(common)), ring.Of(prime, secret_.view()),
                    share.span());
    ntt.Subtract(zeros, share.view(), share.span());
    Pack(MessageKind::kKeyShare, 0, prime, share.view(), message);
  }
  return message;
}

// Steps f = 2 f + g from 0 (Micciancio and Walter, Crypto 2017).
SecretWords DecryptorKey::Flood(const SecretStream& stream, size_t part, size_t prime) {
  const num::Ntt& ntt = Ring::Keys().ntt(prime);
  const uint64_t modulus = kKeyRing.primes[prime];
  SecretWords flood(kSize);
  SecretWords step(kSize);
  for (size_t i = 0; i < kFloodSteps; ++i) {
    stream.Draw(kGaussianError, (part * kFloodSteps + i) * kSize, step.span());
    for (uint64_t& word : step.span()) word += modulus & (0 - (word >> 63));
    ntt.Add(flood.view(), flood.view(), flood.span());
    ntt.Add(flood.view(), step.view(), flood.span());
  }
  ntt.Forward(flood.span());
  return flood;
}

Bytes DecryptorKey::Open(const KeySum& sum) const {
  const Ring& ring = Ring::Keys();
  const Bytes bound_to = Joined(HashSha256(sum.Pack()), context_);
  const SecretStream floods(seed_.view(), "florin/rlwe/flood", bound_to);
  Bytes message = NewMessage(MessageKind::kOpening, kOpeningPolynomials);
  for (size_t part = 0; part < kSealedParts; ++part) {
    for (size_t prime = 0; prime < kPrimes; ++prime) {
      SecretWords opening = Flood(floods, part, prime);
      ring.ntt(prime).MultiplyAdd(ring.Of(prime, sum.polynomial(2 * part + 1)),
                                  ring.Of(prime, secret_.view()), opening.span());
      Pack(MessageKind::kOpening, part, prime, opening.view(), message);
    }
  }
  return message;
}

Result<DecryptorKey> Rebuild(const ShareOpener& opener, Span<const ByteView> shares,
                             ByteView context, const Message& announced) {
  FLORIN_ASSIGN(const SecretBytes seed, opener.Open(shares));
  DecryptorKey key(seed.view(), context);
  if (ConstantTimeEqual(key.Share(), announced.bytes())) return key;
  return Status(Kind::kFailed, "RLWE-RECOVERED",
                "missing decryptor: what the shares give has another key share than it announced; "
                "one of them is wrong, or of another decryptor.");
}

JointKey::JointKey(Span<const Message> shares, ByteView context)
    : common_(CommonOf(context)), joint_(kWords) {
  FLORIN_CHECK(!shares.empty() && shares.size() <= kDecryptorsMax);
  for (const Message& share : shares) {
    FLORIN_CHECK(share.kind() == MessageKind::kKeyShare);
    for (size_t prime = 0; prime < kPrimes; ++prime) {
      share.AddTo(0, prime, Ring::Keys().Of(prime, Span<uint64_t>(joint_)));
    }
  }
  Bytes message = NewMessage(MessageKind::kKeyShare, kKeySharePolynomials);
  for (size_t prime = 0; prime < kPrimes; ++prime) {
    const Span<const uint64_t> joint = joint_;
    Pack(MessageKind::kKeyShare, 0, prime, Ring::Keys().Of(prime, joint), message);
  }
  digest_ = HashSha256(message);
}

Bytes JointKey::Seal(const VectorKey& key) const {
  const Ring& ring = Ring::Keys();
  const Bytes bound_to = Joined(digest_, key.context());
  const SecretStream masks = key.Stream("florin/rlwe/seal-mask", bound_to);
  const SecretStream errors_0 = key.Stream("florin/rlwe/seal-error-0", bound_to);
  const SecretStream errors_1 = key.Stream("florin/rlwe/seal-error-1", bound_to);
  Bytes message = NewMessage(MessageKind::kSealedKey, kSealedKeyPolynomials);
  for (size_t part = 0; part < kSealedParts; ++part) {
    const SecretWords mask = DrawSmall(masks, kTernary, part);
    const SecretWords error_0 = DrawSmall(errors_0, kBinomial21, part);
    const SecretWords error_1 = DrawSmall(errors_1, kBinomial21, part);
    for (size_t prime = 0; prime < kPrimes; ++prime) {
      const num::Ntt& ntt = ring.ntt(prime);
      const SecretWords u = Transformed(mask.view(), prime);
      const SecretWords s = Transformed(key.coefficients().subspan(part * kSize, kSize), prime);
      SecretWords c0 = Transformed(error_0.view(), prime);
      ntt.MultiplyAdd(ring.Of(prime, Span<const uint64_t>(joint_)), u.view(), c0.span());
      ntt.MultiplyAdd(GapOf(kKeyRing.primes[prime]), s.view(), c0.span());
      Pack(MessageKind::kSealedKey, 2 * part, prime, c0.view(), message);
      SecretWords c1 = Transformed(error_1.view(), prime);
      ntt.MultiplyAdd(ring.Of(prime, Span<const uint64_t>(common_)), u.view(), c1.span());
      Pack(MessageKind::kSealedKey, 2 * part + 1, prime, c1.view(), message);
    }
  }
  return message;
}

// -- at the coordinator, where nothing is secret any more

namespace {

// C0 + the sum of d, as coefficients: [2 x 4096].
std::vector<uint64_t> Combine(const KeySum& sum, Span<const Message> openings, size_t part) {
  const Ring& ring = Ring::Keys();
  const Span<const uint64_t> first = sum.polynomial(2 * part);
  std::vector<uint64_t> words(first.begin(), first.end());
  for (size_t prime = 0; prime < kPrimes; ++prime) {
    const Span<uint64_t> residues = ring.Of(prime, Span<uint64_t>(words));
    for (const Message& opening : openings) opening.AddTo(part, prime, residues);
    ring.ntt(prime).Inverse(residues);
  }
  return words;
}

uint64_t InverseOfFirstPrime() {
  const auto [first, second] = std::pair(kKeyRing.primes[0], kKeyRing.primes[1]);
  Wide power = 1;  // Fermat
  Wide base = first % second;
  for (uint64_t exponent = second - 2; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) power = power * base % second;
    base = base * base % second;
  }
  return static_cast<uint64_t>(power);
}

// What has these residues, from -q/2 to q/2.
SignedWide Centred(uint64_t first, uint64_t second, uint64_t inverse) {
  const uint64_t prime = kKeyRing.primes[1];
  const Wide difference = first > second ? second + prime - first : second - first;
  const Wide modulus = Wide{kKeyRing.primes[0]} * prime;
  const Wide value = first + Wide{kKeyRing.primes[0]} * (difference % prime * inverse % prime);
  return value > modulus / 2 ? -static_cast<SignedWide>(modulus - value)
                             : static_cast<SignedWide>(value);
}

}  // namespace

Result<std::vector<int64_t>> OpenKeys(const KeySum& sum, Span<const Message> openings) {
  FLORIN_CHECK(!openings.empty() && openings.size() <= kDecryptorsMax);
  const uint64_t inverse = InverseOfFirstPrime();
  std::vector<int64_t> keys;
  keys.reserve(kVectorRing.size);
  uint64_t noise_most = 0;
  uint64_t key_most = 0;
  for (size_t part = 0; part < kSealedParts; ++part) {
    const std::vector<uint64_t> words = Combine(sum, openings, part);
    for (size_t i = 0; i < kSize; ++i) {
      const SignedWide value = Centred(words[i], words[kSize + i], inverse);
      const SignedWide half = SignedWide{1} << (kKeyGap - 1);
      const auto key = static_cast<int64_t>((value + half) >> kKeyGap);
      const SignedWide noise = value - (SignedWide{key} << kKeyGap);
      noise_most =
          std::max(noise_most, static_cast<uint64_t>((noise < 0 ? -noise : noise) >> kFloodUnit));
      key_most = std::max(key_most, static_cast<uint64_t>(key < 0 ? -key : key));
      keys.push_back(key);
    }
  }
  if (noise_most < OpeningBound(openings.size()) && key_most < uint64_t{1} << kKeySumBits) {
    return keys;
  }
  return Status(Kind::kFailed, "RLWE-OPENING",
                std::to_string(openings.size()) + " partial openings: expected noise below " +
                    std::to_string(OpeningBound(openings.size())) + " (2^53) and keys below 2^" +
                    std::to_string(kKeySumBits) + ", found " + std::to_string(noise_most) +
                    " and " + std::to_string(key_most) +
                    "; they are not of this sum, or not by all of its decryptors.");
}

}  // namespace florin::crypto::rlwe
