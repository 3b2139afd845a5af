// Sealing at rest by libsodium: secretstream for the chunks, XChaCha20-Poly1305 for the data key.
// Nonces of 24 bytes are drawn, not counted.
#include <sodium.h>

#include <algorithm>
#include <utility>

#include "florin/base/check.h"
#include "florin/crypto/backend/sodium_setup.h"
#include "florin/crypto/sealing.h"
#include "florin/crypto/secret.h"

namespace florin::crypto {
namespace {

constexpr std::array<uint8_t, 4> kMagic = {'F', 'S', 'E', '1'};
constexpr size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kDataKey = crypto_secretstream_xchacha20poly1305_KEYBYTES;
constexpr size_t kWrapped = kDataKey + crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr size_t kStreamHeader = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr uint8_t kLast = crypto_secretstream_xchacha20poly1305_TAG_FINAL;
constexpr uint8_t kMore = crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;

static_assert(kMagic.size() + kNonce + kWrapped + kStreamHeader == kSealedPrefixSize);
static_assert(kSealedChunkOverhead == crypto_secretstream_xchacha20poly1305_ABYTES);
static_assert(kSealingKeySize == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

// Where things lie in a prefix.
constexpr size_t kNonceAt = kMagic.size();
constexpr size_t kWrappedAt = kNonceAt + kNonce;
constexpr size_t kStreamAt = kWrappedAt + kWrapped;

// One form for each message: only the last chunk is short, and only the first is empty.
bool IsOfForm(size_t size, bool last, bool started) {
  return last ? size <= kSealedChunk && (size > 0 || !started) : size == kSealedChunk;
}

Status DoesNotOpen() {
  return {Kind::kFailed, "SEAL-OPEN",
          "sealed file: expected one of this key, name and version, whole, found something else; "
          "bring the right key, or the file from a backup."};
}

Bytes Bound(ByteView associated) {
  Bytes bound(kMagic.begin(), kMagic.end());
  bound.insert(bound.end(), associated.begin(), associated.end());
  return bound;
}

// Writes magic, nonce and wrapped key.
void Wrap(ByteView key, ByteView associated, const SecretBytes& data_key, SealedPrefix& prefix) {
  FLORIN_CHECK(key.size() == kSealingKeySize);
  std::copy(kMagic.begin(), kMagic.end(), prefix.begin());
  uint8_t* nonce = prefix.data() + kNonceAt;
  randombytes_buf(nonce, kNonce);
  const Bytes bound = Bound(associated);
  FLORIN_CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(
                   prefix.data() + kWrappedAt, nullptr, data_key.view().data(), kDataKey,
                   bound.data(), bound.size(), nullptr, nonce, key.data()) == 0);
}

Result<SecretBytes> Unwrap(ByteView key, ByteView associated, ByteView prefix) {
  FLORIN_CHECK(key.size() == kSealingKeySize);
  if (prefix.size() != kSealedPrefixSize ||
      !std::equal(kMagic.begin(), kMagic.end(), prefix.begin())) {
    return DoesNotOpen();
  }
  SecretBytes data_key = SecretBytes::Zeros(kDataKey);
  const Bytes bound = Bound(associated);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          data_key.span().data(), nullptr, nullptr, prefix.data() + kWrappedAt, kWrapped,
          bound.data(), bound.size(), prefix.data() + kNonceAt, key.data()) != 0) {
    return DoesNotOpen();
  }
  return data_key;
}

// The stream and how far it is. Wiped.
struct Stream {
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { sodium_memzero(&state, sizeof(state)); }

  crypto_secretstream_xchacha20poly1305_state state{};
  bool started = false;   // a chunk went through
  bool finished = false;  // the last one did
  bool refused = false;   // one opened that no writer of this form makes
};

}  // namespace

struct StreamSealer::State : Stream {};
struct StreamOpener::State : Stream {};

StreamSealer::StreamSealer(ByteView key, ByteView associated) : state_(std::make_unique<State>()) {
  SetUpSodium();
  SecretBytes data_key = SecretBytes::Zeros(kDataKey);
  crypto_secretstream_xchacha20poly1305_keygen(data_key.span().data());
  Wrap(key, associated, data_key, prefix_);
  FLORIN_CHECK(crypto_secretstream_xchacha20poly1305_init_push(
                   &state_->state, prefix_.data() + kStreamAt, data_key.view().data()) == 0);
}
StreamSealer::StreamSealer(StreamSealer&&) noexcept = default;
StreamSealer& StreamSealer::operator=(StreamSealer&&) noexcept = default;
StreamSealer::~StreamSealer() = default;

void StreamSealer::Seal(ByteView chunk, bool last, Span<uint8_t> sealed) {
  FLORIN_CHECK(!state_->finished && sealed.size() == chunk.size() + kSealedChunkOverhead);
  FLORIN_CHECK(IsOfForm(chunk.size(), last, state_->started));
  FLORIN_CHECK(crypto_secretstream_xchacha20poly1305_push(&state_->state, sealed.data(), nullptr,
                                                          chunk.data(), chunk.size(), nullptr, 0,
                                                          last ? kLast : kMore) == 0);
  state_->started = true;
  state_->finished = last;
}

StreamOpener::StreamOpener(std::unique_ptr<State> state) : state_(std::move(state)) {}
StreamOpener::StreamOpener(StreamOpener&&) noexcept = default;
StreamOpener& StreamOpener::operator=(StreamOpener&&) noexcept = default;
StreamOpener::~StreamOpener() = default;

Result<StreamOpener> StreamOpener::Make(ByteView key, ByteView associated, ByteView prefix) {
  SetUpSodium();
  FLORIN_ASSIGN(const SecretBytes data_key, Unwrap(key, associated, prefix));
  auto state = std::make_unique<State>();
  FLORIN_CHECK(crypto_secretstream_xchacha20poly1305_init_pull(
                   &state->state, prefix.data() + kStreamAt, data_key.view().data()) == 0);
  return StreamOpener(std::move(state));
}

Status StreamOpener::Open(ByteView sealed, Span<uint8_t> chunk) {
  FLORIN_CHECK(sealed.size() == chunk.size() + kSealedChunkOverhead);
  uint8_t tag = 0;
  const bool opens =
      !state_->finished && !state_->refused && chunk.size() <= kSealedChunk &&
      crypto_secretstream_xchacha20poly1305_pull(&state_->state, chunk.data(), nullptr, &tag,
                                                 sealed.data(), sealed.size(), nullptr, 0) == 0;
  const bool is_known = tag == kLast || tag == kMore;
  if (opens && is_known && IsOfForm(chunk.size(), tag == kLast, state_->started)) {
    state_->started = true;
    state_->finished = tag == kLast;
    return {};
  }
  state_->refused = state_->refused || opens;  // the stream has gone past it
  sodium_memzero(chunk.data(), chunk.size());
  return DoesNotOpen();
}

bool StreamOpener::finished() const { return state_->finished; }

uint64_t SealedSize(uint64_t message_size) {
  const uint64_t chunks =
      std::max<uint64_t>(1, message_size / kSealedChunk + (message_size % kSealedChunk != 0));
  return kSealedPrefixSize + message_size + chunks * kSealedChunkOverhead;
}

Bytes SealBytes(ByteView key, ByteView associated, ByteView message) {
  StreamSealer sealer(key, associated);
  Bytes sealed(SealedSize(message.size()));
  std::copy(sealer.prefix().begin(), sealer.prefix().end(), sealed.begin());
  Span<uint8_t> to = Span<uint8_t>(sealed).subspan(kSealedPrefixSize);
  while (!to.empty()) {
    const size_t size = std::min(message.size(), kSealedChunk);
    sealer.Seal(message.first(size), size == message.size(), to.first(size + kSealedChunkOverhead));
    message = message.subspan(size);
    to = to.subspan(size + kSealedChunkOverhead);
  }
  return sealed;
}

Result<Bytes> OpenBytes(ByteView key, ByteView associated, ByteView sealed) {
  FLORIN_ASSIGN(StreamOpener opener,
                StreamOpener::Make(key, associated,
                                   sealed.first(std::min(sealed.size(), kSealedPrefixSize))));
  sealed = sealed.subspan(kSealedPrefixSize);
  Bytes message(sealed.size());  // a little more than it takes
  size_t size = 0;
  while (!opener.finished()) {
    const size_t count = std::min(sealed.size(), kSealedChunk + kSealedChunkOverhead);
    if (count < kSealedChunkOverhead) return DoesNotOpen();
    const size_t chunk = count - kSealedChunkOverhead;
    FLORIN_TRY(opener.Open(sealed.first(count), Span<uint8_t>(message).subspan(size, chunk)));
    size += chunk;
    sealed = sealed.subspan(count);
  }
  if (!sealed.empty()) return DoesNotOpen();
  message.resize(size);
  return message;
}

Result<SealedPrefix> RewrapSealed(ByteView old_key, ByteView new_key, ByteView associated,
                                  ByteView prefix) {
  SetUpSodium();
  FLORIN_ASSIGN(const SecretBytes data_key, Unwrap(old_key, associated, prefix));
  SealedPrefix rewrapped;
  std::copy(prefix.begin(), prefix.end(), rewrapped.begin());
  Wrap(new_key, associated, data_key, rewrapped);
  return rewrapped;
}

}  // namespace florin::crypto
