#include "florin/identity/enrolment.h"

#include <gtest/gtest.h>

#include "florin/base/codec.h"
#include "florin/identity/testing.h"

namespace florin::identity {
namespace {

struct EnrolmentTest : testing::Test {
  Authority authority = NewAuthority();
  NewToken made = TokenFor(authority, Site("acme"));
  Keys keys;
  EnrolmentRequest request =
      RequestEnrolment(made.token, Site("acme"), keys.tls, keys.identity).value();

  std::string Code(const EnrolmentRequest& sent, Time now = kNow) const {
    return CodeOf(Enrol(authority, made.record, sent, now));
  }

  // The same request around another certificate request, signed again as its sender would.
  EnrolmentRequest WithCsr(const std::string& csr_pem) const {
    EnrolmentRequest changed = request;
    changed.csr_pem = csr_pem;
    base::Writer writer;
    writer.Text("florin enrolment 1").Fixed(crypto::HashSha256(changed.secret));
    writer.U8(static_cast<uint8_t>(changed.peer.role)).Text(changed.peer.name);
    writer.Fixed(crypto::HashSha256(base::AsBytes(csr_pem))).Fixed(changed.identity_key);
    changed.proof = crypto::SignEd25519(keys.identity, writer.view());
    return changed;
  }
  std::string CsrFile(const std::string& name) const {
    return SourceFile("src/florin/crypto/testdata/" + name);
  }
};

TEST_F(EnrolmentTest, GivesEntryCertificateAndSpentToken) {
  const auto enrolment = Enrol(authority, made.record, request, Later(7));
  ASSERT_TRUE(enrolment.ok()) << enrolment.status().ToString();
  EXPECT_EQ(enrolment->entry.peer, Site("acme"));
  EXPECT_EQ(enrolment->entry.identity_key, crypto::PublicKeyOf(keys.identity));
  EXPECT_EQ(enrolment->entry.enrolled_at, Later(7));
  EXPECT_EQ(enrolment->used.used_at, Later(7));
  EXPECT_TRUE(crypto::CheckKeyPair(enrolment->certificate_pem, keys.tls).ok());
  const auto certificate = crypto::ParseCertificate(enrolment->certificate_pem).value();
  EXPECT_EQ(certificate.serial, enrolment->entry.serial);
  EXPECT_EQ(certificate.fingerprint, enrolment->entry.fingerprint);
  EXPECT_EQ(certificate.names.uris, (std::vector<std::string>{"spiffe://retail/site/acme"}));

  Roster roster;
  ASSERT_TRUE(roster.Add(enrolment->entry).ok());
  EXPECT_EQ(roster.Authorise(authority.trust(), enrolment->certificate_pem, Later(8)).value(),
            Site("acme"));
}

// The request of this test is signed by hand: the transcript is that of the document.
TEST_F(EnrolmentTest, TheTranscriptIsTheDocuments) { EXPECT_EQ(WithCsr(request.csr_pem), request); }

TEST_F(EnrolmentTest, AReusedTokenIsRefusedAndARepeatedRequestIsNot) {
  const Enrolment first = Enrol(authority, made.record, request, kNow).value();
  const auto repeated = Enrol(authority, first.used, request, Later(60));
  ASSERT_TRUE(repeated.ok()) << repeated.status().ToString();
  EXPECT_EQ(repeated->entry.enrolled_at, kNow);
  EXPECT_NE(repeated->entry.serial, first.entry.serial);
  Roster roster;
  ASSERT_TRUE(roster.Add(first.entry).ok());
  ASSERT_TRUE(roster.Add(repeated->entry).ok());
  EXPECT_EQ(roster.entries(), (std::vector<RosterEntry>{repeated->entry}));

  const Keys other;
  const auto second = RequestEnrolment(made.token, Site("acme"), other.tls, other.identity).value();
  EXPECT_EQ(CodeOf(Enrol(authority, first.used, second, Later(60))), "TOKEN-USED");
}

TEST_F(EnrolmentTest, TheTokensOwnRefusalsComeThrough) {
  EXPECT_EQ(Code(request, Days(2)), "TOKEN-EXPIRED");
  const auto other = RequestEnrolment(made.token, Site("other"), keys.tls, keys.identity).value();
  EXPECT_EQ(Code(other), "TOKEN-NAME");
  EnrolmentRequest unknown = request;
  unknown.secret[0] ^= 1;
  EXPECT_EQ(Code(unknown), "TOKEN-UNKNOWN");
}

TEST_F(EnrolmentTest, AProofOverOtherWordsIsRefused) {
  EnrolmentRequest changed = request;
  changed.csr_pem = crypto::MakeCsr(crypto::NewTlsKey(), "acme").value();
  EXPECT_EQ(Code(changed), "ENROL-PROOF");
  changed = request;
  changed.identity_key = crypto::PublicKeyOf(crypto::NewSecretKey());
  EXPECT_EQ(Code(changed), "ENROL-PROOF");
  changed = request;
  changed.proof[63] ^= 1;
  EXPECT_EQ(Code(changed), "ENROL-PROOF");
}

TEST_F(EnrolmentTest, ForgedNamesAreRefused) {
  const std::string own = "spiffe://retail/site/acme";
  const auto csr = [&](const std::string& name, const crypto::SubjectNames& names) {
    return WithCsr(crypto::MakeCsr(keys.tls, name, names).value());
  };
  EXPECT_EQ(Code(csr("acme", {.uris = {own}, .dns = {}, .ips = {}})), "");
  EXPECT_EQ(Code(csr("other", {})), "ENROL-NAME");
  for (const std::string forged : {"spiffe://retail/site/other", "spiffe://retail/coordinator",
                                   "spiffe://retail/operator/acme"}) {
    EXPECT_EQ(Code(csr("acme", {.uris = {forged}, .dns = {}, .ips = {}})), "ENROL-SAN") << forged;
    EXPECT_EQ(Code(csr("acme", {.uris = {own, forged}, .dns = {}, .ips = {}})), "ENROL-SAN");
  }
  EXPECT_EQ(Code(csr("acme", {.uris = {own}, .dns = {"c.example"}, .ips = {}})), "ENROL-SAN");
  EXPECT_EQ(Code(csr("acme", {.uris = {}, .dns = {}, .ips = {"10.0.0.1"}})), "ENROL-SAN");
  EXPECT_EQ(Code(WithCsr(CsrFile("ed25519_csr.pem"))), "ENROL-SAN");
}

TEST_F(EnrolmentTest, WeakKeysAndBrokenRequestsAreRefused) {
  for (const char* file :
       {"rsa1024_csr.pem", "rsa3072_csr.pem", "p384_csr.pem", "explicit_csr.pem"}) {
    EXPECT_EQ(Code(WithCsr(CsrFile(file))), "X509-KEY-WEAK") << file;
  }
  EXPECT_EQ(Code(WithCsr(CsrFile("email_csr.pem"))), "X509-FORM");
  EXPECT_EQ(Code(WithCsr("")), "X509-PEM");
  EXPECT_EQ(Enrol(authority, made.record, WithCsr(""), kNow).status().kind(), Kind::kDenied);
}

TEST_F(EnrolmentTest, RequestsAreReadStrictly) {
  ExpectStrict(request);
  EXPECT_EQ(EnrolmentRequest::Restore(request.Save()).value(), request);
  EXPECT_EQ(CodeOf(RequestEnrolment(made.token, Site("A"), keys.tls, keys.identity)), "NAME");
  EXPECT_EQ(CodeOf(RequestEnrolment(made.token, Site("a"), "", keys.identity)), "X509-PEM");
}

struct RenewalTest : testing::Test {
  Authority authority = NewAuthority();
  Keys keys;
  RosterEntry entry = EnrolNow(authority, Site("acme"), keys).entry;

  RenewalRequest Ask(const Peer& peer, const crypto::Ed25519Seed& seed, Time now,
                     const std::string& workspace = "retail") const {
    return RequestRenewal(workspace, peer, crypto::NewTlsKey(), seed, now).value();
  }
  std::string Code(const RenewalRequest& request, Time now) const {
    return CodeOf(Renew(authority, entry, request, now));
  }
};

TEST_F(RenewalTest, ANewCertificateForANewKey) {
  const std::string tls = crypto::NewTlsKey();
  const auto request = RequestRenewal("retail", Site("acme"), tls, keys.identity, Days(15)).value();
  const auto issued = Renew(authority, entry, request, Days(15));
  ASSERT_TRUE(issued.ok()) << issued.status().ToString();
  EXPECT_TRUE(crypto::CheckKeyPair(issued->certificate_pem, tls).ok());
  EXPECT_EQ(issued->certificate.validity.not_after, Days(45));
  EXPECT_EQ(PeerOf(issued->certificate, "retail").value(), Site("acme"));
}

TEST_F(RenewalTest, OnlyTheIdentityKeyOfTheMemberAsks) {
  EXPECT_EQ(Code(Ask(Site("acme"), keys.identity, kNow), kNow), "");
  EXPECT_EQ(Code(Ask(Site("acme"), Keys().identity, kNow), kNow), "ENROL-PROOF");
  EXPECT_EQ(Code(Ask(Site("other"), keys.identity, kNow), kNow), "ENROL-PROOF");
  EXPECT_EQ(Code(Ask({Role::kOperator, "acme"}, keys.identity, kNow), kNow), "ENROL-PROOF");
  EXPECT_EQ(Code(Ask(Site("acme"), keys.identity, kNow, "wholesale"), kNow), "ENROL-PROOF");
  RenewalRequest changed = Ask(Site("acme"), keys.identity, kNow);
  changed.csr_pem = crypto::MakeCsr(crypto::NewTlsKey(), "acme").value();
  EXPECT_EQ(Code(changed, kNow), "ENROL-PROOF");
}

TEST_F(RenewalTest, OldRequestsAndRevokedMembersAreRefused) {
  const RenewalRequest request = Ask(Site("acme"), keys.identity, kNow);
  EXPECT_EQ(Code(request, Later(300)), "");
  EXPECT_EQ(Code(request, Later(301)), "RENEW-STALE");
  EXPECT_EQ(Code(request, Later(-301)), "RENEW-STALE");
  EXPECT_EQ(Code(Ask(Site("acme"), keys.identity, Time{INT64_MIN}), Time{INT64_MAX}),
            "RENEW-STALE");
  entry.revoked_at = kNow;
  EXPECT_EQ(Code(request, kNow), "PEER-REVOKED");
}

// Signed by hand: the transcript is that of the document.
TEST_F(RenewalTest, TheTranscriptIsTheDocuments) {
  RenewalRequest request{.peer = Site("acme"), .csr_pem = {}, .asked_at = kNow};
  request.csr_pem = crypto::MakeCsr(keys.tls, "acme").value();
  base::Writer writer;
  writer.Text("florin renewal 1").Text("retail").U8(0).Text("acme");
  writer.Fixed(crypto::HashSha256(base::AsBytes(request.csr_pem))).I64(kNow.micros);
  request.proof = crypto::SignEd25519(keys.identity, writer.view());
  EXPECT_EQ(Code(request, kNow), "");
}

TEST_F(RenewalTest, RequestsAreReadStrictly) {
  const RenewalRequest request = Ask(Site("acme"), keys.identity, kNow);
  ExpectStrict(request);
  EXPECT_EQ(RenewalRequest::Restore(request.Save()).value(), request);
}

}  // namespace
}  // namespace florin::identity
