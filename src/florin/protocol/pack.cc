#include "florin/protocol/pack.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>
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

// `block` is zero before.
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
}

void SkipBlock(base::Reader& reader, size_t size) {
  const uint8_t code = reader.U8();
  const size_t width = code & ~kSparse;
  const bool is_sparse = (code & kSparse) != 0;
  reader.Fixed(is_sparse ? reader.U8() * (1 + width) : size * width);
}

// Calls do_block(begin, block, bytes) for each block that has entries from `first` on, until one
// fails: where the block begins, its entries, how many bytes they were.
template <typename DoBlock>
void UnpackEach(base::Reader& reader, size_t size, size_t first, const DoBlock& do_block) {
  std::array<uint64_t, kPackBlock> words;
  for (size_t begin = 0; begin < size && reader.ok(); begin += kPackBlock) {
    const size_t count = std::min(kPackBlock, size - begin);
    if (begin + count <= first) {
      SkipBlock(reader, count);
      continue;
    }
    const Span<uint64_t> block(words.data(), count);
    std::ranges::fill(block, 0);
    const size_t before = reader.remaining();
    UnpackBlock(reader, block);
    if (reader.ok()) do_block(begin, block, before - reader.remaining());
  }
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

Status CheckPacked(ByteView bytes, size_t size) {
  base::Reader reader(bytes);
  UnpackEach(reader, size, 0, [&](size_t, Span<const uint64_t> block, size_t read) {
    const Form form = Measure(block);
    const uint8_t code = bytes[bytes.size() - reader.remaining() - read];
    if (form.code() != code || 1U + form.bytes != read) {
      reader.Fail("block not in its smallest form");
    }
  });
  Status status = reader.Finish("vector");
  if (status.ok()) return status;
  return Status(Kind::kFailed, "PROTO-MESSAGE", std::string(status.message()) + ".");
}

void ReadPacked(const PackedVector& vector, const ReadBlock& read_block) {
  base::Reader reader(vector.bytes);
  UnpackEach(reader, vector.size, 0,
             [&](size_t begin, Span<const uint64_t> block, size_t) { read_block(begin, block); });
  FLORIN_CHECK(reader.ok());
}

void UnpackPart(const PackedVector& vector, size_t first, Span<uint64_t> out) {
  FLORIN_CHECK(first + out.size() <= vector.size);
  base::Reader reader(vector.bytes);
  UnpackEach(reader, vector.size, first, [&](size_t begin, Span<const uint64_t> block, size_t) {
    for (size_t i = 0; i < block.size(); ++i) {
      const size_t place = begin + i;
      if (place >= first && place < first + out.size()) out[place - first] = block[i];
    }
  });
  FLORIN_CHECK(reader.ok());
}

void SavePacked(base::Writer& writer, Span<const uint64_t> words) {
  writer.Varint(words.size()).Blob(Pack(words));
}

std::vector<uint64_t> RestorePacked(base::Reader& reader, size_t size_max) {
  const uint64_t size = reader.Varint();
  const ByteView bytes = reader.Blob(PackedMax(size_max));
  if (!reader.ok()) return {};
  if (size > size_max || bytes.size() < PackedMin(size) || !CheckPacked(bytes, size).ok()) {
    reader.Fail("not a packed vector");
    return {};
  }
  std::vector<uint64_t> words(size);
  base::Reader blocks(bytes);
  UnpackEach(blocks, size, 0, [&](size_t begin, Span<const uint64_t> block, size_t) {
    std::ranges::copy(block, words.begin() + static_cast<ptrdiff_t>(begin));
  });
  return words;
}

}  // namespace florin::protocol
