#include "florin/telemetry/http/metrics_http.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace florin::telemetry {
namespace {

// What comes back until the server closes, or is silent for two seconds.
std::string Exchange(int port, const std::string& request) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  send(socket, request.data(), request.size(), MSG_NOSIGNAL);
  timeval patience{.tv_sec = 2, .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  std::string answer;
  char bytes[4096];
  for (ssize_t count; (count = recv(socket, bytes, sizeof(bytes), 0)) > 0;) {
    answer.append(bytes, static_cast<size_t>(count));
  }
  close(socket);
  return answer;
}

std::string Get(int port, const std::string& target) {
  return Exchange(port, "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
}

class MetricsHttpTest : public testing::Test {
 protected:
  MetricsHttpTest() {
    auto started = MetricsHttp::Start("127.0.0.1:0", [] { return std::string("rounds 3\n"); });
    EXPECT_TRUE(started.ok()) << started.status().ToString();
    server_ = std::move(*started);
  }
  std::unique_ptr<MetricsHttp> server_;
};

TEST_F(MetricsHttpTest, ServesMetricsAndHealth) {
  const std::string metrics = Get(server_->port(), "/metrics");
  EXPECT_NE(metrics.find("200 OK"), std::string::npos);
  EXPECT_NE(metrics.find("application/openmetrics-text"), std::string::npos);
  EXPECT_TRUE(metrics.ends_with("\r\n\r\nrounds 3\n"));
  EXPECT_TRUE(Get(server_->port(), "/healthz").ends_with("ok\n"));
}

TEST_F(MetricsHttpTest, OtherRequestsAreRefused) {
  EXPECT_NE(Get(server_->port(), "/").find("404"), std::string::npos);
  EXPECT_NE(Get(server_->port(), "/../../etc/passwd").find("404"), std::string::npos);
  EXPECT_NE(
      Exchange(server_->port(), "DELETE /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
          .find("405"),
      std::string::npos);
}

TEST_F(MetricsHttpTest, GarbageAndHugeHeadersEndTheirConnectionAlone) {
  EXPECT_EQ(Exchange(server_->port(), std::string(100, '\x01') + "\r\n\r\n"), "");
  Exchange(server_->port(), "GET /metrics HTTP/1.1\r\nX: " + std::string(20'000, 'x'));
  EXPECT_NE(Get(server_->port(), "/metrics").find("200 OK"), std::string::npos);
}

TEST_F(MetricsHttpTest, AnAddressThatIsNoneOrTakenIsNamed) {
  const auto nothing = [] { return std::string(); };
  EXPECT_EQ(MetricsHttp::Start("nowhere", nothing).status().code(), "NET-LISTEN");
  EXPECT_EQ(MetricsHttp::Start("127.0.0.1:99999", nothing).status().code(), "NET-LISTEN");
  EXPECT_EQ(MetricsHttp::Start("8.8.8.8:9464", nothing).status().code(), "NET-LISTEN");
}

}  // namespace
}  // namespace florin::telemetry
