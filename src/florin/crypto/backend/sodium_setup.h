// For the files of this folder that call libsodium.
#pragma once

#include <sodium.h>

#include "florin/base/check.h"

namespace florin::crypto {

// libsodium picks its code for this processor when it is set up; once, whoever comes first.
inline void SetUpSodium() {
  static const bool kReady = sodium_init() >= 0;
  FLORIN_CHECK(kReady);
}

}  // namespace florin::crypto
