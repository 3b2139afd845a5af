#include "florin/api/membership.h"

#include <gtest/gtest.h>

#include <thread>

#include "florin/api/chain_testing.h"
#include "florin/govern/audit_file.h"
#include "florin/identity/testing.h"
#include "florin/store/memory_records.h"

namespace florin::api {
namespace {

using identity::CodeOf;
using identity::Days;
using identity::Keys;
using identity::kNow;
using identity::Later;
using identity::Peer;
using identity::Role;

constexpr Duration kDay = Duration::Seconds(86'400);
const Peer kAcme{Role::kSite, "acme"};
const Peer kAda{Role::kOperator, "ada"};

// Records of a disk that may fail.
class FailingRecords final : public store::Records {
 public:
  Result<std::unique_ptr<store::Transaction>> Begin() override {
    if (is_failing) return Status(Kind::kFailed, "STORE-IO", "the disk is full");
    return kept.Begin();
  }
  store::MemoryRecords kept;
  bool is_failing = false;
};

struct MembershipTest : testing::Test {
  std::unique_ptr<Membership> Loaded() {
    auto loaded = Membership::Load(records);
    EXPECT_TRUE(loaded.ok()) << loaded.status().ToString();
    return std::move(loaded).value();
  }
  static identity::EnrolmentRequest RequestOf(const std::string& token, const Peer& peer,
                                              const Keys& keys) {
    return identity::RequestEnrolment(identity::Token::Parse(token).value(), peer, keys.tls,
                                      keys.identity)
        .value();
  }
  std::string TokenOf(const Peer& peer, Time now = kNow) {
    auto token = peer.role == Role::kSite ? members->AddSite(SiteId(peer.name), kDay, now)
                                          : members->AddOperator(peer.name, kDay, now);
    EXPECT_TRUE(token.ok()) << token.status().ToString();
    return token.ok() ? *token : "";
  }
  identity::Enrolment EnrolNow(const Peer& peer, const Keys& keys, Time now = kNow) {
    auto enrolment = members->Enrol(RequestOf(TokenOf(peer, now), peer, keys), now);
    EXPECT_TRUE(enrolment.ok()) << enrolment.status().ToString();
    return std::move(enrolment).value();
  }
  // All entries, after the chain was verified.
  std::vector<govern::Entry> Audit() {
    auto change = records.Begin().value();
    std::vector<govern::Entry> entries;
    const auto lines = change->ReadLog(kMembersChain, 0, 1000);
    for (const Bytes& line : lines.value()) {
      auto parsed = govern::ParseLine(std::string(line.begin(), line.end())).value();
      entries.push_back(std::get<govern::Entry>(parsed));
    }
    change.reset();
    EXPECT_EQ(VerifiedEntries(records, kMembersChain), entries.size());
    return entries;
  }

  FailingRecords records;
  std::unique_ptr<Membership> members =
      Membership::Create(records, "retail", "coordinator.example:7443", "coordinator.example:7444",
                         kNow)
          .value();
};

TEST_F(MembershipTest, IsMadeOnceAndLoaded) {
  EXPECT_EQ(CodeOf(Membership::Create(records, "retail", "a:1", "a:2", kNow)), "WORKSPACE-EXISTS");
  store::MemoryRecords empty;
  EXPECT_EQ(CodeOf(Membership::Load(empty)), "WORKSPACE-MISSING");
  EXPECT_EQ(CodeOf(Membership::Create(empty, "Retail", "a:1", "a:2", kNow)), "NAME");
  EXPECT_EQ(CodeOf(Membership::Create(empty, "retail", "a", "a:2", kNow)), "TOKEN-ADDRESS");
  const auto loaded = Loaded();
  EXPECT_EQ(loaded->trust(), members->trust());
  EXPECT_EQ(loaded->workspace(), "retail");
  EXPECT_EQ(loaded->addresses(),
            (Addresses{"coordinator.example:7443", "coordinator.example:7444"}));
  EXPECT_FALSE(loaded->RotationDue(kNow));
  EXPECT_TRUE(loaded->RotationDue(Days(3400)));
}

TEST_F(MembershipTest, TokensNameWhereTheCoordinatorIsNow) {
  const Addresses moved{"elsewhere.example:443", "elsewhere.example:444"};
  EXPECT_EQ(CodeOf(members->MoveTo({"elsewhere", "a:1"}, kNow)), "TOKEN-ADDRESS");
  EXPECT_EQ(CodeOf(members->MoveTo(moved, kNow)), "");
  EXPECT_EQ(CodeOf(members->MoveTo(moved, kNow)), "");
  EXPECT_EQ(Loaded()->addresses(), moved);
  EXPECT_EQ(identity::Token::Parse(TokenOf(kAcme)).value().address, moved.enrol);
}

TEST_F(MembershipTest, ASiteEnrolsAndIsLetIn) {
  const auto enrolment = EnrolNow(kAcme, Keys());
  EXPECT_EQ(members->Authorise(enrolment.certificate_pem, kNow).value(), kAcme);
  EXPECT_EQ(CodeOf(members->Authorise(enrolment.certificate_pem, Days(31))), "PEER-EXPIRED");
  ASSERT_EQ(members->members().size(), 1U);
  EXPECT_EQ(members->members()[0], enrolment.entry);
  EXPECT_EQ(Loaded()->Authorise(enrolment.certificate_pem, kNow).value(), kAcme);
}

TEST_F(MembershipTest, ALostAnswerIsFetchedAgain) {
  const Keys keys;
  const auto request = RequestOf(TokenOf(kAcme), kAcme, keys);
  const auto first = members->Enrol(request, kNow).value();
  const auto again = Loaded()->Enrol(request, Later(60)).value();
  EXPECT_EQ(again.entry.enrolled_at, first.entry.enrolled_at);
  EXPECT_NE(again.entry.serial, first.entry.serial);
  EXPECT_EQ(Loaded()->members().size(), 1U);
}

TEST_F(MembershipTest, Case25TokenReused) {
  const std::string token = TokenOf(kAcme);
  ASSERT_TRUE(members->Enrol(RequestOf(token, kAcme, Keys()), kNow).ok());
  const auto before = members->members();
  EXPECT_EQ(CodeOf(members->Enrol(RequestOf(token, kAcme, Keys()), kNow)), "TOKEN-USED");
  EXPECT_EQ(members->members(), before);
}

TEST_F(MembershipTest, Case26TokenExpired) {
  const auto request = RequestOf(TokenOf(kAcme), kAcme, Keys());
  EXPECT_EQ(CodeOf(members->Enrol(request, Days(1))), "TOKEN-EXPIRED");
  TokenOf({Role::kSite, "other"}, Days(2));
  EXPECT_EQ(CodeOf(members->Enrol(request, Days(2))), "TOKEN-EXPIRED");  // still remembered
  TokenOf({Role::kSite, "more"}, Days(40));
  EXPECT_EQ(CodeOf(members->Enrol(request, Days(40))), "TOKEN-UNKNOWN");
  EXPECT_TRUE(members->members().empty());
}

TEST_F(MembershipTest, Case27TokenForAnotherName) {
  const std::string token = TokenOf(kAcme);
  const Peer other{Role::kSite, "other"};
  EXPECT_EQ(CodeOf(members->Enrol(RequestOf(token, other, Keys()), kNow)), "TOKEN-NAME");
  const Peer role{Role::kOperator, "acme"};
  EXPECT_EQ(CodeOf(members->Enrol(RequestOf(token, role, Keys()), kNow)), "TOKEN-NAME");
  EXPECT_TRUE(members->members().empty());
  EXPECT_TRUE(members->operators().empty());
}

TEST_F(MembershipTest, ANewTokenEndsTheUnusedOneOfThatName) {
  const std::string lost = TokenOf(kAcme);
  const std::string token = TokenOf(kAcme);
  EXPECT_EQ(CodeOf(members->Enrol(RequestOf(lost, kAcme, Keys()), kNow)), "TOKEN-UNKNOWN");
  ASSERT_TRUE(members->Enrol(RequestOf(token, kAcme, Keys()), kNow).ok());
  EXPECT_EQ(CodeOf(members->AddSite(SiteId("acme"), kDay, kNow)), "ROSTER-EXISTS");
  EXPECT_EQ(CodeOf(members->AddSite(SiteId("b"), Days(31) - kNow, kNow)), "TOKEN-LIFE");
}

TEST_F(MembershipTest, ACopiedFolderIsNoSecondSite) {
  const Keys keys;
  EnrolNow(kAcme, keys);
  const Peer other{Role::kSite, "other"};
  EXPECT_EQ(CodeOf(members->Enrol(RequestOf(TokenOf(other), other, keys), kNow)), "ROSTER-KEY");
}

TEST_F(MembershipTest, RenewalNeedsTheIdentityKey) {
  Keys keys;
  EnrolNow(kAcme, keys);
  keys.tls = crypto::NewTlsKey();
  const auto ask = [](const Keys& with, Time at) {
    return identity::RequestRenewal("retail", kAcme, with.tls, with.identity, at).value();
  };
  const auto renewed = members->Renew(ask(keys, Days(15)), Days(15)).value();
  EXPECT_EQ(members->Authorise(renewed.certificate_pem, Days(40)).value(), kAcme);
  EXPECT_EQ(Loaded()->members()[0].serial, renewed.certificate.serial);
  EXPECT_EQ(CodeOf(members->Renew(ask(Keys(), Days(15)), Days(15))), "ENROL-PROOF");
  EXPECT_EQ(CodeOf(members->Renew(ask(keys, Days(15)), Days(16))), "RENEW-STALE");
  auto unknown = ask(keys, kNow);
  unknown.peer.name = "other";
  EXPECT_EQ(CodeOf(members->Renew(unknown, kNow)), "PEER-UNKNOWN");
}

TEST_F(MembershipTest, RevokedIsOutUntilEnrolledAnew) {
  const auto enrolment = EnrolNow(kAcme, Keys());
  ASSERT_EQ(CodeOf(members->Revoke(kAcme, Later(10))), "");
  EXPECT_EQ(CodeOf(members->Authorise(enrolment.certificate_pem, Later(20))), "PEER-REVOKED");
  EXPECT_EQ(CodeOf(Loaded()->Authorise(enrolment.certificate_pem, Later(20))), "PEER-REVOKED");
  EXPECT_EQ(CodeOf(members->Revoke({Role::kSite, "nobody"}, kNow)), "PEER-UNKNOWN");
  const auto anew = EnrolNow(kAcme, Keys(), Later(1000));
  EXPECT_TRUE(members->Authorise(anew.certificate_pem, Later(1000)).ok());
  EXPECT_EQ(CodeOf(members->Authorise(enrolment.certificate_pem, Later(1000))), "PEER-SUPERSEDED");
  ASSERT_EQ(CodeOf(members->Deny(anew.entry.serial, Later(1001))), "");
  EXPECT_EQ(CodeOf(Loaded()->Authorise(anew.certificate_pem, Later(1001))), "PEER-REVOKED");
}

TEST_F(MembershipTest, OperatorsCommandOnceAndNotAfterTheirEnd) {
  const Keys keys;
  const auto sign = [&](const Keys& with, Time at) {
    return identity::SignCommand("retail", "ada", with.identity, {1, 2}, at);
  };
  EXPECT_EQ(CodeOf(members->AcceptCommand(sign(keys, kNow), kNow)), "OPERATOR-UNKNOWN");
  EnrolNow(kAda, keys);
  const auto command = sign(keys, kNow);
  EXPECT_EQ(members->AcceptCommand(command, kNow).value(), (Bytes{1, 2}));
  EXPECT_EQ(CodeOf(members->AcceptCommand(command, kNow)), "COMMAND-REPLAY");
  EXPECT_EQ(CodeOf(Loaded()->AcceptCommand(command, kNow)), "COMMAND-REPLAY");
  EXPECT_EQ(CodeOf(members->AcceptCommand(sign(Keys(), kNow), kNow)), "COMMAND-SIGNATURE");
  EXPECT_EQ(CodeOf(members->Revoke(kAda, kNow)), "OPERATOR-LAST");
  EnrolNow({Role::kOperator, "bob"}, Keys());
  EXPECT_EQ(members->operators().size(), 2U);
  ASSERT_EQ(CodeOf(members->Revoke(kAda, kNow)), "");
  EXPECT_EQ(CodeOf(members->AcceptCommand(sign(keys, Later(1)), Later(1))), "OPERATOR-UNKNOWN");
}

TEST_F(MembershipTest, TheCoordinatorServesUnderItsNames) {
  const auto issued =
      members->RenewCoordinator(crypto::NewTlsKey(), {"localhost"}, {"127.0.0.1"}, kNow).value();
  const auto who = identity::Identify(members->trust(), issued.certificate_pem,
                                      crypto::CertificateUse::kServer, kNow);
  EXPECT_EQ(who.value().peer.role, Role::kCoordinator);
  EXPECT_EQ(CodeOf(members->RenewCoordinator(crypto::NewTlsKey(), {"*"}, {}, kNow)), "X509-NAME");
}

TEST_F(MembershipTest, RotationKeepsMembersAndTokensUntilTheCoordinatorMovesOver) {
  const auto enrolment = EnrolNow(kAcme, Keys());
  const Peer other{Role::kSite, "other"};
  const Peer third{Role::kSite, "third"};
  const auto renew = [&](Time now) {
    return CodeOf(members->RenewCoordinator(crypto::NewTlsKey(), {}, {"127.0.0.1"}, now));
  };
  const auto early = RequestOf(TokenOf(other), other, Keys());
  ASSERT_EQ(CodeOf(members->BeginRotation(Later(1))), "");
  EXPECT_EQ(Loaded()->trust().roots.size(), 2U);
  EXPECT_TRUE(members->Authorise(enrolment.certificate_pem, Later(2)).ok());
  EXPECT_EQ(CodeOf(members->Enrol(early, Later(2))), "");
  const std::string by_old = TokenOf(third, Days(28));
  ASSERT_EQ(renew(Days(28)), "");
  EXPECT_EQ(CodeOf(members->Enrol(RequestOf(by_old, third, Keys()), Days(28))), "TOKEN-UNKNOWN");
  const std::string by_new = TokenOf(third, Days(30));
  EXPECT_NE(identity::Token::Parse(by_new)->root_fingerprint,
            identity::Token::Parse(by_old)->root_fingerprint);
  EXPECT_EQ(CodeOf(members->FinishRotation(Days(29))), "ROTATION-EARLY");
  ASSERT_EQ(CodeOf(members->FinishRotation(Days(31))), "");
  EXPECT_EQ(Loaded()->trust().roots.size(), 1U);
  EXPECT_EQ(CodeOf(Loaded()->Enrol(RequestOf(by_new, third, Keys()), Days(30))), "");
  EXPECT_EQ(CodeOf(members->DropOldRoot(Days(31))), "ROTATION-STATE");
}

TEST_F(MembershipTest, ALeakedRootTakesItsTokensWithIt) {
  const auto enrolment = EnrolNow(kAcme, Keys());
  const Peer other{Role::kSite, "other"};
  const std::string token = TokenOf(other);
  ASSERT_EQ(CodeOf(members->BeginRotation(Later(1))), "");
  ASSERT_EQ(CodeOf(members->DropOldRoot(Later(2))), "");
  EXPECT_EQ(CodeOf(members->Enrol(RequestOf(token, other, Keys()), Later(3))), "TOKEN-UNKNOWN");
  EXPECT_EQ(CodeOf(members->Authorise(enrolment.certificate_pem, Later(3))), "PEER-UNKNOWN");
}

TEST_F(MembershipTest, ADiskThatFailsChangesNothing) {
  const auto request = RequestOf(TokenOf(kAcme), kAcme, Keys());
  records.is_failing = true;
  EXPECT_EQ(CodeOf(members->Enrol(request, kNow)), "STORE-IO");
  EXPECT_EQ(CodeOf(members->BeginRotation(kNow)), "STORE-IO");
  EXPECT_TRUE(members->members().empty());
  EXPECT_EQ(members->trust().roots.size(), 1U);
  records.is_failing = false;
  EXPECT_EQ(CodeOf(members->Enrol(request, kNow)), "");
}

TEST_F(MembershipTest, TheAuditLogTellsEveryChangeAndNoSecret) {
  const std::string token = TokenOf(kAcme);
  ASSERT_TRUE(members->Enrol(RequestOf(token, kAcme, Keys()), kNow).ok());
  ASSERT_TRUE(members->Revoke(kAcme, kNow).ok());
  const auto entries = Audit();
  ASSERT_EQ(entries.size(), 4U);
  EXPECT_EQ(entries[0].event, "workspace-created");
  EXPECT_EQ(entries[1].event, "token-made");
  EXPECT_EQ(entries[2].event, "member-enrolled");
  EXPECT_EQ(entries[3].event, "member-revoked");
  const std::string secret = base::Hex(identity::Token::Parse(token).value().secret);
  for (const govern::Entry& entry : entries) {
    EXPECT_EQ(govern::ToLine(entry).find(secret), std::string::npos);
  }
}

TEST_F(MembershipTest, ConnectionsAreJudgedWhileMembersChange) {
  const auto enrolment = EnrolNow(kAcme, Keys());
  std::thread judge([&] {
    for (int i = 0; i < 200; ++i) {
      EXPECT_TRUE(members->Authorise(enrolment.certificate_pem, kNow).ok());
    }
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(members->AddSite(SiteId("s" + std::to_string(i)), kDay, kNow).ok());
  }
  judge.join();
}

}  // namespace
}  // namespace florin::api
