// Hashes, the keyed stream and the source of randomness, by OpenSSL.
//
// Algorithms are fetched once and contexts are reused by each thread, because a fetch walks the
// provider tables (about a microsecond) and a simulated device makes one keyed stream per round.
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <climits>
#include <cstring>

#include "florin/base/check.h"
#include "florin/crypto/random.h"
#include "florin/crypto/sha256.h"

namespace florin::crypto {
namespace {

const EVP_MD* Sha256Algorithm() {
  static const EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  FLORIN_CHECK(kAlgorithm != nullptr);
  return kAlgorithm;
}

const EVP_CIPHER* Aes128Ctr() {
  static const EVP_CIPHER* const kAlgorithm = EVP_CIPHER_fetch(nullptr, "AES-128-CTR", nullptr);
  FLORIN_CHECK(kAlgorithm != nullptr);
  return kAlgorithm;
}

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigest>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

void Start(EVP_MD_CTX* context) {
  FLORIN_CHECK(EVP_DigestInit_ex(context, Sha256Algorithm(), nullptr) == 1);
}

void Feed(EVP_MD_CTX* context, ByteView bytes) {
  FLORIN_CHECK(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
}

Sha256Digest Close(EVP_MD_CTX* context) {
  Sha256Digest digest;
  FLORIN_CHECK(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1);
  return digest;
}

EVP_MD_CTX* ThreadDigest() {
  thread_local const DigestContext context(EVP_MD_CTX_new());
  FLORIN_CHECK(context != nullptr);
  return context.get();
}

}  // namespace

struct Sha256::Context {
  DigestContext digest{EVP_MD_CTX_new()};
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  FLORIN_CHECK(context_->digest != nullptr);
  Start(context_->digest.get());
}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

Sha256& Sha256::Update(ByteView bytes) {
  Feed(context_->digest.get(), bytes);
  return *this;
}

Sha256Digest Sha256::Finish() && { return Close(context_->digest.get()); }

Sha256Digest HashSha256(ByteView bytes) {
  EVP_MD_CTX* context = ThreadDigest();
  Start(context);
  Feed(context, bytes);
  return Close(context);
}

// Keys, pads and the inner digest are wiped; the thread's context holds only a finished hash.
Sha256Digest HmacSha256(ByteView key, ByteView message) {
  std::array<uint8_t, 64> block{};
  if (key.size() > block.size()) {
    Sha256Digest short_key = HashSha256(key);
    std::copy(short_key.begin(), short_key.end(), block.begin());
    OPENSSL_cleanse(short_key.data(), short_key.size());
  } else {
    std::copy(key.begin(), key.end(), block.begin());
  }
  EVP_MD_CTX* context = ThreadDigest();
  for (uint8_t& byte : block) byte ^= 0x36;
  Start(context);
  Feed(context, block);
  Feed(context, message);
  Sha256Digest inner = Close(context);
  for (uint8_t& byte : block) byte ^= 0x36 ^ 0x5c;
  Start(context);
  Feed(context, block);
  Feed(context, inner);
  OPENSSL_cleanse(block.data(), block.size());
  OPENSSL_cleanse(inner.data(), inner.size());
  return Close(context);
}

// A machine without randomness cannot keep a promise of privacy: failing to draw is fatal.
void SystemRng::Fill(Span<uint64_t> words) {
  auto* bytes = reinterpret_cast<uint8_t*>(words.data());
  for (size_t left = words.size_bytes(); left > 0;) {
    const int count = static_cast<int>(std::min<size_t>(left, INT_MAX));
    FLORIN_CHECK(RAND_bytes(bytes, count) == 1);
    bytes += count;
    left -= static_cast<size_t>(count);
  }
}

SecretKey NewSecretKey() {
  SecretKey key;
  FLORIN_CHECK(RAND_priv_bytes(key.data(), static_cast<int>(key.size())) == 1);
  return key;
}

// The first half of HMAC-SHA-256(key, context) is the AES key, the second the first counter block
// (SP 800-38A, section 6.5). EVP keeps the place within a block, so chunks of any size continue.
struct KeyedRng::Stream {
  CipherContext cipher{EVP_CIPHER_CTX_new()};
};

KeyedRng::KeyedRng(const SecretKey& key, ByteView context) : stream_(std::make_unique<Stream>()) {
  FLORIN_CHECK(stream_->cipher != nullptr);
  Sha256Digest derived = HmacSha256(key, context);
  FLORIN_CHECK(EVP_EncryptInit_ex2(stream_->cipher.get(), Aes128Ctr(), derived.data(),
                                   derived.data() + 16, nullptr) == 1);
  OPENSSL_cleanse(derived.data(), derived.size());
}
KeyedRng::KeyedRng(KeyedRng&&) noexcept = default;
KeyedRng& KeyedRng::operator=(KeyedRng&&) noexcept = default;
KeyedRng::~KeyedRng() = default;

void KeyedRng::Fill(Span<uint64_t> words) {
  auto* bytes = reinterpret_cast<uint8_t*>(words.data());
  constexpr size_t kChunk = size_t{1} << 30;  // EVP counts in int
  for (size_t left = words.size_bytes(); left > 0;) {
    const size_t count = std::min(left, kChunk);
    std::memset(bytes, 0, count);
    int made = 0;
    FLORIN_CHECK(EVP_EncryptUpdate(stream_->cipher.get(), bytes, &made, bytes,
                                   static_cast<int>(count)) == 1);
    bytes += count;
    left -= count;
  }
}

}  // namespace florin::crypto
