#include "florin/transport/grpc/probe.h"

#include <chrono>
#include <future>
#include <memory>
#include <mutex>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "florin/transport/grpc/client.h"

namespace florin::transport {
namespace {

// No service has it: who answers so has heard the call.
constexpr const char* kNowhere = "/florin.v1.Site/Probe";

struct Verdict {
  std::mutex lock;
  Status status;
};

}  // namespace

Status Probe(const std::string& address, const TlsFiles& tls, const CheckPeerCertificate& check,
             Duration patience) {
  const auto verdict = std::make_shared<Verdict>();
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto credentials = MakeChannelCredentials(tls, [verdict, check](std::string_view pem) {
    const std::lock_guard guard(verdict->lock);
    verdict->status = check(pem);
    return verdict->status;
  });
  grpc::GenericStub stub(grpc::CreateCustomChannel(address, credentials, arguments));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +  // tidy-ok: gRPC's deadlines
                       std::chrono::microseconds(patience.micros));
  const grpc::Slice nothing;
  const grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer response;
  const auto answered = std::make_shared<std::promise<grpc::Status>>();
  stub.UnaryCall(&context, kNowhere, {}, &request, &response,
                 [answered](grpc::Status status) { answered->set_value(std::move(status)); });
  const grpc::Status status = answered->get_future().get();
  if (status.ok() || status.error_code() == grpc::StatusCode::UNIMPLEMENTED) return {};
  const std::lock_guard guard(verdict->lock);
  if (!verdict->status.ok()) return verdict->status;
  return ExplainFailure(address, status.error_code(), status.error_message());
}

}  // namespace florin::transport
