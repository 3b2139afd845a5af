#include "florin/transport/grpc/tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "florin/transport/grpc/runtime.h"

namespace florin::transport {
namespace {

using grpc::experimental::ExternalCertificateVerifier;
using grpc::experimental::FileWatcherCertificateProvider;
using grpc::experimental::TlsChannelCredentialsOptions;
using grpc::experimental::TlsCustomVerificationCheckRequest;
using grpc::experimental::TlsServerCredentialsOptions;

constexpr unsigned kRefreshSeconds = 1;

// Asks the caller's check, at once.
class Verifier final : public ExternalCertificateVerifier {
 public:
  Verifier(CheckPeerCertificate check, bool takes_chain)
      : check_(std::move(check)), takes_chain_(takes_chain) {}

  bool Verify(TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    const grpc::string_ref pem =
        takes_chain_ ? request->peer_cert_full_chain() : request->peer_cert();
    const Status status = check_({pem.data(), pem.size()});
    if (!status.ok()) *sync_status = {grpc::StatusCode::UNAUTHENTICATED, status.ToString()};
    return true;
  }
  void Cancel(TlsCustomVerificationCheckRequest*) override {}

 private:
  CheckPeerCertificate check_;
  bool takes_chain_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const TlsFiles& files) {
  PrepareGrpc();
  TlsServerCredentialsOptions options(std::make_shared<FileWatcherCertificateProvider>(
      files.key, files.certificate, files.roots, kRefreshSeconds));
  options.watch_identity_key_cert_pairs();
  if (files.roots.empty()) {
    options.set_cert_request_type(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  } else {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  // Who it is, the service asks itself: here any certificate of our roots passes.
  options.set_certificate_verifier(std::make_shared<grpc::experimental::NoOpCertificateVerifier>());
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> MakeChannelCredentials(const TlsFiles& files,
                                                                 CheckPeerCertificate check) {
  PrepareGrpc();
  TlsChannelCredentialsOptions options;
  options.set_certificate_provider(std::make_shared<FileWatcherCertificateProvider>(
      files.key, files.certificate, files.roots, kRefreshSeconds));
  options.watch_identity_key_cert_pairs();
  options.watch_root_certs();
  options.set_verify_server_certs(true);
  options.set_check_call_host(false);
  options.set_certificate_verifier(
      ExternalCertificateVerifier::Create<Verifier>(std::move(check), false));
  return grpc::experimental::TlsCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> MakePinnedCredentials(CheckPeerCertificate check) {
  PrepareGrpc();
  TlsChannelCredentialsOptions options;
  options.set_verify_server_certs(false);
  options.set_check_call_host(false);
  options.set_certificate_verifier(
      ExternalCertificateVerifier::Create<Verifier>(std::move(check), true));
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace florin::transport
