// A batch is, byte for byte, the message that protobuf makes of the same frames.
#include "florin/transport/grpc/batch.h"

#include <gtest/gtest.h>

#include "florin/base/rng.h"

namespace florin::transport {
namespace {

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(buffer.Dump(&slices).ok());
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

TEST(BatchTest, IsTheMessageOfItsFrames) {
  base::SeededRng rng(7);
  for (int i = 0; i < 200; ++i) {
    Outbox outbox;
    Batch batch;
    v1::Frames frames;
    for (uint64_t k = rng.Below(6); k > 0; --k) {
      Piece piece;
      auto data = std::make_shared<Bytes>(rng.Below(3) * rng.Below(70'000));
      for (uint8_t& byte : *data) byte = static_cast<uint8_t>(rng.Next());
      if (data->empty()) {
        piece.frame.set_receipt(std::string(rng.Below(300), 'r'));
        *frames.add_frame() = piece.frame;
      } else {
        piece.frame.mutable_chunk()->set_offset(rng.Next() >> rng.Below(64));
        piece.frame.mutable_chunk()->set_crc32c(static_cast<uint32_t>(rng.Next()));
        *frames.add_frame() = piece.frame;
        frames.mutable_frame()->rbegin()->mutable_chunk()->set_data(data->data(), data->size());
        piece.data = *data;
      }
      piece.owner = std::move(data);  // the batch's from here on
      batch.Add(std::move(piece));
    }
    EXPECT_EQ(batch.empty(), frames.frame_size() == 0);
    EXPECT_EQ(batch.size(), frames.ByteSizeLong());
    const grpc::ByteBuffer message = batch.Take();
    EXPECT_TRUE(batch.empty());
    EXPECT_EQ(BytesOf(message), frames.SerializeAsString());
    const auto read = ReadBatch(message);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->SerializeAsString(), frames.SerializeAsString());
  }
}

TEST(BatchTest, DataIsSentFromWhereItIs) {
  auto data = std::make_shared<const Bytes>(1000);
  Piece piece;
  piece.frame.mutable_chunk();
  piece.data = *data;
  piece.owner = data;
  Batch batch;
  batch.Add(std::move(piece));
  grpc::ByteBuffer message = batch.Take();
  EXPECT_EQ(data.use_count(), 2);
  std::vector<grpc::Slice> slices;
  ASSERT_TRUE(message.Dump(&slices).ok());
  EXPECT_EQ(slices.back().begin(), data->data());
  slices.clear();
  message.Clear();
  EXPECT_EQ(data.use_count(), 1);
}

TEST(BatchTest, BytesThatAreNoBatchAreRefused) {
  const grpc::Slice slice(std::string("\xff\xff\xff no frames"));
  EXPECT_EQ(ReadBatch(grpc::ByteBuffer(&slice, 1)).status().code(), "WIRE-FRAMES");
  EXPECT_EQ(ReadBatch({}).status().code(), "WIRE-FRAMES");
}

}  // namespace
}  // namespace florin::transport
