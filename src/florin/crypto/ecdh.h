// Diffie-Hellman on elliptic curves: X25519 (RFC 7748, sections 5 and 6.1) and P-256 (SP 800-56A,
// section 5.7.1.2; points as in SEC 1, section 2.3), computed by the backend. Thread-safe.
//
//          secret                          public key                         shared secret
//   X25519 32 bytes, any                   32 bytes, u                        32 bytes, u
//   P-256  32 bytes, 1 .. n-1, big-endian  65 bytes, 04 x y: not compressed   32 bytes, x
//
// A shared secret is no key yet: derive one (hkdf.h). Errors are of Kind::kFailed:
//
//   [ECDH-SECRET]  not a secret of that curve
//   [ECDH-PUBLIC]  not a public key of that curve: another size, a point that is not on it, or one
//                  of small order, with which everybody would share the same secret (X25519: all
//                  zeros, RFC 7748, section 6.1)
//
// ct: time does not depend on the secret, once it is one, nor on what is shared.
#pragma once

#include <cstddef>
#include <cstdint>

#include "florin/base/bytes.h"
#include "florin/crypto/secret.h"

namespace florin::crypto {

enum class EcdhCurve : uint8_t { kX25519, kP256 };

size_t EcdhPublicSize(EcdhCurve curve);
constexpr size_t kEcdhSecretSize = 32;

struct EcdhKeyPair {
  SecretBytes secret;
  Bytes public_key;
};

EcdhKeyPair NewEcdhKeyPair(EcdhCurve curve);
Result<EcdhKeyPair> EcdhKeyPairOf(EcdhCurve curve, ByteView secret);

// What the owner of `secret` shares with the owner of `public_key`.
Result<SecretBytes> EcdhAgree(EcdhCurve curve, ByteView secret, ByteView public_key);

}  // namespace florin::crypto
