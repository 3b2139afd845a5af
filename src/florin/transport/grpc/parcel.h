// Parcels: bulk bytes cut into chunks, named by their digest, resumable. docs/spec/wire.md.
//
// Outbox and Assembler are the two ends of one direction of a connection. Pure: no socket, no
// clock; not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "florin/base/bytes.h"
#include "florin/base/status.h"
#include "florin/crypto/kt128.h"
#include "florin/v1/site.pb.h"

namespace florin::transport {

using ParcelDigest = crypto::Kt128Digest;

constexpr size_t kChunkBytes = size_t{256} << 10;     // of one chunk, at most
constexpr size_t kFrameBytesMax = size_t{512} << 10;  // of one frame, at most
constexpr size_t kBatchBytes = size_t{128} << 10;     // a batch is closed once it has these
constexpr int kWindowBytes = 1 << 20;  // of a stream; not probed: a ping and its answer a burst
constexpr size_t kMessageBytesMax = size_t{1} << 20;  // of one batch, at most

// Bytes on their way out. They are read until the last chunk is taken; `owner` keeps them.
struct Load {
  ParcelDigest digest{};
  ByteView bytes;
  std::shared_ptr<const void> owner;
};
Load MakeLoad(std::shared_ptr<const Bytes> bytes);

std::string ToField(const ParcelDigest& digest);  // a protobuf bytes field
// Empty when the field has not 32 bytes.
std::optional<ParcelDigest> FromField(const std::string& field);

// A frame on its way out. The data of a chunk lies beside it, so that it is sent from where it is.
struct Piece {
  v1::Frame frame;
  ByteView data;
  std::shared_ptr<const void> owner;  // of data
};

// What one end has still to say, in order: frames, and announcements followed by their chunks. A
// goodbye is last: what is pushed behind it is dropped.
class Outbox {
 public:
  void Push(v1::Frame frame);
  // The announcement is a parcel or a contribution; its digest, size and offset are filled in here.
  void Push(v1::Frame announcement, Load load, uint64_t offset);
  // The next frame; none when all was taken.
  std::optional<Piece> Next();
  bool empty() const { return items_.empty(); }
  size_t size() const { return items_.size(); }
  // Drops all that was not taken. A load half sent is broken off: only at the end of a connection.
  void Clear() { items_.clear(); }

 private:
  struct Item {
    v1::Frame frame;  // not yet taken, when has_frame
    bool has_frame = true;
    Load load;
    uint64_t offset = 0;
  };
  std::deque<Item> items_;
  bool is_ended_ = false;
};

// Bytes on their way in, one parcel at a time. Outlives connections: what is there of a parcel that
// broke off is kept until another begins, so that the sender can go on where it stopped.
class Assembler {
 public:
  // [WIRE-SIZE] over size_max; [WIRE-OFFSET] not where this parcel stands here; [WIRE-ORDER] one is
  // under way. A parcel of no bytes is complete at once.
  Status Begin(const ParcelDigest& digest, uint64_t size, uint64_t offset, uint64_t size_max);
  // [WIRE-ORDER] none is under way; [WIRE-OFFSET] a gap or an overlap; [WIRE-SIZE] an empty chunk,
  // one that is too long, or one that passes the end; [WIRE-CRC]; [WIRE-DIGEST] at the last byte:
  // then nothing is kept.
  Status Add(const v1::Chunk& chunk);
  bool is_complete() const { return is_active_ && bytes_.size() == size_; }
  bool is_active() const { return is_active_; }
  const ParcelDigest& digest() const { return digest_; }
  // The whole parcel; once, when complete.
  Bytes Take();
  // The connection ended.
  void BreakOff() { is_active_ = false; }
  // What is here of a parcel that is not whole.
  std::optional<v1::Progress> partial() const;

 private:
  Status Drop(Status why);
  Status CheckDigest();

  ParcelDigest digest_{};
  uint64_t size_ = 0;
  Bytes bytes_;
  std::optional<crypto::Kt128> hash_;  // of bytes_; none when there is no parcel
  bool is_active_ = false;
};

}  // namespace florin::transport
