// Batches of frames as gRPC sends and reads them: the bytes of a v1.Frames message.
//
// A chunk's data is not copied on its way out: many streams may send the same state from the same
// memory. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include "florin/base/status.h"
#include "florin/transport/grpc/parcel.h"

namespace florin::transport {

class Batch {
 public:
  void Add(Piece piece);
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }  // bytes of the message
  // The message; the batch is empty afterwards.
  grpc::ByteBuffer Take();

 private:
  void Cut();

  std::string head_;  // since the last piece of data
  std::vector<grpc::Slice> slices_;
  size_t size_ = 0;
};

// [WIRE-FRAMES] the bytes are no batch of frames.
Result<v1::Frames> ReadBatch(grpc::ByteBuffer bytes);

}  // namespace florin::transport
