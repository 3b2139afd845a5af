#include "florin/crypto/rlwe/keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <string>

#include "florin/crypto/random.h"
#include "florin/crypto/rlwe/ring.h"
#include "florin/crypto/sha256.h"

namespace florin::crypto::rlwe {
namespace {

__extension__ using Wide = unsigned __int128;
__extension__ using SignedWide = __int128;

constexpr size_t kSize = kKeyRing.size;
constexpr uint8_t kContextBytes[] = {'c', 't', 'x'};
constexpr ByteView kContext(kContextBytes);

// One that there is.
Packing PackingOf(uint64_t value_max, uint64_t contributors) {
  return PackingFor(value_max, contributors).value_or(Packing{});
}

Bytes SeedOf(uint8_t number) { return Bytes(kSeedSize, number); }

Message Parsed(MessageKind kind, const Bytes& bytes) {
  const size_t polynomials = kind == MessageKind::kKeyShare    ? kKeySharePolynomials
                             : kind == MessageKind::kSealedKey ? kSealedKeyPolynomials
                                                               : kOpeningPolynomials;
  Result<Message> message = Message::Parse(kind, polynomials, bytes);
  EXPECT_TRUE(message.ok()) << message.status().ToString();
  return *message;
}

std::vector<Message> AllParsed(MessageKind kind, const std::vector<Bytes>& all) {
  std::vector<Message> messages;
  messages.reserve(all.size());
  for (const Bytes& bytes : all) messages.push_back(Parsed(kind, bytes));
  return messages;
}

// Decryptors, the key sums of some contributors, and what must come out.
struct Session {
  Session(size_t decryptor_count, size_t contributors) : expected(kVectorRing.size) {
    for (size_t i = 0; i < decryptor_count; ++i) {
      decryptors.emplace_back(SeedOf(static_cast<uint8_t>(100 + i)), kContext);
      shares.push_back(decryptors.back().Share());
    }
    const JointKey joint(AllParsed(MessageKind::kKeyShare, shares), kContext);
    for (size_t n = 0; n < contributors; ++n) {
      const VectorKey key(SeedOf(static_cast<uint8_t>(n)), kContext);
      const Bytes sealed = joint.Seal(key);
      sum.Add(Parsed(MessageKind::kSealedKey, sealed));
      for (size_t i = 0; i < expected.size(); ++i) {
        expected[i] += static_cast<int64_t>(key.coefficients()[i]);
      }
    }
    for (const DecryptorKey& decryptor : decryptors) openings.push_back(decryptor.Open(sum));
  }
  Result<std::vector<int64_t>> Open() const {
    return OpenKeys(sum, AllParsed(MessageKind::kOpening, openings));
  }
  std::vector<DecryptorKey> decryptors;
  std::vector<Bytes> shares;
  std::vector<Bytes> openings;
  std::vector<int64_t> expected;
  KeySum sum;
};

TEST(RlweKeys, SumsOfKeysOpen) {
  for (const size_t decryptors : {size_t{1}, size_t{3}, kDecryptorsMax}) {
    for (const size_t contributors : {1U, 4U}) {
      const Session session(decryptors, contributors);
      const auto keys = session.Open();
      ASSERT_TRUE(keys.ok()) << keys.status().ToString();
      EXPECT_TRUE(*keys == session.expected);
    }
  }
}

TEST(RlweKeys, AVectorOpensWithTheKeysThatTheDecryptorsGive) {
  const Packing packing = PackingOf(1'000'000, 4);
  const Session session(3, 4);
  VectorSum sum(1);
  std::vector<uint64_t> expected(packing.values());
  for (uint8_t n = 0; n < 4; ++n) {
    const VectorKey key(SeedOf(n), kContext);
    std::vector<uint32_t> values(packing.values());
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<uint32_t>((i * 7919 + n) % 1'000'001);
      expected[i] += values[i];
    }
    Bytes message = NewMessage(MessageKind::kVector, 1);
    VectorSealer(key, packing).Seal(0, Span<const uint32_t>(values), message);
    const auto parsed = Message::Parse(MessageKind::kVector, 1, message);
    ASSERT_TRUE(parsed.ok());
    sum.Add(*parsed);
  }
  const auto keys = session.Open();
  ASSERT_TRUE(keys.ok()) << keys.status().ToString();
  VectorOpener opener(*keys, kContext, packing);
  std::vector<uint64_t> values(packing.values());
  const Status status = opener.Open(sum, 0, values);
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_TRUE(values == expected);
}

int64_t Signed(uint64_t residue, uint64_t prime) {
  return residue > prime / 2 ? -static_cast<int64_t>(prime - residue)
                             : static_cast<int64_t>(residue);
}

// b + a t = -e, with a t by the schoolbook.
TEST(RlweKeys, AKeyShareIsWhatThePageSays) {
  const Bytes share = DecryptorKey(SeedOf(1), kContext).Share();
  std::vector<uint64_t> secret(kSize);
  std::vector<uint64_t> errors(kSize);
  SecretStream(SeedOf(1), "florin/rlwe/decryptor-key", kContext).Draw(kTernary, 0, secret);
  SecretStream(SeedOf(1), "florin/rlwe/decryptor-error", kContext).Draw(kBinomial21, 0, errors);
  for (size_t prime = 0; prime < 2; ++prime) {
    const uint64_t q = kKeyRing.primes[prime];
    const num::Ntt& ntt = Ring::Keys().ntt(prime);
    std::vector<uint64_t> a(kSize);
    Ring::Keys().MakePublic(kContext, 0, prime, a);
    ntt.Inverse(a);
    std::vector<uint64_t> b(kSize);
    Parsed(MessageKind::kKeyShare, share).AddTo(0, prime, b);
    ntt.Inverse(b);
    for (const size_t i : {0U, 1U, 2047U, 4095U}) {
      Wide sum = b[i];
      for (size_t k = 0; k < kSize; ++k) {
        const auto t = static_cast<int64_t>(secret[k]) * (k <= i ? 1 : -1);  // X^N = -1
        sum += Wide{a[(i + kSize - k) % kSize]} * (t < 0 ? q - 1 : static_cast<uint64_t>(t));
      }
      EXPECT_EQ(Signed(static_cast<uint64_t>(sum % q), q), -static_cast<int64_t>(errors[i]));
    }
  }
}

// With mask, errors and key drawn as the page says, nothing else is in a sealed key.
TEST(RlweKeys, ASealedKeyIsWhatThePageSays) {
  const std::vector<Bytes> shares = {DecryptorKey(SeedOf(1), kContext).Share()};
  const Bytes vector_context = {'v'};
  const VectorKey key(SeedOf(2), vector_context);
  const Bytes bytes = JointKey(AllParsed(MessageKind::kKeyShare, shares), kContext).Seal(key);
  const Message sealed = Parsed(MessageKind::kSealedKey, bytes);
  const Sha256Digest joint = HashSha256(shares[0]);  // of one decryptor: its own share
  Bytes bound_to(joint.begin(), joint.end());
  bound_to.push_back('v');
  const auto draw = [&](const char* label, Distribution distribution) {
    std::vector<uint64_t> words(kSize);  // of the second half
    SecretStream(SeedOf(2), label, bound_to).Draw(distribution, kSize, words);
    return words;
  };
  const auto mask = draw("florin/rlwe/seal-mask", kTernary);
  const auto errors_0 = draw("florin/rlwe/seal-error-0", kBinomial21);
  const auto errors_1 = draw("florin/rlwe/seal-error-1", kBinomial21);
  for (size_t prime = 0; prime < 2; ++prime) {
    const uint64_t q = kKeyRing.primes[prime];
    const num::Ntt& ntt = Ring::Keys().ntt(prime);
    std::vector<uint64_t> u(kSize);
    Ring::Keys().Transform(mask, prime, u);
    const auto rest = [&](size_t polynomial, std::vector<uint64_t> factor) {
      std::vector<uint64_t> words(kSize);
      sealed.AddTo(polynomial, prime, words);
      ntt.Multiply(factor, u, factor);
      ntt.Subtract(words, factor, words);
      ntt.Inverse(words);
      return words;
    };
    std::vector<uint64_t> a(kSize);
    Ring::Keys().MakePublic(kContext, 0, prime, a);
    std::vector<uint64_t> b(kSize);
    Parsed(MessageKind::kKeyShare, shares[0]).AddTo(0, prime, b);
    const auto first = rest(2, b);
    const auto second = rest(3, a);
    const auto gap = static_cast<int64_t>((Wide{1} << kKeyGap) % q);
    for (size_t i = 0; i < kSize; ++i) {
      const auto s = static_cast<int64_t>(key.coefficients()[kSize + i]);
      const SignedWide expected = SignedWide{s} * gap + static_cast<int64_t>(errors_0[i]);
      ASSERT_EQ((expected - static_cast<int64_t>(first[i])) % static_cast<int64_t>(q), 0) << i;
      ASSERT_EQ(Signed(second[i], q), static_cast<int64_t>(errors_1[i])) << i;
    }
  }
}

// An opening of zeros is the flood alone. Of part 1, put together by x = r0 + q0 k.
std::vector<SignedWide> FloodOf(const DecryptorKey& decryptor) {
  const Bytes bytes = decryptor.Open(KeySum());
  std::vector<uint64_t> residues[2];
  for (size_t prime = 0; prime < 2; ++prime) {
    residues[prime].resize(kSize);
    Parsed(MessageKind::kOpening, bytes).AddTo(1, prime, residues[prime]);
    Ring::Keys().ntt(prime).Inverse(residues[prime]);
  }
  const uint64_t q0 = kKeyRing.primes[0];
  const uint64_t q1 = kKeyRing.primes[1];
  Wide inverse = 1;
  for (Wide base = q0 % q1, exponent = q1 - 2; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) inverse = inverse * base % q1;
    base = base * base % q1;
  }
  std::vector<SignedWide> flood;
  flood.reserve(kSize);
  for (size_t i = 0; i < kSize; ++i) {
    const Wide k = (residues[1][i] + q1 - residues[0][i] % q1) % q1 * inverse % q1;
    const Wide x = residues[0][i] + q0 * k;
    const Wide q = Wide{q0} * q1;
    flood.push_back(x > q / 2 ? -static_cast<SignedWide>(q - x) : static_cast<SignedWide>(x));
  }
  return flood;
}

TEST(RlweKeys, AFloodIsWhatThePageSays) {
  const std::vector<SignedWide> flood = FloodOf(DecryptorKey(SeedOf(1), kContext));
  const Sha256Digest sum = HashSha256(KeySum().Pack());
  Bytes bound_to(sum.begin(), sum.end());
  bound_to.insert(bound_to.end(), kContext.begin(), kContext.end());
  const SecretStream stream(SeedOf(1), "florin/rlwe/flood", bound_to);
  std::vector<SignedWide> expected(kSize);
  std::vector<uint64_t> step(kSize);
  for (size_t i = 0; i < 66; ++i) {
    stream.Draw(kGaussianError, (66 + i) * kSize, step);
    for (size_t k = 0; k < kSize; ++k) {
      expected[k] = 2 * expected[k] + static_cast<int64_t>(step[k]);
    }
  }
  EXPECT_TRUE(flood == expected);
}

TEST(RlweKeys, FloodsHaveTheStatedDeviation) {
  double square = 0;
  double most = 0;
  for (const SignedWide one : FloodOf(DecryptorKey(SeedOf(1), kContext))) {
    const auto flood = static_cast<double>(one);
    square += flood * flood / kSize;
    most = std::max(most, std::abs(flood));
  }
  const double deviation = std::sqrt(40.5 * (std::pow(4.0, 66) - 1) / 3);
  std::cout << "floods: deviation 2^" << std::log2(std::sqrt(square)) << " of 2^"
            << std::log2(deviation) << ", largest 2^" << std::log2(most) << ", limit 2^75\n";
  EXPECT_NEAR(std::sqrt(square) / deviation, 1, 0.05);
  EXPECT_LT(most, 9 * deviation);
  EXPECT_GT(most, 2 * deviation);
}

TEST(RlweKeys, TheSameSumHasTheSameOpening) {
  const Session first(2, 2);
  const Session other(2, 3);
  EXPECT_TRUE(first.decryptors[0].Open(first.sum) == first.openings[0]);
  EXPECT_FALSE(first.openings[0] == first.openings[1]);
  EXPECT_FALSE(first.openings[0] == other.openings[0]);
}

// Where C1 is 0 an opening is a flood: that of another sum is another, however little they differ.
TEST(RlweKeys, AnotherSumHasAnotherFlood) {
  Bytes bytes = NewMessage(MessageKind::kSealedKey, kSealedKeyPolynomials);
  bytes[kHeadSize] = 1;  // in C0
  KeySum other;
  other.Add(Parsed(MessageKind::kSealedKey, bytes));
  const DecryptorKey decryptor(SeedOf(1), kContext);
  const Bytes first = decryptor.Open(KeySum());
  const Bytes second = decryptor.Open(other);
  for (size_t part = 0; part < kOpeningPolynomials; ++part) {
    EXPECT_FALSE(std::ranges::equal(Parsed(MessageKind::kOpening, first).residues(part, 0),
                                    Parsed(MessageKind::kOpening, second).residues(part, 0)));
  }
}

std::string CodeOf(const Status& status) { return std::string(status.code()); }

TEST(RlweKeys, OpeningsThatAreNotAllOfThisSumAreRefused) {
  Session session(3, 2);
  EXPECT_EQ(CodeOf(session.Open().status()), "");
  const Bytes own = session.openings[1];
  session.openings[1] = session.decryptors[1].Open(Session(3, 1).sum);
  EXPECT_EQ(CodeOf(session.Open().status()), "RLWE-OPENING");
  session.openings[1] = session.openings[0];
  EXPECT_EQ(CodeOf(session.Open().status()), "RLWE-OPENING");
  session.openings.erase(session.openings.begin() + 1);
  EXPECT_EQ(CodeOf(session.Open().status()), "RLWE-OPENING");
  session.openings.push_back(own);
  EXPECT_EQ(CodeOf(session.Open().status()), "");
}

// Whoever of five is missing: any three of the others rebuild it.
TEST(RlweKeys, AMissingDecryptorIsRebuilt) {
  constexpr uint32_t kDecryptors = 5;
  Session session(kDecryptors, 2);
  SystemRng rng;
  for (uint32_t missing = 0; missing < kDecryptors; ++missing) {
    const auto shares =
        ShareSecret(SeedOf(static_cast<uint8_t>(100 + missing)), 3, kDecryptors, rng);
    std::vector<uint32_t> indices;
    std::vector<ByteView> views;
    for (uint32_t decryptor = 0; indices.size() < 3; ++decryptor) {
      if (decryptor == missing) continue;
      indices.push_back(decryptor + 1);
      views.push_back(shares[decryptor].view());
    }
    const auto opener = ShareOpener::Make(indices);
    ASSERT_TRUE(opener.ok());
    const Message announced = Parsed(MessageKind::kKeyShare, session.shares[missing]);
    const auto rebuilt = Rebuild(*opener, views, kContext, announced);
    ASSERT_TRUE(rebuilt.ok()) << rebuilt.status().ToString();
    session.openings[missing].clear();
    session.openings[missing] = rebuilt->Open(session.sum);
    const auto keys = session.Open();
    ASSERT_TRUE(keys.ok()) << keys.status().ToString();
    EXPECT_TRUE(*keys == session.expected);
  }
}

TEST(RlweKeys, AWrongShareOfADecryptorIsRefused) {
  Session session(2, 1);
  SystemRng rng;
  auto shares = ShareSecret(SeedOf(100), 2, 3, rng);
  const auto opener = ShareOpener::Make(std::vector<uint32_t>{1, 2});
  const auto rebuild = [&](const SecretBytes& second, size_t announced) {
    const std::vector<ByteView> views = {shares[0].view(), second.view()};
    return CodeOf(
        Rebuild(*opener, views, kContext, Parsed(MessageKind::kKeyShare, session.shares[announced]))
            .status());
  };
  EXPECT_EQ(rebuild(shares[1], 0), "");
  EXPECT_EQ(rebuild(shares[1], 1), "RLWE-RECOVERED");
  EXPECT_NE(rebuild(shares[2], 0), "");  // that of another index
  SecretBytes damaged(shares[1].view());
  damaged.span()[0] ^= 1;
  EXPECT_NE(rebuild(damaged, 0), "");
  // Twice the same share where two are named: a secret, but nobody's.
  const std::vector<ByteView> twice = {shares[0].view(), shares[0].view()};
  const Message announced = Parsed(MessageKind::kKeyShare, session.shares[0]);
  EXPECT_FALSE(Rebuild(*opener, twice, kContext, announced).ok());
  // The right shares under another context.
  const std::vector<ByteView> right = {shares[0].view(), shares[1].view()};
  EXPECT_TRUE(Rebuild(*opener, right, kContext, announced).ok());
  EXPECT_EQ(CodeOf(Rebuild(*opener, right, Bytes{1}, announced).status()), "RLWE-RECOVERED");
}

// What is drawn for one joint key is drawn anew for another: the difference would open both.
TEST(RlweKeys, SealingToOthersHasNothingInCommon) {
  const VectorKey key(SeedOf(0), kContext);
  const Session one(1, 0);
  const Session two(2, 0);
  const Bytes first = JointKey(AllParsed(MessageKind::kKeyShare, one.shares), kContext).Seal(key);
  const Bytes second = JointKey(AllParsed(MessageKind::kKeyShare, two.shares), kContext).Seal(key);
  const Message a = Parsed(MessageKind::kSealedKey, first);
  const Message b = Parsed(MessageKind::kSealedKey, second);
  for (size_t j = 0; j < kSealedKeyPolynomials; ++j) {
    EXPECT_FALSE(std::ranges::equal(a.residues(j, 0), b.residues(j, 0))) << j;
  }
}

TEST(RlweKeys, KnownAnswers) {
  const Session session(2, 1);
  const JointKey joint(AllParsed(MessageKind::kKeyShare, session.shares), kContext);
  EXPECT_EQ(base::Hex(HashSha256(session.shares[0])),
            "7b4c5bc7a8f32504f6abba9cdf526c48c0f3b49b65fab3cf2bf06ef7d5501bf9");
  EXPECT_EQ(base::Hex(HashSha256(joint.Seal(VectorKey(SeedOf(0), kContext)))),
            "59dacdd2b3476dd990740550ab39643c775845163b3f5295011434d387d1d074");
  EXPECT_EQ(base::Hex(HashSha256(session.openings[1])),
            "b63eedb9dd3d3043b555acff508505f756c655b94b90f05214360e3f5aaca821");
}

}  // namespace
}  // namespace florin::crypto::rlwe
