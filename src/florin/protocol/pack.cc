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

void PutSparse(uint8_t* at, Span<const uint64_t> block, const Form& form) {
  *at++ = static_cast<uint8_t>(form.entries);
  for (size_t place = 0; place < block.size(); ++place) {
    if (block[place] == 0) continue;
    *at++ = static_cast<uint8_t>(place);
    std::memcpy(at, &block[place], form.width);
    at += form.width;
  }
}

// A block as it lies in the bytes.
struct Block {
  uint8_t code = 0;
  uint8_t width = 0;
  bool is_sparse = false;
  ByteView bytes;  // of the entries
  size_t size() const { return 1 + (is_sparse ? 1 : 0) + bytes.size(); }
};

// Of `size` entries.
Block NextBlock(base::Reader& reader, size_t size) {
  Block block;
  block.code = reader.U8();
  block.width = static_cast<uint8_t>(block.code & ~kSparse);
  block.is_sparse = (block.code & kSparse) != 0;
  if (block.width > kWordBytes || (block.is_sparse && block.width == 0)) {
    reader.Fail("unknown form of a block");
    return {};
  }
  block.bytes = block.is_sparse ? reader.Fixed(reader.U8() * (size_t{1} + block.width))
                                : reader.Fixed(size * block.width);
  return block;
}

// Calls do_entry(place, word) for each entry of a sparse block of `size`.
template <typename DoEntry>
void ForEachEntry(base::Reader& reader, const Block& block, size_t size, const DoEntry& do_entry) {
  WithWidth(block.width, [&](auto constant) {
    constexpr size_t kWidth = constant();
    constexpr size_t kSpare = 64 - 8 * kWidth;
    size_t next = 0;  // the first place not yet passed
    for (size_t i = 0; i < block.bytes.size(); i += 1 + kWidth) {
      const uint8_t* entry = block.bytes.data() + i;
      const size_t place = entry[0];
      if (place < next || place >= size) return reader.Fail("sparse entry out of its place");
      uint64_t word = 0;
      std::memcpy(&word, entry + 1, kWidth);
      if (word == 0) return reader.Fail("sparse entry of zero");
      do_entry(place, static_cast<uint64_t>(static_cast<int64_t>(word << kSpare) >> kSpare));
      next = place + 1;
    }
  });
}

void UnpackBlock(base::Reader& reader, const Block& block, Span<uint64_t> out) {
  if (block.width > 0 && !block.is_sparse) {
    return num::UnpackRing(block.bytes, block.width, out);
  }
  std::ranges::fill(out, 0);
  if (block.width == 0) return;
  ForEachEntry(reader, block, out.size(), [&](size_t place, uint64_t word) { out[place] = word; });
}

void AddBlock(base::Reader& reader, const Block& block, Span<uint64_t> sum) {
  if (block.width == 0) return;
  if (!block.is_sparse) return num::AddPackedRing(block.bytes, block.width, sum);
  ForEachEntry(reader, block, sum.size(), [&](size_t place, uint64_t word) { sum[place] += word; });
}

// Calls do_block(begin, size, block) for each block of a vector of `entries`, until one fails:
// where it begins, how many entries it has.
template <typename DoBlock>
void ForEachPacked(base::Reader& reader, size_t entries, const DoBlock& do_block) {
  for (size_t begin = 0; begin < entries && reader.ok(); begin += kPackBlock) {
    const size_t size = std::min(kPackBlock, entries - begin);
    const Block block = NextBlock(reader, size);
    if (reader.ok()) do_block(begin, size, block);
  }
}

struct Forms {
  std::vector<Form> blocks;
  size_t bytes = 0;  // of all
};

Forms MeasureAll(Span<const uint64_t> words) {
  Forms forms;
  forms.blocks.reserve(PackedMin(words.size()));
  ForEachBlock(words, [&](Span<const uint64_t> block) {
    forms.blocks.push_back(Measure(block));
    forms.bytes += 1 + forms.blocks.back().bytes;
  });
  return forms;
}

void Put(Span<const uint64_t> words, const Forms& forms, Span<uint8_t> out) {
  uint8_t* at = out.data();
  auto form = forms.blocks.begin();
  ForEachBlock(words, [&](Span<const uint64_t> block) {
    *at++ = form->code();
    if (form->is_sparse) {
      PutSparse(at, block, *form);
    } else if (form->width > 0) {
      num::PackRing(block, form->width, {at, form->bytes});
    }
    at += form->bytes;
    ++form;
  });
  FLORIN_CHECK(at == out.data() + out.size());
}

}  // namespace

size_t PackedSize(Span<const uint64_t> words) {
  size_t bytes = PackedMin(words.size());
  ForEachBlock(words, [&](Span<const uint64_t> block) { bytes += Measure(block).bytes; });
  return bytes;
}

Bytes Pack(Span<const uint64_t> words) {
  const Forms forms = MeasureAll(words);
  Bytes bytes(forms.bytes);
  Put(words, forms, bytes);
  return bytes;
}

Status CheckPacked(ByteView bytes, size_t size) {
  base::Reader reader(bytes);
  std::array<uint64_t, kPackBlock> words;
  ForEachPacked(reader, size, [&](size_t, size_t count, const Block& block) {
    UnpackBlock(reader, block, {words.data(), count});
    const Form form = Measure({words.data(), count});
    if (form.code() != block.code || 1U + form.bytes != block.size()) {
      reader.Fail("block not in its smallest form");
    }
  });
  Status status = reader.Finish("vector");
  if (status.ok()) return status;
  return Status(Kind::kFailed, "PROTO-MESSAGE", std::string(status.message()) + ".");
}

void ReadPacked(const PackedVector& vector, const ReadBlock& read_block) {
  base::Reader reader(vector.bytes);
  std::array<uint64_t, kPackBlock> words;
  ForEachPacked(reader, vector.size, [&](size_t begin, size_t size, const Block& block) {
    UnpackBlock(reader, block, {words.data(), size});
    read_block(begin, {words.data(), size});
  });
  FLORIN_CHECK(reader.ok());
}

void AddPacked(const PackedVector& vector, Span<uint64_t> sum) {
  FLORIN_CHECK(sum.size() == vector.size);
  base::Reader reader(vector.bytes);
  ForEachPacked(reader, vector.size, [&](size_t begin, size_t size, const Block& block) {
    AddBlock(reader, block, sum.subspan(begin, size));
  });
  FLORIN_CHECK(reader.ok());
}

void UnpackPart(const PackedVector& vector, size_t first, Span<uint64_t> out) {
  FLORIN_CHECK(first + out.size() <= vector.size);
  base::Reader reader(vector.bytes);
  std::array<uint64_t, kPackBlock> words;
  ForEachPacked(reader, vector.size, [&](size_t begin, size_t size, const Block& block) {
    const size_t from = std::max(begin, first);
    const size_t end = std::min(begin + size, first + out.size());
    if (from >= end) return;
    UnpackBlock(reader, block, {words.data(), size});
    std::copy(&words[from - begin], &words[from - begin] + (end - from), &out[from - first]);
  });
  FLORIN_CHECK(reader.ok());
}

void SavePacked(base::Writer& writer, Span<const uint64_t> words) {
  const Forms forms = MeasureAll(words);
  writer.Varint(words.size()).Varint(forms.bytes);
  Put(words, forms, writer.Append(forms.bytes));
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
  ForEachPacked(blocks, size, [&](size_t begin, size_t count, const Block& block) {
    UnpackBlock(blocks, block, Span<uint64_t>(words).subspan(begin, count));
  });
  return words;
}

}  // namespace florin::protocol
