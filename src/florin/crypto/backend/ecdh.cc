// Diffie-Hellman: X25519 by libsodium, in half the time of OpenSSL 3.0, which computes the public
// key of every secret that it reads; P-256 by OpenSSL, whose multiplication by a secret takes
// constant time.
#include <openssl/ec.h>
#include <sodium.h>

#include <algorithm>
#include <string>

#include "florin/base/check.h"
#include "florin/crypto/backend/openssl_handles.h"
#include "florin/crypto/backend/sodium_setup.h"
#include "florin/crypto/ecdh.h"
#include "florin/crypto/random.h"

namespace florin::crypto {
namespace {

using openssl::Free;
using Group = std::unique_ptr<EC_GROUP, Free<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, Free<EC_POINT_clear_free>>;
using Scalar = std::unique_ptr<BIGNUM, Free<BN_clear_free>>;
using Scratch = std::unique_ptr<BN_CTX, Free<BN_CTX_free>>;

constexpr size_t kPointSize = 65;

const char* NameOf(EcdhCurve curve) { return curve == EcdhCurve::kX25519 ? "X25519" : "P-256"; }

Status NoSecret(EcdhCurve curve) {
  return {Kind::kFailed, "ECDH-SECRET",
          std::string("secret key: expected one of ") + NameOf(curve) +
              ", found something else; make it with NewEcdhKeyPair()."};
}
Status NoPublicKey(EcdhCurve curve) {
  return {Kind::kFailed, "ECDH-PUBLIC",
          std::string("public key: expected one of ") + NameOf(curve) +
              " that is not of small order, found something else; its owner must send a new one."};
}

const EC_GROUP* P256() {
  static const Group kGroup(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  FLORIN_CHECK(kGroup != nullptr);
  return kGroup.get();
}

// Null unless the bytes are a scalar of P-256.
Scalar ReadScalar(ByteView secret) {
  if (secret.size() != kEcdhSecretSize) return nullptr;
  Scalar scalar(BN_secure_new());
  FLORIN_CHECK(scalar != nullptr);
  BN_set_flags(scalar.get(), BN_FLG_CONSTTIME);
  FLORIN_CHECK(BN_bin2bn(secret.data(), static_cast<int>(secret.size()), scalar.get()) != nullptr);
  const bool fits =
      !BN_is_zero(scalar.get()) && BN_cmp(scalar.get(), EC_GROUP_get0_order(P256())) < 0;
  return fits ? std::move(scalar) : nullptr;
}

Point NewPoint() {
  Point point(EC_POINT_new(P256()));
  FLORIN_CHECK(point != nullptr);
  return point;
}

Result<EcdhKeyPair> P256PairOf(ByteView secret) {
  const Scalar scalar = ReadScalar(secret);
  if (scalar == nullptr) return NoSecret(EcdhCurve::kP256);
  const Scratch scratch(BN_CTX_secure_new());
  const Point point = NewPoint();
  FLORIN_CHECK(EC_POINT_mul(P256(), point.get(), scalar.get(), nullptr, nullptr, scratch.get()) ==
               1);
  Bytes public_key(kPointSize);
  FLORIN_CHECK(EC_POINT_point2oct(P256(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                                  public_key.data(), kPointSize, scratch.get()) == kPointSize);
  return EcdhKeyPair{SecretBytes(secret), std::move(public_key)};
}

Result<SecretBytes> P256Agree(ByteView secret, ByteView public_key) {
  const openssl::QuietErrors quiet;
  const Scalar scalar = ReadScalar(secret);
  if (scalar == nullptr) return NoSecret(EcdhCurve::kP256);
  const Scratch scratch(BN_CTX_secure_new());
  const Point point = NewPoint();
  // EC_POINT_oct2point() refuses what is not on the curve; its group has no small order.
  if (public_key.size() != kPointSize || public_key[0] != POINT_CONVERSION_UNCOMPRESSED ||
      EC_POINT_oct2point(P256(), point.get(), public_key.data(), kPointSize, scratch.get()) != 1) {
    return NoPublicKey(EcdhCurve::kP256);
  }
  const Point product = NewPoint();
  const Scalar x(BN_secure_new());
  FLORIN_CHECK(
      EC_POINT_mul(P256(), product.get(), nullptr, point.get(), scalar.get(), scratch.get()) == 1);
  FLORIN_CHECK(
      EC_POINT_get_affine_coordinates(P256(), product.get(), x.get(), nullptr, scratch.get()) == 1);
  SecretBytes shared = SecretBytes::Zeros(32);
  FLORIN_CHECK(BN_bn2binpad(x.get(), shared.span().data(), 32) == 32);
  return shared;
}

Result<EcdhKeyPair> X25519PairOf(ByteView secret) {
  if (secret.size() != crypto_scalarmult_SCALARBYTES) return NoSecret(EcdhCurve::kX25519);
  Bytes public_key(crypto_scalarmult_BYTES);
  FLORIN_CHECK(crypto_scalarmult_base(public_key.data(), secret.data()) == 0);
  return EcdhKeyPair{SecretBytes(secret), std::move(public_key)};
}

Result<SecretBytes> X25519Agree(ByteView secret, ByteView public_key) {
  if (secret.size() != crypto_scalarmult_SCALARBYTES) return NoSecret(EcdhCurve::kX25519);
  SecretBytes shared = SecretBytes::Zeros(crypto_scalarmult_BYTES);
  if (public_key.size() != crypto_scalarmult_BYTES ||
      crypto_scalarmult(shared.span().data(), secret.data(), public_key.data()) != 0) {
    return NoPublicKey(EcdhCurve::kX25519);
  }
  return shared;
}

}  // namespace

size_t EcdhPublicSize(EcdhCurve curve) {
  return curve == EcdhCurve::kX25519 ? crypto_scalarmult_BYTES : kPointSize;
}

Result<EcdhKeyPair> EcdhKeyPairOf(EcdhCurve curve, ByteView secret) {
  SetUpSodium();
  return curve == EcdhCurve::kX25519 ? X25519PairOf(secret) : P256PairOf(secret);
}

Result<SecretBytes> EcdhAgree(EcdhCurve curve, ByteView secret, ByteView public_key) {
  SetUpSodium();
  return curve == EcdhCurve::kX25519 ? X25519Agree(secret, public_key)
                                     : P256Agree(secret, public_key);
}

// One secret of P-256 in 2^32 is drawn again.
EcdhKeyPair NewEcdhKeyPair(EcdhCurve curve) {
  while (true) {
    SecretKey drawn = NewSecretKey();
    Result<EcdhKeyPair> pair = EcdhKeyPairOf(curve, drawn);
    OPENSSL_cleanse(drawn.data(), drawn.size());
    if (pair.ok()) return std::move(pair).value();
  }
}

}  // namespace florin::crypto
