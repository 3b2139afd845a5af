// CRC-32C (Castagnoli; RFC 3720, appendix B.4): finds the faults of lines and disks, not a forger's
// work.
#pragma once

#include "florin/base/bytes.h"

namespace florin::base {

// crc: of the bytes before, so that parts may be taken one after the other. The processor's own
// instruction where it has one, a table otherwise: the same values.
uint32_t Crc32c(ByteView bytes, uint32_t crc = 0);

// The table way alone, for comparison.
uint32_t Crc32cByTable(ByteView bytes, uint32_t crc = 0);

}  // namespace florin::base
