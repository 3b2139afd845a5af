// The first frame of each direction: who speaks, what it can, what the other must be able to do.
#pragma once

#include <map>
#include <string>

#include "florin/base/status.h"
#include "florin/base/time.h"
#include "florin/transport/grpc/parcel.h"

namespace florin::transport {

constexpr uint32_t kWireVersion = 1;

// A hello of ours; the caller adds what it holds and what it has begun.
v1::Hello MakeHello(Time now);

// [WIRE-VERSION] another version of the protocol; [WIRE-CRITICAL] the peer needs features that this
// end lacks: the message names them. Features that we do not know and need not are passed over.
Status CheckHello(const v1::Hello& hello);

// Where the peer stands in parcels that broke off; entries that are malformed are passed over,
// since what they would save is only time.
std::map<ParcelDigest, uint64_t> ProgressOf(const v1::Hello& hello);

v1::Frame Goodbye(const Status& why);

}  // namespace florin::transport
