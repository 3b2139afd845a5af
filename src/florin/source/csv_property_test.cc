// Random tables, written in every dialect and read back in buffers of every size.
#include <gtest/gtest.h>

#include "florin/base/rng.h"
#include "florin/base/text.h"
#include "florin/source/csv.h"
#include "florin/source/csv_testing.h"

namespace florin::source {
namespace {

using Table =
    std::vector<std::vector<std::string>>;  // rows of cells, UTF-8; the first is the header

std::string RandomText(Rng& rng, bool is_latin1) {
  static const std::vector<std::string> kPieces = {
      "a",   "bc",   "0",
      " ",   ",",    ";",
      "\t",  "\"",   "'",
      "\n",  "\r\n", "\r",
      "é",   "ß",    "ÿ",
      "€",   "日本", "😀",
      "x,y", "\"\"", "a longer piece of plain text to cross block boundaries"};
  std::string text;
  for (uint64_t i = rng.Below(6); i > 0; --i) {
    const std::string& piece = kPieces[rng.Below(kPieces.size())];
    if (is_latin1 && (piece == "日本" || piece == "😀")) continue;
    text += piece;
  }
  return text;
}

Table RandomTable(Rng& rng, bool is_latin1) {
  Table table(1);
  const size_t columns = 1 + rng.Below(5);
  for (size_t i = 0; i < columns; ++i) {
    table[0].push_back("c" + std::to_string(i) + RandomText(rng, is_latin1));
  }
  for (uint64_t rows = rng.Below(30); rows > 0; --rows) {
    table.emplace_back();
    for (size_t i = 0; i < columns; ++i) table.back().push_back(RandomText(rng, is_latin1));
  }
  return table;
}

// UTF-8 as Latin-1 with the Windows-1252 euro; `text` has nothing else above U+00FF.
std::string ToLatin1(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      bytes += text[i];
    } else if (lead == 0xe2) {
      bytes += '\x80';
      i += 2;
    } else {
      bytes += static_cast<char>((lead & 3) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3f));
    }
  }
  return bytes;
}

std::string Write(const Table& table, const data::CsvFormat& format, Rng& rng) {
  const bool always_quotes = rng.Below(3) == 0;
  const bool has_blank_lines = rng.Below(4) == 0;
  const std::string line_end = rng.Below(2) == 0 ? "\n" : "\r\n";
  std::string bytes = !format.latin1 && rng.Below(4) == 0 ? "\xef\xbb\xbf" : "";
  for (size_t row = 0; row < table.size(); ++row) {
    if (row > 0) bytes += line_end;
    if (has_blank_lines && rng.Below(3) == 0) bytes += line_end;
    const std::vector<std::string>& cells = table[row];
    for (size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) bytes += format.delimiter;
      const std::string text = format.latin1 ? ToLatin1(cells[i]) : cells[i];
      const bool is_blank_line = cells.size() == 1 && text.empty();
      bytes += CsvCell(text, format.delimiter, format.quote,
                       always_quotes || is_blank_line || rng.Below(4) == 0);
    }
  }
  if (rng.Below(2) == 0) bytes += line_end;
  return bytes;
}

void ExpectReadsBack(const Table& table, const data::CsvFormat& format, const CsvOptions& options) {
  auto source = OpenCsv(format, "x.csv", options);
  ASSERT_TRUE(source.ok()) << source.status().ToString();
  data::ScanOptions scan;
  for (const std::string& name : table[0]) scan.columns.push_back({name, data::FieldKind::kText});
  auto reader = (*source)->Scan(scan);
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  size_t row = 1;
  while (true) {
    const Result<const data::Columns*> next = (*reader)->Next();
    ASSERT_TRUE(next.ok()) << next.status().ToString();
    if (*next == nullptr) break;
    ASSERT_LE((*next)->rows, options.chunk_rows_max);
    for (size_t r = 0; r < (*next)->rows; ++r, ++row) {
      ASSERT_LT(row, table.size());
      for (size_t i = 0; i < table[0].size(); ++i) {
        ASSERT_EQ((*next)->columns[i].texts[r], table[row][i]);
      }
    }
  }
  ASSERT_EQ(row, table.size());
}

TEST(CsvProperty, WhatWasWrittenIsRead) {
  base::SeededRng rng(20260101);
  const std::string delimiters = ",;\t|:";
  for (int i = 0; i < 1500; ++i) {
    data::CsvFormat format;
    format.latin1 = rng.Below(3) == 0;
    format.delimiter = delimiters[rng.Below(delimiters.size())];
    format.quote = rng.Below(4) == 0 ? '\'' : '"';
    const Table table = RandomTable(rng, format.latin1);
    const TemporaryFile file(Write(table, format, rng));
    format.path = file.path();
    const CsvOptions small{.buffer_size = 1 + rng.Below(200),
                           .row_size_max = 1 << 20,
                           .chunk_rows_max = 1 + rng.Below(7)};
    ExpectReadsBack(table, format, small);
    ExpectReadsBack(table, format, {});
    if (HasFatalFailure()) FAIL() << "table " << i;
  }
}

TEST(CsvProperty, ABufferMayEndAtEveryByte) {
  base::SeededRng rng(99);
  for (int i = 0; i < 20; ++i) {
    data::CsvFormat format;
    const Table table = RandomTable(rng, false);
    const std::string bytes = Write(table, format, rng);
    const TemporaryFile file(bytes);
    format.path = file.path();
    for (size_t size = 1; size <= std::min<size_t>(bytes.size() + 2, 400); ++size) {
      ExpectReadsBack(table, format,
                      {.buffer_size = size, .row_size_max = 1 << 20, .chunk_rows_max = 5});
      if (HasFatalFailure()) FAIL() << "table " << i << ", buffer of " << size;
    }
  }
}

TEST(CsvProperty, ADamagedByteCostsNoOtherRow) {
  base::SeededRng rng(4);
  for (int i = 0; i < 500; ++i) {
    std::string bytes = "a,b\n";
    for (int row = 0; row < 50; ++row) bytes += std::to_string(row) + ",\"x\"\n";
    bytes.insert(4 + rng.Below(bytes.size() - 4), 1, "\",\n"[rng.Below(3)]);
    const TemporaryFile file(bytes);
    auto source = OpenCsv(file.format(), "x.csv",
                          {.buffer_size = 64, .row_size_max = 1 << 20, .chunk_rows_max = 8});
    ASSERT_TRUE(source.ok());
    auto reader =
        (*source)->Scan({.columns = {{"a", data::FieldKind::kText}}, .reject_share_max = 1});
    size_t rows = 0;
    while (const data::Columns* chunk = (*reader)->Next().value()) rows += chunk->rows;
    EXPECT_GE(rows, 48U) << bytes;
    EXPECT_GE(rows + (*reader)->rejects().rows, 49U) << bytes;
  }
}

}  // namespace
}  // namespace florin::source
