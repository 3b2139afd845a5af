#include "florin/transport/grpc/batch.h"

#include <utility>

#include <google/protobuf/io/coded_stream.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include "florin/base/codec.h"

namespace florin::transport {
namespace {

// Begins a field of `size` bytes, as protobuf has it.
void BeginField(std::string& out, int number, size_t size) {
  constexpr uint64_t kLengthDelimited = 2;
  base::Writer writer;
  writer.Varint(static_cast<uint64_t>(number) << 3 | kLengthDelimited).Varint(size);
  out.append(reinterpret_cast<const char*>(writer.view().data()), writer.view().size());
}

// All of the frame of a chunk that comes before its data.
std::string HeadOf(const v1::Frame& frame, size_t data_size) {
  std::string chunk = frame.chunk().SerializeAsString();
  BeginField(chunk, v1::Chunk::kDataFieldNumber, data_size);
  std::string head;
  BeginField(head, v1::Frame::kChunkFieldNumber, chunk.size() + data_size);
  return head + chunk;
}

// A slice of memory that is not copied.
grpc::Slice Borrow(ByteView bytes, std::shared_ptr<const void> owner) {
  using Owner = std::shared_ptr<const void>;
  return {const_cast<uint8_t*>(bytes.data()), bytes.size(),  // only read
          [](void* held) { delete static_cast<Owner*>(held); }, new Owner(std::move(owner))};
}

}  // namespace

void Batch::Add(Piece piece) {
  const size_t before = head_.size();
  const std::string frame =
      piece.data.empty() ? piece.frame.SerializeAsString() : HeadOf(piece.frame, piece.data.size());
  BeginField(head_, v1::Frames::kFrameFieldNumber, frame.size() + piece.data.size());
  head_ += frame;
  size_ += head_.size() - before + piece.data.size();
  if (piece.data.empty()) return;
  Cut();
  slices_.push_back(Borrow(piece.data, std::move(piece.owner)));
}

void Batch::Cut() {
  if (!head_.empty()) slices_.emplace_back(head_);
  head_.clear();
}

grpc::ByteBuffer Batch::Take() {
  Cut();
  grpc::ByteBuffer message(slices_.data(), slices_.size());
  *this = {};
  return message;
}

Result<v1::Frames> ReadBatch(grpc::ByteBuffer bytes) {
  v1::Frames frames;
  grpc::ProtoBufferReader reader(&bytes);
  if (reader.status().ok() && frames.ParseFromZeroCopyStream(&reader)) return frames;
  return Status(Kind::kFailed, "WIRE-FRAMES", "a message is no batch of frames.");
}

}  // namespace florin::transport
