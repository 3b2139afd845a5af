// The byte form of a message: docs/spec/protocols.md, section 1.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "florin/base/codec.h"
#include "florin/protocol/pack.h"
#include "florin/protocol/party.h"

namespace florin::protocol {
namespace {

PartyId ReadParty(base::Reader& reader) {
  const uint64_t index = reader.Varint();
  if (index > std::numeric_limits<uint32_t>::max()) reader.Fail("party index over 32 bits");
  return {static_cast<uint32_t>(index)};
}

Bytes EncodeHead(const Message& message) {
  FLORIN_CHECK(message.header.size() <= kHeaderSizeMax);
  base::Writer writer;
  writer.Varint(message.from.index).Varint(message.to.index).Blob(message.header);
  writer.Varint(message.bulk_size());
  return std::move(writer).Take();
}

}  // namespace

void Message::CopyBulk(size_t first, Span<uint64_t> out) const {
  if (packed.size > 0) return UnpackPart(packed, first, out);
  const Span<const uint64_t> words = bulk.words;
  std::ranges::copy(words.subspan(first, out.size()), out.begin());
}

void Message::ReadBulk(const ReadBlock& read_block) const {
  if (packed.size > 0) return ReadPacked(packed, read_block);
  const Span<const uint64_t> words = bulk.words;
  for (size_t first = 0; first < words.size(); first += kPackBlock) {
    read_block(first, words.subspan(first, std::min(kPackBlock, words.size() - first)));
  }
}

void Message::AddBulkTo(Span<uint64_t> sum) const {
  FLORIN_CHECK(sum.size() == bulk_size());
  if (packed.size > 0) return AddPacked(packed, sum);
  num::RingAdd(sum, bulk.words);
}

bool Message::operator==(const Message& other) const {
  return from == other.from && to == other.to && header == other.header &&
         bulk_size() == other.bulk_size() && SplitMessage(*this).bulk == SplitMessage(other).bulk;
}

Bytes EncodeMessage(const Message& message) {
  MessageParts parts = SplitMessage(message);
  parts.head.insert(parts.head.end(), parts.bulk.begin(), parts.bulk.end());
  return std::move(parts.head);
}

Result<Message> DecodeMessage(ByteView bytes, size_t bulk_max) {
  base::Reader reader(bytes);
  MessageHead head = ReadHead(reader, bulk_max);
  const ByteView bulk = reader.Fixed(reader.remaining());
  if (const Status status = reader.Finish("message"); !status.ok()) {
    return Status(Kind::kFailed, "PROTO-MESSAGE", std::string(status.message()) + ".");
  }
  return AddBulk(std::move(head), Bytes(bulk.begin(), bulk.end()));
}

size_t EncodedSize(const Message& message) {
  const size_t bulk =
      message.packed.size > 0 ? message.packed.bytes.size() : PackedSize(message.bulk.words);
  return EncodeHead(message).size() + bulk;
}

MessageParts SplitMessage(const Message& message) {
  return {EncodeHead(message),
          message.packed.size > 0 ? message.packed.bytes : Pack(message.bulk.words)};
}

MessageHead ReadHead(base::Reader& reader, size_t bulk_max) {
  MessageHead head;
  head.message.from = ReadParty(reader);
  head.message.to = ReadParty(reader);
  const ByteView header = reader.Blob(kHeaderSizeMax);
  head.message.header.assign(header.begin(), header.end());
  const uint64_t count = reader.Varint();
  if (count > bulk_max) reader.Fail("bulk longer than its bound");
  if (!reader.ok()) return head;
  head.entry_count = static_cast<size_t>(count);
  head.bulk_max = PackedMax(head.entry_count);
  return head;
}

Result<Message> AddBulk(MessageHead head, Bytes bulk) {
  FLORIN_TRY(CheckPacked(bulk, head.entry_count));
  head.message.packed = {head.entry_count, std::move(bulk)};
  return std::move(head.message);
}

}  // namespace florin::protocol
