#include "florin/identity/enrolment.h"

#include <utility>

#include "florin/identity/forms.h"

namespace florin::identity {
namespace {

Status Refused(std::string_view code, const Peer& peer, const std::string& why) {
  return Status(Kind::kDenied, code, peer.ToString() + ": " + why);
}

Bytes EnrolmentTranscript(const EnrolmentRequest& request) {
  base::Writer writer;
  writer.Text("florin enrolment 1").Fixed(crypto::HashSha256(request.secret));
  WritePeer(writer, request.peer);
  writer.Fixed(crypto::HashSha256(base::AsBytes(request.csr_pem))).Fixed(request.identity_key);
  return std::move(writer).Take();
}

Bytes RenewalTranscript(std::string_view workspace, const RenewalRequest& request) {
  base::Writer writer;
  writer.Text("florin renewal 1").Text(workspace);
  WritePeer(writer, request.peer);
  writer.Fixed(crypto::HashSha256(base::AsBytes(request.csr_pem))).I64(request.asked_at.micros);
  return std::move(writer).Take();
}

// What the authority signs is its own word; a request that asks for more is refused all the same,
// since its sender is mistaken or lying.
Result<crypto::Csr> CheckCsr(const Authority& authority, const Peer& peer,
                             const std::string& csr_pem) {
  auto parsed = crypto::ParseCsr(csr_pem);
  if (!parsed.ok()) {
    const Status fault = std::move(parsed).status();
    return Refused(fault.code(), peer, std::string(fault.message()));
  }
  crypto::Csr csr = std::move(parsed).value();
  if (csr.common_name != peer.name) {
    return Refused("ENROL-NAME", peer, "its request is for \"" + csr.common_name + "\"");
  }
  const crypto::SubjectNames own{
      .uris = {PeerUri(authority.trust().workspace, peer)}, .dns = {}, .ips = {}};
  if (!csr.names.empty() && csr.names != own) {
    return Refused("ENROL-SAN", peer,
                   "its request asks for alternative names other than " + own.uris.front());
  }
  return csr;
}

Status BadProof(const Peer& peer) {
  return Refused("ENROL-PROOF", peer, "the request is not signed by its identity key");
}

}  // namespace

Bytes EnrolmentRequest::Save() const {
  base::Writer writer;
  writer.U8(kFormVersion);
  WritePeer(writer, peer);
  writer.Fixed(secret).Text(csr_pem).Fixed(identity_key).Fixed(proof);
  return std::move(writer).Take();
}

Result<EnrolmentRequest> EnrolmentRequest::Restore(ByteView bytes) {
  base::Reader reader(bytes);
  CheckVersion(reader);
  EnrolmentRequest request;
  request.peer = ReadPeer(reader);
  request.secret = ReadFixed<32>(reader);
  request.csr_pem = reader.Text(kPemSizeMax);
  request.identity_key = ReadFixed<32>(reader);
  request.proof = ReadFixed<64>(reader);
  FLORIN_TRY(reader.Finish("enrolment request"));
  return request;
}

Result<EnrolmentRequest> RequestEnrolment(const Token& token, const Peer& peer,
                                          std::string_view tls_key_pem,
                                          const crypto::Ed25519Seed& identity_seed) {
  FLORIN_TRY(CheckPeer(peer));
  EnrolmentRequest request{.peer = peer,
                           .secret = token.secret,
                           .csr_pem = {},
                           .identity_key = crypto::PublicKeyOf(identity_seed)};
  FLORIN_ASSIGN(request.csr_pem, crypto::MakeCsr(tls_key_pem, peer.name));
  request.proof = crypto::SignEd25519(identity_seed, EnrolmentTranscript(request));
  return request;
}

Result<Enrolment> Enrol(const Authority& authority, const TokenRecord& record,
                        const EnrolmentRequest& request, Time now) {
  Enrolment enrolment;
  FLORIN_ASSIGN(enrolment.used, Redeem(record, request.secret, request.peer,
                                       crypto::HashSha256(request.Save()), now));
  if (!crypto::VerifyEd25519(request.identity_key, EnrolmentTranscript(request), request.proof)) {
    return BadProof(request.peer);
  }
  FLORIN_ASSIGN(const crypto::Csr csr, CheckCsr(authority, request.peer, request.csr_pem));
  FLORIN_ASSIGN(Issued issued, authority.Issue(request.peer, csr.public_key, now));
  enrolment.entry = {.peer = request.peer,
                     .identity_key = request.identity_key,
                     .serial = issued.certificate.serial,
                     .fingerprint = issued.certificate.fingerprint,
                     .enrolled_at = enrolment.used.used_at.value_or(now),
                     .revoked_at = std::nullopt};
  enrolment.certificate_pem = std::move(issued.certificate_pem);
  return enrolment;
}

Bytes RenewalRequest::Save() const {
  base::Writer writer;
  writer.U8(kFormVersion);
  WritePeer(writer, peer);
  writer.Text(csr_pem).I64(asked_at.micros).Fixed(proof);
  return std::move(writer).Take();
}

Result<RenewalRequest> RenewalRequest::Restore(ByteView bytes) {
  base::Reader reader(bytes);
  CheckVersion(reader);
  RenewalRequest request;
  request.peer = ReadPeer(reader);
  request.csr_pem = reader.Text(kPemSizeMax);
  request.asked_at = ReadTime(reader);
  request.proof = ReadFixed<64>(reader);
  FLORIN_TRY(reader.Finish("renewal request"));
  return request;
}

Result<RenewalRequest> RequestRenewal(std::string_view workspace, const Peer& peer,
                                      std::string_view tls_key_pem,
                                      const crypto::Ed25519Seed& identity_seed, Time now) {
  FLORIN_TRY(CheckPeer(peer));
  RenewalRequest request{.peer = peer, .csr_pem = {}, .asked_at = now};
  FLORIN_ASSIGN(request.csr_pem, crypto::MakeCsr(tls_key_pem, peer.name));
  request.proof = crypto::SignEd25519(identity_seed, RenewalTranscript(workspace, request));
  return request;
}

Result<Issued> Renew(const Authority& authority, const RosterEntry& entry,
                     const RenewalRequest& request, Time now) {
  if (entry.revoked_at) {
    return Refused("PEER-REVOKED", entry.peer, "revoked at " + entry.revoked_at->ToString());
  }
  const Bytes transcript = RenewalTranscript(authority.trust().workspace, request);
  if (request.peer != entry.peer ||
      !crypto::VerifyEd25519(entry.identity_key, transcript, request.proof)) {
    return BadProof(entry.peer);
  }
  if (!IsWithinLeeway(request.asked_at, now)) {
    return Refused("RENEW-STALE", entry.peer,
                   "asked at " + request.asked_at.ToString() + " by its clock, it is " +
                       now.ToString() + " here; 5 minutes are allowed. Set the clock");
  }
  FLORIN_ASSIGN(const crypto::Csr csr, CheckCsr(authority, entry.peer, request.csr_pem));
  return authority.Issue(entry.peer, csr.public_key, now);
}

}  // namespace florin::identity
