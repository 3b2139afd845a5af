// Peers that are slow, silent, gone without a word, or in another time: theirs is the loss, and
// those beside them go on.
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "florin/transport/grpc/grpc_testing.h"

namespace florin::transport {
namespace {

// A TCP connection to a port of loopback.
class Socket {
 public:
  explicit Socket(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_open_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Socket() { close(socket_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool is_open() const { return is_open_; }
  int fd() const { return socket_; }
  // The other side ends it, in good time.
  bool IsEnded() const {
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    char byte;
    ssize_t got = 1;
    while (got > 0) got = recv(socket_, &byte, 1, 0);
    return got == 0 || errno == ECONNRESET;
  }

 private:
  int socket_;
  bool is_open_ = false;
};

// Passes bytes between one client and a port, until it is frozen: then both sides hear nothing more
// and nobody has hung up, as when a cable is pulled.
class Relay {
 public:
  explicit Relay(int port) : listener_(::socket(AF_INET, SOCK_STREAM, 0)), to_(port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    pump_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  }
  ~Relay() {
    pump_.request_stop();
    pump_.join();
    close(listener_);
  }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  int port() const { return port_; }
  void Freeze() { is_frozen_ = true; }

 private:
  void Run(const std::stop_token& stop) {
    pollfd arrival{.fd = listener_, .events = POLLIN, .revents = 0};
    while (poll(&arrival, 1, 20) == 0) {
      if (stop.stop_requested()) return;
    }
    const int client = accept(listener_, nullptr, nullptr);
    while (!stop.stop_requested()) {
      if (is_frozen_ || !Pass(client, to_.fd())) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    }
    close(client);
  }
  // What is there on either side.
  static bool Pass(int one, int other) {
    std::array<pollfd, 2> both{pollfd{one, POLLIN, 0}, pollfd{other, POLLIN, 0}};
    if (poll(both.data(), both.size(), 20) <= 0) return false;
    bool has_passed = false;
    for (size_t i = 0; i < both.size(); ++i) {
      if ((both[i].revents & POLLIN) == 0) continue;
      std::array<char, 16384> bytes;
      const ssize_t got = recv(both[i].fd, bytes.data(), bytes.size(), 0);
      if (got <= 0) continue;
      has_passed = send(both[1 - i].fd, bytes.data(), static_cast<size_t>(got), MSG_NOSIGNAL) > 0;
    }
    return has_passed;
  }

  int listener_;
  int port_ = 0;
  Socket to_;
  std::atomic<bool> is_frozen_ = false;
  std::jthread pump_;
};

class PeersTest : public testing::Test, protected Loopback {
 protected:
  void ServeImpatiently() {
    idle_ = Duration::Millis(4500);
    server_.reset();
    Serve("127.0.0.1:0");
  }
  // "latam" is asked, answers, and is heard.
  void ExpectOthersGoOn(uint32_t round = 1) {
    Heard heard;
    const auto client = Dial("latam", heard);
    ASSERT_TRUE(Next<round::SiteArrived>().has_value());
    const job::Offer offer = OfferOf(PlanOf(10'000), SiteId("latam"), round);
    server_->Send(offer);
    server_->Flush();
    ASSERT_TRUE(heard.Wait([&] { return heard.offers.size() == 1; }));
    client->Send(std::make_shared<const job::Contribution>(ContributionOf(offer, round)),
                 heard.offers[0].second);
    const auto came = Next<job::Contribution>();
    ASSERT_TRUE(came.has_value());
    EXPECT_EQ(came->site, SiteId("latam"));
  }
};

// It holds its stream open and reads no more: what is said to it is not kept for ever.
TEST_F(PeersTest, Case10ASlowPeerLosesItsConnection) {
  ServeImpatiently();
  RawSite site(ChannelOf(OptionsOf("eu")), SiteId("eu"));
  ASSERT_TRUE(site.Say());
  ASSERT_TRUE(Next<round::SiteArrived>().has_value());
  const auto plan = PlanOf(300'000);
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (uint32_t round = 1; !WasTold("site.left", "WIRE-STALLED"); ++round) {
    ASSERT_LT(std::chrono::steady_clock::now(), until);
    server_->Send(OfferOf(plan, SiteId("eu"), round, static_cast<float>(round)));
    server_->Flush();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  const auto left = Next<round::SiteLeft>();
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(left->site, SiteId("eu"));
  ExpectOthersGoOn();
}

TEST_F(PeersTest, Case11ASocketThatSaysNothingIsClosed) {
  ServeImpatiently();
  const Socket silent(port_);
  ASSERT_TRUE(silent.is_open());
  ExpectOthersGoOn();
  EXPECT_TRUE(silent.IsEnded());
}

// A site's stream without a hello: it is asked nothing, and takes nobody's place for long.
TEST_F(PeersTest, Case12AStreamThatSaysNothing) {
  RawSite silent(ChannelOf(OptionsOf("latam")), SiteId("latam"));
  ASSERT_TRUE(silent.stream->Write(v1::Frames()));
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (server_->connection_count() == 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_EQ(server_->connection_count(), 1U);
  EXPECT_FALSE(inbox_.Pop({}).has_value()) << "no site has arrived";
  ExpectOthersGoOn();
  EXPECT_TRUE(silent.offers.empty());
}

// No packet comes any more, and no end: both sides notice by themselves.
TEST_F(PeersTest, Case13APeerThatIsGoneWithoutAWord) {
  ServeImpatiently();
  Relay relay(port_);
  ClientOptions options = OptionsOf("eu");
  options.address = "127.0.0.1:" + std::to_string(relay.port());
  options.idle = idle_;
  Heard heard;
  const Client client(options, heard, clock_);
  ASSERT_TRUE(Next<round::SiteArrived>().has_value());
  relay.Freeze();
  const auto left = Next<round::SiteLeft>();
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(left->site, SiteId("eu"));
  EXPECT_TRUE(heard.Wait([&] { return !heard.ends.empty(); }));
  ExpectOthersGoOn();
}

TEST_F(PeersTest, Case14ManySocketsAtOnce) {
  ServeImpatiently();
  std::vector<std::unique_ptr<Socket>> sockets;
  for (int i = 0; i < 200; ++i) {
    sockets.push_back(std::make_unique<Socket>(port_));
    ASSERT_TRUE(sockets.back()->is_open()) << i;
  }
  ExpectOthersGoOn();
  for (const auto& socket : sockets) EXPECT_TRUE(socket->IsEnded());
}

// No clock decides anything but certificates: the round goes on, and the operator is told.
TEST_F(PeersTest, AnAgentWithAWrongClockIsToldAndTakesPart) {
  Rebuild(clock_.Now() + Duration::Seconds(int64_t{-5} * 86'400));
  for (const int64_t days : {2, -2}) {
    ShiftedClock wrong;
    wrong.ShiftTo(Duration::Seconds(days * 86'400));
    ClientOptions options = OptionsOf("eu");
    options.check_coordinator = [&](std::string_view pem) {
      return identity::Identify(trust_, pem, crypto::CertificateUse::kServer, wrong.Now()).status();
    };
    Heard heard;
    const Client client(options, heard, wrong);
    ASSERT_TRUE(Next<round::SiteArrived>().has_value());
    const job::Offer offer = OfferOf(PlanOf(10), SiteId("eu"), 1);
    server_->Send(offer);
    server_->Flush();
    ASSERT_TRUE(heard.Wait([&] { return heard.offers.size() == 1; }));
    EXPECT_TRUE(WasTold("site.clock", "NET-CLOCK"));
    const std::lock_guard guard(lock_);
    events_.clear();
  }
}

// A day later: a new connection, a certificate past its half-life, the same answer to the same
// offer.
TEST_F(PeersTest, AnAgentThatComesBackAfterADay) {
  Rebuild(clock_.Now() + Duration::Seconds(-(14 * 86'400 + 43'200)));
  const ClientOptions options = OptionsOf("eu");
  const job::Offer offer = OfferOf(PlanOf(1000), SiteId("eu"), 1);
  const auto kept = std::make_shared<const job::Contribution>(ContributionOf(offer, 4));
  for (const int64_t days : {0, 1}) {
    clock_.ShiftTo(Duration::Seconds(days * 86'400));
    Heard heard;
    Client client(options, heard, clock_);
    ASSERT_TRUE(Next<round::SiteArrived>().has_value());
    server_->Send(offer);
    server_->Flush();
    ASSERT_TRUE(heard.Wait([&] { return heard.offers.size() == 1; }));
    client.Send(kept, heard.offers[0].second);
    const auto came = Next<job::Contribution>();
    ASSERT_TRUE(came.has_value());
    EXPECT_EQ(came->id, kept->id);
    EXPECT_EQ(came->message, kept->message);
    EXPECT_FALSE(WasTold("site.refused", ""));
  }
}

}  // namespace
}  // namespace florin::transport
