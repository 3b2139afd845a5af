#include "florin/transport/grpc/runtime.h"

#include <cstdlib>
#include <memory>
#include <mutex>

#include <absl/synchronization/mutex.h>
#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>

#include "florin/v1/site.grpc.pb.h"

namespace florin::transport {
namespace {

// A server without a port, never stopped: it holds the callback threads.
struct Runtime {
  Runtime() {
    // Reads into blocks of 64 KiB that every idle connection keeps: a hundred megabytes for a
    // thousand sites. Whoever runs this may say otherwise.
    setenv("GRPC_EXPERIMENTS", "-tcp_read_chunks", 0);
    gpr_set_log_function([](gpr_log_func_args*) {});
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    grpc::ServerBuilder builder;
    builder.RegisterService(&service);
    server = builder.BuildAndStart();
  }
  v1::Site::CallbackService service;
  std::unique_ptr<grpc::Server> server;
};

// Outlives every static of gRPC, and stays in sight of who looks for lost memory.
[[gnu::used]] const Runtime* runtime = nullptr;

}  // namespace

void PrepareGrpc() {
  static std::once_flag once;
  std::call_once(once, [] { runtime = new Runtime(); });
}

}  // namespace florin::transport
