// The loop of Scan, included by csv_scan.cc once per instruction set. No #pragma once: each
// inclusion stands in its own namespace, after a `Block` with
//   explicit Block(const char*), uint64_t Equal(char) const, uint64_t High() const
// and with FLORIN_TARGET naming the instruction set, so that the compiler may inline them.

// Bit i says whether an odd number of bits up to and including i is set.
FLORIN_TARGET inline uint64_t PrefixParity(uint64_t bits) {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  bits ^= bits << 32;
  return bits;
}

// What a block hands to the next one.
struct Carry {
  uint64_t inside = 0;    // all ones when the block ended inside quotes
  uint64_t may_open = 1;  // 1 when the last byte may stand before an opening quote
  uint64_t closed = 0;    // 1 when the last byte was a closing quote
};

struct Masks {
  uint64_t separators;  // delimiters and line feeds
  uint64_t breaks;      // line feeds
  uint64_t quotes;
};

// Takes what lies inside quotes out of the masks; returns the misplaced bytes.
FLORIN_TARGET inline uint64_t ApplyQuotes(uint64_t carriage_returns, Masks& masks, Carry& carry,
                                          Structure& out) {
  // From each opening quote up to the byte before its closing quote.
  const uint64_t inside = PrefixParity(masks.quotes) ^ carry.inside;
  const uint64_t opening = masks.quotes & inside;
  const uint64_t closing = masks.quotes & ~inside;
  out.has_quotes = true;
  out.has_quoted_breaks |= (masks.breaks & inside) != 0;
  masks.separators &= ~inside;
  masks.breaks &= ~inside;
  // A quote opens at the start of a cell, or again right after it closed: a doubled quote.
  const uint64_t before_opening = masks.separators | closing;
  const uint64_t misplaced = opening & ~(before_opening << 1 | carry.may_open);
  const uint64_t after_closing = closing << 1 | carry.closed;
  const uint64_t trailing = after_closing & ~(masks.separators | masks.quotes | carriage_returns);
  carry.inside = uint64_t{0} - (inside >> 63);
  carry.may_open = before_opening >> 63;
  carry.closed = closing >> 63;
  return misplaced | trailing;
}

FLORIN_TARGET inline void Append(uint32_t offset, const Masks& masks, Structure& out) {
  const size_t first = out.separator_count;
  for (uint64_t bits = masks.breaks; bits != 0; bits &= bits - 1) {
    const uint64_t before = masks.separators & ((bits & (~bits + 1)) - 1);
    out.row_ends[out.row_count++] =
        static_cast<uint32_t>(first) + static_cast<uint32_t>(__builtin_popcountll(before));
  }
  // Eight at a time, whether there are so many or not: the surplus is overwritten.
  uint64_t bits = masks.separators;
  const auto count = static_cast<size_t>(__builtin_popcountll(bits));
  uint32_t* separators = out.separators.data() + first;
  for (size_t done = 0; done < count; done += 8, separators += 8) {
    for (int k = 0; k < 8; ++k) {
      separators[k] = offset + static_cast<uint32_t>(__builtin_ctzll(bits | uint64_t{1} << 63));
      bits &= bits - 1;
    }
  }
  out.separator_count = first + count;
}

FLORIN_TARGET void ScanBlocks(const char* text, size_t size, char delimiter, char quote,
                              Structure& out) {
  Carry carry;
  uint64_t high = 0;
  for (size_t offset = 0; offset < size; offset += 64) {
    const Block block(text + offset);
    const size_t left = size - offset;
    const uint64_t valid = left >= 64 ? ~uint64_t{0} : (uint64_t{1} << left) - 1;
    Masks masks;
    masks.breaks = block.Equal('\n') & valid;
    masks.separators = (block.Equal(delimiter) & valid) | masks.breaks;
    masks.quotes = block.Equal(quote) & valid;
    high |= block.High() & valid;
    uint64_t faults = 0;
    if ((masks.quotes | carry.inside | carry.closed) != 0) {
      faults = ApplyQuotes(block.Equal('\r') & valid, masks, carry, out) & valid;
    } else {
      carry.may_open = masks.separators >> 63;
    }
    if (faults != 0) {
      const uint64_t before = (faults & (~faults + 1)) - 1;
      masks.separators &= before;
      masks.breaks &= before;
      out.fault = static_cast<uint32_t>(offset) + static_cast<uint32_t>(__builtin_ctzll(faults));
    }
    Append(static_cast<uint32_t>(offset), masks, out);
    if (faults != 0) break;
  }
  out.has_high = high != 0;
  out.ends_inside_quotes = out.fault == Structure::kNoFault && carry.inside != 0;
}
