#include "florin/identity/token.h"

#include <algorithm>
#include <utility>

#include "florin/base/text.h"
#include "florin/crypto/constant_time.h"
#include "florin/crypto/random.h"
#include "florin/identity/base64url.h"
#include "florin/identity/forms.h"

namespace florin::identity {
namespace {

constexpr std::string_view kPrefix = "florin1.";
constexpr size_t kTextSizeMax = 1024;
constexpr size_t kAddressSizeMax = 300;
constexpr size_t kChecksumSize = 4;

bool IsHost(std::string_view host) {
  const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  const auto allowed = [&](char c) {
    const bool is_digit = (c >= '0' && c <= '9') || c == '.';
    if (is_bracketed) return is_digit || (c >= 'a' && c <= 'f') || c == ':';
    return is_digit || (c >= 'a' && c <= 'z') || c == '-';
  };
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), allowed);
}

bool IsAddress(std::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || !IsHost(address.substr(0, colon))) return false;
  const std::string_view port = address.substr(colon + 1);
  const auto number = base::ParseInt(port);
  return number && *number >= 1 && *number <= 65'535 && port == std::to_string(*number);
}

// The first bytes of SHA-256 over prefix and payload: one in four thousand million slips passes.
std::array<uint8_t, kChecksumSize> Checksum(ByteView payload) {
  crypto::Sha256 hash;
  hash.Update(base::AsBytes(kPrefix)).Update(payload);
  const crypto::Sha256Digest digest = std::move(hash).Finish();
  std::array<uint8_t, kChecksumSize> checksum;
  std::copy_n(digest.begin(), checksum.size(), checksum.begin());
  return checksum;
}

Status Damaged(size_t size) {
  return Status(Kind::kFailed, "TOKEN-DAMAGED",
                "enrolment token of " + std::to_string(size) +
                    " characters: some are missing or changed; copy the whole line again");
}

Status NotAToken() {
  return Status(Kind::kFailed, "TOKEN-FORM",
                "enrolment token: expected one line that starts with \"florin1.\", as "
                "\"florin site add\" prints it; found something else");
}

Status Refused(std::string_view code, const Peer& peer, const std::string& why) {
  return Status(Kind::kDenied, code, "enrolment token for " + peer.ToString() + ": " + why);
}

}  // namespace

std::string Token::ToText() const {
  base::Writer writer;
  writer.Text(address).Fixed(root_fingerprint).Fixed(secret);
  writer.Fixed(Checksum(writer.view()));
  return std::string(kPrefix) + Base64Url(writer.view());
}

Result<Token> Token::Parse(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = std::min(text.find_first_not_of(kBlank), text.size());
  text = text.substr(first, text.find_last_not_of(kBlank) + 1 - first);
  if (!text.starts_with(kPrefix) || text.size() > kTextSizeMax) return NotAToken();
  const auto bytes = FromBase64Url(text.substr(kPrefix.size()));
  if (!bytes || bytes->size() < kChecksumSize) return Damaged(text.size());
  const ByteView payload = ByteView(*bytes).first(bytes->size() - kChecksumSize);
  const auto checksum = Checksum(payload);
  if (!std::equal(checksum.begin(), checksum.end(), bytes->end() - kChecksumSize)) {
    return Damaged(text.size());
  }
  base::Reader reader(payload);
  Token token;
  token.address = reader.Text(kAddressSizeMax);
  token.root_fingerprint = ReadFixed<32>(reader);
  token.secret = ReadFixed<32>(reader);
  if (!reader.Finish("token").ok() || !IsAddress(token.address)) return NotAToken();
  return token;
}

Status CheckPinnedRoot(const Token& token, std::string_view root_pem) {
  FLORIN_ASSIGN(const crypto::Certificate root, crypto::ParseCertificate(root_pem));
  if (root.is_ca && root.fingerprint == token.root_fingerprint) return {};
  return Status(Kind::kDenied, "TOKEN-CA",
                "coordinator at " + token.address + ": the enrolment token names root " +
                    base::Hex(token.root_fingerprint) + ", it shows " +
                    base::Hex(root.fingerprint) +
                    "; somebody is in between, or the token is another coordinator's");
}

Bytes TokenRecord::Save() const {
  base::Writer writer;
  writer.U8(kFormVersion).Fixed(secret_hash);
  WritePeer(writer, peer);
  writer.I64(expires_at.micros);
  WriteMaybe(writer, used_at);
  writer.Fixed(used_for);
  return std::move(writer).Take();
}

Result<TokenRecord> TokenRecord::Restore(ByteView bytes) {
  base::Reader reader(bytes);
  CheckVersion(reader);
  TokenRecord record;
  record.secret_hash = ReadFixed<32>(reader);
  record.peer = ReadPeer(reader);
  if (record.peer.role == Role::kCoordinator) reader.Fail("token for a coordinator");
  record.expires_at = ReadTime(reader);
  record.used_at = ReadMaybe(reader);
  record.used_for = ReadFixed<32>(reader);
  if (!record.used_at && record.used_for != crypto::Sha256Digest{}) reader.Fail("used, but when?");
  FLORIN_TRY(reader.Finish("token record"));
  return record;
}

Status CheckAddress(std::string_view address) {
  if (IsAddress(address)) return {};
  return Status(Kind::kConfig, "TOKEN-ADDRESS",
                "coordinator address: expected host:port in lower case, found \"" +
                    std::string(address) + "\"");
}

Result<NewToken> MakeToken(std::string address, const crypto::Sha256Digest& root_fingerprint,
                           const Peer& peer, Duration life, Time now) {
  FLORIN_TRY(CheckPeer(peer));
  if (peer.role == Role::kCoordinator) {
    return Status(Kind::kUsage, "NAME", "enrolment token: expected a site or an operator");
  }
  FLORIN_TRY(CheckAddress(address));
  if (life <= Duration{} || life > kTokenLifeMax) {
    return Status(Kind::kUsage, "TOKEN-LIFE", "enrolment token: expected a life up to 30 days");
  }
  NewToken made;
  made.token = {.address = std::move(address),
                .root_fingerprint = root_fingerprint,
                .secret = crypto::NewSecretKey()};
  made.record.secret_hash = crypto::HashSha256(made.token.secret);
  made.record.peer = peer;
  made.record.expires_at = now + life;
  return made;
}

Result<TokenRecord> Redeem(const TokenRecord& record, const TokenSecret& secret, const Peer& peer,
                           const crypto::Sha256Digest& request, Time now) {
  if (!crypto::ConstantTimeEqual(crypto::HashSha256(secret), record.secret_hash)) {
    return Refused("TOKEN-UNKNOWN", peer, "no such token was given out");
  }
  if (peer != record.peer) {
    return Refused("TOKEN-NAME", peer, "this one was made for " + record.peer.ToString());
  }
  if (record.used_at && record.used_for != request) {
    return Refused("TOKEN-USED", peer, "used at " + record.used_at->ToString());
  }
  if (now >= record.expires_at) {
    return Refused("TOKEN-EXPIRED", peer, "expired at " + record.expires_at.ToString());
  }
  TokenRecord used = record;
  if (!used.used_at) used.used_at = now;
  used.used_for = request;
  return used;
}

}  // namespace florin::identity
