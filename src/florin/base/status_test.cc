#include "florin/base/status.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace florin::base {
namespace {

Status Missing() { return Status(Kind::kNotFound, "MODEL-NAME", "model \"a\": not found"); }

TEST(StatusTest, OkIsSilent) {
  const Status ok;
  EXPECT_TRUE(ok.ok());
  EXPECT_EQ(ok.kind(), Kind::kOk);
  EXPECT_EQ(ok.exit_code(), 0);
  EXPECT_EQ(ok.code(), "");
  EXPECT_EQ(ok.message(), "");
  EXPECT_EQ(ok.ToString(), "ok");
}

TEST(StatusTest, CarriesKindCodeAndMessage) {
  const Status status = Missing();
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.kind(), Kind::kNotFound);
  EXPECT_EQ(status.exit_code(), 3);
  EXPECT_EQ(status.code(), "MODEL-NAME");
  EXPECT_EQ(status.ToString(), "model \"a\": not found [MODEL-NAME]");
}

TEST(StatusTest, CopiesAreEqualAndIndependent) {
  Status original = Missing();
  Status copy = original;
  original = std::move(original).Prefixed("round 3");
  EXPECT_EQ(copy.ToString(), Missing().ToString());
  copy = original;
  EXPECT_EQ(copy.ToString(), "round 3: model \"a\": not found [MODEL-NAME]");
  copy = Status();
  EXPECT_TRUE(copy.ok());
  EXPECT_FALSE(original.ok());
}

TEST(StatusTest, PrefixLeavesOkAlone) { EXPECT_TRUE(Status().Prefixed("round 3").ok()); }

TEST(ResultTest, HoldsAValueOrAReason) {
  Result<int> seven = 7;
  ASSERT_TRUE(seven.ok());
  EXPECT_EQ(*seven, 7);
  EXPECT_TRUE(seven.status().ok());
  const Result<int> none = Missing();
  EXPECT_FALSE(none.ok());
  EXPECT_EQ(none.status().code(), "MODEL-NAME");
}

TEST(ResultTest, MovesOutWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  const std::unique_ptr<int> owned = std::move(result).value();
  EXPECT_EQ(*owned, 5);
}

Result<int> Half(int value) {
  if (value % 2 != 0) return Status(Kind::kFailed, "ODD", "odd");
  return value / 2;
}

Result<int> Quarter(int value) {
  FLORIN_ASSIGN(const int half, Half(value));
  FLORIN_ASSIGN(const int quarter, Half(half));
  return quarter;
}

Status CheckEven(int value) {
  FLORIN_TRY(Half(value).status());
  return {};
}

TEST(ResultTest, MacrosReturnTheFirstError) {
  EXPECT_EQ(*Quarter(12), 3);
  EXPECT_EQ(Quarter(6).status().code(), "ODD");
  EXPECT_TRUE(CheckEven(2).ok());
  EXPECT_EQ(CheckEven(3).code(), "ODD");
}

TEST(ResultDeathTest, ReadingAnErrorAsAValueStopsTheProcess) {
  const Result<int> none = Missing();
  EXPECT_DEATH(static_cast<void>(none.value()), "broken invariant");
  EXPECT_DEATH(static_cast<void>(Result<int>{Status()}), "broken invariant");
}

}  // namespace
}  // namespace florin::base
