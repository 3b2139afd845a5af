#include "florin/identity/roster.h"

#include <gtest/gtest.h>

#include <sstream>

#include "florin/identity/testing.h"

namespace florin::identity {
namespace {

struct Member {
  Peer peer;
  Keys keys;
  Enrolment enrolment;
  Member(const Authority& authority, Peer who, Time now = kNow)
      : peer(std::move(who)), enrolment(EnrolNow(authority, peer, keys, now)) {}
};

struct RosterTest : testing::Test {
  Authority authority = NewAuthority();
  Member acme{authority, Site("acme")};
  Member bolt{authority, Site("bolt")};
  Member ada{authority, {Role::kOperator, "ada"}};
  Roster roster;

  void SetUp() override {
    for (const Member* member : {&bolt, &ada, &acme}) {
      ASSERT_TRUE(roster.Add(member->enrolment.entry).ok());
    }
  }
  std::string Who(const std::string& pem, Time now = kNow) const {
    const auto peer = roster.Authorise(authority.trust(), pem, now);
    return peer.ok() ? peer->ToString() : std::string(peer.status().code());
  }
  Issued RenewNow(const Member& member, Time now) {
    const auto request =
        RequestRenewal("retail", member.peer, crypto::NewTlsKey(), member.keys.identity, now);
    Issued issued = Renew(authority, *roster.Find(member.peer), request.value(), now).value();
    EXPECT_TRUE(roster.Renew(member.peer, issued.certificate).ok());
    return issued;
  }
};

TEST_F(RosterTest, MembersAreLetIn) {
  EXPECT_EQ(Who(acme.enrolment.certificate_pem), "site \"acme\"");
  EXPECT_EQ(Who(bolt.enrolment.certificate_pem), "site \"bolt\"");
  EXPECT_EQ(Who(ada.enrolment.certificate_pem), "operator \"ada\"");
  const Issued coordinator =
      authority.IssueCoordinator(PublicKey(crypto::NewTlsKey()), {}, {}, kNow).value();
  EXPECT_EQ(Who(coordinator.certificate_pem), "the coordinator");
}

TEST_F(RosterTest, OthersAreNot) {
  const Member stranger(authority, Site("carl"));  // has a certificate, was never added
  EXPECT_EQ(Who(stranger.enrolment.certificate_pem), "PEER-UNKNOWN");
  const Member operator_acme(authority, {Role::kOperator, "acme"});
  EXPECT_EQ(Who(operator_acme.enrolment.certificate_pem), "PEER-UNKNOWN");
  const Authority other = NewAuthority();
  const Member twin(other, Site("acme"));  // the right name under the wrong root
  EXPECT_EQ(Who(twin.enrolment.certificate_pem), "PEER-UNKNOWN");
  EXPECT_EQ(Who(acme.enrolment.certificate_pem, Days(31)), "PEER-EXPIRED");
  EXPECT_EQ(Who(acme.enrolment.certificate_pem, Days(-1)), "PEER-NOT-YET-VALID");
}

TEST_F(RosterTest, AddingASiteTouchesNoOther) {
  const RosterEntry before = *roster.Find(acme.peer);
  const Member carl(authority, Site("carl"), Days(3));
  ASSERT_TRUE(roster.Add(carl.enrolment.entry).ok());
  EXPECT_EQ(*roster.Find(acme.peer), before);
  EXPECT_EQ(Who(acme.enrolment.certificate_pem, Days(3)), "site \"acme\"");
}

TEST_F(RosterTest, NamesAndKeysAreTakenOnce) {
  const Member twin(authority, Site("acme"), Later(1));
  EXPECT_EQ(CodeOf(roster.Add(twin.enrolment.entry)), "ROSTER-EXISTS");
  const Enrolment copy = EnrolNow(authority, Site("copy"), acme.keys);
  EXPECT_EQ(CodeOf(roster.Add(copy.entry)), "ROSTER-KEY");
  EXPECT_EQ(roster.entries().size(), 3U);
}

// Decided so: the answer with the new certificate may have been lost.
TEST_F(RosterTest, BothCertificatesHoldAfterARenewal) {
  const Issued renewed = RenewNow(acme, Days(15));
  EXPECT_EQ(roster.Find(acme.peer)->serial, renewed.certificate.serial);
  EXPECT_EQ(roster.Find(acme.peer)->fingerprint, renewed.certificate.fingerprint);
  EXPECT_EQ(Who(renewed.certificate_pem, Days(15)), "site \"acme\"");
  EXPECT_EQ(Who(acme.enrolment.certificate_pem, Days(15)), "site \"acme\"");
  EXPECT_EQ(Who(acme.enrolment.certificate_pem, Days(30)), "PEER-EXPIRED");
  EXPECT_EQ(Who(renewed.certificate_pem, Days(30)), "site \"acme\"");
  authority.Deny(acme.enrolment.entry.serial);
  EXPECT_EQ(Who(acme.enrolment.certificate_pem, Days(15)), "PEER-REVOKED");
  EXPECT_EQ(Who(renewed.certificate_pem, Days(15)), "site \"acme\"");
}

TEST_F(RosterTest, ARevokedMemberIsOutWithAllItsCertificates) {
  const Issued renewed = RenewNow(acme, Days(15));
  ASSERT_TRUE(roster.Revoke(acme.peer, Days(16)).ok());
  ASSERT_TRUE(roster.Revoke(acme.peer, Days(17)).ok());
  EXPECT_EQ(roster.Find(acme.peer)->revoked_at, Days(16));
  EXPECT_EQ(Who(renewed.certificate_pem, Days(16)), "PEER-REVOKED");
  EXPECT_EQ(Who(acme.enrolment.certificate_pem, Days(16)), "PEER-REVOKED");
  EXPECT_EQ(CodeOf(roster.Renew(acme.peer, renewed.certificate)), "PEER-REVOKED");
  EXPECT_EQ(CodeOf(roster.Renew(Site("nobody"), renewed.certificate)), "PEER-UNKNOWN");
  EXPECT_EQ(CodeOf(roster.Revoke(Site("nobody"), kNow)), "PEER-UNKNOWN");
  EXPECT_EQ(Who(bolt.enrolment.certificate_pem, Days(16)), "site \"bolt\"");
}

TEST_F(RosterTest, EnrollingAnewDoesNotBringOldCertificatesBack) {
  const Issued renewed = RenewNow(acme, Days(15));
  ASSERT_TRUE(roster.Revoke(acme.peer, Days(16)).ok());
  EXPECT_EQ(CodeOf(roster.Add(acme.enrolment.entry)), "PEER-REVOKED");  // the old request again
  const Member again(authority, Site("acme"), Days(17));
  ASSERT_TRUE(roster.Add(again.enrolment.entry).ok());
  EXPECT_EQ(Who(again.enrolment.certificate_pem, Days(17)), "site \"acme\"");
  EXPECT_EQ(Who(acme.enrolment.certificate_pem, Days(17)), "PEER-SUPERSEDED");
  EXPECT_EQ(Who(renewed.certificate_pem, Days(17)), "PEER-SUPERSEDED");
}

TEST_F(RosterTest, ASupersededRootCutsOff) {
  ASSERT_TRUE(authority.BeginRotation(Days(1)).ok());
  EXPECT_EQ(Who(acme.enrolment.certificate_pem, Days(1)), "site \"acme\"");
  const Issued renewed = RenewNow(acme, Days(15));
  ASSERT_TRUE(authority.DropOldRoot().ok());
  EXPECT_EQ(Who(bolt.enrolment.certificate_pem, Days(15)), "PEER-UNKNOWN");
  EXPECT_EQ(Who(renewed.certificate_pem, Days(15)), "site \"acme\"");
}

TEST_F(RosterTest, TheRootHashDependsOnTheMembersAlone) {
  Roster other;
  for (const Member* member : {&ada, &acme, &bolt}) {
    ASSERT_TRUE(other.Add(member->enrolment.entry).ok());
  }
  EXPECT_EQ(other.RootHash(), roster.RootHash());
  EXPECT_NE(Roster().RootHash(), roster.RootHash());
  ASSERT_TRUE(other.Revoke(bolt.peer, kNow).ok());
  EXPECT_NE(other.RootHash(), roster.RootHash());
}

TEST_F(RosterTest, IsReadStrictly) {
  ASSERT_TRUE(roster.Revoke(bolt.peer, kNow).ok());
  ExpectStrict(roster);
  EXPECT_EQ(Roster::Restore(roster.Save()).value(), roster);
  ExpectStrict(Roster());
}

// Bytes and root hash of the example in the document.
TEST(RosterSpec, TheExampleOfTheDocumentIsReadAndWritten) {
  std::istringstream file(SourceFile("docs/spec/identity.md"));
  std::string hex;
  std::string root_hash;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      is_inside = line == "```roster";
    } else if (is_inside) {
      (line.starts_with("root hash ") ? root_hash : hex) += line;
    }
  }
  const Bytes bytes = base::FromHex(hex).value();
  const auto roster = Roster::Restore(bytes);
  ASSERT_TRUE(roster.ok()) << roster.status().ToString();
  EXPECT_EQ(roster->Save(), bytes);
  EXPECT_EQ("root hash " + roster->RootHash().Hex(), root_hash);

  crypto::Ed25519PublicKey key;
  key.fill(0x11);
  crypto::CertificateSerial serial;
  serial.fill(0x22);
  crypto::Sha256Digest fingerprint;
  fingerprint.fill(0x33);
  const RosterEntry acme{Site("acme"), key, serial, fingerprint, Time{1}, std::nullopt};
  RosterEntry ada{{Role::kOperator, "ada"}, {}, serial, fingerprint, Time{2}, std::nullopt};
  Roster made;
  ASSERT_TRUE(made.Add(acme).ok() && made.Add(ada).ok() && made.Revoke(ada.peer, Time{3}).ok());
  EXPECT_EQ(made, *roster);
}

TEST_F(RosterTest, EntriesOutOfOrderAreRefused) {
  Roster first;
  Roster second;
  ASSERT_TRUE(first.Add(acme.enrolment.entry).ok());
  ASSERT_TRUE(second.Add(bolt.enrolment.entry).ok());
  const Bytes a = first.Save();
  const Bytes b = second.Save();
  const size_t head = Roster().Save().size();
  const auto join = [&](const Bytes& x, const Bytes& y) {
    Bytes both(x.begin(), x.end());
    both[head - 1] = 2;
    both.insert(both.end(), y.begin() + static_cast<std::ptrdiff_t>(head), y.end());
    return CodeOf(Roster::Restore(both));
  };
  EXPECT_EQ(join(a, b), "");
  EXPECT_EQ(join(b, a), "CODEC");
  EXPECT_EQ(join(a, a), "CODEC");
}

}  // namespace
}  // namespace florin::identity
