#include "florin/identity/peer.h"

#include <gtest/gtest.h>

#include "florin/identity/testing.h"

namespace florin::identity {
namespace {

std::string Named(const std::vector<std::string>& uris) {
  crypto::Certificate certificate;
  certificate.names.uris = uris;
  const auto peer = PeerOf(certificate, "retail");
  return peer.ok() ? peer->ToString() : std::string(peer.status().code());
}

TEST(PeerTest, UriAndPeerAreInverse) {
  const Peer peers[] = {Site("acme-eu"), {Role::kOperator, "ada"}, {Role::kCoordinator, ""}};
  for (const Peer& peer : peers) EXPECT_EQ(Named({PeerUri("retail", peer)}), peer.ToString());
  EXPECT_EQ(PeerUri("retail", peers[0]), "spiffe://retail/site/acme-eu");
  EXPECT_EQ(PeerUri("retail", peers[2]), "spiffe://retail/coordinator");
}

TEST(PeerTest, TheNameIsFoundWhereverItStands) {
  EXPECT_EQ(
      Named({"https://acme.example", "spiffe://other/site/evil", "spiffe://retail/site/acme"}),
      "site \"acme\"");
}

TEST(PeerTest, OtherFormsAreRefused) {
  for (const char* uri :
       {"spiffe://retail", "spiffe://retail/", "spiffe://retail/site", "spiffe://retail/site/",
        "spiffe://retail/site/Acme", "spiffe://retail/site/a/b", "spiffe://retail/site/../acme",
        "spiffe://retail/coordinator/", "spiffe://retail/coordinator/x", "spiffe://retail/root/a",
        "spiffe://retail2/site/acme", "SPIFFE://retail/site/acme", "spiffe://x/retail/site/acme",
        "spiffe://retail/site/acme?x", "spiffe://retail/sites/acme"}) {
    EXPECT_EQ(Named({uri}), "PEER-UNKNOWN") << uri;
  }
  EXPECT_EQ(Named({}), "PEER-UNKNOWN");
  EXPECT_EQ(Named({"spiffe://retail/site/a", "spiffe://retail/site/b"}), "PEER-UNKNOWN");
  EXPECT_EQ(Named({"spiffe://retail/site/a", "spiffe://retail/x"}), "PEER-UNKNOWN");
}

TEST(PeerTest, NamesFollowTheRule) {
  EXPECT_TRUE(CheckPeer(Site("a")).ok());
  EXPECT_EQ(CodeOf(CheckPeer(Site(""))), "NAME");
  EXPECT_EQ(CodeOf(CheckPeer(Site("a/b"))), "NAME");
  EXPECT_EQ(CodeOf(CheckPeer({Role::kCoordinator, "c"})), "NAME");
  EXPECT_EQ(Peer::Site(SiteId("acme")), Site("acme"));
}

}  // namespace
}  // namespace florin::identity
