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
  while (failure_.ok()) {
    if (next_row_ == rows_.size()) {
      FLORIN_ASSIGN(const bool has_rows, LoadWindow());
      if (!has_rows) {
        FLORIN_TRY(failure_ = Judge(true));
        return static_cast<const data::Columns*>(nullptr);
      }
    }
    ConvertChunk(std::min(rows_.size() - next_row_, shape_.options.chunk_rows_max));
    failure_ = Judge(false);
    if (failure_.ok() && chunk_.rows > 0) return static_cast<const data::Columns*>(&chunk_);
  }
  return failure_;
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
  ragged_rows_.clear();
  next_ragged_ = 0;
  chunk_rows_.clear();
  FLORIN_ASSIGN(const bool has_rows, window_.Advance());
  if (has_rows) ListRows();
  return has_rows;
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
    const bool is_blank = found == 1 && (size == 0 || (size == 1 && window_.text()[begin] == '\r'));
    if (found == expected && !is_blank) {
      rows_.push_back(before);
    } else if (!is_blank) {
      ragged_rows_.push_back({before, static_cast<uint32_t>(found)});
    }
    before = end;
  }
}

// Counts one row, and finds the place of the byte at `offset` and the reason while there is room.
template <typename MakeReason>
void CsvReader::Reject(uint32_t offset, MakeReason reason) {
  if (!rejects_.WantsMore()) {
    ++rejects_.rows;
    return;
  }
  const data::Place place = window_.PlaceOf(offset);
  rejects_.Add({.line = place.line, .column = place.column, .reason = reason()});
}

// Reports the ragged rows up to the separator `before`.
void CsvReader::ReportRagged(uint32_t before) {
  for (; next_ragged_ < ragged_rows_.size(); ++next_ragged_) {
    const RaggedRow& row = ragged_rows_[next_ragged_];
    if (row.before >= before) return;
    Reject(window_.structure().separators[row.before] + 1, [&] {
      return "expected " + std::to_string(shape_.header.size()) + " cells, found " +
             std::to_string(row.found);
    });
  }
}

void CsvReader::ReportFault() {
  const RowWindow::Fault fault = window_.fault();
  if (fault == RowWindow::Fault::kNone) return;
  const bool is_row = fault == RowWindow::Fault::kRowTooLong;
  Reject(is_row ? window_.fault_row() : window_.fault_cell(), [&]() -> std::string {
    if (fault == RowWindow::Fault::kMisplacedQuote) {
      return "misplaced quote; write a quote inside a quoted cell twice";
    }
    if (fault == RowWindow::Fault::kOpenQuote) return "quote opened here is never closed";
    return "row longer than " + base::HumanBytes(shape_.options.row_size_max);
  });
}

// Converts the next `rows` good rows and reports what was rejected before the row after them.
void CsvReader::ConvertChunk(size_t rows) {
  const auto first = rows_.begin() + static_cast<std::ptrdiff_t>(next_row_);
  chunk_rows_.assign(first, first + static_cast<std::ptrdiff_t>(rows));
  arena_.Clear();
  for (size_t i = 0; i < cells_.size(); ++i) {
    switch (chunk_.columns[i].kind) {
      case data::FieldKind::kNumber:
        ConvertNumbers(i);
        break;
      case data::FieldKind::kTime:
        ConvertTimes(i);
        break;
      case data::FieldKind::kText:
        ConvertTexts(i);
        break;
    }
  }
  if (!bad_cells_.empty()) DropBadRows();
  next_row_ += rows;
  const bool is_last = next_row_ == rows_.size();
  ReportRagged(is_last ? ~uint32_t{0} : rows_[next_row_]);
  if (is_last) ReportFault();
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
    numbers[row] = ParseNumberInPlace(text, decimal_point_);
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
    return std::tie(a.row, a.cell, a.column) < std::tie(b.row, b.cell, b.column);
  });
  std::vector<uint8_t> is_bad(chunk_rows_.size(), 0);
  for (const BadCell& bad : bad_cells_) {
    if (is_bad[bad.row] != 0) continue;
    is_bad[bad.row] = 1;
    ReportRagged(chunk_rows_[bad.row]);
    Reject(CellBegin(bad.row, bad.cell), [&] { return Reason(bad); });
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
    case Why::kEncoding:
      return name + ": not valid UTF-8";
    case Why::kQuote:
      return name + ": misplaced quote; write a quote inside a quoted cell twice";
    case Why::kKind:
      break;
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
