#include "florin/source/csv.h"

#include <gtest/gtest.h>

#include <cmath>

#include "florin/base/text.h"
#include "florin/base/time.h"
#include "florin/data/parse.h"
#include "florin/source/csv_testing.h"

namespace florin::source {
namespace {

using data::FieldKind;

// What a scan of all columns as `kind` gives: rows as "a|b|c", then rejects as "line:col: reason".
struct Read {
  std::vector<std::string> rows;
  std::vector<std::string> rejects;
  Status status;
};

std::string Print(const data::Column& column, size_t row) {
  switch (column.kind) {
    case FieldKind::kNumber:
      return std::isnan(column.numbers[row]) ? "-" : base::Shortest(column.numbers[row]);
    case FieldKind::kTime:
      return column.times[row] == data::kMissingTime ? "-" : Time{column.times[row]}.ToString();
    case FieldKind::kText:
      return std::string(column.texts[row]);
  }
  return "?";
}

Read ReadAll(const data::CsvFormat& format, const std::vector<data::ColumnRequest>& columns,
             double reject_share_max = 1, const CsvOptions& options = {}) {
  Read read;
  auto source = OpenCsv(format, "x.csv", options);
  read.status = source.status();
  if (!source.ok()) return read;
  auto reader = (*source)->Scan({.columns = columns, .reject_share_max = reject_share_max});
  read.status = reader.status();
  if (!reader.ok()) return read;
  while (true) {
    const Result<const data::Columns*> next = (*reader)->Next();
    read.status = next.status();
    if (!next.ok() || *next == nullptr) break;
    for (size_t row = 0; row < (*next)->rows; ++row) {
      std::string text;
      for (size_t i = 0; i < columns.size(); ++i) {
        text += (i > 0 ? "|" : "") + Print((*next)->columns[i], row);
      }
      read.rows.push_back(std::move(text));
    }
  }
  for (const data::Reject& reject : (*reader)->rejects().first) {
    read.rejects.push_back(std::to_string(reject.line) + ":" + std::to_string(reject.column) +
                           ": " + reject.reason);
  }
  return read;
}

std::vector<data::ColumnRequest> Texts(const std::vector<std::string>& names) {
  std::vector<data::ColumnRequest> columns;
  columns.reserve(names.size());
  for (const std::string& name : names) columns.push_back({name, FieldKind::kText});
  return columns;
}

using Lines = std::vector<std::string>;

// Columns a and b as texts.
Read ReadTexts(std::string_view bytes, const CsvOptions& options = {}) {
  const TemporaryFile file(bytes);
  return ReadAll(file.format(), Texts({"a", "b"}), 1, options);
}

TEST(Csv, LineEndsOfEveryKind) {
  for (const char* bytes :
       {"a,b\n1,2\n3,4\n", "a,b\n1,2\n3,4", "a,b\r\n1,2\r\n3,4\r\n", "a,b\r\n1,2\r\n3,4",
        "a,b\n1,2\r\n3,4\n", "\n\na,b\n\n1,2\n\n\n3,4\n\n", "\r\na,b\r\n\r\n1,2\r\n3,4\r\n\r\n",
        "\"a\",\"b\"\r\n\"1\",\"2\"\r\n3,4"}) {
    const Read read = ReadTexts(bytes);
    EXPECT_EQ(read.rows, (Lines{"1|2", "3|4"})) << bytes;
    EXPECT_TRUE(read.rejects.empty()) << bytes;
  }
}

TEST(Csv, QuotesHoldDelimitersLineEndsAndQuotes) {
  const Read read = ReadTexts(
      "a,b\n\"x,y\",\"say \"\"hi\"\"\"\n\"two\r\nlines\",\"\"\n\"\"\"\",\" \"\nlast,row\n");
  EXPECT_EQ(read.rows, (Lines{"x,y|say \"hi\"", "two\r\nlines|", "\"| ", "last|row"}));
  EXPECT_TRUE(read.rejects.empty());
}

TEST(Csv, EmptyCellsAreMissing) {
  const TemporaryFile file("a,b,c\n,,\n\"\",\"\",\"\"\n , ,x\n");
  const Read read = ReadAll(
      file.format(), {{"a", FieldKind::kNumber}, {"b", FieldKind::kTime}, {"c", FieldKind::kText}});
  EXPECT_EQ(read.rows, (Lines{"-|-|", "-|-|", "-|-|x"}));
}

TEST(Csv, OneColumnKeepsQuotedEmptyRows) {
  const TemporaryFile file("a\n1\n\n\"\"\n2");
  EXPECT_EQ(ReadAll(file.format(), Texts({"a"})).rows, (Lines{"1", "", "2"}));
}

TEST(Csv, OtherDelimitersAndQuotes) {
  const TemporaryFile file("a;b\n'x;y';1\n'it''s';\"2\"\n");
  data::CsvFormat format = file.format();
  format.delimiter = ';';
  format.quote = '\'';
  EXPECT_EQ(ReadAll(format, Texts({"a", "b"})).rows, (Lines{"x;y|1", "it's|\"2\""}));
  const TemporaryFile tabs("a\tb\nx y\t1,5\n");
  format = tabs.format();
  format.delimiter = '\t';
  format.decimal_comma = true;
  EXPECT_EQ(ReadAll(format, {{"a", FieldKind::kText}, {"b", FieldKind::kNumber}}).rows,
            (Lines{"x y|1.5"}));
}

TEST(Csv, DecimalCommaInQuotesAndWithSemicolons) {
  const TemporaryFile file("a,b\n\"1,5\",\"-12345,678\"\n7,\"1,5e2\"\n");
  data::CsvFormat format = file.format();
  format.decimal_comma = true;
  const std::vector<data::ColumnRequest> numbers = {{"a", FieldKind::kNumber},
                                                    {"b", FieldKind::kNumber}};
  EXPECT_EQ(ReadAll(format, numbers).rows, (Lines{"1.5|-12345.678", "7|150"}));
  const TemporaryFile points("a,b\n1.5,2\n");
  format.path = points.path();
  EXPECT_EQ(ReadAll(format, numbers).rejects, (Lines{"2:1: a: expected a number, found \"1.5\""}));
}

TEST(Csv, NumbersAreExact) {
  const TemporaryFile file(
      "a,b\n0.1203,108.2251\n-7478.1234,12345678\n123456789,0.000001\n9007199254740993,1e22\n"
      "+5,-0.5\n.5,5.\n00012,99999999.99999999\n3.14159265358979323846,-1e-7\n");
  const Read read = ReadAll(file.format(), {{"a", FieldKind::kNumber}, {"b", FieldKind::kNumber}});
  EXPECT_EQ(read.rows, (Lines{"0.1203|108.2251", "-7478.1234|12345678", "123456789|1e-06",
                              "9007199254740992|1e+22", "5|-0.5", "0.5|5", "12|99999999.99999999",
                              "3.141592653589793|-1e-07"}));
}

TEST(Csv, TimesInEverySpelling) {
  const TemporaryFile file(
      "a,b\n2014-11-02,2014-11-02 14:49:44\n1374773055,2014-11-02T14:49\n"
      "1374773055123,2014-11-02T14:49:44.25+01:00\n20141102,1969-12-31T23:59:59Z\n");
  const Read read = ReadAll(file.format(), {{"a", FieldKind::kTime}, {"b", FieldKind::kTime}});
  EXPECT_EQ(read.rows, (Lines{"2014-11-02T00:00:00.000000Z|2014-11-02T14:49:44.000000Z",
                              "2013-07-25T17:24:15.000000Z|2014-11-02T14:49:00.000000Z",
                              "2013-07-25T17:24:15.123000Z|2014-11-02T13:49:44.250000Z",
                              "2014-11-02T00:00:00.000000Z|1969-12-31T23:59:59.000000Z"}));
}

TEST(Csv, Latin1BecomesUtf8) {
  const TemporaryFile file("a,b\nS\xe3o,\"M\xfcnchen\"\n\x80\x35,ascii\n");
  data::CsvFormat format = file.format();
  format.latin1 = true;
  EXPECT_EQ(ReadAll(format, Texts({"a", "b"})).rows, (Lines{"São|München", "€5|ascii"}));
  const TemporaryFile header(
      "gr\xf6\xdf"
      "e\n1\n");
  format.path = header.path();
  EXPECT_EQ(ReadAll(format, Texts({"größe"})).rows, (Lines{"1"}));
}

TEST(Csv, ByteOrderMarkIsNotPartOfTheFirstName) {
  EXPECT_EQ(ReadTexts("\xef\xbb\xbf"
                      "a,b\n1,2\n")
                .rows,
            (Lines{"1|2"}));
  EXPECT_EQ(ReadTexts("\xef\xbb\xbf"
                      "\"a\",b\n1,2\n")
                .rows,
            (Lines{"1|2"}));
}

TEST(Csv, InvalidUtf8RejectsTheRowWhereTheCellIsAskedFor) {
  const std::string bytes = "a,b\né,\xff\n\xc3(,ok\nok,ok\n";
  const Read both = ReadTexts(bytes);
  EXPECT_EQ(both.rows, (Lines{"ok|ok"}));
  EXPECT_EQ(both.rejects, (Lines{"2:3: b: not valid UTF-8", "3:1: a: not valid UTF-8"}));
  const TemporaryFile file(bytes);
  EXPECT_EQ(ReadAll(file.format(), Texts({"a"})).rows, (Lines{"é", "ok"}));
}

TEST(Csv, RaggedRowsAreRejectedWithBothCounts) {
  const Read read = ReadTexts("a,b\n1\n1,2\n1,2,3\n\"x\ny\",\nz\n");
  EXPECT_EQ(read.rows, (Lines{"1|2", "x\ny|"}));
  EXPECT_EQ(read.rejects, (Lines{"2:1: expected 2 cells, found 1", "4:1: expected 2 cells, found 3",
                                 "7:1: expected 2 cells, found 1"}));
}

TEST(Csv, PlacesCountLinesInQuotesAndCharacters) {
  const TemporaryFile file("a,b,n\n\"é\né\",é,7\n\"ü\nü,\",ü,x\né,é,\"two\n2\"\n");
  const Read read = ReadAll(
      file.format(), {{"n", FieldKind::kNumber}, {"a", FieldKind::kText}, {"b", FieldKind::kText}});
  EXPECT_EQ(read.rows, (Lines{"7|é\né|é"}));
  EXPECT_EQ(read.rejects, (Lines{"5:7: n: expected a number, found \"x\"",
                                 "6:5: n: expected a number, found \"two\\u000a2\""}));
}

TEST(Csv, TheLeftmostBadCellNamesTheRow) {
  const TemporaryFile file("a,b,c\nx,y,z\n");
  const Read read = ReadAll(
      file.format(), {{"c", FieldKind::kNumber}, {"b", FieldKind::kTime}, {"a", FieldKind::kText}});
  EXPECT_TRUE(read.rows.empty());
  EXPECT_EQ(read.rejects, (Lines{"2:3: b: expected a date or time, found \"y\""}));
}

TEST(Csv, MisplacedQuotesCostOneLine) {
  const std::string reason = "misplaced quote; write a quote inside a quoted cell twice";
  Read read = ReadTexts("a,b\n1,5\" disk\n3,4\n");
  EXPECT_EQ(read.rows, (Lines{"3|4"}));
  EXPECT_EQ(read.rejects, (Lines{"2:3: " + reason}));
  read = ReadTexts("a,b\n1,2\n\"x\" y,2\n3,4\n");
  EXPECT_EQ(read.rows, (Lines{"1|2", "3|4"}));
  EXPECT_EQ(read.rejects, (Lines{"3:1: " + reason}));
  read = ReadTexts("a,b\n1,2\n3,\"x\"\ry\n5,6\n");  // a lone carriage return ends nothing
  EXPECT_EQ(read.rows, (Lines{"1|2", "5|6"}));
  EXPECT_EQ(read.rejects, (Lines{"3:3: b: " + reason}));
}

TEST(Csv, OpenQuoteCostsOneLineAndTheRestIsRead) {
  const Read read = ReadTexts("a,b\n1,2\n\"3,4\n5,6\n7,8\n");
  EXPECT_EQ(read.rows, (Lines{"1|2", "5|6", "7|8"}));
  EXPECT_EQ(read.rejects, (Lines{"3:1: quote opened here is never closed"}));
  const Read last = ReadTexts("a,b\n1,2\n3,\"4");
  EXPECT_EQ(last.rows, (Lines{"1|2"}));
  EXPECT_EQ(last.rejects, (Lines{"3:3: quote opened here is never closed"}));
}

TEST(Csv, OverlongRowsAreRejectedWithoutTheirBytesInMemory) {
  const CsvOptions options{.buffer_size = 16, .row_size_max = 64, .chunk_rows_max = 10};
  Read read = ReadTexts("a,b\n1,2\n" + std::string(1000, 'x') + ",2\n3,4\n", options);
  EXPECT_EQ(read.rows, (Lines{"1|2", "3|4"}));
  EXPECT_EQ(read.rejects, (Lines{"3:1: row longer than 64 B"}));
  read = ReadTexts(
      "a,b\n1,2\n3,\"4\n" + std::string(30, 'x') + ",5\n6,7" + std::string(60, 'y') + "\n8,9\n",
      options);
  EXPECT_EQ(read.rejects[0], "3:3: quote opened here is never closed");
  EXPECT_EQ(read.rows.back(), "8|9");
  read = ReadTexts("a,b\n1,2\n" + std::string(1000, 'x'), options);
  EXPECT_EQ(read.rows, (Lines{"1|2"}));
  EXPECT_EQ(read.rejects, (Lines{"3:1: row longer than 64 B"}));
}

TEST(Csv, RejectsOverTheToleranceFailTheScan) {
  const TemporaryFile file("a,n\nx,1\ny,two\nz,3\n");
  const std::vector<data::ColumnRequest> columns = {{"n", FieldKind::kNumber}};
  EXPECT_EQ(ReadAll(file.format(), columns, 0).status.ToString(),
            "x.csv:3:3: n: expected a number, found \"two\"; 1 of 3 rows read so far rejected, at "
            "most 0 % allowed [DATA-REJECTS]");
  EXPECT_EQ(ReadAll(file.format(), columns, 0.3).status.ToString(),
            "x.csv:3:3: n: expected a number, found \"two\"; 1 of 3 rows read so far rejected, at "
            "most 30 % allowed [DATA-REJECTS]");
  const Read read = ReadAll(file.format(), columns, 0.34);
  EXPECT_TRUE(read.status.ok());
  EXPECT_EQ(read.rows, (Lines{"1", "3"}));
}

TEST(Csv, AFailedScanStaysFailedUntilRewound) {
  const TemporaryFile file("n\n1\nx\n");
  auto source = OpenCsv(file.format(), "x.csv");
  auto reader = (*source)->Scan({.columns = {{"n", FieldKind::kNumber}}, .reject_share_max = 0});
  EXPECT_EQ((*reader)->Next().status().code(), "DATA-REJECTS");
  EXPECT_EQ((*reader)->Next().status().code(), "DATA-REJECTS");
  ASSERT_TRUE((*reader)->Rewind().ok());
  EXPECT_EQ((*reader)->rejects().rows, 0U);
  EXPECT_EQ((*reader)->Next().status().code(), "DATA-REJECTS");
}

TEST(Csv, OnlyTheFirstRejectsAreKept) {
  std::string bytes = "n\n";
  for (int i = 0; i < 1000; ++i) bytes += i % 2 == 0 ? "x\n" : "1,2\n";
  const TemporaryFile file(bytes);
  auto source = OpenCsv(file.format(), "x.csv");
  auto reader = (*source)->Scan({.columns = {{"n", FieldKind::kNumber}}, .reject_share_max = 1});
  EXPECT_EQ((*reader)->Next().value(), nullptr);
  EXPECT_EQ((*reader)->rejects().rows, 1000U);
  EXPECT_EQ((*reader)->rejects().first.size(), data::RejectReport::kKeptMax);
}

TEST(Csv, LocateFindsCellsOfTheChunk) {
  const TemporaryFile file("a,n\nx,1\n\"y\ny\",oops\n\"z\nz\",3\n");
  auto source = OpenCsv(file.format(), "x.csv");
  auto reader = (*source)->Scan(
      {.columns = {{"n", FieldKind::kNumber}, {"a", FieldKind::kText}}, .reject_share_max = 1});
  ASSERT_EQ((*reader)->Next().value()->rows, 2U);
  const data::Place place = (*reader)->Locate(1, 0);  // the row after the rejected one
  EXPECT_EQ(place.line, 6U);
  EXPECT_EQ(place.column, 4U);
  EXPECT_EQ((*reader)->Locate(1, 1).line, 5U);
}

struct BadFile {
  std::string bytes;
  const char* error;
};

TEST(Csv, FilesThatCannotBeReadAreRefused) {
  for (const BadFile& bad : std::vector<BadFile>{
           {"", "x.csv: expected a header and rows, found an empty file [CSV-EMPTY]"},
           {"\xef\xbb\xbf", "x.csv: expected a header and rows, found an empty file [CSV-EMPTY]"},
           {"\n\r\n\n", "x.csv: expected a header and rows, found an empty file [CSV-EMPTY]"},
           {"a,b,a\n1,2,3\n", "x.csv:1:5: header: column \"a\" named twice [CSV-HEADER]"},
           {"\na,\"a\"\n", "x.csv:2:3: header: column \"a\" named twice [CSV-HEADER]"},
           {"a,b\"c\n1,2\n",
            "x.csv:1:3: header: misplaced or open quote, or too long [CSV-HEADER]"},
           {"a,\"b\n1,2\n", "x.csv:1:3: header: misplaced or open quote, or too long [CSV-HEADER]"},
           {"gr\xf6\xdf"
            "e\n1\n",
            "x.csv:1:1: header: name is not valid UTF-8; set the view's encoding to latin1 if it "
            "is [CSV-HEADER]"},
           {std::string("\xff\xfe"
                        "a\0\n\0",
                        6),
            "x.csv: expected UTF-8 or Latin-1, found UTF-16; save it as UTF-8 [CSV-ENCODING]"}}) {
    const TemporaryFile file(bad.bytes);
    EXPECT_EQ(OpenCsv(file.format(), "x.csv").status().ToString(), bad.error);
  }
  data::CsvFormat format;
  format.path = "/nowhere/x.csv";
  EXPECT_EQ(OpenCsv(format, "x.csv").status().ToString(),
            "x.csv: cannot open: No such file or directory [CSV-OPEN]");
  EXPECT_EQ(OpenCsv(format, "x.csv").status().kind(), Kind::kNotFound);
  format.path = "/";
  EXPECT_EQ(OpenCsv(format, "x.csv").status().ToString(),
            "x.csv: cannot read: Is a directory [CSV-OPEN]");
  format.delimiter = '"';
  EXPECT_EQ(OpenCsv(format, "x.csv").status().code(), "CSV-FORMAT");
}

TEST(Csv, UnnamedColumnsCannotBeAskedFor) {
  const TemporaryFile file(",a,\n0,1,2\n");
  auto source = OpenCsv(file.format(), "x.csv");
  ASSERT_TRUE(source.ok());
  EXPECT_EQ((*source)->Describe()->size(), 1U);
  EXPECT_EQ(ReadAll(file.format(), Texts({"a"})).rows, (Lines{"1"}));
  EXPECT_EQ(ReadAll(file.format(), Texts({""})).status.code(), "CSV-COLUMN");
  EXPECT_EQ(ReadAll(file.format(), Texts({"aa"})).status.message(),
            "x.csv has no column \"aa\". Did you mean \"a\"?");
}

TEST(Csv, DescribeGuessesFromTheFirstThousandRows) {
  std::string bytes = "n,day,stamp,epoch,text,empty,late\n";
  for (int i = 0; i < 1200; ++i) {
    bytes += (i % 3 == 0 ? "" : std::to_string(i) + ".5") +
             ",2014-01-02,2014-01-02 03:04:05,1374773055," + (i == 999 ? "x" : "1") + ",," +
             (i == 1000 ? "x" : "1") + "\n";
  }
  const TemporaryFile file(bytes);
  auto source = OpenCsv(file.format(), "x.csv");
  const Result<std::vector<data::SourceColumn>> columns = (*source)->Describe();
  std::string kinds;
  for (const data::SourceColumn& column : *columns) {
    kinds += column.kind == FieldKind::kNumber ? 'n' : column.kind == FieldKind::kTime ? 't' : 'x';
  }
  EXPECT_EQ(kinds, "nttnxxn");
}

}  // namespace
}  // namespace florin::source
