#include "output.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "florin/base/check.h"
#include "florin/base/text.h"

namespace florin::apps {

std::optional<Format> FindFormat(std::string_view name) {
  if (name == "table") return Format::kTable;
  if (name == "json") return Format::kJson;
  if (name == "csv") return Format::kCsv;
  return std::nullopt;
}

Cell Cell::Number(double value, int digits) {
  Cell cell;
  if (!std::isfinite(value)) return cell;
  cell.text_ = base::Fixed(value, digits);
  cell.kind_ = kNumber;
  return cell;
}

Cell Cell::Exact(double value) {
  Cell cell;
  if (!std::isfinite(value)) return cell;
  cell.text_ = base::Shortest(value);
  cell.kind_ = kNumber;
  return cell;
}

Cell Cell::Count(uint64_t value) {
  Cell cell;
  cell.text_ = std::to_string(value);
  cell.kind_ = kCount;
  return cell;
}

Cell Cell::Flag(bool value) {
  Cell cell;
  cell.text_ = value ? "true" : "false";
  cell.kind_ = kFlag;
  return cell;
}

std::string Cell::ForPeople() const {
  if (kind_ == kNothing) return "-";
  if (kind_ == kFlag) return text_ == "true" ? "yes" : "no";
  const bool is_long = kind_ == kCount && text_.size() > 4;
  if (!is_long) return text_;
  std::string text = text_;
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string Cell::ForCsv() const { return kind_ == kText ? CsvCell(text_) : text_; }

std::string Cell::ForJson() const {
  if (kind_ == kNothing) return "null";
  return kind_ == kText ? base::JsonQuote(text_) : text_;
}

void Table::Add(std::vector<Cell> row) {
  FLORIN_CHECK(row.size() == columns_.size());
  rows_.push_back(std::move(row));
}

void Table::Print(std::ostream& out, Format format) const {
  switch (format) {
    case Format::kTable:
      return PrintText(out);
    case Format::kJson:
      return PrintJson(out);
    case Format::kCsv:
      return PrintCsv(out);
  }
}

void Table::PrintText(std::ostream& out) const {
  std::vector<size_t> widths;
  widths.reserve(columns_.size());
  std::vector<bool> is_number(columns_.size(), !rows_.empty());
  for (const std::string& column : columns_) widths.push_back(ScreenWidth(column));
  for (const std::vector<Cell>& row : rows_) {
    for (size_t c = 0; c < row.size(); ++c) {
      widths[c] = std::max(widths[c], ScreenWidth(row[c].ForPeople()));
      if (!row[c].is_number() && row[c].ForPeople() != "-") is_number[c] = false;
    }
  }
  const auto line = [&](auto&& text_of) {
    std::string joined;
    for (size_t c = 0; c < columns_.size(); ++c) {
      const std::string text = text_of(c);
      const std::string gap(widths[c] - ScreenWidth(text), ' ');
      joined += (c > 0 ? "  " : "") + (is_number[c] ? gap + text : text + gap);
    }
    joined.erase(joined.find_last_not_of(' ') + 1);
    return joined;
  };
  const bool is_colourful = IsColourful(STDOUT_FILENO);
  const std::string header = line([&](size_t c) { return columns_[c]; });
  out << (is_colourful ? "\x1b[1m" + header + "\x1b[0m" : header) << '\n';
  for (const std::vector<Cell>& row : rows_) {
    out << line([&](size_t c) { return row[c].ForPeople(); }) << '\n';
  }
}

void Table::PrintJson(std::ostream& out) const {
  out << '[';
  for (size_t r = 0; r < rows_.size(); ++r) {
    out << (r > 0 ? ",\n {" : "\n {");
    for (size_t c = 0; c < columns_.size(); ++c) {
      out << (c > 0 ? ", " : "") << base::JsonQuote(columns_[c]) << ": " << rows_[r][c].ForJson();
    }
    out << '}';
  }
  out << "\n]\n";
}

void Table::PrintCsv(std::ostream& out) const {
  for (size_t c = 0; c < columns_.size(); ++c) out << (c > 0 ? "," : "") << CsvCell(columns_[c]);
  out << '\n';
  for (const std::vector<Cell>& row : rows_) {
    for (size_t c = 0; c < row.size(); ++c) out << (c > 0 ? "," : "") << row[c].ForCsv();
    out << '\n';
  }
}

std::string CsvCell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

bool IsTerminal(int fd) { return isatty(fd) == 1; }

bool IsColourful(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool is_off = (no_color != nullptr && *no_color != '\0') ||
                      (term != nullptr && std::string_view(term) == "dumb");
  return !is_off && IsTerminal(fd);
}

size_t ScreenWidth(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // not a continuation byte
  }));
}

}  // namespace florin::apps
