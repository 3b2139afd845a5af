// Server and clients on loopback, mutual TLS, certificates of a real authority.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <grpcpp/impl/codegen/client_unary_call.h>

#include "florin/transport/grpc/batch.h"
#include "florin/transport/grpc/grpc_testing.h"
#include "florin/transport/grpc/probe.h"

namespace florin::transport {
namespace {

TEST_F(GrpcTest, OfferContributionReceipt) {
  Heard heard;
  const auto client = Dial("eu", heard);
  const auto arrived = Next<round::SiteArrived>();
  ASSERT_TRUE(arrived.has_value());
  EXPECT_EQ(arrived->site, SiteId("eu"));
  const job::Offer offer = OfferOf(PlanOf(200'000), SiteId("eu"), 1);
  server_->Send(offer);
  server_->Flush();
  ASSERT_TRUE(heard.Wait([&] { return heard.offers.size() == 1; }));
  EXPECT_EQ(heard.offers[0].first.plan->hash, offer.plan->hash);

  const job::Contribution contribution = ContributionOf(offer, 4);
  client->Send(std::make_shared<const job::Contribution>(contribution), heard.offers[0].second);
  const auto came = Next<job::Contribution>();
  ASSERT_TRUE(came.has_value());
  EXPECT_EQ(came->message, contribution.message);

  server_->Send(job::Receipt{offer.job, offer.round, offer.work, offer.site, contribution.id,
                             job::Verdict::kCommitted, ""});
  server_->Flush();
  EXPECT_TRUE(heard.Wait([&] { return heard.receipts.size() == 1; }));
}

TEST_F(GrpcTest, RefusalComesWithItsCode) {
  Heard heard;
  const auto client = Dial("eu", heard);
  ASSERT_TRUE(Next<round::SiteArrived>().has_value());
  const job::Offer offer = OfferOf(PlanOf(3), SiteId("eu"), 2);
  server_->Send(offer);
  server_->Flush();
  ASSERT_TRUE(heard.Wait([&] { return heard.offers.size() == 1; }));
  client->Send(job::Refusal{offer.job, offer.round, offer.work, offer.site, "POLICY-JOB", "no."},
               heard.offers[0].second);
  const auto refusal = Next<job::Refusal>();
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->code, "POLICY-JOB");
}

// More bytes than the inbox may hold: peers wait until the engine has taken some, none is lost.
TEST_F(GrpcTest, AFullInboxHoldsItsPeersBack) {
  constexpr size_t kSites = 5;
  std::vector<Heard> heard(kSites);
  std::vector<std::unique_ptr<Client>> clients;
  const auto plan = PlanOf(300'000);  // 2.4 MB each; two fill the inbox
  for (size_t i = 0; i < kSites; ++i) {
    const std::string site = "s" + std::to_string(i);
    clients.push_back(Dial(site, heard[i]));
    ASSERT_TRUE(Next<round::SiteArrived>().has_value());
    server_->Send(OfferOf(plan, SiteId(site), 1));
    server_->Flush();
  }
  for (size_t i = 0; i < kSites; ++i) {
    ASSERT_TRUE(heard[i].Wait([&] { return heard[i].offers.size() == 1; }));
    const auto& [offer, connection] = heard[i].offers[0];
    for (size_t k = 0; k < 3; ++k) {
      clients[i]->Send(std::make_shared<const job::Contribution>(ContributionOf(offer, 10 * i + k)),
                       connection);
    }
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  std::vector<int> count(kSites);
  for (size_t i = 0; i < 3 * kSites; ++i) {
    const auto came = Next<job::Contribution>();
    ASSERT_TRUE(came.has_value()) << i;
    ++count[static_cast<size_t>(came->site.text()[1] - '0')];
  }
  EXPECT_EQ(count, std::vector<int>(kSites, 3));
}

TEST_F(GrpcTest, ClientsComeBackToARestartedCoordinator) {
  Heard heard;
  const auto client = Dial("eu", heard);
  ASSERT_TRUE(Next<round::SiteArrived>().has_value());
  server_.reset();
  ASSERT_TRUE(heard.Wait([&] { return !heard.ends.empty(); }));
  EXPECT_NE(heard.ends[0].find("NET-STOPPED"), std::string::npos) << heard.ends[0];
  Serve("127.0.0.1:" + std::to_string(port_));
  EXPECT_TRUE(Next<round::SiteArrived>().has_value());
  EXPECT_TRUE(heard.Wait([&] { return heard.connections.size() == 2; }));
}

TEST_F(GrpcTest, ASiteThatDialsInAgainTakesOver) {
  Heard first;
  Heard second;
  const auto older = Dial("eu", first);
  ASSERT_TRUE(Next<round::SiteArrived>().has_value());
  ClientOptions options = OptionsOf("eu");
  const auto newer = std::make_unique<Client>(options, second, clock_);
  EXPECT_TRUE(Next<round::SiteLeft>().has_value());
  EXPECT_TRUE(Next<round::SiteArrived>().has_value());
  EXPECT_TRUE(first.Wait([&] { return !first.ends.empty(); }));
  EXPECT_NE(first.ends[0].find("WIRE-REPLACED"), std::string::npos) << first.ends[0];
}

TEST_F(GrpcTest, ASiteThatLeavesIsGone) {
  Heard heard;
  auto client = Dial("eu", heard);
  ASSERT_TRUE(Next<round::SiteArrived>().has_value());
  client.reset();
  EXPECT_TRUE(Next<round::SiteLeft>().has_value());
  EXPECT_EQ(server_->connection_count(), 0U);
}

TEST_F(GrpcTest, Case05RevokedSiteIsTurnedAway) {
  Heard heard;
  const auto client = Dial("banned", heard);
  ASSERT_TRUE(heard.Wait([&] { return !heard.ends.empty(); }));
  EXPECT_NE(heard.ends[0].find("PEER-REVOKED"), std::string::npos) << heard.ends[0];
  EXPECT_NE(heard.ends[0].find("NET-DENIED"), std::string::npos) << heard.ends[0];
  EXPECT_TRUE(heard.connections.empty());
}

TEST_F(GrpcTest, Case04CertificateOfAnotherWorkspace) {
  Workspace other(clock_.Now(), "other");
  ClientOptions options = OptionsOf("eu");
  options.tls = other.Site("eu", clock_.Now());
  options.tls.roots = workspace_->root();
  Heard heard;
  const Client client(options, heard, clock_);
  ASSERT_TRUE(heard.Wait([&] { return !heard.ends.empty(); }));
  EXPECT_TRUE(heard.connections.empty());
  EXPECT_EQ(server_->connection_count(), 0U);
}

TEST_F(GrpcTest, Case02ExpiredCertificate) {
  ClientOptions options = OptionsOf("eu");
  const Time long_ago{clock_.Now().micros - Duration::Seconds(40LL * 86'400).micros};
  Workspace old(long_ago, "test");
  Heard heard;
  options.tls = old.Site("eu", long_ago);
  options.tls.roots = workspace_->root();
  const Client client(options, heard, clock_);
  ASSERT_TRUE(heard.Wait([&] { return !heard.ends.empty(); }));
  EXPECT_TRUE(heard.connections.empty());
}

// A site's own certificate in the coordinator's place: the chain is good, the name is not.
TEST_F(GrpcTest, Case06ASiteCannotPlayTheCoordinator) {
  ClientOptions options = OptionsOf("eu");
  options.check_coordinator = [](std::string_view) {
    return Status(Kind::kDenied, "PEER-ROLE", "not a coordinator.");
  };
  Heard heard;
  const Client client(options, heard, clock_);
  ASSERT_TRUE(heard.Wait([&] { return !heard.ends.empty(); }));
  EXPECT_TRUE(heard.connections.empty());
}

TEST_F(GrpcTest, Case01NoClientCertificate) {
  const auto any = [](std::string_view) { return Status(); };
  RawSite site(grpc::CreateChannel(OptionsOf("eu").address, MakePinnedCredentials(any)),
               SiteId("eu"));
  site.Say();
  EXPECT_EQ(site.Finish(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(server_->connection_count(), 0U);
  EXPECT_FALSE(inbox_.Pop(Duration::Millis(100)).has_value());
}

// The same root, the same site, the same key; only what the certificate is for is another.
TEST_F(GrpcTest, Case07AServersCertificateDoesNotCall) {
  const Time now = clock_.Now();
  const std::string key = crypto::NewTlsKey();
  const Duration day = Duration::Seconds(86'400);
  const crypto::Validity validity{now + Duration{-day.micros}, now + day};
  trust_.roots = {*crypto::MakeRoot(key, "root", validity)};
  std::ofstream(workspace_->root()) << trust_.roots[0];
  const auto keep = [&](const std::string& member, crypto::CertificateUse use) {
    const std::string own = crypto::NewTlsKey();
    const auto certificate = crypto::IssueCertificate(
        {trust_.roots[0], key}, Workspace::PublicKeyOf(own),
        {.common_name = member,
         .names = {.uris = {"spiffe://test/" + member}, .dns = {}, .ips = {}},
         .use = use,
         .validity = validity});
    return workspace_->Keep(member.substr(0, 4), own, *certificate);
  };
  server_.reset();
  coordinator_files_ = keep("coordinator", crypto::CertificateUse::kServer);
  Serve("127.0.0.1:0");
  ClientOptions options = OptionsOf("eu");
  options.tls = keep("site/eu", crypto::CertificateUse::kServer);
  Heard refused;
  auto client = std::make_unique<Client>(options, refused, clock_);
  ASSERT_TRUE(refused.Wait([&] { return !refused.ends.empty(); }));
  EXPECT_TRUE(refused.connections.empty());
  EXPECT_EQ(server_->connection_count(), 0U);
  client.reset();
  options.tls = keep("site/eu", crypto::CertificateUse::kClient);
  Heard heard;
  client = std::make_unique<Client>(options, heard, clock_);
  EXPECT_TRUE(Next<round::SiteArrived>().has_value()) << "it was the use, and nothing else";
}

// The site comes back and is asked again; of the half that came nothing reached the engine.
TEST_F(GrpcTest, Case15ResetInTheMiddleOfAChunk) {
  const job::Offer offer = OfferOf(PlanOf(200'000), SiteId("eu"), 1);
  const job::Contribution contribution = ContributionOf(offer, 4);
  {
    RawSite site(ChannelOf(OptionsOf("eu")), SiteId("eu"));
    ASSERT_TRUE(site.Say());
    ASSERT_TRUE(Next<round::SiteArrived>().has_value());
    server_->Send(offer);
    server_->Flush();
    while (site.offers.empty() && site.Hear()) {
    }
    ASSERT_EQ(site.offers.size(), 1U);
    site.end.Send(std::make_shared<const job::Contribution>(contribution));
    ASSERT_TRUE(site.Say(3));  // the announcement and two chunks
    site.context.TryCancel();  // a reset of the stream
    EXPECT_EQ(site.Finish(), grpc::StatusCode::CANCELLED);
  }
  const auto arrival = inbox_.Pop(Duration::Seconds(20));
  ASSERT_TRUE(arrival.has_value());
  EXPECT_TRUE(std::holds_alternative<round::SiteLeft>(*arrival)) << "and no contribution";
  Heard heard;
  const auto client = Dial("eu", heard);
  ASSERT_TRUE(Next<round::SiteArrived>().has_value());
  server_->Send(offer);
  server_->Flush();
  ASSERT_TRUE(heard.Wait([&] { return heard.offers.size() == 1; }));
  client->Send(std::make_shared<const job::Contribution>(contribution), heard.offers[0].second);
  const auto came = Next<job::Contribution>();
  ASSERT_TRUE(came.has_value());
  EXPECT_EQ(came->message, contribution.message);
}

TEST_F(GrpcTest, Case21UnknownMethod) {
  const auto channel = ChannelOf(OptionsOf("eu"));
  for (const char* name : {"/florin.v1.Site/Steal", "/florin.v9.Site/Connect", "/"}) {
    const grpc::internal::RpcMethod method(name, grpc::internal::RpcMethod::NORMAL_RPC);
    grpc::ClientContext context;
    context.set_deadline(
        gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_seconds(20, GPR_TIMESPAN)));
    v1::Frames answer;
    const grpc::Status status =
        grpc::internal::BlockingUnaryCall(channel.get(), method, &context, v1::Frames(), &answer);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << name;
  }
  EXPECT_EQ(server_->connection_count(), 0U);
  EXPECT_FALSE(inbox_.Pop(Duration::Millis(100)).has_value());
}

// A message that is no protobuf: the stream ends with the reason, and the site's log has it.
TEST_F(GrpcTest, AMessageThatIsNoBatchOfFrames) {
  using Buffer = grpc::ByteBuffer;
  const auto channel = ChannelOf(OptionsOf("eu"));
  grpc::ClientContext context;
  context.set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_seconds(20, GPR_TIMESPAN)));
  const std::unique_ptr<grpc::ClientReaderWriter<Buffer, Buffer>> stream(
      grpc::internal::ClientReaderWriterFactory<Buffer, Buffer>::Create(
          channel.get(),
          grpc::internal::RpcMethod("/florin.v1.Site/Connect",
                                    grpc::internal::RpcMethod::BIDI_STREAMING),
          &context));
  const grpc::Slice garbage(std::string("\xff\xff\xff no frames"));
  ASSERT_TRUE(stream->Write(Buffer(&garbage, 1)));
  Buffer answer;
  ASSERT_TRUE(stream->Read(&answer));
  const auto frames = ReadBatch(answer);
  ASSERT_TRUE(frames.ok());
  ASSERT_EQ(frames->frame_size(), 1);
  EXPECT_EQ(frames->frame(0).goodbye().code(), "WIRE-FRAMES");
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_TRUE(stream->Finish().ok());
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!WasTold("site.left", "WIRE-FRAMES") && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(WasTold("site.left", "WIRE-FRAMES"));
  EXPECT_FALSE(inbox_.Pop({}).has_value());
}

TEST_F(GrpcTest, Case22MessageOverTheLimit) {
  Heard heard;
  const auto other = Dial("latam", heard);
  ASSERT_TRUE(Next<round::SiteArrived>().has_value());
  RawSite site(ChannelOf(OptionsOf("eu")), SiteId("eu"));
  ASSERT_TRUE(site.Say());
  ASSERT_TRUE(Next<round::SiteArrived>().has_value());
  v1::Frames large;
  large.add_frame()->set_refusal(std::string(kMessageBytesMax + 1, 'x'));
  site.stream->Write(large);
  EXPECT_EQ(site.Finish(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  const auto left = Next<round::SiteLeft>();
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(left->site, SiteId("eu"));
  EXPECT_EQ(server_->connection_count(), 1U) << "others do not notice";
}

// A peer that neither reads nor hangs up: the coordinator stops all the same.
TEST_F(GrpcTest, Case24StreamThatIsNeverHalfClosed) {
  RawSite site(ChannelOf(OptionsOf("eu")), SiteId("eu"));
  ASSERT_TRUE(site.Say());
  ASSERT_TRUE(Next<round::SiteArrived>().has_value());
  const auto began = std::chrono::steady_clock::now();
  server_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
}

// No TLS, or none of our kind, on the port: others do not notice.
TEST_F(GrpcTest, Case09GarbageOnThePort) {
  Heard heard;
  const auto client = Dial("eu", heard);
  ASSERT_TRUE(Next<round::SiteArrived>().has_value());
  for (const std::string& garbage : {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(1000, 'x'),
                                     std::string("\x16\x03\x01\x00\x05hello", 10)}) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    ASSERT_GT(send(socket, garbage.data(), garbage.size(), MSG_NOSIGNAL), 0);
    timeval patience{.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    char answer[256];
    while (recv(socket, answer, sizeof(answer), 0) > 0) {
    }
    close(socket);
  }
  const job::Offer offer = OfferOf(PlanOf(3), SiteId("eu"), 1);
  server_->Send(offer);
  server_->Flush();
  EXPECT_TRUE(heard.Wait([&] { return heard.offers.size() == 1; }));
}

TEST_F(GrpcTest, AnAddressNobodyListensOnIsNamed) {
  ClientOptions options = OptionsOf("eu");
  options.address = "127.0.0.1:1";
  Heard heard;
  const Client client(options, heard, clock_);
  ASSERT_TRUE(heard.Wait([&] { return heard.ends.size() >= 2; }));
  EXPECT_NE(heard.ends[0].find("NET-REFUSED"), std::string::npos) << heard.ends[0];
  EXPECT_NE(heard.ends[0].find("127.0.0.1:1"), std::string::npos);
}

TEST_F(GrpcTest, AProbeTellsWhetherTheWayIsFree) {
  const ClientOptions eu = OptionsOf("eu");
  EXPECT_TRUE(Probe(eu.address, eu.tls, eu.check_coordinator).ok());
  EXPECT_EQ(server_->connection_count(), 0U);
  EXPECT_EQ(Probe("127.0.0.1:1", eu.tls, eu.check_coordinator).code(), "NET-REFUSED");
  Workspace other(clock_.Now(), "other");
  TlsFiles foreign = other.Site("eu", clock_.Now());
  foreign.roots = workspace_->root();
  EXPECT_FALSE(Probe(eu.address, foreign, eu.check_coordinator).ok());
  const auto no = [](std::string_view) { return Status(Kind::kDenied, "PEER-ROLE", "no."); };
  EXPECT_EQ(Probe(eu.address, eu.tls, no).code(), "PEER-ROLE");
}

TEST_F(GrpcTest, ATakenAddressIsRefused) {
  ServerOptions options;
  options.listen = "127.0.0.1:" + std::to_string(port_);
  options.tls = coordinator_files_;
  Inbox inbox(1);
  const auto second = Server::Start(std::move(options), inbox, clock_);
  EXPECT_EQ(second.status().code(), "NET-LISTEN");
}

}  // namespace
}  // namespace florin::transport
