#include "florin/protocol/pack.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "florin/base/check.h"
#include "florin/num/ring.h"

namespace florin::protocol {
namespace {

constexpr size_t kWordBytes = sizeof(uint64_t);
constexpr uint8_t kSparse = 0x10;  // beside the width, in a block's first byte

struct Form {
  uint8_t width = 0;       // bytes of an entry
  bool is_sparse = false;  // the smaller of both; dense when they are of one size
  uint16_t entries = 0;    // that are not zero
  uint16_t bytes = 0;      // of the block without its first byte
  uint8_t code() const { return static_cast<uint8_t>(width | (is_sparse ? kSparse : 0)); }
};

Form Measure(Span<const uint64_t> block) {
  const num::RingExtent extent = num::MeasureRing(block);
  if (extent.entries == 0) return {};
  const size_t width = static_cast<size_t>(std::bit_width(extent.magnitude)) / 8 + 1;  // signed
  const size_t dense = block.size() * width;
  const size_t sparse = 1 + extent.entries * (1 + width);
  const bool is_sparse = sparse < dense;
  return {static_cast<uint8_t>(width), is_sparse, static_cast<uint16_t>(extent.entries),
          static_cast<uint16_t>(is_sparse ? sparse : dense)};
}

// Calls do_block(block) for each block of `words`, a span of either kind.
template <typename T, typename DoBlock>
void ForEachBlock(Span<T> words, const DoBlock& do_block) {
  for (size_t i = 0; i < words.size(); i += kPackBlock) {
    do_block(words.subspan(i, std::min(kPackBlock, words.size() - i)));
  }
}

// Calls what with the width as a constant.
template <typename What>
void WithWidth(size_t width, const What& what) {
  const auto call = [&]<size_t... kBefore>(std::index_sequence<kBefore...>) {
    ((width == kBefore + 1 ? what(std::integral_constant<size_t, kBefore + 1>()) : void()), ...);
  };
  call(std::make_index_sequence<kWordBytes>());
}

// Whole words are stored and loaded, since that is faster than kWidth bytes: the bytes behind an
// entry are those of the next, or spare.
void PutDense(uint8_t* at, Span<const uint64_t> block, size_t width) {
  WithWidth(width, [&](auto constant) {
    for (const uint64_t word : block) {
      std::memcpy(at, &word, kWordBytes);
      at += constant();
    }
  });
}

void PutSparse(uint8_t* at, Span<const uint64_t> block, const Form& form) {
  *at++ = static_cast<uint8_t>(form.entries);
  for (size_t place = 0; place < block.size(); ++place) {
    if (block[place] == 0) continue;
    *at++ = static_cast<uint8_t>(place);
    std::memcpy(at, &block[place], form.width);
    at += form.width;
  }
}

uint64_t ExtendSign(uint64_t word, size_t width) {
  const size_t spare = 64 - 8 * width;
  return static_cast<uint64_t>(static_cast<int64_t>(word << spare) >> spare);
}

uint64_t GetEntry(const uint8_t* from, size_t width) {
  uint64_t word = 0;
  std::memcpy(&word, from, width);
  return ExtendSign(word, width);
}

void GetDense(ByteView bytes, size_t width, Span<uint64_t> block) {
  const size_t whole = block.size() - std::min(block.size(), kWordBytes);
  WithWidth(width, [&](auto constant) {
    constexpr size_t kWidth = constant();
    for (size_t i = 0; i < whole; ++i) {
      uint64_t word;
      std::memcpy(&word, bytes.data() + i * kWidth, kWordBytes);
      block[i] = ExtendSign(word, kWidth);
    }
  });
  for (size_t i = whole; i < block.size(); ++i) {
    block[i] = GetEntry(bytes.data() + i * width, width);
  }
}

void GetSparse(base::Reader& reader, size_t width, Span<uint64_t> block) {
  const size_t entries = reader.U8();
  const ByteView bytes = reader.Fixed(entries * (1 + width));
  if (!reader.ok()) return;
  size_t next = 0;  // the first place not yet passed
  for (size_t i = 0; i < entries; ++i) {
    const uint8_t* entry = bytes.data() + i * (1 + width);
    const size_t place = entry[0];
    if (place < next || place >= block.size()) return reader.Fail("sparse entry out of its place");
    block[place] = GetEntry(entry + 1, width);
    if (block[place] == 0) return reader.Fail("sparse entry of zero");
    next = place + 1;
  }
}

void UnpackBlock(base::Reader& reader, Span<uint64_t> block) {
  const uint8_t code = reader.U8();
  const size_t width = code & ~kSparse;
  const bool is_sparse = (code & kSparse) != 0;
  if (width > kWordBytes || (is_sparse && width == 0))
    return reader.Fail("unknown form of a block");
  if (is_sparse) {
    GetSparse(reader, width, block);
  } else if (width > 0) {
    const ByteView bytes = reader.Fixed(block.size() * width);
    if (reader.ok()) GetDense(bytes, width, block);
  }
  if (reader.ok() && Measure(block).code() != code) reader.Fail("block not in its smallest form");
}

}  // namespace

size_t PackedSize(Span<const uint64_t> words) {
  size_t bytes = PackedMin(words.size());
  ForEachBlock(words, [&](Span<const uint64_t> block) { bytes += Measure(block).bytes; });
  return bytes;
}

Bytes Pack(Span<const uint64_t> words) {
  std::vector<Form> forms;
  forms.reserve(PackedMin(words.size()));
  size_t size = 0;
  ForEachBlock(words, [&](Span<const uint64_t> block) {
    forms.push_back(Measure(block));
    size += 1 + forms.back().bytes;
  });
  Bytes bytes(size + kWordBytes);  // some to spare: PutDense
  uint8_t* at = bytes.data();
  auto form = forms.begin();
  ForEachBlock(words, [&](Span<const uint64_t> block) {
    *at++ = form->code();
    form->is_sparse ? PutSparse(at, block, *form) : PutDense(at, block, form->width);
    at += form->bytes;
    ++form;
  });
  FLORIN_CHECK(at == bytes.data() + size);
  bytes.resize(size);
  return bytes;
}

void Unpack(base::Reader& reader, Span<uint64_t> words) {
  ForEachBlock(words, [&](Span<uint64_t> block) {
    if (reader.ok()) UnpackBlock(reader, block);
  });
}

}  // namespace florin::protocol
