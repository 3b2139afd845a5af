// The byte form of a message: docs/spec/protocols.md, section 1.
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
  writer.Varint(message.bulk.size());
  return std::move(writer).Take();
}

Result<Message> FinishMessage(base::Reader& reader, MessageHead head) {
  if (PackedMin(head.entry_count) > reader.remaining()) reader.Fail("bytes end too early");
  if (reader.ok()) {
    head.message.bulk.words.resize(head.entry_count);
    Unpack(reader, head.message.bulk.words);
  }
  const Status status = reader.Finish("message");
  if (status.ok()) return std::move(head.message);
  return Status(Kind::kFailed, "PROTO-MESSAGE", std::string(status.message()) + ".");
}

}  // namespace

Bytes EncodeMessage(const Message& message) {
  MessageParts parts = SplitMessage(message);
  parts.head.insert(parts.head.end(), parts.bulk.begin(), parts.bulk.end());
  return std::move(parts.head);
}

Result<Message> DecodeMessage(ByteView bytes, size_t bulk_max) {
  base::Reader reader(bytes);
  MessageHead head = ReadHead(reader, bulk_max);
  return FinishMessage(reader, std::move(head));
}

size_t EncodedSize(const Message& message) {
  return EncodeHead(message).size() + PackedSize(message.bulk.words);
}

MessageParts SplitMessage(const Message& message) {
  return {EncodeHead(message), Pack(message.bulk.words)};
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

Result<Message> AddBulk(MessageHead head, ByteView bulk) {
  base::Reader reader(bulk);
  return FinishMessage(reader, std::move(head));
}

}  // namespace florin::protocol
