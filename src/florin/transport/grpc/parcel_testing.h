// Frames of an outbox as tests look at them: whole.
#pragma once

#include <utility>

#include "florin/transport/grpc/parcel.h"

namespace florin::transport {

// The next frame, with the data of a chunk in it; false when there is none.
inline bool NextFrame(Outbox& outbox, v1::Frame& out) {
  auto piece = outbox.Next();
  if (!piece) return false;
  out = std::move(piece->frame);
  if (out.has_chunk()) out.mutable_chunk()->set_data(piece->data.data(), piece->data.size());
  return true;
}

}  // namespace florin::transport
