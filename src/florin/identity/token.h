// The one-time token by which a site or an operator joins a workspace.
//
// The coordinator prints it, a person carries it, the peer shows its secret once. It also carries
// where to call and which root to expect there, so that the first connection is already safe. The
// coordinator keeps a TokenRecord, which does not give the secret away. Text form, byte forms and
// an example: docs/spec/identity.md. Pure values, no threading rule.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "florin/crypto/sha256.h"
#include "florin/identity/peer.h"

namespace florin::identity {

using TokenSecret = std::array<uint8_t, 32>;

struct Token {
  std::string address;  // host:port; [host]:port for IPv6
  crypto::Sha256Digest root_fingerprint{};
  TokenSecret secret{};  // never logged
  bool operator==(const Token&) const = default;

  std::string ToText()
      const;  // "florin1." and base64url; the address must be one (NewToken checks)
  // Blanks and line ends around the text are dropped. [TOKEN-FORM] what was pasted is no token of
  // this version; [TOKEN-DAMAGED] it is one, with characters lost or changed on the way.
  static Result<Token> Parse(std::string_view text);
};

// [TOKEN-CA] unless the root that the coordinator shows is the one the token names. Until it is
// enrolled a peer connects under this root alone: other roots that come with it prove nothing.
// Rotating the root therefore ends tokens, once the coordinator's certificate is under the new one.
Status CheckPinnedRoot(const Token& token, std::string_view root_pem);

// The coordinator's half.
struct TokenRecord {
  crypto::Sha256Digest secret_hash{};  // SHA-256 of the secret
  Peer peer;                           // the only one it lets in
  Time expires_at;
  std::optional<Time> used_at;
  crypto::Sha256Digest used_for{};  // the request it was spent on; zeros before
  bool operator==(const TokenRecord&) const = default;

  Bytes Save() const;
  static Result<TokenRecord> Restore(ByteView bytes);  // [CODEC]
};

struct NewToken {
  Token token;
  TokenRecord record;
};
inline constexpr Duration kTokenLifeMax = Duration::Seconds(30LL * 86'400);

// Whether it can be dialled: host:port in lower case, IPv6 in brackets. [TOKEN-ADDRESS]
Status CheckAddress(std::string_view address);

// Draws the secret. life: above zero, kTokenLifeMax at most. [TOKEN-ADDRESS] [TOKEN-LIFE] [NAME];
// a coordinator is not enrolled by token.
Result<NewToken> MakeToken(std::string address, const crypto::Sha256Digest& root_fingerprint,
                           const Peer& peer, Duration life, Time now);

// The record as it is after `secret` was spent on the request of digest `request` by `peer`. The
// same request may be repeated until the token expires, so that a lost answer costs nothing; any
// other is [TOKEN-USED]. Kind::kDenied, and nothing changes:
//   [TOKEN-UNKNOWN] another secret    [TOKEN-NAME] made for another peer
//   [TOKEN-USED]                      [TOKEN-EXPIRED] from expires_at on
// Whoever does not know the secret learns nothing else. ct: time does not depend on the secret.
Result<TokenRecord> Redeem(const TokenRecord& record, const TokenSecret& secret, const Peer& peer,
                           const crypto::Sha256Digest& request, Time now);

}  // namespace florin::identity
