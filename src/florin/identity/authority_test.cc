#include "florin/identity/authority.h"

#include <gtest/gtest.h>

#include "florin/identity/testing.h"

namespace florin::identity {
namespace {

using crypto::CertificateUse;

Issued IssueSite(const Authority& authority, const std::string& name, Time now = kNow) {
  return authority.Issue(Site(name), PublicKey(crypto::NewTlsKey()), now).value();
}

std::string Who(const Trust& trust, const std::string& pem, Time now = kNow,
                CertificateUse side = CertificateUse::kClient) {
  const auto found = Identify(trust, pem, side, now);
  return found.ok() ? found->peer.ToString() : std::string(found.status().code());
}

TEST(AuthorityTest, ARootLivesTenYearsAndALeafThirtyDays) {
  const Authority authority = NewAuthority();
  const auto root = crypto::ParseCertificate(authority.trust().roots.front()).value();
  EXPECT_EQ(root.validity.not_after, kNow + kRootLife);
  EXPECT_EQ(root.fingerprint, authority.RootFingerprint());
  const auto leaf = IssueSite(authority, "acme").certificate;
  EXPECT_EQ(leaf.validity.not_before, Later(-300));
  EXPECT_EQ(leaf.validity.not_after, Days(30));
  EXPECT_FALSE(authority.RotationDue(Days(3652 - 366)));
  EXPECT_TRUE(authority.RotationDue(Days(3652 - 364)));
}

TEST(AuthorityTest, EachPeerGetsItsNameAndSide) {
  const Authority authority = NewAuthority();
  const Trust& trust = authority.trust();
  const std::string site = IssueSite(authority, "acme").certificate_pem;
  EXPECT_EQ(Who(trust, site), "site \"acme\"");
  EXPECT_EQ(Who(trust, site, kNow, CertificateUse::kServer), "PEER-USE");

  const Bytes key = PublicKey(crypto::NewTlsKey());
  const Issued ada = authority.Issue({Role::kOperator, "ada"}, key, kNow).value();
  EXPECT_EQ(Who(trust, ada.certificate_pem), "operator \"ada\"");

  const Issued coordinator =
      authority.IssueCoordinator(key, {"c.example"}, {"10.0.0.1"}, kNow).value();
  EXPECT_EQ(Who(trust, coordinator.certificate_pem, kNow, CertificateUse::kServer),
            "the coordinator");
  EXPECT_EQ(Who(trust, coordinator.certificate_pem), "the coordinator");
  EXPECT_EQ(coordinator.certificate.names.dns, (std::vector<std::string>{"c.example"}));
  EXPECT_EQ(coordinator.certificate.names.ips, (std::vector<std::string>{"10.0.0.1"}));
}

TEST(AuthorityTest, OddNamesAndClocksAreRefused) {
  EXPECT_EQ(CodeOf(Authority::Make("Retail", kNow)), "NAME");
  EXPECT_EQ(CodeOf(Authority::Make("retail", Time{})), "X509-VALIDITY");
  EXPECT_EQ(CodeOf(Authority::Make("retail", Time{INT64_MAX})), "X509-VALIDITY");
  EXPECT_EQ(CodeOf(Authority::Make("retail", Time{INT64_MIN})), "X509-VALIDITY");
  const Authority authority = NewAuthority();
  EXPECT_EQ(CodeOf(authority.Issue(Site("A"), PublicKey(crypto::NewTlsKey()), kNow)), "NAME");
  EXPECT_EQ(CodeOf(authority.Issue(Site("a"), PublicKey(crypto::NewTlsKey()), Days(3640))),
            "X509-VALIDITY");
  EXPECT_EQ(CodeOf(authority.IssueCoordinator(PublicKey(crypto::NewTlsKey()), {"*"}, {}, kNow)),
            "X509-NAME");
}

TEST(AuthorityTest, LongNamesFit) {
  const std::string longest(64, 'a');
  const Authority authority = NewAuthority(longest);
  EXPECT_EQ(Who(authority.trust(), IssueSite(authority, longest).certificate_pem),
            "site \"" + longest + "\"");
}

TEST(IdentifyTest, TimesOfACertificate) {
  const Authority authority = NewAuthority();
  const std::string site = IssueSite(authority, "acme").certificate_pem;
  EXPECT_EQ(Who(authority.trust(), site, Later(-300)), "site \"acme\"");
  EXPECT_EQ(Who(authority.trust(), site, Later(-301)), "PEER-NOT-YET-VALID");
  EXPECT_EQ(Who(authority.trust(), site, Days(30) + Duration{-1}), "site \"acme\"");
  EXPECT_EQ(Who(authority.trust(), site, Days(30)), "PEER-EXPIRED");
}

TEST(IdentifyTest, AnotherAuthorityIsUnknown) {
  const Authority ours = NewAuthority();
  const Authority theirs = NewAuthority();
  EXPECT_EQ(Who(ours.trust(), IssueSite(theirs, "acme").certificate_pem), "PEER-UNKNOWN");
  EXPECT_EQ(Who(ours.trust(), "no certificate"), "PEER-UNKNOWN");
}

// A root may serve several workspaces by mistake or by an operator's wish: names do not mix.
TEST(IdentifyTest, AnotherWorkspaceIsUnknown) {
  const Authority authority = NewAuthority("retail");
  Trust trust = authority.trust();
  trust.workspace = "wholesale";
  EXPECT_EQ(Who(trust, IssueSite(authority, "acme").certificate_pem), "PEER-UNKNOWN");
}

// Case 7 of the transport's list: a certificate for servers is no client's, whatever its name.
TEST(IdentifyTest, AServersCertificateDoesNotCall) {
  const std::string key = crypto::NewTlsKey();
  const std::string root = crypto::MakeRoot(key, "root", {Days(-1), Days(100)}).value();
  const Trust trust{.workspace = "retail", .roots = {root}, .denied = {}};
  const std::string leaf =
      crypto::IssueCertificate(
          {root, key}, PublicKey(crypto::NewTlsKey()),
          {.common_name = "acme",
           .names = {.uris = {"spiffe://retail/site/acme"}, .dns = {}, .ips = {}},
           .use = CertificateUse::kServer,
           .validity = {kNow, Days(10)}})
          .value();
  EXPECT_EQ(Who(trust, leaf), "PEER-USE");
}

TEST(DenyTest, OneSerialAndNoOther) {
  Authority authority = NewAuthority();
  const Issued first = IssueSite(authority, "acme");
  const Issued second = IssueSite(authority, "acme");
  authority.Deny(first.certificate.serial);
  authority.Deny(first.certificate.serial);
  EXPECT_EQ(authority.trust().denied.size(), 1U);
  EXPECT_EQ(Who(authority.trust(), first.certificate_pem), "PEER-REVOKED");
  EXPECT_EQ(Who(authority.trust(), second.certificate_pem), "site \"acme\"");
  for (int i = 0; i < 20; ++i) authority.Deny(IssueSite(authority, "x").certificate.serial);
  EXPECT_TRUE(authority.trust().IsDenied(first.certificate.serial));
  EXPECT_FALSE(authority.trust().IsDenied(second.certificate.serial));
  EXPECT_TRUE(std::is_sorted(authority.trust().denied.begin(), authority.trust().denied.end()));
}

TEST(RotationTest, BothRootsHoldUntilTheOldOneIsDropped) {
  Authority authority = NewAuthority();
  const auto old_fingerprint = authority.RootFingerprint();
  const std::string before = IssueSite(authority, "acme").certificate_pem;
  const Trust old_trust = authority.trust();
  ASSERT_TRUE(authority.BeginRotation(kNow).ok());
  EXPECT_TRUE(authority.is_rotating());
  EXPECT_NE(authority.RootFingerprint(), old_fingerprint);
  const std::string after = IssueSite(authority, "acme").certificate_pem;
  EXPECT_EQ(Who(authority.trust(), before), "site \"acme\"");
  EXPECT_EQ(Who(authority.trust(), after), "site \"acme\"");
  EXPECT_EQ(Who(old_trust, after), "PEER-UNKNOWN");

  EXPECT_EQ(CodeOf(authority.BeginRotation(Days(1))), "ROTATION-STATE");
  EXPECT_EQ(CodeOf(authority.FinishRotation(Days(29))), "ROTATION-EARLY");
  ASSERT_TRUE(authority.FinishRotation(Days(30)).ok());
  EXPECT_FALSE(authority.is_rotating());
  EXPECT_EQ(Who(authority.trust(), before, Days(1)), "PEER-UNKNOWN");
  EXPECT_EQ(Who(authority.trust(), after, Days(1)), "site \"acme\"");
  EXPECT_EQ(CodeOf(authority.FinishRotation(Days(31))), "ROTATION-STATE");
  EXPECT_EQ(CodeOf(authority.DropOldRoot()), "ROTATION-STATE");
}

TEST(RotationTest, ALeakedRootIsDroppedAtOnce) {
  Authority authority = NewAuthority();
  const std::string before = IssueSite(authority, "acme").certificate_pem;
  ASSERT_TRUE(authority.BeginRotation(kNow).ok());
  ASSERT_TRUE(authority.DropOldRoot().ok());
  EXPECT_EQ(Who(authority.trust(), before), "PEER-UNKNOWN");
  EXPECT_TRUE(authority.BeginRotation(Days(1)).ok());
}

TEST(RenewalDueTest, AtHalfOfALife) {
  const auto leaf = IssueSite(NewAuthority(), "acme").certificate;
  EXPECT_FALSE(RenewalDue(leaf, kNow));
  EXPECT_FALSE(RenewalDue(leaf, Days(15) + Duration::Seconds(-151)));
  EXPECT_TRUE(RenewalDue(leaf, Days(15) + Duration::Seconds(-150)));
  EXPECT_TRUE(RenewalDue(leaf, Days(40)));
}

TEST(AuthoritySaveTest, IssuesAndRotatesAsBefore) {
  Authority authority = NewAuthority();
  const std::string before = IssueSite(authority, "acme").certificate_pem;
  authority.Deny(IssueSite(authority, "evil").certificate.serial);
  ASSERT_TRUE(authority.BeginRotation(kNow).ok());
  ExpectStrict(authority.trust());
  Authority restored = Authority::Restore(authority.Save()).value();
  EXPECT_EQ(restored.trust(), authority.trust());
  EXPECT_EQ(Who(restored.trust(), before), "site \"acme\"");
  EXPECT_EQ(Who(authority.trust(), IssueSite(restored, "b").certificate_pem), "site \"b\"");
  EXPECT_EQ(CodeOf(restored.FinishRotation(Days(29))), "ROTATION-EARLY");
  EXPECT_TRUE(restored.FinishRotation(Days(30)).ok());
  EXPECT_EQ(Authority::Restore(restored.Save()).value().Save(), restored.Save());
}

TEST(AuthoritySaveTest, PartsOfTwoAuthoritiesDoNotMix) {
  const Authority ours = NewAuthority();
  Trust theirs = NewAuthority().trust();
  const Bytes saved = ours.Save();
  const Bytes our_trust = ours.trust().Save();
  Bytes mixed(saved.begin(), saved.end() - static_cast<std::ptrdiff_t>(our_trust.size()));
  const Bytes their_trust = theirs.Save();
  ASSERT_EQ(their_trust.size() >> 7, our_trust.size() >> 7);  // the same length of a length
  mixed[mixed.size() - 2] = static_cast<uint8_t>(their_trust.size() | 0x80);
  mixed.insert(mixed.end(), their_trust.begin(), their_trust.end());
  EXPECT_EQ(CodeOf(Authority::Restore(mixed)), "AUTHORITY-STATE");
  EXPECT_EQ(CodeOf(Authority::Restore(ByteView(saved).first(saved.size() - 1))), "CODEC");
}

TEST(TrustSaveTest, OddStatesAreRefused) {
  Trust trust = NewAuthority().trust();
  const Trust good = trust;
  trust.roots.clear();
  EXPECT_EQ(CodeOf(Trust::Restore(trust.Save())), "TRUST-STATE");
  trust.roots = {good.roots[0], good.roots[0], good.roots[0]};
  EXPECT_EQ(CodeOf(Trust::Restore(trust.Save())), "CODEC");
  trust.roots = {IssueSite(NewAuthority(), "a").certificate_pem};
  EXPECT_EQ(CodeOf(Trust::Restore(trust.Save())), "TRUST-STATE");
  trust = good;
  trust.denied = {{1}, {1}};
  EXPECT_EQ(CodeOf(Trust::Restore(trust.Save())), "CODEC");
  trust = good;
  trust.workspace = "Retail";
  EXPECT_EQ(CodeOf(Trust::Restore(trust.Save())), "NAME");
}

}  // namespace
}  // namespace florin::identity
