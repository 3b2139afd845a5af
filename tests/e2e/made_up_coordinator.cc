// A coordinator for tests of the program's operator commands: the production service, scheduler and
// listener with mutual TLS; members and sites are made up. Writes operator folders into FOLDER,
// says "ready", and goes on until its standard input ends.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "florin/api/operator_testing.h"
#include "florin/transport/grpc/server.h"

namespace florin::api {
namespace {

namespace fs = std::filesystem;

class MadeUpCoordinator final : public OperatorTest {
 public:
  int Run(const fs::path& folder) {
    server_->Shutdown();
    server_.reset();
    transport::Inbox inbox(size_t{1} << 20);
    transport::ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.tls = Certify(folder / "coordinator");
    options.authorise = [](std::string_view, Time) -> Result<SiteId> {
      return Status(Kind::kDenied, "PEER-ROLE", "no site may come in here.");
    };
    options.services = {service_->service()};
    const auto server = transport::Server::Start(std::move(options), inbox, clock_);
    if (!server.ok()) return 1;
    LetSitesAnswer();
    WriteFolder(folder / "ada", {identity::Role::kOperator, "ada"}, (*server)->port());
    WriteFolder(folder / "site", identity::Peer::Site(SiteId("eu")), (*server)->port());
    WriteFolder(folder / "nobody", {identity::Role::kOperator, "ada"}, 1);
    std::cout << "ready" << std::endl;  // tidy-ok: a script waits for it
    std::cin.ignore(std::numeric_limits<std::streamsize>::max());
    return 0;
  }

 private:
  void TestBody() override {}

  transport::TlsFiles Certify(const fs::path& folder) {
    const std::string key = crypto::NewTlsKey();
    const auto issued = members_.authority.IssueCoordinator(
        TestMembers::PublicKeyOf(key), {"localhost"}, {"127.0.0.1"}, clock_.now);
    return WriteTls(folder, key, issued->certificate_pem);
  }
  transport::TlsFiles WriteTls(const fs::path& folder, const std::string& key,
                               const std::string& certificate) const {
    fs::create_directories(folder);
    std::ofstream(folder / "key.pem") << key;
    std::ofstream(folder / "certificate.pem") << certificate;
    std::ofstream(folder / "roots.pem") << members_.authority.trust().roots[0];
    return {folder / "key.pem", folder / "certificate.pem", folder / "roots.pem"};
  }
  // Everybody claims to be an operator; the certificate says who it is.
  void WriteFolder(const fs::path& folder, const identity::Peer& peer, int port) const {
    const TestMembers::Files& files = members_.kept.at(peer);
    WriteTls(folder / "tls" / "current", files.key, files.certificate);
    std::ofstream(folder / "identity.key", std::ios::binary)
        .write(reinterpret_cast<const char*>(members_.ada.data()),
               static_cast<std::streamsize>(members_.ada.size()));
    std::ofstream(folder / "agent.yaml")
        << "role: operator\nname: ada\nworkspace: test\naddress: 127.0.0.1:" << port << "\n";
  }
};

}  // namespace
}  // namespace florin::api

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  return florin::api::MadeUpCoordinator().Run(argv[1]);
}
