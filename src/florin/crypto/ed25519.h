// Ed25519 signatures (RFC 8032, section 5.1; no context, no prehash), computed by the backend.
//
// A seed is the private key of RFC 8032: 32 bytes that nobody can guess, drawn as NewSecretKey()
// draws them. Signing is deterministic. All three functions are thread-safe.
#pragma once

#include <array>
#include <cstdint>

#include "florin/base/bytes.h"

namespace florin::crypto {

using Ed25519Seed = std::array<uint8_t, 32>;
using Ed25519PublicKey = std::array<uint8_t, 32>;
using Ed25519Signature = std::array<uint8_t, 64>;

// ct: time does not depend on the seed.
Ed25519PublicKey PublicKeyOf(const Ed25519Seed& seed);

// ct: time depends on the message's length only.
Ed25519Signature SignEd25519(const Ed25519Seed& seed, ByteView message);

// False for every key, message or signature that does not fit, also for a signature whose second
// half is not below the group order (RFC 8032, section 5.1.7): nobody but the signer makes another
// signature of the same message. Keys of small order, under which one signature fits every message,
// and other spellings of a key are refused: no seed has them. ct: all inputs are public.
bool VerifyEd25519(const Ed25519PublicKey& key, ByteView message,
                   const Ed25519Signature& signature);

}  // namespace florin::crypto
