// Comparing secrets. Constant in time, computed by the backend.
#pragma once

#include "florin/base/bytes.h"

namespace florin::crypto {

// ct: time depends on the sizes only; bytes of different sizes are not equal.
bool ConstantTimeEqual(ByteView a, ByteView b);

}  // namespace florin::crypto
