// What an operator signs for a call: docs/spec/wire.md, "Operator calls". Pure functions.
#pragma once

#include <string_view>

#include "florin/base/bytes.h"
#include "florin/base/status.h"
#include "florin/crypto/sha256.h"

namespace florin::api {

inline constexpr size_t kPieceBytes = size_t{256} << 10;    // of one stream message, at most
inline constexpr size_t kSubmissionMax = size_t{32} << 20;  // bytes of a job with its files
inline constexpr size_t kAuditPageBytes = size_t{1} << 20;  // or one line that is longer
inline constexpr uint32_t kAuditPageMax = 1000;             // lines

// The command that stands for the call of `method` ("PauseJob") with these request bytes.
Bytes CommandOf(std::string_view method, ByteView request);
// Kind::kDenied, [CALL-COMMAND]: the command is of another method or request.
Status CheckCommand(ByteView command, std::string_view method, ByteView request);

}  // namespace florin::api
