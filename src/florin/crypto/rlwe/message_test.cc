#include "florin/crypto/rlwe/message.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "florin/base/rng.h"

namespace florin::crypto::rlwe {
namespace {

struct Case {
  const char* name;
  MessageKind kind;
  size_t polynomials;
};
constexpr Case kCases[] = {{"Vector", MessageKind::kVector, 2},
                           {"KeyShare", MessageKind::kKeyShare, kKeySharePolynomials},
                           {"SealedKey", MessageKind::kSealedKey, kSealedKeyPolynomials},
                           {"Opening", MessageKind::kOpening, kOpeningPolynomials}};

class RlweMessageTest : public testing::TestWithParam<Case> {
 protected:
  static const RingShape& shape() { return ShapeOf(GetParam().kind); }
  static Status Parsed(const Bytes& bytes) {
    return Message::Parse(GetParam().kind, GetParam().polynomials, bytes).status();
  }
  static std::string CodeOf(const Bytes& bytes) { return std::string(Parsed(bytes).code()); }
  static std::vector<uint64_t> Residues(size_t polynomial, size_t prime) {
    base::SeededRng rng(polynomial, prime);
    std::vector<uint64_t> residues(shape().size);
    for (uint64_t& residue : residues) residue = rng.Below(shape().primes[prime]);
    residues[3] = shape().primes[prime] - 1;
    return residues;
  }
  static Bytes AMessage() {
    Bytes message = NewMessage(GetParam().kind, GetParam().polynomials);
    for (size_t j = 0; j < GetParam().polynomials; ++j) {
      for (size_t prime = 0; prime < shape().prime_count; ++prime) {
        Pack(GetParam().kind, j, prime, Residues(j, prime), message);
      }
    }
    return message;
  }
};
INSTANTIATE_TEST_SUITE_P(Kinds, RlweMessageTest, testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_P(RlweMessageTest, IsReadBack) {
  const Bytes bytes = AMessage();
  EXPECT_EQ(bytes.size(), MessageSize(GetParam().kind, GetParam().polynomials));
  const auto message = Message::Parse(GetParam().kind, GetParam().polynomials, bytes);
  ASSERT_TRUE(message.ok()) << message.status().ToString();
  for (size_t j = 0; j < GetParam().polynomials; ++j) {
    for (size_t prime = 0; prime < shape().prime_count; ++prime) {
      std::vector<uint64_t> sum(shape().size);
      message->AddTo(j, prime, sum);
      EXPECT_TRUE(sum == Residues(j, prime)) << j << ", " << prime;
    }
  }
}

TEST_P(RlweMessageTest, EveryByteOfTheHeadCounts) {
  const Bytes bytes = AMessage();
  for (size_t at = 0; at < kHeadSize; ++at) {
    for (const int change : {1, 2, 0x80}) {
      Bytes changed = bytes;
      changed[at] = static_cast<uint8_t>(changed[at] ^ change);
      EXPECT_EQ(CodeOf(changed), "RLWE-HEAD") << at;
    }
  }
}

TEST_P(RlweMessageTest, AnotherLengthIsRefused) {
  Bytes bytes = AMessage();
  bytes.push_back(0);
  EXPECT_EQ(CodeOf(bytes), "RLWE-SIZE");
  for (const size_t size :
       {bytes.size() - 2, bytes.size() / 2, kHeadSize, kHeadSize - 1, size_t{1}, size_t{0}}) {
    EXPECT_EQ(CodeOf(Bytes(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size))),
              "RLWE-SIZE")
        << size;
  }
}

TEST_P(RlweMessageTest, AResidueThatIsNotBelowItsPrimeIsNamed) {
  const size_t last = GetParam().polynomials - 1;
  for (size_t prime = 0; prime < shape().prime_count; ++prime) {
    for (const size_t at : {size_t{0}, size_t{77}, shape().size - 1}) {
      Bytes bytes = AMessage();
      std::vector<uint64_t> residues = Residues(last, prime);
      residues[at] = shape().primes[prime];
      Pack(GetParam().kind, last, prime, residues, bytes);
      const Status status = Parsed(bytes);
      EXPECT_EQ(status.code(), "RLWE-RESIDUE");
      const std::string where = "polynomial " + std::to_string(last) + ", coefficient " +
                                std::to_string(at) + ": expected less than " +
                                std::to_string(shape().primes[prime]);
      EXPECT_NE(status.message().find(where), std::string::npos) << status.message();
    }
  }
}

TEST_P(RlweMessageTest, IsOfNoOtherKind) {
  const Bytes bytes = AMessage();
  for (const Case& other : kCases) {
    const auto read = Message::Parse(other.kind, other.polynomials, bytes);
    EXPECT_EQ(read.ok(), other.kind == GetParam().kind);
  }
}

// The head of the page's table: three polynomials of a vector.
TEST(RlweMessage, HeadByHand) {
  const Bytes message = NewMessage(MessageKind::kVector, 3);
  EXPECT_EQ(base::Hex(ByteView(message).first(8)), "01010d0403000000");
  EXPECT_EQ(message.size(), 8U + 3 * 204'800);
  EXPECT_EQ(NewMessage(MessageKind::kKeyShare, 1).size(), 8U + 49'152);
}

}  // namespace
}  // namespace florin::crypto::rlwe
