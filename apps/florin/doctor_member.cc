#include "doctor_member.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>

#include "enrol.h"
#include "florin/identity/authority.h"
#include "florin/transport/grpc/probe.h"
#include "workspace.h"

namespace florin::apps {
namespace {

constexpr int kConnectMs = 5000;
constexpr int64_t kSkewWarn = 60;   // seconds
constexpr int64_t kSkewFail = 300;  // commands and renewals are refused from here on

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Finding Ok(const std::string& check, std::string found) {
  return {check, Health::kOk, std::move(found), ""};
}

Finding Failed(const std::string& check, const Status& status, std::string fix) {
  return {check, Health::kFail, status.ToString(), std::move(fix)};
}

Finding CheckCertificate(const PeerFolder& folder, Time now) {
  const auto certificate = CurrentCertificate(folder.tls);
  if (!certificate.ok()) return Failed("certificate", certificate.status(), "join again");
  const crypto::Validity& validity = certificate->validity;
  const std::string until = "valid until " + validity.not_after.ToString();
  if (now >= validity.not_after) {
    return {"certificate", Health::kFail, "ended at " + validity.not_after.ToString(),
            "start the agent: it renews with its identity key"};
  }
  if (now < validity.not_before) {
    return {"certificate", Health::kFail, "begins at " + validity.not_before.ToString(),
            "set this machine's clock"};
  }
  if (identity::RenewalDue(*certificate, now)) {
    return {"certificate", Health::kWarn, until + "; more than half of its life is over",
            "start the agent: it renews"};
  }
  return Ok("certificate", until);
}

std::string TextOf(const addrinfo& address) {
  std::array<char, NI_MAXHOST> text{};
  getnameinfo(address.ai_addr, address.ai_addrlen, text.data(), text.size(), nullptr, 0,
              NI_NUMERICHOST);
  return text.data();
}

// 0, or why no connection comes about.
int ConnectError(const addrinfo& address) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  int error = connect(fd, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd wait{.fd = fd, .events = POLLOUT, .revents = 0};
    socklen_t size = sizeof(error);
    const bool is_done = poll(&wait, 1, kConnectMs) == 1;
    if (!is_done || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = ETIMEDOUT;
  }
  close(fd);
  return error;
}

Finding CheckTcp(const std::string& address, const addrinfo* first) {
  std::string tried;
  for (const addrinfo* one = first; one != nullptr; one = one->ai_next) {
    const int error = ConnectError(*one);
    if (error == 0) return Ok("TCP", address + " takes connections, at " + TextOf(*one));
    tried += (tried.empty() ? "" : "; ") + TextOf(*one) + ": " + std::strerror(error);
  }
  return {"TCP", Health::kFail, address + ": " + tried,
          "is the coordinator running, and does a firewall let this port out?"};
}

// Name and TCP; whether the rest makes sense.
bool CheckWay(const std::string& address, std::vector<Finding>& findings) {
  const std::string host = HostOf(address);
  const std::string port = address.substr(address.rfind(':') + 1);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) {
    findings.push_back({"DNS", Health::kFail, host + ": " + gai_strerror(error),
                        "mend address in agent.yaml, or this machine's resolver"});
    return false;
  }
  const Addresses addresses(found, &freeaddrinfo);
  std::string all;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    all += (all.empty() ? "" : ", ") + TextOf(*one);
  }
  findings.push_back(Ok("DNS", host + " is " + all));
  findings.push_back(CheckTcp(address, found));
  return findings.back().health == Health::kOk;
}

// Whether gRPC dials through a proxy, unless no_proxy leaves the host out. These it looks at.
bool HasProxy() {
  constexpr std::array kNames = {"grpc_proxy", "https_proxy", "http_proxy"};
  return std::ranges::any_of(kNames, [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  });
}

Finding CheckTls(const PeerFolder& folder, base::Clock& clock) {
  const std::string& address = folder.settings.address;
  const Status status =
      transport::Probe(address, folder.live->Mutual(), CheckCoordinatorOf(folder.path, clock));
  if (status.ok()) return Ok("TLS", address + " is the coordinator of this workspace");
  return Failed("TLS", status, "is this the coordinator's port, and is a proxy in between?");
}

Finding CheckSkew(const PeerFolder& folder, base::Clock& clock) {
  const std::string& address = folder.settings.enrol_address;
  const auto theirs = transport::AskTime(address, folder.trust, clock);
  if (!theirs.ok()) {
    return {"renewal port", Health::kWarn, theirs.status().ToString(),
            "certificates are renewed there: is the port open?"};
  }
  const int64_t skew = (*theirs - clock.Now()).micros / 1'000'000;
  const std::string found = address + " answers; its clock is " + std::to_string(std::abs(skew)) +
                            " s " + (skew < 0 ? "behind" : "ahead");
  if (std::abs(skew) < kSkewWarn) return Ok("renewal port", found);
  return {"renewal port", std::abs(skew) < kSkewFail ? Health::kWarn : Health::kFail, found,
          "set this machine's clock, or the coordinator's"};
}

}  // namespace

bool IsMemberFolder(const std::string& folder) {
  std::error_code error;
  return std::filesystem::exists(folder + "/" + kPeerFile, error) ||
         std::filesystem::exists(folder + "/" + kPendingFile, error);
}

std::vector<Finding> CheckMember(const std::string& folder, base::Clock& clock) {
  std::vector<Finding> findings;
  const auto loaded = LoadPeer(folder);
  if (!loaded.ok()) return {Failed("member", loaded.status(), "as it says")};
  findings.push_back(Ok("member", loaded->settings.peer.ToString() + " of workspace \"" +
                                      loaded->settings.workspace + "\""));
  findings.push_back(CheckCertificate(*loaded, clock.Now()));
  if (!CheckWay(loaded->settings.address, findings)) {
    if (!HasProxy()) return findings;
    findings.back().health = Health::kWarn;
    findings.back().fix = "the proxy of the environment may know more: see TLS";
  }
  findings.push_back(CheckTls(*loaded, clock));
  findings.push_back(CheckSkew(*loaded, clock));
  return findings;
}

}  // namespace florin::apps
