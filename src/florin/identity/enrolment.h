// How a peer joins a workspace and keeps its certificate fresh.
//
// The peer makes two keys and shows neither: a TLS key, proven by a certificate request, and an
// Ed25519 identity key, proven by a signature over a transcript that ties token, role, name,
// request and keys together. The identity key stays for the life of the member; TLS keys may change
// with each renewal. Pure functions; requests travel inside TLS, as an enrolment shows the token's
// secret. Byte forms and transcripts: docs/spec/identity.md.
//
// Refusals are of Kind::kDenied; beside the token's codes and those of crypto/x509.h (weak key, bad
// signature of the request):
//   [ENROL-PROOF] signed by another identity key, or over other words
//   [ENROL-NAME]  the request asks for another common name than the peer's
//   [ENROL-SAN]   the request asks for alternative names; only the peer's own URI is let through
#pragma once

#include <string>
#include <string_view>

#include "florin/crypto/ed25519.h"
#include "florin/identity/authority.h"
#include "florin/identity/roster.h"
#include "florin/identity/token.h"

namespace florin::identity {

struct EnrolmentRequest {
  Peer peer;
  TokenSecret secret{};
  std::string csr_pem;
  crypto::Ed25519PublicKey identity_key{};
  crypto::Ed25519Signature proof{};
  bool operator==(const EnrolmentRequest&) const = default;

  Bytes Save() const;
  static Result<EnrolmentRequest> Restore(ByteView bytes);  // [CODEC]
};

// At the peer. tls_key_pem: as crypto::NewTlsKey() makes it. [NAME], [X509-PEM], [X509-KEY-WEAK].
// Keep the bytes: repeating the very same request is how a lost answer is fetched again.
Result<EnrolmentRequest> RequestEnrolment(const Token& token, const Peer& peer,
                                          std::string_view tls_key_pem,
                                          const crypto::Ed25519Seed& identity_seed);

struct Enrolment {
  RosterEntry entry;  // for Roster::Add(), which may still refuse
  std::string certificate_pem;
  TokenRecord used;  // the record from now on; saved together with the roster
};

// At the coordinator. Changes nothing: on success the caller saves entry and record, then answers
// with the certificate and authority.trust().
Result<Enrolment> Enrol(const Authority& authority, const TokenRecord& record,
                        const EnrolmentRequest& request, Time now);

struct RenewalRequest {
  Peer peer;
  std::string csr_pem;
  Time asked_at;  // by the peer's clock
  crypto::Ed25519Signature proof{};
  bool operator==(const RenewalRequest&) const = default;

  Bytes Save() const;
  static Result<RenewalRequest> Restore(ByteView bytes);  // [CODEC]
};

// workspace: the peer's own, from its Trust. Errors as RequestEnrolment().
Result<RenewalRequest> RequestRenewal(std::string_view workspace, const Peer& peer,
                                      std::string_view tls_key_pem,
                                      const crypto::Ed25519Seed& identity_seed, Time now);

// A new certificate for an enrolled member; then the caller's Roster::Renew(). `entry` is that of
// the peer on the connection. [RENEW-STALE] asked more than kClockLeeway ago or ahead of `now`;
// [PEER-REVOKED]; [ENROL-PROOF] also when the request names another peer than the entry.
Result<Issued> Renew(const Authority& authority, const RosterEntry& entry,
                     const RenewalRequest& request, Time now);

}  // namespace florin::identity
