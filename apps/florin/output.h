// Tables for people and programs: aligned text, JSON or CSV of the same rows (`--output`). Column
// names and their order are stable; scripts rely on them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace florin::apps {

enum class Format { kTable, kJson, kCsv };
std::optional<Format> FindFormat(std::string_view name);  // "table", "json", "csv"

// One value. In JSON a number stays a number and nothing is null; as text, numbers stand to the
// right.
class Cell {
 public:
  Cell() = default;  // nothing
  // NOLINTBEGIN(google-explicit-constructor): table rows read as lists of values
  Cell(std::string text) : text_(std::move(text)), kind_(kText) {}
  Cell(const char* text) : Cell(std::string(text)) {}
  Cell(std::string_view text) : Cell(std::string(text)) {}
  // NOLINTEND(google-explicit-constructor)
  static Cell Number(double value, int digits);  // fixed digits; nothing when not finite
  static Cell Exact(double value);               // shortest text that reads back the same
  static Cell Count(uint64_t value);             // "63542"; with thousands separators as text
  static Cell Flag(bool value);                  // true or false

  std::string ForPeople() const;
  std::string ForCsv() const;
  std::string ForJson() const;
  bool is_number() const { return kind_ == kNumber || kind_ == kCount; }

 private:
  enum Kind { kNothing, kText, kNumber, kCount, kFlag };
  std::string text_;
  Kind kind_ = kNothing;
};

class Table {
 public:
  explicit Table(std::vector<std::string> columns) : columns_(std::move(columns)) {}
  void Add(std::vector<Cell> row);  // as many cells as columns (FLORIN_CHECK)
  bool empty() const { return rows_.empty(); }
  void Print(std::ostream& out, Format format) const;

 private:
  void PrintText(std::ostream& out) const;
  void PrintJson(std::ostream& out) const;
  void PrintCsv(std::ostream& out) const;

  std::vector<std::string> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// A cell of a CSV file, quoted when it must be.
std::string CsvCell(std::string_view text);

// Whether a terminal reads `fd` and wants colours (NO_COLOR and TERM=dumb say no).
bool IsColourful(int fd);
bool IsTerminal(int fd);
// Characters `text` takes on a screen, for alignment (UTF-8 code points).
size_t ScreenWidth(std::string_view text);

}  // namespace florin::apps
