#include "florin/data/batch.h"

#include <gtest/gtest.h>

namespace florin::data {
namespace {

// Three rows: 2 dense columns, sparse entries {7}, {}, {8, 9}, one level.
struct Rows {
  std::vector<float> dense = {1, 2, 3, 4, 5, 6};
  std::vector<uint32_t> begin = {0, 1, 1, 3};
  std::vector<uint32_t> index = {7, 8, 9};
  std::vector<float> value = {1, 1, 0.5};
  std::vector<uint32_t> levels = {4, kUnknownRow, 6};
  std::vector<float> label = {0, 1, 0};
  std::vector<uint64_t> user = {10, 11, 12};
  Batch batch() const {
    Batch b;
    b.rows = 3;
    b.dense_width = 2;
    b.dense = dense;
    b.sparse_begin = begin;
    b.sparse_index = index;
    b.sparse_value = value;
    b.level_count = 1;
    b.levels = levels;
    b.label = label;
    b.user = user;
    return b;
  }
};

template <typename T>
std::vector<T> Copy(Span<const T> values) {
  return {values.begin(), values.end()};
}

TEST(Batch, SliceTakesTheRowsOfEveryColumn) {
  const Rows rows;
  const Batch slice = rows.batch().Slice(1, 2);
  EXPECT_EQ(slice.rows, 2U);
  EXPECT_EQ(Copy(slice.dense), (std::vector<float>{3, 4, 5, 6}));
  EXPECT_EQ(Copy(slice.sparse_begin), (std::vector<uint32_t>{1, 1, 3}));
  EXPECT_EQ(slice.sparse_index[slice.sparse_begin[1]], 8U);
  EXPECT_EQ(Copy(slice.levels), (std::vector<uint32_t>{kUnknownRow, 6}));
  EXPECT_EQ(Copy(slice.label), (std::vector<float>{1, 0}));
  EXPECT_EQ(Copy(slice.user), (std::vector<uint64_t>{11, 12}));
  EXPECT_TRUE(slice.weight.empty());
  EXPECT_EQ(rows.batch().Slice(3, 0).rows, 0U);
}

TEST(Table, AppendedSlicesMakeTheWhole) {
  const Rows rows;
  Table table;
  table.Append(rows.batch().Slice(0, 1));
  table.Append(rows.batch().Slice(1, 0));
  table.Append(rows.batch().Slice(1, 2));
  const Batch view = table.view();
  EXPECT_EQ(table.rows(), 3U);
  EXPECT_EQ(Copy(view.dense), rows.dense);
  EXPECT_EQ(Copy(view.sparse_begin), rows.begin);
  EXPECT_EQ(Copy(view.sparse_index), rows.index);
  EXPECT_EQ(Copy(view.sparse_value), rows.value);
  EXPECT_EQ(Copy(view.levels), rows.levels);
  EXPECT_EQ(Copy(view.label), rows.label);
  EXPECT_EQ(Copy(view.user), rows.user);
}

TEST(Table, GatherTakesRowsInTheOrderNamed) {
  const Rows rows;
  Table table;
  table.Append(rows.batch());
  const std::vector<uint32_t> named = {2, 0, 2};
  const Table gathered = table.Gather(named);
  const Batch view = gathered.view();
  EXPECT_EQ(view.rows, 3U);
  EXPECT_EQ(Copy(view.dense), (std::vector<float>{5, 6, 1, 2, 5, 6}));
  EXPECT_EQ(Copy(view.sparse_begin), (std::vector<uint32_t>{0, 2, 3, 5}));
  EXPECT_EQ(Copy(view.sparse_index), (std::vector<uint32_t>{8, 9, 7, 8, 9}));
  EXPECT_EQ(Copy(view.label), (std::vector<float>{0, 0, 0}));
  EXPECT_EQ(Copy(view.user), (std::vector<uint64_t>{12, 10, 12}));
}

TEST(SingleBatchReader, GivesTheBatchOnceAndAgainAfterRewind) {
  const Rows rows;
  SingleBatchReader reader(rows.batch());
  for (int pass = 0; pass < 2; ++pass) {
    Result<const Batch*> first = reader.Next();
    ASSERT_TRUE(first.ok());
    ASSERT_NE(*first, nullptr);
    EXPECT_EQ((*first)->dense.data(), rows.dense.data());
    EXPECT_EQ(reader.Next().value(), nullptr);
    ASSERT_TRUE(reader.Rewind().ok());
  }
  Result<Table> table = Table::ReadAll(reader);
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->rows(), 3U);
}

TEST(SingleBatchReader, EmptyBatchIsNoBatch) {
  SingleBatchReader reader((Batch()));
  EXPECT_EQ(reader.Next().value(), nullptr);
}

}  // namespace
}  // namespace florin::data
