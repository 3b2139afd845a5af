#include "florin/crypto/x509.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace florin::crypto {
namespace {

constexpr int64_t kDay = 86'400;
constexpr Time kNow{1'800'000'000'000'000};  // 2027-01-15T08:00:00Z

Time Days(int64_t days) { return kNow + Duration::Seconds(days * kDay); }

// Files made by `openssl req` and `openssl x509`; the names say how.
std::string TestFile(const std::string& name) {
  std::ifstream file(std::string(FLORIN_SOURCE_DIR) + "/src/florin/crypto/testdata/" + name);
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

template <typename T>
std::string CodeOf(const Result<T>& result) {
  return result.ok() ? "" : std::string(result.status().code());
}
std::string CodeOf(const Status& status) { return std::string(status.code()); }

struct Ca {
  std::string key = NewTlsKey();
  std::string root;
  explicit Ca(const std::string& name = "root") {
    root = MakeRoot(key, name, {Days(-1), Days(3650)}).value();
  }
  Issuer issuer() const { return {root, key}; }
};

Bytes PublicKeyOfPem(const std::string& key_pem) {
  return ParseCsr(MakeCsr(key_pem, "any").value()).value().public_key;
}

CertificateOrder AcmeOrder() {
  return {.common_name = "acme",
          .names = {.uris = {"spiffe://w/site/acme"}, .dns = {}, .ips = {}},
          .use = CertificateUse::kClient,
          .validity = {kNow, Days(30)}};
}

std::string Issue(const Ca& ca, const CertificateOrder& order) {
  return IssueCertificate(ca.issuer(), PublicKeyOfPem(NewTlsKey()), order).value();
}

std::string Verify(const std::string& leaf, const std::vector<std::string>& roots, Time now,
                   CertificateUse use = CertificateUse::kClient) {
  return CodeOf(VerifyChain(leaf, roots, now, use));
}

TEST(RootTest, SaysWhatItIs) {
  const Ca ca("Florin CA");
  const Certificate root = ParseCertificate(ca.root).value();
  EXPECT_TRUE(root.is_ca);
  EXPECT_FALSE(root.may_serve || root.may_call);
  EXPECT_EQ(root.common_name, "Florin CA");
  EXPECT_EQ(root.validity, (Validity{Days(-1), Days(3650)}));
  EXPECT_TRUE(root.names.empty());
  EXPECT_NE(ParseCertificate(Ca("Florin CA").root).value().fingerprint, root.fingerprint);
}

TEST(IssueTest, EverythingButTheKeyComesFromTheOrder) {
  const Ca ca;
  CertificateOrder order = AcmeOrder();
  order.names.dns = {"localhost", "c-1.example.org"};
  order.names.ips = {"127.0.0.1", "::1"};
  order.use = CertificateUse::kServer;
  const Certificate leaf = ParseCertificate(Issue(ca, order)).value();
  EXPECT_EQ(leaf.common_name, "acme");
  EXPECT_EQ(leaf.names.uris, order.names.uris);
  EXPECT_EQ(leaf.names.dns, order.names.dns);
  EXPECT_EQ(leaf.names.ips,
            (std::vector<std::string>{"127.0.0.1", "0000:0000:0000:0000:0000:0000:0000:0001"}));
  EXPECT_EQ(leaf.validity, order.validity);
  EXPECT_TRUE(leaf.may_serve);
  EXPECT_FALSE(leaf.may_call || leaf.is_ca);
}

TEST(IssueTest, TheKeyComesFromTheRequest) {
  const Ca ca;
  const std::string key = NewTlsKey();
  const Csr csr = ParseCsr(MakeCsr(key, "acme").value()).value();
  const std::string leaf = IssueCertificate(ca.issuer(), csr.public_key, AcmeOrder()).value();
  EXPECT_TRUE(CheckKeyPair(leaf, key).ok());
  EXPECT_EQ(CodeOf(CheckKeyPair(leaf, ca.key)), "X509-KEY-MISMATCH");
}

TEST(IssueTest, SerialsHave128BitsAndDiffer) {
  const Ca ca;
  std::set<CertificateSerial> serials;
  for (int i = 0; i < 20; ++i) {
    const Certificate leaf = ParseCertificate(Issue(ca, AcmeOrder())).value();
    serials.insert(leaf.serial);
    EXPECT_EQ(SerialHex(leaf.serial).size(), 32U);
  }
  EXPECT_EQ(serials.size(), 20U);
  EXPECT_EQ(SerialHex({}), "0");
}

TEST(IssueTest, AKeyOfEd25519IsCertifiedToo) {
  const Ca ca;
  const Csr csr = ParseCsr(TestFile("ed25519_csr.pem")).value();
  const auto leaf = IssueCertificate(ca.issuer(), csr.public_key, AcmeOrder());
  ASSERT_TRUE(leaf.ok()) << leaf.status().ToString();
  EXPECT_EQ(Verify(*leaf, {ca.root}, kNow), "");
}

TEST(IssueTest, TimesAreRoundedDownToSeconds) {
  const Ca ca;
  CertificateOrder order = AcmeOrder();
  order.validity = {kNow + Duration{999'999}, Days(3) + Duration{999'999}};
  EXPECT_EQ(ParseCertificate(Issue(ca, order)).value().validity, (Validity{kNow, Days(3)}));
}

std::string IssueCode(const Ca& ca, const CertificateOrder& order) {
  return CodeOf(IssueCertificate(ca.issuer(), PublicKeyOfPem(ca.key), order));
}

TEST(IssueTest, NamesAreCheckedBeforeTheyAreWritten) {
  const Ca ca;
  for (const std::string bad : {"", "a b", "a\nb", "\xc3\xa4"}) {
    CertificateOrder order = AcmeOrder();
    order.names.uris = {bad};
    EXPECT_EQ(IssueCode(ca, order), "X509-NAME") << bad;
  }
  for (const std::string bad : {"", "a..b", "-a", "a-", "A", "*.example", "a,URI:spiffe://w/x"}) {
    CertificateOrder order = AcmeOrder();
    order.names.dns = {bad};
    EXPECT_EQ(IssueCode(ca, order), "X509-NAME") << bad;
  }
  for (const std::string bad : {"", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "g::"}) {
    CertificateOrder order = AcmeOrder();
    order.names.ips = {bad};
    EXPECT_EQ(IssueCode(ca, order), "X509-NAME") << bad;
  }
  for (const std::string& bad : {std::string(), std::string(65, 'a'), std::string("a\0b", 3)}) {
    CertificateOrder order = AcmeOrder();
    order.common_name = bad;
    EXPECT_EQ(IssueCode(ca, order), "X509-NAME") << bad;
  }
}

TEST(IssueTest, ATimeOutsideTheIssuersIsRefused) {
  const Ca ca;
  const auto code = [&](Time first, Time last) {
    CertificateOrder order = AcmeOrder();
    order.validity = {first, last};
    return IssueCode(ca, order);
  };
  EXPECT_EQ(code(kNow, Days(3650)), "");
  EXPECT_EQ(code(kNow, Days(3651)), "X509-VALIDITY");
  EXPECT_EQ(code(Days(-2), Days(1)), "X509-VALIDITY");
  EXPECT_EQ(code(kNow, kNow), "X509-VALIDITY");
  EXPECT_EQ(code(Time{-1}, Days(1)), "X509-VALIDITY");
  EXPECT_EQ(CodeOf(MakeRoot(ca.key, "r", {kNow, Time{INT64_MAX}})), "X509-VALIDITY");
}

TEST(IssueTest, OnlyACaWithItsOwnKeyIssues) {
  const Ca ca;
  const std::string key = NewTlsKey();
  const Bytes public_key = PublicKeyOfPem(key);
  const std::string leaf = IssueCertificate(ca.issuer(), public_key, AcmeOrder()).value();
  EXPECT_EQ(CodeOf(IssueCertificate({leaf, key}, public_key, AcmeOrder())), "X509-NOT-CA");
  EXPECT_EQ(CodeOf(IssueCertificate({ca.root, key}, public_key, AcmeOrder())), "X509-KEY-MISMATCH");
  EXPECT_EQ(CodeOf(IssueCertificate({ca.root, ca.root}, public_key, AcmeOrder())), "X509-PEM");
  EXPECT_EQ(CodeOf(IssueCertificate(ca.issuer(), Bytes(40, 1), AcmeOrder())), "X509-PEM");
  Bytes longer = public_key;
  longer.push_back(0);
  EXPECT_EQ(CodeOf(IssueCertificate(ca.issuer(), longer, AcmeOrder())), "X509-PEM");
}

TEST(CsrTest, TellsWhatWasAskedFor) {
  const SubjectNames names{.uris = {"spiffe://w/site/acme"}, .dns = {"a.example"}, .ips = {}};
  const Csr csr = ParseCsr(MakeCsr(NewTlsKey(), "acme", names).value()).value();
  EXPECT_EQ(csr.common_name, "acme");
  EXPECT_EQ(csr.names, names);
  const Csr foreign = ParseCsr(TestFile("ed25519_csr.pem")).value();
  EXPECT_EQ(foreign.names.uris, (std::vector<std::string>{"spiffe://other/site/acme"}));
  EXPECT_EQ(foreign.names.dns, (std::vector<std::string>{"evil.example"}));
  EXPECT_EQ(foreign.names.ips.size(), 2U);
}

TEST(CsrTest, WeakAndOddKeysAreRefused) {
  for (const char* file :
       {"rsa1024_csr.pem", "rsa3072_csr.pem", "p384_csr.pem", "explicit_csr.pem"}) {
    EXPECT_EQ(CodeOf(ParseCsr(TestFile(file))), "X509-KEY-WEAK") << file;
  }
}

TEST(CsrTest, NamesOfUnknownKindAreRefused) {
  EXPECT_EQ(CodeOf(ParseCsr(TestFile("email_csr.pem"))), "X509-FORM");
}

// One character of the base64 text is changed at a time: the request must never be taken with
// another name or key than it was signed with.
TEST(CsrTest, AChangedRequestIsRefused) {
  const std::string pem = MakeCsr(NewTlsKey(), "acme").value();
  const Csr original = ParseCsr(pem).value();
  const size_t first = pem.find('\n') + 1;
  for (size_t i = first; i < pem.rfind("\n-----END"); ++i) {
    std::string changed = pem;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    const auto parsed = ParseCsr(changed);
    if (!parsed.ok()) continue;
    EXPECT_EQ(parsed->common_name, original.common_name) << i;  // an unused bit of the last group
    EXPECT_EQ(parsed->public_key, original.public_key) << i;
  }
}

TEST(PemTest, OneObjectOfTheRightKindOrNothing) {
  const Ca ca;
  EXPECT_TRUE(ParseCertificate("\n " + ca.root + "\r\n").ok());
  for (const std::string& bad :
       {std::string(), ca.key, ca.root + ca.root, "x" + ca.root, ca.root.substr(0, 100),
        ca.root.substr(0, 60) + ca.root.substr(80), std::string(70'000, 'A')}) {
    EXPECT_EQ(CodeOf(ParseCertificate(bad)), "X509-PEM") << bad.substr(0, 80);
  }
  EXPECT_EQ(CodeOf(ParseCsr(ca.root)), "X509-PEM");
}

// Asks nobody for a password: a program without a terminal would wait for ever.
TEST(PemTest, AnEncryptedKeyIsRefused) {
  std::string key = NewTlsKey();
  const size_t line = key.find('\n') + 1;
  key.insert(line,
             "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF"
             "\n\n");
  EXPECT_EQ(CodeOf(MakeCsr(key, "acme")), "X509-PEM");
}

TEST(ChainTest, HoldsFromItsFirstToItsLastSecond) {
  const Ca ca;
  const std::string leaf = Issue(ca, AcmeOrder());
  EXPECT_EQ(Verify(leaf, {ca.root}, kNow), "");
  EXPECT_EQ(Verify(leaf, {ca.root}, Days(30) + Duration::Seconds(-1)), "");
  EXPECT_EQ(Verify(leaf, {ca.root}, Days(30)), "X509-EXPIRED");
  EXPECT_EQ(Verify(leaf, {ca.root}, kNow + Duration::Seconds(-1)), "X509-NOT-YET-VALID");
}

TEST(ChainTest, AnyOfSeveralRootsAndNoOther) {
  const Ca first("root");
  const Ca second("root");  // of the same name: the key decides
  const Ca third("other");
  const std::string leaf = Issue(second, AcmeOrder());
  EXPECT_EQ(Verify(leaf, {first.root, second.root}, kNow), "");
  EXPECT_EQ(Verify(leaf, {second.root, first.root}, kNow), "");
  EXPECT_EQ(Verify(leaf, {first.root, third.root}, kNow), "X509-CHAIN");
  EXPECT_EQ(Verify(leaf, {}, kNow), "X509-CHAIN");
  EXPECT_EQ(VerifyChain(leaf, {}, kNow, CertificateUse::kClient).kind(), Kind::kDenied);
}

TEST(ChainTest, TheSideOfTheConnectionCounts) {
  const Ca ca;
  CertificateOrder order = AcmeOrder();
  order.use = CertificateUse::kServer;
  const std::string server = Issue(ca, order);
  order.use = CertificateUse::kBoth;
  const std::string both = Issue(ca, order);
  EXPECT_EQ(Verify(server, {ca.root}, kNow, CertificateUse::kServer), "");
  EXPECT_EQ(Verify(server, {ca.root}, kNow, CertificateUse::kClient), "X509-USE");
  EXPECT_EQ(Verify(server, {ca.root}, kNow, CertificateUse::kBoth), "X509-USE");
  EXPECT_EQ(Verify(both, {ca.root}, kNow, CertificateUse::kBoth), "");
  EXPECT_EQ(Verify(both, {ca.root}, kNow, CertificateUse::kClient), "");
}

TEST(ChainTest, ARootIsNoLeafAndALeafNoRoot) {
  const Ca ca;
  EXPECT_EQ(Verify(ca.root, {ca.root}, kNow), "X509-USE");
  const std::string leaf = Issue(ca, AcmeOrder());
  EXPECT_EQ(Verify(leaf, {leaf}, kNow), "X509-CHAIN");
}

TEST(ChainTest, AnExtendedUseMustBeStated) {
  const std::string root = TestFile("foreign_root.pem");
  const std::string leaf = TestFile("foreign_no_eku.pem");
  EXPECT_EQ(ParseCertificate(leaf).value().names.uris.size(), 1U);
  EXPECT_EQ(Verify(leaf, {root}, kNow), "X509-USE");
}

TEST(ChainTest, AWeakRootIsNoRoot) {
  const std::string root = TestFile("rsa1024_root.pem");
  EXPECT_TRUE(ParseCertificate(root).ok());
  EXPECT_NE(Verify(root, {root}, kNow), "");
}

TEST(ChainTest, AChangedCertificateIsRefused) {
  const Ca ca;
  const std::string pem = Issue(ca, AcmeOrder());
  const Sha256Digest original = ParseCertificate(pem).value().fingerprint;
  for (size_t i = pem.find('\n') + 1; i < pem.rfind("\n-----END"); ++i) {
    std::string changed = pem;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    if (!Verify(changed, {ca.root}, kNow).empty()) continue;
    EXPECT_EQ(ParseCertificate(changed).value().fingerprint, original) << i;
  }
}

}  // namespace
}  // namespace florin::crypto
