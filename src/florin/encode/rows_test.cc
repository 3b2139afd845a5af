#include "florin/encode/rows.h"

#include <gtest/gtest.h>

#include <numeric>

namespace florin::encode {
namespace {

using Rows = std::vector<uint32_t>;

// An intercept, a table of 6 x 3, and 2 entries behind it.
num::Layout Recommender() {
  auto layout = num::Layout::Make(num::Scalar::kFloat32, {{.name = "intercept", .shape = {}},
                                                          {.name = "items", .shape = {6, 3}},
                                                          {.name = "tail", .shape = {2}}});
  EXPECT_TRUE(layout.ok());
  return *layout;
}

TEST(RowSet, GathersTheChosenRowsInOrder) {
  const auto set = RowSet::Make(Recommender(), "items", {0, 2, 5});
  ASSERT_TRUE(set.ok()) << set.status().ToString();
  EXPECT_EQ(set->full_size(), 21U);
  ASSERT_EQ(set->size(), 12U);
  std::vector<float> full(21);
  std::iota(full.begin(), full.end(), 0.0F);
  std::vector<float> gathered(12);
  set->Gather(full, gathered);
  EXPECT_EQ(gathered, (std::vector<float>{0, 1, 2, 3, 7, 8, 9, 16, 17, 18, 19, 20}));
}

TEST(RowSet, ScattersASumBackAndClearsTheRest) {
  const auto set = RowSet::Make(Recommender(), "items", {1, 4});
  ASSERT_TRUE(set.ok());
  std::vector<double> sum(set->size());
  std::iota(sum.begin(), sum.end(), 1.0);
  std::vector<double> full(21, 99);
  set->Scatter(sum, full);
  EXPECT_EQ(full,
            (std::vector<double>{1, 0, 0, 0, 2, 3, 4, 0, 0, 0, 0, 0, 0, 5, 6, 7, 0, 0, 0, 8, 9}));
}

TEST(RowSet, AllRowsOrNoneAreRowSetsToo) {
  std::vector<float> full(21);
  std::iota(full.begin(), full.end(), 0.0F);
  const auto all = RowSet::Make(Recommender(), "items", {0, 1, 2, 3, 4, 5});
  ASSERT_TRUE(all.ok());
  std::vector<float> same(21);
  all->Gather(full, same);
  EXPECT_EQ(same, full);
  const auto none = RowSet::Make(Recommender(), "items", {});
  ASSERT_TRUE(none.ok());
  std::vector<float> rest(3);
  none->Gather(full, rest);
  EXPECT_EQ(rest, (std::vector<float>{0, 19, 20}));
}

TEST(RowSet, RowsThatAreNoSetAreRefused) {
  const auto code = [](std::string_view table, const Rows& rows) {
    return std::string(RowSet::Make(Recommender(), table, rows).status().code());
  };
  EXPECT_EQ(code("items", {0, 5}), "");
  EXPECT_EQ(code("items", {0, 6}), "ENCODE-ROWS");
  EXPECT_EQ(code("items", {0xffffffff}), "ENCODE-ROWS");
  EXPECT_EQ(code("items", {2, 1}), "ENCODE-ROWS");
  EXPECT_EQ(code("items", {1, 1}), "ENCODE-ROWS");
  EXPECT_EQ(code("tail", {0}), "ENCODE-ROWS");
  EXPECT_EQ(code("nothing", {0}), "ENCODE-ROWS");
}

}  // namespace
}  // namespace florin::encode
