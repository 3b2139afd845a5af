#include "florin/num/layout.h"

#include <gtest/gtest.h>

namespace florin::num {
namespace {

Layout Example() {
  return Layout::Make(Scalar::kFloat32, {{.name = "weights", .shape = {10, 784}},
                                         {.name = "bias", .shape = {10}},
                                         {.name = "temperature", .shape = {}}})
      .value();
}

std::string_view MakeCode(std::vector<Slice> slices) {
  static Status kept;  // the code borrows from it
  kept = Layout::Make(Scalar::kFloat64, std::move(slices)).status();
  return kept.code();
}

TEST(LayoutTest, SlicesFollowEachOther) {
  const Layout layout = Example();
  EXPECT_EQ(layout.size(), 7851U);
  EXPECT_EQ(layout.Find("weights")->offset, 0U);
  EXPECT_EQ(layout.Find("bias")->offset, 7840U);
  EXPECT_EQ(layout.Find("temperature")->offset, 7850U);
  EXPECT_EQ(layout.Find("temperature")->size, 1U);
  EXPECT_EQ(layout.Find("missing"), nullptr);
  EXPECT_EQ(Layout().size(), 0U);
  EXPECT_TRUE(Layout::Make(Scalar::kByte, {}).ok());
}

TEST(LayoutTest, NamesAreGivenAndDistinct) {
  EXPECT_EQ(MakeCode({{.name = "", .shape = {1}}}), "LAYOUT-NAME");
  EXPECT_EQ(MakeCode({{.name = std::string(257, 'x'), .shape = {1}}}), "LAYOUT-NAME");
  EXPECT_EQ(MakeCode({{.name = "a", .shape = {1}}, {.name = "a", .shape = {2}}}), "LAYOUT-NAME");
}

TEST(LayoutTest, ShapesAreBounded) {
  EXPECT_EQ(MakeCode({{.name = "a", .shape = {3, 0}}}), "LAYOUT-SHAPE");
  EXPECT_EQ(MakeCode({{.name = "a", .shape = std::vector<size_t>(9, 1)}}), "LAYOUT-SHAPE");
  EXPECT_EQ(MakeCode({{.name = "a", .shape = {Layout::kValuesMax, 2}}}), "LAYOUT-SHAPE");
  // A product that wraps around 64 bits.
  EXPECT_EQ(MakeCode({{.name = "a", .shape = {size_t{1} << 32, size_t{1} << 32}}}), "LAYOUT-SHAPE");
  EXPECT_EQ(MakeCode({{.name = "a", .shape = {SIZE_MAX}}}), "LAYOUT-SHAPE");
}

TEST(LayoutTest, SizesAreBounded) {
  EXPECT_EQ(MakeCode({{.name = "a", .shape = {Layout::kValuesMax}}, {.name = "b", .shape = {}}}),
            "LAYOUT-SIZE");
  std::vector<Slice> many(Layout::kSlicesMax + 1);
  for (size_t i = 0; i < many.size(); ++i) many[i].name = std::to_string(i);
  EXPECT_EQ(MakeCode(many), "LAYOUT-SIZE");
  many.pop_back();
  EXPECT_TRUE(Layout::Make(Scalar::kFloat32, many).ok());
}

TEST(LayoutTest, TheErrorNamesTheSlice) {
  EXPECT_EQ(Layout::Make(Scalar::kFloat32, {{.name = "w", .shape = {3, 0}}}).status().ToString(),
            "layout: slice \"w\": expected at most 8 extents >= 1 and at most 4294967296 values, "
            "found [3 x 0] [LAYOUT-SHAPE]");
}

TEST(LayoutTest, BytesRoundTripAndTruncationsDoNot) {
  const Layout layout = Example();
  base::Writer writer;
  layout.Save(writer);
  EXPECT_EQ(base::Hex(writer.view()),
            "0103"                          // f32, three slices
            "0777656967687473020a9006"      // "weights", rank 2: 10, 784
            "0462696173010a"                // "bias", rank 1: 10
            "0b74656d706572617475726500");  // "temperature", rank 0
  base::Reader reader(writer.view());
  EXPECT_EQ(Layout::Restore(reader).value(), layout);
  EXPECT_TRUE(reader.Finish("layout").ok());
  for (size_t size = 0; size < writer.size(); ++size) {
    const Bytes cut(writer.view().begin(), writer.view().begin() + static_cast<ptrdiff_t>(size));
    base::Reader cut_reader(cut);
    EXPECT_FALSE(Layout::Restore(cut_reader).ok()) << size;
  }
}

TEST(LayoutTest, HostileBytesAreRefused) {
  for (const char* hex : {
           "",
           "00",                            // no such scalar
           "0500",                          // no such scalar
           "01ffffffffffffffffff01",        // slices without end
           "0181200161",                    // one slice more than allowed
           "0101016109010101010101010101",  // rank 9
           "010101610100",                  // an extent of 0
           "01010161"
           "0180808080"
           "20",  // 2^33 values
           "01020161000161"
           "00",  // the same name twice
           "0101"
           "00"
           "00",  // no name
       }) {
    const Bytes bytes = base::FromHex(hex).value();
    base::Reader reader(bytes);
    EXPECT_FALSE(Layout::Restore(reader).ok()) << hex;
  }
}

TEST(ScalarTest, SizesAndNames) {
  EXPECT_EQ(ScalarSize(Scalar::kFloat32), 4U);
  EXPECT_EQ(ScalarSize(Scalar::kFloat64), 8U);
  EXPECT_EQ(ScalarSize(Scalar::kInt64), 8U);
  EXPECT_EQ(ScalarSize(Scalar::kByte), 1U);
  EXPECT_EQ(ScalarName(Scalar::kFloat32), "f32");
  EXPECT_EQ(ScalarName(Scalar::kByte), "u8");
}

}  // namespace
}  // namespace florin::num
