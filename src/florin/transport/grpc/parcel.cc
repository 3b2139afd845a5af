#include "florin/transport/grpc/parcel.h"

#include <algorithm>

#include "florin/base/crc32c.h"

namespace florin::transport {
namespace {

ByteView View(const std::string& field) { return base::AsBytes(std::string_view(field)); }

Status Refused(const char* code, const char* message) { return {Kind::kFailed, code, message}; }

}  // namespace

Load MakeLoad(std::shared_ptr<const Bytes> bytes) {
  const ByteView view = *bytes;
  return {crypto::HashKt128(view), view, std::move(bytes)};
}

std::string ToField(const ParcelDigest& digest) { return {digest.begin(), digest.end()}; }

std::optional<ParcelDigest> FromField(const std::string& field) {
  ParcelDigest digest;
  if (field.size() != digest.size()) return std::nullopt;
  std::copy_n(View(field).begin(), digest.size(), digest.begin());
  return digest;
}

void Outbox::Push(v1::Frame frame) {
  if (is_ended_) return;
  is_ended_ = frame.has_goodbye();
  items_.push_back({.frame = std::move(frame), .load = {}});
}

void Outbox::Push(v1::Frame announcement, Load load, uint64_t offset) {
  FLORIN_CHECK(offset <= load.bytes.size());
  if (is_ended_) return;
  if (announcement.has_parcel()) {
    announcement.mutable_parcel()->set_digest(ToField(load.digest));
    announcement.mutable_parcel()->set_size(load.bytes.size());
    announcement.mutable_parcel()->set_offset(offset);
  } else {
    announcement.mutable_contribution()->set_digest(ToField(load.digest));
    announcement.mutable_contribution()->set_size(load.bytes.size());
    announcement.mutable_contribution()->set_offset(offset);
  }
  items_.push_back({.frame = std::move(announcement), .load = std::move(load), .offset = offset});
}

std::optional<Piece> Outbox::Next() {
  if (items_.empty()) return std::nullopt;
  Item& item = items_.front();
  Piece piece;
  if (item.has_frame) {
    piece.frame = std::move(item.frame);
    item.has_frame = false;
  } else {
    piece.data = item.load.bytes.subspan(
        item.offset, std::min(kChunkBytes, item.load.bytes.size() - item.offset));
    piece.owner = item.load.owner;
    v1::Chunk* chunk = piece.frame.mutable_chunk();
    chunk->set_offset(item.offset);
    chunk->set_crc32c(base::Crc32c(piece.data));
    item.offset += piece.data.size();
  }
  if (item.offset == item.load.bytes.size()) items_.pop_front();
  return piece;
}

Status Assembler::Begin(const ParcelDigest& digest, uint64_t size, uint64_t offset,
                        uint64_t size_max) {
  if (is_active_) return Refused("WIRE-ORDER", "a parcel begins inside another.");
  if (size > size_max) return Refused("WIRE-SIZE", "a parcel is larger than this end takes.");
  const bool continues = hash_.has_value() && digest_ == digest && size_ == size;
  if (offset != 0 && !(continues && offset == bytes_.size())) {
    return Refused("WIRE-OFFSET", "a parcel goes on where this end does not stand.");
  }
  if (!continues || offset == 0) {
    digest_ = digest;
    size_ = size;
    bytes_ = {};
    bytes_.reserve(size);
    hash_.emplace();
  }
  is_active_ = true;
  return is_complete() ? CheckDigest() : Status();
}

Status Assembler::Add(const v1::Chunk& chunk) {
  if (!is_active_ || !hash_ || is_complete())
    return Refused("WIRE-ORDER", "a chunk belongs to no parcel.");
  const ByteView data = View(chunk.data());
  if (data.empty() || data.size() > kChunkBytes || data.size() > size_ - bytes_.size()) {
    return Drop(Refused("WIRE-SIZE", "a chunk is empty, too long or passes its parcel's end."));
  }
  if (chunk.offset() != bytes_.size()) {
    return Drop(Refused("WIRE-OFFSET", "a chunk leaves a gap or comes twice."));
  }
  if (base::Crc32c(data) != chunk.crc32c()) {
    BreakOff();  // what came before is good
    return Refused("WIRE-CRC", "a chunk was damaged on its way.");
  }
  bytes_.insert(bytes_.end(), data.begin(), data.end());
  hash_->Update(data);
  return is_complete() ? CheckDigest() : Status();
}

Status Assembler::CheckDigest() {
  if (hash_ && std::move(*hash_).Finish() == digest_) return {};
  return Drop(Refused("WIRE-DIGEST", "a parcel's bytes do not have the announced digest."));
}

Status Assembler::Drop(Status why) {
  bytes_ = {};
  hash_.reset();
  is_active_ = false;
  return why;
}

Bytes Assembler::Take() {
  FLORIN_CHECK(is_complete());
  Bytes bytes = std::move(bytes_);
  static_cast<void>(Drop({}));
  return bytes;
}

std::optional<v1::Progress> Assembler::partial() const {
  if (is_active_ || !hash_.has_value() || bytes_.empty()) return std::nullopt;
  v1::Progress progress;
  progress.set_digest(ToField(digest_));
  progress.set_offset(bytes_.size());
  return progress;
}

}  // namespace florin::transport
