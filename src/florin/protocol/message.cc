// The byte form of a message: docs/spec/protocols.md, section 1.
#include <bit>
#include <limits>
#include <string>
#include <utility>

#include "florin/base/codec.h"
#include "florin/protocol/party.h"

namespace florin::protocol {
namespace {

enum class Form : uint8_t { kDense = 0, kSparse = 1 };

uint64_t Zigzag(uint64_t word) { return (word << 1) ^ (word >> 63 != 0 ? ~uint64_t{0} : 0); }

// ceil(bits / 7), without a division: exact for the 1 .. 64 bits there are.
size_t VarintSize(uint64_t value) {
  return (static_cast<size_t>(std::bit_width(value | 1)) * 9 + 64) >> 6;
}

struct SparseSize {
  size_t entries = 0;  // that are not zero
  size_t bytes = 0;    // of all gaps and values
};

// The simulator measures every contribution with this loop: runs without a zero, whose gaps are all
// of one byte, cost a few instructions an entry.
SparseSize MeasureSparse(Span<const uint64_t> words) {
  SparseSize size;
  for (size_t i = 0; i < words.size();) {
    const size_t gap_begin = i;
    while (i < words.size() && words[i] == 0) ++i;
    const size_t run_begin = i;
    for (; i < words.size() && words[i] != 0; ++i) size.bytes += VarintSize(Zigzag(words[i]));
    if (i == run_begin) break;
    size.entries += i - run_begin;
    size.bytes += VarintSize(run_begin - gap_begin) + (i - run_begin - 1);
  }
  return size;
}

struct BulkForm {
  Form form = Form::kDense;
  size_t bytes = 0;  // of what follows the entry count
  size_t sparse_entries = 0;
};

// The smaller form; dense when both are of one size.
BulkForm ChooseForm(Span<const uint64_t> words) {
  const size_t dense = words.size() * sizeof(uint64_t);
  const SparseSize sparse = MeasureSparse(words);
  const size_t sparse_bytes = VarintSize(sparse.entries) + sparse.bytes;
  if (sparse_bytes < dense) return {Form::kSparse, sparse_bytes, sparse.entries};
  return {Form::kDense, dense, sparse.entries};
}

size_t SizeWith(const Message& message, const BulkForm& bulk) {
  return 1 + VarintSize(message.from.index) + VarintSize(message.to.index) +
         VarintSize(message.header.size()) + message.header.size() +
         VarintSize(message.bulk.size()) + bulk.bytes;
}

uint8_t* PutVarint(uint8_t* at, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<uint8_t>(value | 0x80);
  *at++ = static_cast<uint8_t>(value);
  return at;
}

uint8_t* PutSparse(uint8_t* at, Span<const uint64_t> words, size_t entries) {
  at = PutVarint(at, entries);
  size_t gap = 0;
  for (const uint64_t word : words) {
    if (word == 0) {
      ++gap;
      continue;
    }
    at = PutVarint(PutVarint(at, gap), Zigzag(word));
    gap = 0;
  }
  return at;
}

uint8_t* PutBytes(uint8_t* at, ByteView bytes) {
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

PartyId ReadParty(base::Reader& reader) {
  const uint64_t index = reader.Varint();
  if (index > std::numeric_limits<uint32_t>::max()) reader.Fail("party index over 32 bits");
  return {static_cast<uint32_t>(index)};
}

void ReadSparse(base::Reader& reader, Span<uint64_t> words) {
  const uint64_t entries = reader.Varint();
  if (entries > words.size()) return reader.Fail("more sparse entries than entries");
  size_t next = 0;  // the first place not yet passed
  for (uint64_t i = 0; i < entries && reader.ok(); ++i) {
    const uint64_t gap = reader.Varint();
    if (gap >= words.size() - next) return reader.Fail("sparse entry beyond the end");
    const int64_t value = reader.SignedVarint();
    if (value == 0 && reader.ok()) return reader.Fail("sparse entry of zero");
    words[next + gap] = static_cast<uint64_t>(value);
    next += gap + 1;
  }
}

num::RingVector ReadBulk(base::Reader& reader, Form form, size_t count) {
  if (form == Form::kDense && count > reader.remaining() / sizeof(uint64_t)) {
    reader.Fail("bytes end too early");
  }
  if (!reader.ok()) return {};
  num::RingVector bulk;
  bulk.words.resize(count);
  if (form == Form::kSparse) {
    ReadSparse(reader, bulk.words);
  } else if (count > 0) {
    const ByteView bytes = reader.Fixed(bulk.size() * sizeof(uint64_t));
    std::memcpy(bulk.words.data(), bytes.data(), bytes.size());
  }
  if (reader.ok() && ChooseForm(bulk.words).form != form) {
    reader.Fail("bulk not in its smaller form");
  }
  return bulk;
}

Result<Message> FinishMessage(base::Reader& reader, MessageHead head) {
  const Form form = head.is_sparse ? Form::kSparse : Form::kDense;
  head.message.bulk = ReadBulk(reader, form, head.entry_count);
  const Status status = reader.Finish("message");
  if (status.ok()) return std::move(head.message);
  return Status(Kind::kFailed, "PROTO-MESSAGE", std::string(status.message()) + ".");
}

uint8_t* PutHead(uint8_t* at, const Message& message, Form form) {
  FLORIN_CHECK(message.header.size() <= kHeaderSizeMax);
  *at++ = static_cast<uint8_t>(form);
  at = PutVarint(PutVarint(at, message.from.index), message.to.index);
  at = PutBytes(PutVarint(at, message.header.size()), message.header);
  return PutVarint(at, message.bulk.size());
}

}  // namespace

Bytes EncodeMessage(const Message& message) {
  const BulkForm bulk = ChooseForm(message.bulk.words);
  Bytes bytes(SizeWith(message, bulk));
  uint8_t* at = PutHead(bytes.data(), message, bulk.form);
  at = bulk.form == Form::kSparse
           ? PutSparse(at, message.bulk.words, bulk.sparse_entries)
           : PutBytes(at, base::AsBytes(Span<const uint64_t>(message.bulk.words)));
  FLORIN_CHECK(at == bytes.data() + bytes.size());
  return bytes;
}

Result<Message> DecodeMessage(ByteView bytes, size_t bulk_max) {
  base::Reader reader(bytes);
  MessageHead head = ReadHead(reader, bulk_max);
  return FinishMessage(reader, std::move(head));
}

size_t EncodedSize(const Message& message) {
  return SizeWith(message, ChooseForm(message.bulk.words));
}

MessageParts SplitMessage(const Message& message) {
  const BulkForm bulk = ChooseForm(message.bulk.words);
  MessageParts parts;
  parts.head.resize(SizeWith(message, bulk) - bulk.bytes);
  PutHead(parts.head.data(), message, bulk.form);
  if (bulk.form == Form::kSparse) {
    parts.sparse.resize(bulk.bytes);
    PutSparse(parts.sparse.data(), message.bulk.words, bulk.sparse_entries);
  } else {
    parts.dense = base::AsBytes(Span<const uint64_t>(message.bulk.words));
  }
  return parts;
}

MessageHead ReadHead(base::Reader& reader, size_t bulk_max) {
  const uint8_t form = reader.U8();
  if (form > static_cast<uint8_t>(Form::kSparse)) reader.Fail("unknown form");
  MessageHead head;
  head.is_sparse = form == static_cast<uint8_t>(Form::kSparse);
  head.message.from = ReadParty(reader);
  head.message.to = ReadParty(reader);
  const ByteView header = reader.Blob(kHeaderSizeMax);
  head.message.header.assign(header.begin(), header.end());
  const uint64_t count = reader.Varint();
  if (count > bulk_max) reader.Fail("bulk longer than its bound");
  if (reader.ok()) head.entry_count = static_cast<size_t>(count);
  return head;
}

Result<Message> AddBulk(MessageHead head, ByteView bulk) {
  base::Reader reader(bulk);
  return FinishMessage(reader, std::move(head));
}

}  // namespace florin::protocol
