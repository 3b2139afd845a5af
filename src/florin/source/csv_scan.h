// The first stage of reading CSV: where cells and rows end.
//
// Scan looks at 64 bytes at a time through bit masks (after Langdale & Lemire 2019, "Parsing
// gigabytes of JSON per second"): one mask of quotes, whose prefix parity says which bytes lie
// inside quotes, one of delimiters and one of line feeds. What follows never looks at a byte that
// no one asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "florin/base/span.h"

namespace florin::source {

struct Structure {
  // Offsets of the delimiters and line feeds outside quotes, ascending, up to the first fault. The
  // one at 0 stands before the first byte: 0xffffffff, so that adding one gives offset 0. Cell k of
  // a row lies between separators f + k and f + k + 1, where f ends the row before.
  std::vector<uint32_t> separators;  // of these, separator_count are valid
  size_t separator_count = 0;
  // Positions in `separators` of the line feeds: the row ends.
  std::vector<uint32_t> row_ends;  // of these, row_count are valid
  size_t row_count = 0;

  bool has_quotes = false;
  bool has_quoted_breaks = false;  // a line feed inside quotes
  bool has_high = false;           // a byte >= 0x80
  bool ends_inside_quotes = false;
  // Offset of the first quote that neither opens nor closes a cell, or of the first byte after a
  // closing quote that does not end the cell. The scan stops there.
  static constexpr uint32_t kNoFault = 0xffffffff;
  uint32_t fault = kNoFault;
};

// Bytes that must be readable (not valid) after the text given to Scan.
constexpr size_t kScanSlack = 64;

using ScanFunction = void (*)(const char* text, size_t size, char delimiter, char quote,
                              Structure& out);

struct ScanVersion {
  const char* name;  // "portable", "sse2", "avx2", "avx512"
  ScanFunction scan;
};
// Those this processor can run; the last one is the best.
std::vector<ScanVersion> ScanVersions();

// Scans `size` bytes that start at the beginning of a row; size < 2^32 - 64. Uses the best version
// when none is given.
void Scan(const char* text, size_t size, char delimiter, char quote, Structure& out,
          ScanFunction version = nullptr);

}  // namespace florin::source
