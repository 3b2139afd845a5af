// The machine's clock, for adapters and programs; all else is told the time.
#pragma once

#include "florin/base/time.h"

namespace florin::base {

// May step back and forth as the machine's owner sets it. Thread-safe.
class SystemClock final : public Clock {
 public:
  Time Now() override;
};

}  // namespace florin::base
