#include "florin/identity/token.h"

#include <gtest/gtest.h>

#include <sstream>

#include "florin/base/text.h"
#include "florin/identity/testing.h"

namespace florin::identity {
namespace {

Token Example() {
  Token token{.address = "coordinator.example:7443"};
  for (size_t i = 0; i < 32; ++i) {
    token.root_fingerprint[i] = static_cast<uint8_t>(i);
    token.secret[i] = static_cast<uint8_t>(0x80 + i);
  }
  return token;
}

TEST(TokenSpec, TheExampleOfTheDocumentIsReadAndWritten) {
  std::istringstream file(SourceFile("docs/spec/identity.md"));
  std::string text;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("florin1.")) text = line;
  }
  EXPECT_EQ(Example().ToText(), text);
  const auto token = Token::Parse(text);
  ASSERT_TRUE(token.ok()) << token.status().ToString();
  EXPECT_EQ(*token, Example());
}

TEST(TokenParse, BlanksAroundAreDropped) {
  EXPECT_EQ(Token::Parse("  \n" + Example().ToText() + "\r\n ").value(), Example());
}

// A slip is told apart from a token that is whole but wrong, before anything is sent.
TEST(TokenParse, EverySlipIsCalledDamage) {
  const std::string text = Example().ToText();
  for (size_t i = 8; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    EXPECT_EQ(CodeOf(Token::Parse(changed)), "TOKEN-DAMAGED") << i;
    EXPECT_EQ(CodeOf(Token::Parse(text.substr(0, i))), "TOKEN-DAMAGED") << i;
    if (i + 1 == text.size() || text[i] == text[i + 1]) continue;
    changed = text;
    std::swap(changed[i], changed[i + 1]);
    EXPECT_EQ(CodeOf(Token::Parse(changed)), "TOKEN-DAMAGED") << i;
  }
  EXPECT_EQ(CodeOf(Token::Parse(text + "A")), "TOKEN-DAMAGED");
  EXPECT_EQ(CodeOf(Token::Parse(text.substr(0, 50) + "\n" + text.substr(50))), "TOKEN-DAMAGED");
}

TEST(TokenParse, OtherTextsAreNoTokens) {
  const std::string text = Example().ToText();
  for (const std::string& other :
       {std::string(), std::string("   "), std::string("florin"), "florin2." + text.substr(8),
        "Florin1." + text.substr(8), text + std::string(2000, 'A')}) {
    EXPECT_EQ(CodeOf(Token::Parse(other)), "TOKEN-FORM") << other.substr(0, 40);
  }
  Token odd = Example();
  odd.address = "no port";
  EXPECT_EQ(CodeOf(Token::Parse(odd.ToText())), "TOKEN-FORM");
}

TEST(MakeTokenTest, AddressesAreHostAndPort) {
  const auto code = [](const std::string& address) {
    return CodeOf(MakeToken(address, {}, Site("acme"), Duration::Seconds(60), kNow));
  };
  for (const char* good : {"localhost:1", "10.0.0.1:65535", "[::1]:7443", "c-1.example.org:443"}) {
    EXPECT_EQ(code(good), "") << good;
  }
  for (const char* bad :
       {"", "localhost", ":7443", "localhost:", "localhost:0", "localhost:65536", "localhost:07",
        "localhost:+7", "Host:7", "a b:7", "::1:7443", "[]:1", "http://c:7443", "c:7443/x"}) {
    EXPECT_EQ(code(bad), "TOKEN-ADDRESS") << bad;
  }
}

TEST(MakeTokenTest, PeersAndLivesAreChecked) {
  const auto code = [](const Peer& peer, Duration life) {
    return CodeOf(MakeToken("c:1", {}, peer, life, kNow));
  };
  EXPECT_EQ(code(Site("acme"), kTokenLifeMax), "");
  EXPECT_EQ(code({Role::kOperator, "ada"}, Duration{1}), "");
  EXPECT_EQ(code(Site("acme"), Duration{kTokenLifeMax.micros + 1}), "TOKEN-LIFE");
  EXPECT_EQ(code(Site("acme"), Duration{}), "TOKEN-LIFE");
  EXPECT_EQ(code(Site("Acme"), Duration{1}), "NAME");
  EXPECT_EQ(code({Role::kCoordinator, ""}, Duration{1}), "NAME");
}

TEST(MakeTokenTest, TheRecordDoesNotHoldTheSecret) {
  const NewToken made = TokenFor(NewAuthority(), Site("acme"));
  EXPECT_EQ(made.record.secret_hash, crypto::HashSha256(made.token.secret));
  const Bytes saved = made.record.Save();
  EXPECT_EQ(
      std::search(saved.begin(), saved.end(), made.token.secret.begin(), made.token.secret.end()),
      saved.end());
  EXPECT_NE(TokenFor(NewAuthority(), Site("acme")).token.secret, made.token.secret);
}

TEST(PinnedRootTest, OnlyTheRootOfTheToken) {
  const Authority authority = NewAuthority();
  const Token token = TokenFor(authority, Site("acme")).token;
  EXPECT_TRUE(CheckPinnedRoot(token, authority.trust().roots.front()).ok());
  EXPECT_EQ(CodeOf(CheckPinnedRoot(token, NewAuthority().trust().roots.front())), "TOKEN-CA");
  EXPECT_EQ(CodeOf(CheckPinnedRoot(token, "")), "X509-PEM");
}

struct RedeemTest : testing::Test {
  NewToken made = TokenFor(NewAuthority(), Site("acme"));
  crypto::Sha256Digest request{1};

  std::string Code(const TokenRecord& record, const TokenSecret& secret, const Peer& peer,
                   Time now) const {
    return CodeOf(Redeem(record, secret, peer, request, now));
  }
};

TEST_F(RedeemTest, OnceForOneRequest) {
  const auto used = Redeem(made.record, made.token.secret, Site("acme"), request, Later(5));
  ASSERT_TRUE(used.ok()) << used.status().ToString();
  EXPECT_EQ(used->used_at, Later(5));
  EXPECT_EQ(Redeem(*used, made.token.secret, Site("acme"), request, Later(9)).value(), *used);
  EXPECT_EQ(CodeOf(Redeem(*used, made.token.secret, Site("acme"), {2}, Later(9))), "TOKEN-USED");
}

TEST_F(RedeemTest, BadTokensAreRefused) {
  TokenSecret wrong = made.token.secret;
  wrong[31] ^= 1;
  EXPECT_EQ(Code(made.record, wrong, Site("acme"), kNow), "TOKEN-UNKNOWN");
  EXPECT_EQ(Code(made.record, made.token.secret, Site("acme2"), kNow), "TOKEN-NAME");
  EXPECT_EQ(Code(made.record, made.token.secret, {Role::kOperator, "acme"}, kNow), "TOKEN-NAME");
  EXPECT_EQ(Code(made.record, made.token.secret, Site("acme"), Days(1) + Duration{-1}), "");
  EXPECT_EQ(Code(made.record, made.token.secret, Site("acme"), Days(1)), "TOKEN-EXPIRED");
}

TEST_F(RedeemTest, WithoutTheSecretNothingElseIsTold) {
  TokenRecord used = Redeem(made.record, made.token.secret, Site("acme"), request, kNow).value();
  EXPECT_EQ(Code(used, {}, Site("other"), Days(9)), "TOKEN-UNKNOWN");
}

TEST_F(RedeemTest, RecordsAreReadStrictly) {
  ExpectStrict(made.record);
  const TokenRecord used =
      Redeem(made.record, made.token.secret, Site("acme"), request, kNow).value();
  ExpectStrict(used);
  EXPECT_EQ(TokenRecord::Restore(used.Save()).value(), used);
  TokenRecord odd = used;
  odd.used_at.reset();
  EXPECT_EQ(CodeOf(TokenRecord::Restore(odd.Save())), "CODEC");
}

}  // namespace
}  // namespace florin::identity
