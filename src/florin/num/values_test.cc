#include "florin/num/values.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "florin/num/ring.h"

namespace florin::num {
namespace {

TEST(ValuesTest, StartAtZeroAndAligned) {
  for (const Scalar scalar : {Scalar::kFloat32, Scalar::kFloat64, Scalar::kInt64, Scalar::kByte}) {
    const Values values = Values::Zeros(scalar, 100);
    EXPECT_EQ(values.size(), 100U);
    EXPECT_EQ(values.scalar(), scalar);
    EXPECT_EQ(values.bytes().size(), 100 * ScalarSize(scalar));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(values.bytes().data()) % 64, 0U);
    for (const uint8_t byte : values.bytes()) EXPECT_EQ(byte, 0);
  }
  EXPECT_TRUE(Values().empty());
  EXPECT_TRUE(Values::Zeros(Scalar::kInt64, 0).i64().empty());
}

TEST(ValuesTest, CopiesAreExplicitMovesLeaveNothing) {
  const std::vector<double> source = {1, 2, 3};
  Values values = Values::Of(source);
  Values clone = values.Clone();
  EXPECT_EQ(clone, values);
  clone.f64()[1] = 7;
  EXPECT_FALSE(clone == values);
  EXPECT_EQ(values.f64()[1], 2);
  const Values moved = std::move(values);
  EXPECT_EQ(moved.size(), 3U);
  EXPECT_TRUE(values.empty());  // NOLINT(bugprone-use-after-move): that it is empty is the point
  values = std::move(clone);
  EXPECT_EQ(values.f64()[1], 7);
}

TEST(ValuesTest, TheScalarIsPartOfTheValue) {
  EXPECT_FALSE(Values::Zeros(Scalar::kInt64, 4) == Values::Zeros(Scalar::kFloat64, 4));
  EXPECT_FALSE(Values::Zeros(Scalar::kInt64, 4) == Values::Zeros(Scalar::kInt64, 5));
}

TEST(ValuesDeathTest, AnotherScalarIsABug) {
  Values values = Values::Zeros(Scalar::kFloat32, 4);
  EXPECT_DEATH(values.i64(), "broken invariant");
}

TEST(ValuesTest, BytesRoundTripAndTruncationsDoNot) {
  const std::vector<float> floats = {1.5F, -2};
  const std::vector<int64_t> integers = {-1, 5, 1 << 20};
  std::vector<Values> all;
  all.push_back(Values::Of(floats));
  all.push_back(Values::Of(integers));
  all.push_back(Values());
  for (const Values& values : all) {
    base::Writer writer;
    values.Save(writer);
    base::Reader reader(writer.view());
    EXPECT_EQ(Values::Restore(reader, 3), values);
    EXPECT_TRUE(reader.Finish("values").ok());
    for (size_t size = 0; size < writer.size(); ++size) {
      const Bytes cut(writer.view().begin(), writer.view().begin() + static_cast<ptrdiff_t>(size));
      base::Reader cut_reader(cut);
      EXPECT_TRUE(Values::Restore(cut_reader, 3).empty());
      EXPECT_FALSE(cut_reader.ok());
    }
  }
}

TEST(ValuesTest, HostileSizesAreRefused) {
  for (const char* hex : {"00", "0500", "0103000000000000000000000000", "03ffffffffffffffff7f",
                          "0180808080808080808001"}) {
    const Bytes bytes = base::FromHex(hex).value();
    base::Reader reader(bytes);
    EXPECT_TRUE(Values::Restore(reader, 2).empty()) << hex;
    EXPECT_FALSE(reader.ok()) << hex;
  }
}

TEST(RingTest, AdditionWraps) {
  std::vector<uint64_t> sum = {~uint64_t{0}, 5, 0};
  const std::vector<uint64_t> term = {2, static_cast<uint64_t>(int64_t{-6}), 1};
  RingAdd(sum, term);
  EXPECT_EQ(sum, (std::vector<uint64_t>{1, ~uint64_t{0}, 1}));
}

TEST(RingDeathTest, SizesMustAgree) {
  std::vector<uint64_t> sum(2);
  EXPECT_DEATH(RingAdd(sum, std::vector<uint64_t>(3)), "broken invariant");
  std::vector<uint8_t> entries(18);
  for (const size_t width : {0U, 7U, 9U}) {  // 9 is of the right size, and no width
    EXPECT_DEATH(UnpackRing(entries, width, sum), "width") << width;
    EXPECT_DEATH(AddPackedRing(entries, width, sum), "width") << width;
    EXPECT_DEATH(PackRing(sum, width, entries), "width") << width;
  }
  EXPECT_DEATH(UnpackRing({}, 0, {}), "width");
}

}  // namespace
}  // namespace florin::num
