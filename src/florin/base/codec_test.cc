#include "florin/base/codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "florin/base/rng.h"

namespace florin::base {
namespace {

// One message with every kind of field.
struct Message {
  uint8_t u8 = 0;
  uint32_t u32 = 0;
  uint64_t u64 = 0;
  int64_t i64 = 0;
  double f64 = 0;
  bool flag = false;
  uint64_t varint = 0;
  std::string text;
  Bytes blob;
  std::vector<float> floats;
  std::array<uint8_t, 3> fixed{};
  bool operator==(const Message&) const = default;
};

Bytes Encode(const Message& m) {
  Writer writer;
  writer.U8(m.u8).U32(m.u32).U64(m.u64).I64(m.i64).F64(m.f64).Bool(m.flag).Varint(m.varint);
  writer.Text(m.text).Blob(m.blob);
  writer.Array(Span<const float>(m.floats)).Fixed(m.fixed);
  return std::move(writer).Take();
}

Result<Message> Decode(ByteView bytes) {
  Reader reader(bytes);
  Message m;
  m.u8 = reader.U8();
  m.u32 = reader.U32();
  m.u64 = reader.U64();
  m.i64 = reader.I64();
  m.f64 = reader.F64();
  m.flag = reader.Bool();
  m.varint = reader.Varint();
  m.text = reader.Text(1000);
  const ByteView blob = reader.Blob(1000);
  m.blob.assign(blob.begin(), blob.end());
  m.floats = reader.Array<float>(1000);
  const ByteView fixed = reader.Fixed(3);
  if (fixed.size() == 3) std::copy(fixed.begin(), fixed.end(), m.fixed.begin());
  FLORIN_TRY(reader.Finish("message"));
  return m;
}

// Words of any magnitude, so that every varint length occurs.
uint64_t AnyWord(Rng& rng) { return rng.Next() >> rng.Below(64); }

Message AnyMessage(Rng& rng) {
  Message m;
  m.u8 = static_cast<uint8_t>(rng.Next());
  m.u32 = static_cast<uint32_t>(rng.Next());
  m.u64 = rng.Next();
  m.i64 = static_cast<int64_t>(rng.Next());
  m.f64 = rng.Normal();
  m.flag = rng.Below(2) == 1;
  m.varint = AnyWord(rng);
  m.text.assign(rng.Below(40), 'x');
  m.blob.resize(rng.Below(40));
  for (uint8_t& byte : m.blob) byte = static_cast<uint8_t>(rng.Next());
  m.floats.resize(rng.Below(10));
  for (float& value : m.floats) value = static_cast<float>(rng.Normal());
  for (uint8_t& byte : m.fixed) byte = static_cast<uint8_t>(rng.Next());
  return m;
}

TEST(CodecTest, RoundTrips) {
  SeededRng rng(1);
  for (int i = 0; i < 500; ++i) {
    const Message message = AnyMessage(rng);
    const Result<Message> decoded = Decode(Encode(message));
    ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
    EXPECT_EQ(*decoded, message);
  }
}

TEST(CodecTest, EveryTruncationIsAnErrorAndNothingMore) {
  SeededRng rng(2);
  for (int i = 0; i < 50; ++i) {
    const Bytes bytes = Encode(AnyMessage(rng));
    for (size_t size = 0; size < bytes.size(); ++size) {
      // A copy of its own size, so that a sanitizer sees a read past the end.
      const Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_EQ(Decode(cut).status().code(), "CODEC");
    }
  }
}

TEST(CodecTest, BytesLeftOverAreAnError) {
  SeededRng rng(3);
  Bytes bytes = Encode(AnyMessage(rng));
  bytes.push_back(0);
  EXPECT_NE(Decode(bytes).status().message().find("left over"), std::string_view::npos);
}

TEST(CodecTest, KnownBytes) {
  Writer writer;
  writer.Varint(0).Varint(127).Varint(128).Varint(300);
  writer.Text("ok").U32(1).Bool(true);
  EXPECT_EQ(Hex(writer.view()), "007f8001ac02026f6b0100000001");
  Writer largest;
  largest.Varint(~uint64_t{0});
  EXPECT_EQ(Hex(largest.view()), "ffffffffffffffffff01");
  Reader reader(largest.view());
  EXPECT_EQ(reader.Varint(), ~uint64_t{0});
  EXPECT_TRUE(reader.Finish("numbers").ok());
}

TEST(CodecTest, OneValueHasOneSpelling) {
  for (const char* spelling : {
           "8000",                    // 0 in two bytes
           "ff00",                    // 127 in two bytes
           "80808000",                // 0 in four
           "ffffffffffffffffff02",    // more than 64 bits
           "80808080808080808000",    // 0 in ten
           "8080808080808080808000",  // eleven bytes
           "ffffffffffffffffffff01",
       }) {
    const Bytes bytes = FromHex(spelling).value();
    Reader reader(bytes);
    EXPECT_EQ(reader.Varint(), 0U);
    EXPECT_EQ(reader.Finish("number").code(), "CODEC") << spelling;
  }
  const Bytes two = {2};
  Reader reader(two);
  reader.Bool();
  EXPECT_FALSE(reader.Finish("flag").ok());
}

TEST(CodecTest, LengthsAreBoundedBeforeAnythingIsAllocated) {
  Writer writer;
  writer.Varint(uint64_t{1} << 60);
  Reader array(writer.view());
  EXPECT_TRUE(array.Array<double>(SIZE_MAX).empty());
  EXPECT_FALSE(array.ok());
  Reader blob(writer.view());
  EXPECT_TRUE(blob.Blob(SIZE_MAX).empty());
  EXPECT_FALSE(blob.ok());
  Writer text;
  text.Text("four");
  Reader reader(text.view());
  EXPECT_EQ(reader.Text(3), "");
  EXPECT_FALSE(reader.ok());
}

TEST(CodecTest, TheFirstFaultIsTheOneReported) {
  const Bytes bytes = {1, 2, 3};
  Reader reader(bytes);
  reader.U8();
  reader.U32();
  reader.Fail("something later");
  EXPECT_EQ(reader.U64(), 0U);
  EXPECT_EQ(reader.Finish("offer").ToString(), "offer: bytes end too early at byte 1 of 3 [CODEC]");
}

}  // namespace
}  // namespace florin::base
