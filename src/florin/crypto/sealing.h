// Sealing at rest: files that only who holds a key can read or change (docs/spec/sealing.md). The
// message goes in chunks of 64 KiB through libsodium's secretstream (XChaCha20-Poly1305), so a file
// of any size is read and written piece by piece, and nothing of it can be changed, left out, put
// elsewhere or cut off unseen. Each file has a data key of its own, wrapped by the caller's:
// another key takes over by rewriting the prefix alone.
//
// associated: which file this is and which version of it, as the reader knows it by other means.
// Bound to the file, not in it. Errors are of Kind::kFailed:
//
//   [SEAL-OPEN]  another key, another file or version, changed, or cut; which is not said
//
// Objects are moved, not copied, and not thread-safe; the functions are. ct: time depends on the
// sizes only, and on whether something opens.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "florin/base/bytes.h"

namespace florin::crypto {

constexpr size_t kSealingKeySize = 32;
constexpr size_t kSealedPrefixSize = 100;  // before the first chunk
constexpr size_t kSealedChunk = 64 << 10;  // bytes of the message in each chunk, fewer in the last
constexpr size_t kSealedChunkOverhead = 17;  // bytes more that each takes sealed

using SealedPrefix = std::array<uint8_t, kSealedPrefixSize>;

uint64_t SealedSize(uint64_t message_size);

class StreamSealer {
 public:
  // key: kSealingKeySize bytes (FLORIN_CHECK), here and below.
  StreamSealer(ByteView key, ByteView associated);
  StreamSealer(StreamSealer&&) noexcept;
  StreamSealer& operator=(StreamSealer&&) noexcept;
  ~StreamSealer();

  const SealedPrefix& prefix() const { return prefix_; }  // to be written first
  // chunk: kSealedChunk bytes, the last one that many or fewer, but none only where it is the first
  // as well. sealed: chunk.size() + kSealedChunkOverhead bytes. Nothing follows the last (all
  // FLORIN_CHECK). sealed does not overlap the chunk.
  void Seal(ByteView chunk, bool last, Span<uint8_t> sealed);

 private:
  struct State;
  SealedPrefix prefix_{};
  std::unique_ptr<State> state_;
};

class StreamOpener {
 public:
  static Result<StreamOpener> Make(ByteView key, ByteView associated, ByteView prefix);
  StreamOpener(StreamOpener&&) noexcept;
  StreamOpener& operator=(StreamOpener&&) noexcept;
  ~StreamOpener();

  // sealed: the next chunk, all of it, so kSealedChunkOverhead bytes or more. chunk: sealed.size()
  // - kSealedChunkOverhead bytes (FLORIN_CHECK), zeros when it does not open.
  Status Open(ByteView sealed, Span<uint8_t> chunk);
  // Whether that was the last. A file that ends before is cut.
  bool finished() const;

 private:
  struct State;
  explicit StreamOpener(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Both at once, for what fits in memory.
Bytes SealBytes(ByteView key, ByteView associated, ByteView message);
Result<Bytes> OpenBytes(ByteView key, ByteView associated, ByteView sealed);

// The prefix of the same file under another key; the chunks stay as they are.
Result<SealedPrefix> RewrapSealed(ByteView old_key, ByteView new_key, ByteView associated,
                                  ByteView prefix);

}  // namespace florin::crypto
