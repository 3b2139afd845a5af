// Mutual TLS for gRPC: files that may be renewed while the program runs, and checks of our own.
//
// gRPC verifies chains against the roots file; who may come in is asked of the caller, who knows
// the roster. gRPC 1.51 cannot set a lowest TLS version: see SECURITY.md.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include "florin/base/status.h"

namespace florin::transport {

// PEM files. They are read again every second: write key and certificate into a new directory and
// swap a symbolic link, else a handshake can meet a pair that does not match.
struct TlsFiles {
  std::string key;
  std::string certificate;
  std::string roots;  // who may be on the other side; the enrolment listener has none
};

// Whether the peer with this certificate (PEM) is who it should be. Called from any thread.
using CheckPeerCertificate = std::function<Status(std::string_view certificate_pem)>;

// A server that demands a certificate of one of the roots; without roots, one that asks for none.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const TlsFiles& files);

// check decides beside the chain, in place of the host name: sites know their coordinator by its
// name in the workspace, whatever address it is reached at.
std::shared_ptr<grpc::ChannelCredentials> MakeChannelCredentials(const TlsFiles& files,
                                                                 CheckPeerCertificate check);

// For enrolment: no certificate of ours yet and no root, only what `check` says of the chain that
// the server shows (PEM, leaf first).
std::shared_ptr<grpc::ChannelCredentials> MakePinnedCredentials(CheckPeerCertificate check);

}  // namespace florin::transport
