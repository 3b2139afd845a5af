#include "florin/source/csv_reader.h"

#include <algorithm>
#include <tuple>

#include "florin/base/text.h"
#include "florin/data/parse.h"

namespace florin::source {
namespace {

// Keeps values[i] where is_bad[i] is 0.
template <typename T>
void Compact(std::vector<T>& values, const std::vector<uint8_t>& is_bad) {
  size_t kept = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    values[kept] = values[i];
    kept += is_bad[i] == 0;
  }
  values.resize(kept);
}

}  // namespace

CsvReader::CsvReader(const CsvShape& shape, RowWindow window, const data::ScanOptions& scan,
                     std::vector<size_t> cells)
    : shape_(shape),
      window_(std::move(window)),
      reject_share_max_(scan.reject_share_max),
      cells_(std::move(cells)),
      decimal_point_(shape.format.decimal_comma ? ',' : '.') {
  for (const data::ColumnRequest& request : scan.columns) {
    chunk_.columns.emplace_back().kind = request.kind;
  }
}

Result<const data::Columns*> CsvReader::Next() {
  if (!failure_.ok()) return failure_;
  while (true) {
    if (next_row_ == rows_.size()) {
      FLORIN_ASSIGN(const bool has_rows, LoadWindow());
      failure_ = Judge(!has_rows);
      if (!failure_.ok()) return failure_;
      if (!has_rows) {
        chunk_.rows = 0;
        return static_cast<const data::Columns*>(nullptr);
      }
      continue;
    }
    const size_t rows = std::min(rows_.size() - next_row_, shape_.options.chunk_rows_max);
    ConvertChunk(rows);
    next_row_ += rows;
    failure_ = Judge(false);
    if (!failure_.ok()) return failure_;
    if (chunk_.rows > 0) return static_cast<const data::Columns*>(&chunk_);
  }
}

Status CsvReader::Rewind() {
  rows_.clear();
  next_row_ = 0;
  chunk_rows_.clear();
  rows_read_ = 0;
  rejects_ = {};
  failure_ = {};
  return window_.Seek(shape_.first_row);
}

Status CsvReader::Judge(bool is_end) {
  if (rejects_.rows == 0 || (reject_share_max_ > 0 && !is_end)) return {};
  return data::CheckRejects(rejects_, rows_read_ + rejects_.rows, reject_share_max_, shape_.name);
}

Result<bool> CsvReader::LoadWindow() {
  rows_.clear();
  next_row_ = 0;
  chunk_rows_.clear();
  FLORIN_ASSIGN(const bool has_rows, window_.Advance());
  if (!has_rows) return false;
  ListRows();
  NoteFault();
  return true;
}

// Finds the rows with as many cells as the header; passes over blank lines.
void CsvReader::ListRows() {
  const Structure& structure = window_.structure();
  const size_t expected = shape_.header.size();
  uint32_t before = 0;
  for (size_t i = 0; i < structure.row_count; ++i) {
    const uint32_t end = structure.row_ends[i];
    const size_t found = end - before;
    const uint32_t begin = structure.separators[before] + 1;
    const uint32_t size = structure.separators[end] - begin;
    const bool is_blank =
        found == 1 && (size == 0 || (size == 1 && window_.text()[begin] == '\r'));
    if (found == expected && !is_blank) {
      rows_.push_back(before);
    } else if (!is_blank) {
      if (rejects_.WantsMore()) {
        const data::Place place = window_.PlaceOf(begin);
        rejects_.Add({.line = place.line,
                      .column = place.column,
                      .reason = "expected " + std::to_string(expected) + " cells, found " +
                                std::to_string(found)});
      } else {
        ++rejects_.rows;
      }
    }
    before = end;
  }
}

void CsvReader::NoteFault() {
  if (window_.fault() == RowWindow::Fault::kNone) return;
  const bool is_too_long = window_.fault() == RowWindow::Fault::kRowTooLong;
  const data::Place place =
      window_.PlaceOf(is_too_long ? window_.fault_row() : window_.fault_cell());
  std::string reason = "row longer than " + base::HumanBytes(shape_.options.row_size_max);
  if (window_.fault() == RowWindow::Fault::kMisplacedQuote) {
    reason = "misplaced quote; write a quote inside a quoted cell twice";
  } else if (window_.fault() == RowWindow::Fault::kOpenQuote) {
    reason = "quote opened here is never closed";
  }
  rejects_.Add({.line = place.line, .column = place.column, .reason = std::move(reason)});
}

void CsvReader::ConvertChunk(size_t rows) {
  const auto first = rows_.begin() + static_cast<std::ptrdiff_t>(next_row_);
  chunk_rows_.assign(first, first + static_cast<std::ptrdiff_t>(rows));
  arena_.Clear();
  for (size_t i = 0; i < cells_.size(); ++i) {
    switch (chunk_.columns[i].kind) {
      case data::FieldKind::kNumber: ConvertNumbers(i); break;
      case data::FieldKind::kTime: ConvertTimes(i); break;
      case data::FieldKind::kText: ConvertTexts(i); break;
    }
  }
  if (!bad_cells_.empty()) DropBadRows();
  chunk_.rows = chunk_rows_.size();
  rows_read_ += chunk_.rows;
}

uint32_t CsvReader::CellBegin(size_t row, size_t cell) const {
  return window_.structure().separators[chunk_rows_[row] + cell] + 1;
}

// The bytes of a cell, quotes and all, without the carriage return of a CRLF.
inline std::string_view CsvReader::RawCell(size_t row, size_t cell) const {
  const char* const text = window_.text();
  const uint32_t begin = CellBegin(row, cell);
  uint32_t end = CellBegin(row, cell + 1) - 1;
  if (cell + 1 == shape_.header.size() && end > begin && text[end - 1] == '\r') --end;
  return {text + begin, end - begin};
}

inline std::string_view CsvReader::Cell(size_t row, size_t cell) {
  const std::string_view raw = RawCell(row, cell);
  if (!window_.structure().has_quotes || raw.empty() || raw[0] != shape_.format.quote) return raw;
  return Unquote(raw, shape_.format.quote, arena_);
}

void CsvReader::ConvertNumbers(size_t column) {
  std::vector<double>& numbers = chunk_.columns[column].numbers;
  const size_t cell = cells_[column];
  numbers.resize(chunk_rows_.size());
  for (size_t row = 0; row < numbers.size(); ++row) {
    const std::string_view text = Cell(row, cell);
    numbers[row] = data::ParseNumber(text, decimal_point_);
    if (numbers[row] == numbers[row] || base::Trim(text).empty()) continue;
    bad_cells_.push_back({row, cell, column, Why::kKind});
  }
}

void CsvReader::ConvertTimes(size_t column) {
  std::vector<int64_t>& times = chunk_.columns[column].times;
  const size_t cell = cells_[column];
  times.resize(chunk_rows_.size());
  for (size_t row = 0; row < times.size(); ++row) {
    const std::string_view text = Cell(row, cell);
    times[row] = data::ParseTime(text);
    if (times[row] != data::kMissingTime || base::Trim(text).empty()) continue;
    bad_cells_.push_back({row, cell, column, Why::kKind});
  }
}

void CsvReader::ConvertTexts(size_t column) {
  std::vector<std::string_view>& texts = chunk_.columns[column].texts;
  const size_t cell = cells_[column];
  const bool has_high = window_.structure().has_high;
  texts.resize(chunk_rows_.size());
  for (size_t row = 0; row < texts.size(); ++row) {
    std::string_view text = Cell(row, cell);
    if (text.data() == nullptr) bad_cells_.push_back({row, cell, column, Why::kQuote});
    if (has_high && shape_.format.latin1) {
      text = FromLatin1(text, arena_);
    } else if (has_high && !IsAscii(text) && !base::IsUtf8(text)) {
      bad_cells_.push_back({row, cell, column, Why::kEncoding});
    }
    texts[row] = text;
  }
}

// Reports the leftmost bad cell of each row and takes the rows out of the chunk.
void CsvReader::DropBadRows() {
  std::sort(bad_cells_.begin(), bad_cells_.end(), [](const BadCell& a, const BadCell& b) {
    return std::tie(a.row, a.cell) < std::tie(b.row, b.cell);
  });
  std::vector<uint8_t> is_bad(chunk_rows_.size(), 0);
  for (const BadCell& bad : bad_cells_) {
    if (is_bad[bad.row] != 0) continue;
    is_bad[bad.row] = 1;
    if (!rejects_.WantsMore()) {
      ++rejects_.rows;
      continue;
    }
    const data::Place place = window_.PlaceOf(CellBegin(bad.row, bad.cell));
    rejects_.Add({.line = place.line, .column = place.column, .reason = Reason(bad)});
  }
  bad_cells_.clear();
  for (data::Column& column : chunk_.columns) {
    Compact(column.numbers, is_bad);
    Compact(column.times, is_bad);
    Compact(column.texts, is_bad);
  }
  Compact(chunk_rows_, is_bad);
}

std::string CsvReader::Reason(const BadCell& bad) {
  const std::string& name = shape_.header[bad.cell];
  switch (bad.why) {
    case Why::kEncoding: return name + ": not valid UTF-8";
    case Why::kQuote: return name + ": misplaced quote; write a quote inside a quoted cell twice";
    case Why::kKind: break;
  }
  std::string_view text = Cell(bad.row, bad.cell);
  if (text.data() == nullptr) text = RawCell(bad.row, bad.cell);
  if (shape_.format.latin1) text = FromLatin1(text, arena_);
  return data::WrongKind(name, chunk_.columns[bad.column].kind, text);
}

data::Place CsvReader::Locate(size_t row, size_t column) const {
  return window_.PlaceOf(CellBegin(row, cells_[column]));
}

}  // namespace florin::source
