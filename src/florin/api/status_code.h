// Our errors as gRPC's and back: the status code stands for the kind, one for one, and the message
// is "sentence [CODE]". docs/spec/wire.md, "Operator calls". Pure functions.
#pragma once

#include <optional>

#include <grpcpp/support/status.h>

#include "florin/base/status.h"

namespace florin::api {

// A message of many lines loses those in the middle: gRPC bounds what a status may carry.
grpc::Status ToGrpc(const Status& status);
// Nothing when it did not come from ToGrpc: the network's own error.
std::optional<Status> FromGrpc(const grpc::Status& status);

}  // namespace florin::api
