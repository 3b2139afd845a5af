// Whether a member would be let through to its coordinator, without being one: for `florin doctor`.
#pragma once

#include <string>

#include "florin/base/time.h"
#include "florin/transport/grpc/tls.h"

namespace florin::transport {

// Ok when a connection with these certificates comes about and the coordinator answers. It takes no
// other connection's place, and whether the roster lets the member in it does not tell.
// `check` must hold what it needs: when patience runs out, gRPC may still ask it afterwards.
// [NET-*] as ExplainFailure(); what `check` says of the coordinator's certificate.
Status Probe(const std::string& address, const TlsFiles& tls, const CheckPeerCertificate& check,
             Duration patience = Duration::Seconds(10));

}  // namespace florin::transport
