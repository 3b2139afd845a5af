// HKDF (RFC 5869) over SHA-256, SHA-384 or SHA-512: keys from a shared secret, computed by the
// backend. Thread-safe.
//
// ct: time depends on the hash and the sizes only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "florin/base/bytes.h"
#include "florin/crypto/secret.h"

namespace florin::crypto {

enum class HkdfHash : uint8_t { kSha256, kSha384, kSha512 };

size_t HkdfHashSize(HkdfHash hash);  // 32, 48, 64 bytes

// Section 2.2: a pseudorandom key of HkdfHashSize() bytes. salt: public, may be empty.
SecretBytes HkdfExtract(HkdfHash hash, ByteView salt, ByteView key_material);

// Section 2.3. info: what the bytes are for. size: at most 255 x HkdfHashSize() (FLORIN_CHECK).
SecretBytes HkdfExpand(HkdfHash hash, ByteView pseudorandom_key, ByteView info, size_t size);

// Both, one after the other.
SecretBytes Hkdf(HkdfHash hash, ByteView salt, ByteView key_material, ByteView info, size_t size);

}  // namespace florin::crypto
