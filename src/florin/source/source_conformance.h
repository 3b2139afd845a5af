// What every data::Source must do. A source's test makes the same tables in its own store and runs
// this suite over them:
//
//   INSTANTIATE_TEST_SUITE_P(Csv, SourceConformance, testing::Values(&MakeCsvStore));
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "florin/base/time.h"
#include "florin/data/parse.h"
#include "florin/data/source.h"

namespace florin::source {

// A table as texts: numbers and times in the spelling of data/parse.h, "" is missing.
struct TextTable {
  std::vector<data::SourceColumn> columns;
  std::vector<std::vector<std::string>> rows;
};

// Keeps tables and opens them as sources; lives as long as its sources.
class TableStore {
 public:
  virtual ~TableStore() = default;
  virtual std::unique_ptr<data::Source> Open(const TextTable& table) = 0;
};

using MakeStore = std::unique_ptr<TableStore> (*)();

class SourceConformance : public testing::TestWithParam<MakeStore> {
 protected:
  static TextTable Travel() {
    return {{{"when", data::FieldKind::kTime},
             {"km", data::FieldKind::kNumber},
             {"city", data::FieldKind::kText}},
            {{"2014-07-31 18:00:00", "9.25", "São Paulo"},
             {"2014-08-01 00:00:01", "", "quote \" comma , end"},
             {"", "-0.5", ""},
             {"2014-08-03 00:00:00", "1000000", "two\nlines"}}};
  }

  // Many rows: number i, text "row i", time i seconds after 1970.
  static TextTable Long(size_t rows) {
    TextTable table{{{"n", data::FieldKind::kNumber},
                     {"text", data::FieldKind::kText},
                     {"when", data::FieldKind::kTime}},
                    {}};
    for (size_t i = 0; i < rows; ++i) {
      std::string time = Time{static_cast<int64_t>(i) * 1'000'000}.ToString();
      table.rows.push_back({std::to_string(i), "row " + std::to_string(i), std::move(time)});
    }
    return table;
  }

  static data::ScanOptions Everything(const TextTable& table) {
    data::ScanOptions options;
    for (const data::SourceColumn& column : table.columns) {
      options.columns.push_back({column.name, column.kind});
    }
    return options;
  }

  // Reads to the end and holds every row against the table's, column by column.
  static void ExpectRows(data::ColumnReader& reader, const TextTable& table,
                         const std::vector<size_t>& asked) {
    size_t row = 0;
    while (true) {
      const Result<const data::Columns*> next = reader.Next();
      ASSERT_TRUE(next.ok()) << next.status().ToString();
      const data::Columns* chunk = *next;
      if (chunk == nullptr) break;
      ASSERT_GT(chunk->rows, 0U);
      ASSERT_EQ(chunk->columns.size(), asked.size());
      for (size_t r = 0; r < chunk->rows; ++r, ++row) {
        ASSERT_LT(row, table.rows.size());
        for (size_t i = 0; i < asked.size(); ++i) {
          ExpectCell(chunk->columns[i], r, table.rows[row][asked[i]]);
        }
      }
    }
    EXPECT_EQ(row, table.rows.size());
    EXPECT_EQ(reader.rejects().rows, 0U);
    EXPECT_EQ(reader.Next().value(), nullptr);  // the end stays the end
  }

  static void ExpectCell(const data::Column& column, size_t row, const std::string& text) {
    switch (column.kind) {
      case data::FieldKind::kNumber: {
        const double expected = data::ParseNumber(text);
        if (expected != expected) {
          EXPECT_TRUE(std::isnan(column.numbers[row]));
        } else {
          EXPECT_EQ(column.numbers[row], expected);
        }
        break;
      }
      case data::FieldKind::kTime:
        EXPECT_EQ(column.times[row], data::ParseTime(text));
        break;
      case data::FieldKind::kText:
        EXPECT_EQ(column.texts[row], text);
        break;
    }
  }

  std::unique_ptr<data::Source> Open(const TextTable& table) {
    if (store_ == nullptr) store_ = GetParam()();
    return store_->Open(table);
  }

 private:
  std::unique_ptr<TableStore> store_;
};

TEST_P(SourceConformance, DescribeNamesColumnsAndKindsInOrder) {
  const TextTable table = Travel();
  const std::unique_ptr<data::Source> source = Open(table);
  for (int pass = 0; pass < 2; ++pass) {
    const Result<std::vector<data::SourceColumn>> columns = source->Describe();
    ASSERT_TRUE(columns.ok()) << columns.status().ToString();
    ASSERT_EQ(columns->size(), table.columns.size());
    for (size_t i = 0; i < columns->size(); ++i) {
      EXPECT_EQ((*columns)[i].name, table.columns[i].name);
      EXPECT_EQ((*columns)[i].kind, table.columns[i].kind) << table.columns[i].name;
    }
  }
}

TEST_P(SourceConformance, ScanGivesEveryRowInOrder) {
  const TextTable table = Travel();
  const std::unique_ptr<data::Source> source = Open(table);
  const auto reader = source->Scan(Everything(table));
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  ExpectRows(**reader, table, {0, 1, 2});
}

TEST_P(SourceConformance, ScanGivesTheColumnsAskedForInTheOrderAsked) {
  const TextTable table = Travel();
  const std::unique_ptr<data::Source> source = Open(table);
  const auto reader = source->Scan({.columns = {{"city", data::FieldKind::kText},
                                                {"km", data::FieldKind::kNumber},
                                                {"city", data::FieldKind::kText}},
                                    .reject_share_max = 0});
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  ExpectRows(**reader, table, {2, 1, 2});
}

TEST_P(SourceConformance, LongTablesComeWholeAndAgainAfterRewind) {
  const TextTable table = Long(20'000);
  const std::unique_ptr<data::Source> source = Open(table);
  const auto reader = source->Scan(Everything(table));
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  ASSERT_NE((*reader)->Next().value(), nullptr);
  ASSERT_TRUE((*reader)->Rewind().ok());  // in the middle
  ExpectRows(**reader, table, {0, 1, 2});
  ASSERT_TRUE((*reader)->Rewind().ok());  // at the end
  ExpectRows(**reader, table, {0, 1, 2});
}

TEST_P(SourceConformance, TwoReadersDoNotDisturbEachOther) {
  const TextTable table = Long(10'000);
  const std::unique_ptr<data::Source> source = Open(table);
  const auto first = source->Scan(Everything(table));
  ASSERT_NE((*first)->Next().value(), nullptr);
  const auto second = source->Scan(Everything(table));
  ExpectRows(**second, table, {0, 1, 2});
  ASSERT_TRUE((*first)->Rewind().ok());
  ExpectRows(**first, table, {0, 1, 2});
}

TEST_P(SourceConformance, EmptyTableHasNoRows) {
  TextTable table = Travel();
  table.rows.clear();
  const std::unique_ptr<data::Source> source = Open(table);
  EXPECT_EQ(source->Describe()->size(), 3U);
  const auto reader = source->Scan(Everything(table));
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  ExpectRows(**reader, table, {0, 1, 2});
}

TEST_P(SourceConformance, UnknownColumnIsRefused) {
  const std::unique_ptr<data::Source> source = Open(Travel());
  const auto reader =
      source->Scan({.columns = {{"citty", data::FieldKind::kText}}, .reject_share_max = 0});
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(reader.status().kind(), Kind::kConfig);
  EXPECT_NE(reader.status().message().find("citty"), std::string_view::npos);
}

TEST_P(SourceConformance, UnreadableRowsCountAgainstTheTolerance) {
  const TextTable table = Travel();
  const std::unique_ptr<data::Source> source = Open(table);
  // Asked for as numbers, three of the four cities are not.
  const auto read = [&](double reject_share_max) {
    const auto reader = source->Scan(
        {.columns = {{"city", data::FieldKind::kNumber}}, .reject_share_max = reject_share_max});
    Status status;
    size_t rows = 0;
    while (true) {
      const Result<const data::Columns*> next = (*reader)->Next();
      status = next.status();
      if (!status.ok() || *next == nullptr) break;
      rows += (*next)->rows;
    }
    if (status.ok()) {
      EXPECT_EQ(rows, 1U);
      EXPECT_EQ((*reader)->rejects().rows, 3U);
      EXPECT_EQ((*reader)->rejects().first.size(), 3U);
      EXPECT_EQ((*reader)->rejects().first[0].reason,
                "city: expected a number, found \"São Paulo\"");
    }
    return std::string(status.code());
  };
  EXPECT_EQ(read(0), "DATA-REJECTS");
  EXPECT_EQ(read(0.74), "DATA-REJECTS");
  EXPECT_EQ(read(0.75), "");
}

}  // namespace florin::source
