// Joining and renewing over loopback, with TLS and certificates of a real authority.
#include "florin/transport/grpc/enrolment.h"

#include <gtest/gtest.h>

#include <mutex>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "florin/base/clock.h"
#include "florin/base/codec.h"
#include "florin/crypto/random.h"
#include "florin/transport/grpc/transport_testing.h"

namespace florin::transport {
namespace {

using identity::Peer;
using identity::Role;

const Peer kEu{Role::kSite, "eu"};
constexpr Duration kDay = Duration::Seconds(86'400);

template <typename T>
std::string CodeOf(const Result<T>& result) {
  return result.ok() ? "" : std::string(result.status().code());
}

// What runs ahead of or behind the machine's clock.
class ShiftedClock final : public base::Clock {
 public:
  Time Now() override { return clock_.Now() + shift; }
  Duration shift;

 private:
  base::SystemClock clock_;
};

struct Keys {
  std::string tls = crypto::NewTlsKey();
  crypto::Ed25519Seed identity = crypto::NewSecretKey();
};

// A coordinator's half with one token and one roster; the rules are those of identity/.
class EnrolmentTest : public testing::Test {
 protected:
  EnrolmentTest() { Serve({}, workspace_.Listener(clock_.Now())); }

  void Serve(EnrolmentOptions options, const TlsFiles& files) {
    listener_.reset();
    options.listen = "127.0.0.1:0";
    options.tls = files;
    options.join = [this](const identity::EnrolmentRequest& request, Time now) {
      return Enrol(request, now);
    };
    options.renew = [this](const identity::RenewalRequest& request, Time now) {
      return Renewed(request, now);
    };
    options.on_event = [this](const EnrolmentEvent& event) {
      const std::lock_guard guard(lock_);
      events_.push_back(event.name + " " + event.code);
    };
    auto listener = EnrolmentListener::Start(std::move(options), clock_);
    ASSERT_TRUE(listener.ok()) << listener.status().ToString();
    listener_ = std::move(*listener);
    MakeToken(kEu);
  }
  void MakeToken(const Peer& peer, Duration life = kDay) {
    const auto made =
        identity::MakeToken("127.0.0.1:" + std::to_string(listener_->port()),
                            workspace_.authority().RootFingerprint(), peer, life, clock_.Now());
    ASSERT_TRUE(made.ok()) << made.status().ToString();
    token_ = made->token;
    record_ = made->record;
  }
  identity::EnrolmentRequest RequestOf(const Peer& peer, const Keys& keys) {
    return *identity::RequestEnrolment(token_, peer, keys.tls, keys.identity);
  }
  Result<Admitted> JoinNow(const Peer& peer, const Keys& keys) {
    return Join(token_, RequestOf(peer, keys), clock_);
  }
  std::vector<std::string> Events() {
    const std::lock_guard guard(lock_);
    return events_;
  }

  ShiftedClock clock_;
  Workspace workspace_{clock_.Now()};
  identity::Token token_;
  identity::TokenRecord record_;
  identity::Roster roster_;
  std::unique_ptr<EnrolmentListener> listener_;

 private:
  Result<Admission> Enrol(const identity::EnrolmentRequest& request, Time now) {
    const std::lock_guard guard(lock_);
    FLORIN_ASSIGN(const auto enrolment,
                  identity::Enrol(workspace_.authority(), record_, request, now));
    FLORIN_TRY(roster_.Add(enrolment.entry));
    record_ = enrolment.used;
    return Admission{enrolment.certificate_pem, workspace_.trust(), "localhost:7443"};
  }
  Result<Admission> Renewed(const identity::RenewalRequest& request, Time now) {
    const std::lock_guard guard(lock_);
    const auto* entry = roster_.Find(request.peer);
    if (entry == nullptr) return Status(Kind::kDenied, "PEER-UNKNOWN", "nobody.");
    FLORIN_ASSIGN(const auto issued, identity::Renew(workspace_.authority(), *entry, request, now));
    return Admission{issued.certificate_pem, workspace_.trust(), "localhost:7443"};
  }

  std::mutex lock_;
  std::vector<std::string> events_;
};

TEST_F(EnrolmentTest, ASiteJoinsAndRenews) {
  const Keys keys;
  const auto joined = JoinNow(kEu, keys);
  ASSERT_TRUE(joined.ok()) << joined.status().ToString();
  EXPECT_EQ(joined->admission.address, "localhost:7443");
  EXPECT_EQ(joined->admission.trust, workspace_.trust());
  EXPECT_TRUE(crypto::CheckKeyPair(joined->admission.certificate_pem, keys.tls).ok());
  EXPECT_LT((clock_.Now() - joined->coordinator_time).micros, kDay.micros);

  const std::string next_key = crypto::NewTlsKey();
  const auto request =
      identity::RequestRenewal("test", kEu, next_key, keys.identity, clock_.Now()).value();
  const auto renewed = Renew(token_.address, joined->admission.trust, request, clock_);
  ASSERT_TRUE(renewed.ok()) << renewed.status().ToString();
  EXPECT_TRUE(crypto::CheckKeyPair(renewed->admission.certificate_pem, next_key).ok());
  EXPECT_EQ(Events(), (std::vector<std::string>{"join.accepted ", "renewal.accepted "}));
}

TEST_F(EnrolmentTest, ALostAnswerIsFetchedAgain) {
  const auto request = RequestOf(kEu, Keys());
  ASSERT_TRUE(Join(token_, request, clock_).ok());
  EXPECT_TRUE(Join(token_, request, clock_).ok());
}

TEST_F(EnrolmentTest, Case25TokenReused) {
  ASSERT_TRUE(JoinNow(kEu, Keys()).ok());
  const auto again = JoinNow(kEu, Keys());
  EXPECT_EQ(CodeOf(again), "TOKEN-USED");
  EXPECT_NE(again.status().message().find(token_.address), std::string::npos);
  EXPECT_EQ(again.status().kind(), Kind::kDenied);
  EXPECT_EQ(Events().back(), "join.refused TOKEN-USED");
}

TEST_F(EnrolmentTest, Case26TokenExpired) {
  MakeToken(kEu, Duration::Millis(1));
  EXPECT_EQ(CodeOf(JoinNow(kEu, Keys())), "TOKEN-EXPIRED");
  EXPECT_TRUE(roster_.entries().empty());
}

TEST_F(EnrolmentTest, Case27TokenForAnotherName) {
  EXPECT_EQ(CodeOf(JoinNow({Role::kSite, "us"}, Keys())), "TOKEN-NAME");
  EXPECT_EQ(CodeOf(JoinNow({Role::kOperator, "eu"}, Keys())), "TOKEN-NAME");
  EXPECT_TRUE(roster_.entries().empty());
}

TEST_F(EnrolmentTest, Case28ForgedRequests) {
  const Keys keys;
  // Signed anew, by the transcript of docs/spec/identity.md.
  const auto forge = [&](const std::string& common_name, const std::string& uri) {
    auto request = RequestOf(kEu, keys);
    request.csr_pem =
        *crypto::MakeCsr(keys.tls, common_name, {.uris = {uri}, .dns = {}, .ips = {}});
    base::Writer writer;
    writer.Text("florin enrolment 1").Fixed(crypto::HashSha256(request.secret));
    writer.U8(0).Text("eu").Fixed(crypto::HashSha256(base::AsBytes(request.csr_pem)));
    writer.Fixed(request.identity_key);
    request.proof = crypto::SignEd25519(keys.identity, writer.view());
    return request;
  };
  EXPECT_EQ(CodeOf(Join(token_, forge("eu", "spiffe://test/coordinator"), clock_)), "ENROL-SAN");
  EXPECT_EQ(CodeOf(Join(token_, forge("us", "spiffe://test/site/eu"), clock_)), "ENROL-NAME");
  auto forged = forge("eu", "spiffe://test/site/eu");
  forged.identity_key[0] ^= 1;
  EXPECT_EQ(CodeOf(Join(token_, forged, clock_)), "ENROL-PROOF");
  forged.csr_pem.assign(5000, 'x');
  EXPECT_EQ(CodeOf(Join(token_, forged, clock_)), "ENROL-PROOF");
  forged = RequestOf(kEu, keys);
  forged.secret[0] ^= 1;
  EXPECT_EQ(CodeOf(Join(token_, forged, clock_)), "TOKEN-UNKNOWN");
  forged = RequestOf(kEu, keys);
  forged.csr_pem.assign(100'000, 'x');  // longer than a message may be
  EXPECT_FALSE(Join(token_, forged, clock_).ok());
  forged = RequestOf(kEu, keys);
  forged.csr_pem.assign(20'000, 'x');
  EXPECT_EQ(CodeOf(Join(token_, forged, clock_)), "CODEC");
  EXPECT_TRUE(roster_.entries().empty());
  EXPECT_TRUE(JoinNow(kEu, keys).ok());  // none of these used the token up
}

// Somebody in between shows a chain of its own.
TEST_F(EnrolmentTest, AnotherRootThanTheTokensIsNotSpokenTo) {
  Workspace other(clock_.Now(), "test");
  const identity::Token good = token_;
  Serve({}, other.Listener(clock_.Now()));
  token_.root_fingerprint = good.root_fingerprint;
  const auto joined = JoinNow(kEu, Keys());
  EXPECT_EQ(CodeOf(joined), "TOKEN-CA");
  EXPECT_NE(joined.status().message().find(token_.address), std::string::npos);
  EXPECT_TRUE(Events().empty());  // the secret was never shown
}

// The right root beside a leaf that it did not sign; a leaf alone; a site in the listener's place.
TEST_F(EnrolmentTest, AChainThatDoesNotHoldIsNotSpokenTo) {
  Workspace other(clock_.Now(), "test");
  TlsFiles files = other.Coordinator(clock_.Now());
  std::ofstream(files.certificate, std::ios::app) << workspace_.trust().roots[0];
  Serve({}, files);
  EXPECT_EQ(CodeOf(JoinNow(kEu, Keys())), "JOIN-TLS");
  Serve({}, workspace_.Coordinator(clock_.Now()));
  EXPECT_EQ(CodeOf(JoinNow(kEu, Keys())), "TOKEN-CA");
  files = workspace_.Site("us", clock_.Now());
  std::ofstream(files.certificate, std::ios::app) << workspace_.trust().roots[0];
  Serve({}, files);
  EXPECT_EQ(CodeOf(JoinNow(kEu, Keys())), "JOIN-TLS");
  EXPECT_TRUE(Events().empty());
}

TEST_F(EnrolmentTest, AClockThatIsYearsOffIsNamed) {
  const auto request = RequestOf(kEu, Keys());
  ShiftedClock wrong;
  wrong.shift = Duration::Seconds(-10LL * 365 * 86'400);
  const auto joined = Join(token_, request, wrong);
  EXPECT_EQ(CodeOf(joined), "JOIN-TLS");
  EXPECT_NE(joined.status().message().find("clock"), std::string::npos);
}

TEST_F(EnrolmentTest, RenewalNeedsTheIdentityKeyAndTheRightRoots) {
  const Keys keys;
  ASSERT_TRUE(JoinNow(kEu, keys).ok());
  const auto ask = [&](const Peer& peer, const Keys& with) {
    const auto request =
        identity::RequestRenewal("test", peer, with.tls, with.identity, clock_.Now()).value();
    return CodeOf(Renew(token_.address, workspace_.trust(), request, clock_));
  };
  EXPECT_EQ(ask(kEu, Keys()), "ENROL-PROOF");
  EXPECT_EQ(ask({Role::kSite, "us"}, keys), "PEER-UNKNOWN");
  const Workspace other(clock_.Now(), "test");
  const auto request =
      identity::RequestRenewal("test", kEu, keys.tls, keys.identity, clock_.Now()).value();
  EXPECT_EQ(CodeOf(Renew(token_.address, other.trust(), request, clock_)), "JOIN-TLS");
}

TEST_F(EnrolmentTest, AFloodIsToldToWait) {
  EnrolmentOptions options;
  options.calls_per_second = 0.001;
  options.calls_at_once = 2;
  Serve(std::move(options), workspace_.Listener(clock_.Now()));
  const auto request = RequestOf(kEu, Keys());
  EXPECT_TRUE(Join(token_, request, clock_).ok());
  EXPECT_TRUE(Join(token_, request, clock_).ok());
  EXPECT_EQ(CodeOf(Join(token_, request, clock_)), "JOIN-BUSY");
}

TEST_F(EnrolmentTest, TheCoordinatorsClockIsToldToMembers) {
  base::SystemClock ours;
  clock_.shift = Duration::Seconds(600);
  const auto theirs = AskTime(token_.address, workspace_.trust(), ours);
  ASSERT_TRUE(theirs.ok()) << theirs.status().ToString();
  EXPECT_NEAR(static_cast<double>((*theirs - ours.Now()).micros) / 1e6, 600, 30);
  const Workspace other(ours.Now(), "test");
  EXPECT_EQ(CodeOf(AskTime(token_.address, other.trust(), ours)), "JOIN-TLS");
}

TEST_F(EnrolmentTest, NobodyThereIsNamed) {
  const auto request = RequestOf(kEu, Keys());
  listener_.reset();
  const auto joined = Join(token_, request, clock_);
  EXPECT_EQ(CodeOf(joined), "NET-REFUSED");
  EXPECT_NE(joined.status().message().find(token_.address), std::string::npos);
}

TEST_F(EnrolmentTest, AnOddAnswerIsNotTaken) {
  const auto serve = [&](const Admission& admission) {
    listener_.reset();
    EnrolmentOptions odd;
    odd.listen = "127.0.0.1:0";
    odd.tls = workspace_.Listener(clock_.Now());
    odd.join = [admission](const auto&, Time) -> Result<Admission> { return admission; };
    listener_ = *EnrolmentListener::Start(std::move(odd), clock_);
    MakeToken(kEu);
    return CodeOf(JoinNow(kEu, Keys()));
  };
  const Workspace other(clock_.Now(), "test");
  const auto certificate_of = [&](const identity::Authority& authority, const char* site) {
    const auto csr = crypto::ParseCsr(*crypto::MakeCsr(crypto::NewTlsKey(), site)).value();
    return authority.Issue({Role::kSite, site}, csr.public_key, clock_.Now())->certificate_pem;
  };
  const std::string good = certificate_of(workspace_.authority(), "eu");
  EXPECT_EQ(serve({good, workspace_.trust(), "localhost:7443"}), "");
  EXPECT_EQ(serve({good, workspace_.trust(), "somewhere"}), "JOIN-ANSWER");
  EXPECT_EQ(serve({"no certificate", workspace_.trust(), "localhost:7443"}), "JOIN-ANSWER");
  EXPECT_EQ(serve({certificate_of(workspace_.authority(), "us"), workspace_.trust(), "a:1"}),
            "JOIN-ANSWER");
  EXPECT_EQ(serve({certificate_of(other.authority(), "eu"), other.trust(), "a:1"}), "JOIN-ANSWER");
}

// What the port answers to bare bytes, until it closes or has said `enough` bytes.
std::string Say(int port, const std::string& bytes, size_t enough = 10'000) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_GT(send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL), 0);
  timeval patience{.tv_sec = 15, .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  std::string answer;
  char part[256];
  while (answer.size() < enough) {
    const ssize_t size = recv(socket, part, sizeof(part), 0);
    if (size <= 0) break;
    answer.append(part, static_cast<size_t>(size));
  }
  close(socket);
  return answer;
}

TEST_F(EnrolmentTest, GarbageOnThePortHarmsNobody) {
  for (const std::string& garbage : {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(1000, 'x'),
                                     std::string("\x16\x03\x01\x00\x05hello", 10)}) {
    Say(listener_->port(), garbage);
  }
  EXPECT_TRUE(JoinNow(kEu, Keys()).ok());
}

// A record with a ClientHello of version 3.`minor` (RFC 5246, 7.4.1.2): suites with ECDSA of three
// ages, P-256, SHA-256.
std::string HelloOf(char minor) {
  const std::string suites("\x00\x06\xc0\x2b\xc0\x09\xc0\x0a", 8);
  const std::string extensions(
      "\x00\x16\x00\x0a\x00\x04\x00\x02\x00\x17\x00\x0b\x00\x02\x01\x00"
      "\x00\x0d\x00\x04\x00\x02\x04\x03",
      24);
  const std::string body = std::string("\x03") + minor + std::string(32, 'r') + '\0' + suites +
                           std::string("\x01\x00", 2) + extensions;
  const std::string hello = std::string("\x01\x00\x00", 3) + static_cast<char>(body.size()) + body;
  return std::string("\x16\x03\x01\x00", 4) + static_cast<char>(hello.size()) + hello;
}

TEST_F(EnrolmentTest, Case08OldTlsIsRefused) {
  const auto answer = [&](char minor) { return Say(listener_->port(), HelloOf(minor), 1); };
  EXPECT_EQ(answer('\x03').substr(0, 1), "\x16");  // TLS 1.2: a handshake goes on
  EXPECT_NE(answer('\x02').substr(0, 1), "\x16");
  EXPECT_NE(answer('\x01').substr(0, 1), "\x16");
}

}  // namespace
}  // namespace florin::transport
