// The same port with mutual TLS and certificates of a real authority.
#include <gtest/gtest.h>

#include "florin/api/operator_testing.h"
#include "florin/base/clock.h"

namespace florin::api {
namespace {

class MutualTlsTest : public OperatorTest {
 protected:
  MutualTlsTest() {
    const Time now = clock_.now;
    const std::string key = crypto::NewTlsKey();
    const auto own =
        *members_.authority.IssueCoordinator(TestMembers::PublicKeyOf(key), {"localhost"}, {}, now);
    grpc::SslServerCredentialsOptions options(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = Roots();
    options.pem_key_cert_pairs.push_back({key, own.certificate_pem});
    Serve(grpc::SslServerCredentials(options));
    members_.unproven = {identity::Role::kCoordinator, ""};  // nobody comes without a certificate
  }
  std::string Roots() const { return members_.authority.trust().roots[0]; }
  OperatorClient ClientOf(const identity::Peer& peer) {
    const TestMembers::Files& files = members_.kept.at(peer);
    OperatorClient::Options options = ClientOptions();
    options.credentials = grpc::SslCredentials({Roots(), files.key, files.certificate});
    return OperatorClient(options, clock_);
  }
};

TEST_F(MutualTlsTest, AnOperatorIsKnownByItsCertificate) {
  OperatorClient ada = ClientOf({identity::Role::kOperator, "ada"});
  const auto job = ada.SubmitJob(JobOf("first"));
  ASSERT_TRUE(job.ok()) << job.status().ToString();
  EXPECT_EQ(job->submitted_by(), "ada");
  EXPECT_EQ(ada.PauseJob(JobId("first"))->status(), "paused");
}

TEST_F(MutualTlsTest, ASitesCertificateIsRefused) {
  OperatorClient site = ClientOf(identity::Peer::Site(SiteId("eu")));
  EXPECT_EQ(CodeOf(site.ListJobs()), "OPERATOR-ONLY");
  EXPECT_EQ(CodeOf(site.SubmitJob(JobOf("first"))), "OPERATOR-ONLY");
  EXPECT_EQ(CodeOf(site.PauseJob(JobId("first"))), "OPERATOR-ONLY");
}

// Another operator's certificate does not lend its voice to a key that is not its own.
TEST_F(MutualTlsTest, ACertificateAndASignatureBelongTogether) {
  members_.Enrol({identity::Role::kOperator, "bob"}, {2}, clock_.now);
  OperatorClient bob = ClientOf({identity::Role::kOperator, "bob"});
  EXPECT_TRUE(bob.ListJobs().ok());
  EXPECT_EQ(CodeOf(bob.PauseJob(JobId("first"))), "OPERATOR-MISMATCH");
}

TEST_F(MutualTlsTest, ARevokedOperatorIsRefused) {
  OperatorClient ada = ClientOf({identity::Role::kOperator, "ada"});
  ASSERT_TRUE(ada.ListJobs().ok());
  EXPECT_TRUE(ada.RemoveOperator("ada").ok());
  EXPECT_EQ(CodeOf(ada.ListJobs()), "PEER-REVOKED");
}

TEST_F(MutualTlsTest, WithoutACertificateOfTheWorkspaceNobodyComesIn) {
  OperatorClient::Options options = ClientOptions();
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = Roots();
  options.credentials = grpc::SslCredentials(tls);
  options.patience = Duration::Seconds(5);
  EXPECT_EQ(CodeOf(OperatorClient(options, clock_).ListJobs()), "NET-TEST");
}

}  // namespace
}  // namespace florin::api
