#include "florin/source/csv.h"

#include <algorithm>
#include <unordered_set>

#include "florin/base/text.h"
#include "florin/data/parse.h"
#include "florin/source/csv_reader.h"

namespace florin::source {
namespace {

constexpr size_t kGuessRows = 1000;

class CsvSource final : public data::Source {
 public:
  explicit CsvSource(CsvShape shape) : shape_(std::move(shape)) {}
  Result<std::vector<data::SourceColumn>> Describe() override;
  Result<std::unique_ptr<data::ColumnReader>> Scan(const data::ScanOptions& options) override;
  std::string name() const override { return shape_.name; }

 private:
  CsvShape shape_;
  std::vector<data::SourceColumn> columns_;  // once described
};

// What the texts seen so far can all be read as.
class KindGuess {
 public:
  void Add(std::string_view text, char decimal_point) {
    if (base::Trim(text).empty()) return;
    has_value_ = true;
    const double number = data::ParseNumber(text, decimal_point);
    is_number_ = is_number_ && number == number;
    is_time_ = is_time_ && number != number && data::ParseTime(text) != data::kMissingTime;
  }
  data::FieldKind kind() const {
    if (!has_value_) return data::FieldKind::kText;
    if (is_number_) return data::FieldKind::kNumber;
    return is_time_ ? data::FieldKind::kTime : data::FieldKind::kText;
  }

 private:
  bool has_value_ = false;
  bool is_number_ = true;
  bool is_time_ = true;
};

Result<std::vector<data::SourceColumn>> CsvSource::Describe() {
  if (!columns_.empty()) return columns_;
  data::ScanOptions all{.columns = {}, .reject_share_max = 1};
  for (const std::string& name : shape_.header) {
    if (!name.empty()) all.columns.push_back({name, data::FieldKind::kText});
  }
  FLORIN_ASSIGN(const std::unique_ptr<data::ColumnReader> reader, Scan(all));
  std::vector<KindGuess> guesses(all.columns.size());
  const char decimal_point = shape_.format.decimal_comma ? ',' : '.';
  for (size_t rows = 0; rows < kGuessRows;) {
    FLORIN_ASSIGN(const data::Columns* chunk, reader->Next());
    if (chunk == nullptr) break;
    const size_t count = std::min(chunk->rows, kGuessRows - rows);
    for (size_t i = 0; i < guesses.size(); ++i) {
      for (size_t row = 0; row < count; ++row) {
        guesses[i].Add(chunk->columns[i].texts[row], decimal_point);
      }
    }
    rows += count;
  }
  for (size_t i = 0; i < guesses.size(); ++i) {
    columns_.push_back({all.columns[i].column, guesses[i].kind()});
  }
  return columns_;
}

Result<std::unique_ptr<data::ColumnReader>> CsvSource::Scan(const data::ScanOptions& options) {
  std::vector<size_t> cells;
  for (const data::ColumnRequest& request : options.columns) {
    const auto at = std::find(shape_.header.begin(), shape_.header.end(), request.column);
    if (at == shape_.header.end() || request.column.empty()) {
      return Status(Kind::kConfig, "CSV-COLUMN",
                    shape_.name + " has no column \"" + request.column + "\"." +
                        base::DidYouMean(request.column, shape_.header));
    }
    cells.push_back(static_cast<size_t>(at - shape_.header.begin()));
  }
  FLORIN_ASSIGN(RowWindow window, RowWindow::Open(shape_.format, shape_.name, shape_.options));
  FLORIN_TRY(window.Seek(shape_.first_row));
  return std::unique_ptr<data::ColumnReader>(
      std::make_unique<CsvReader>(shape_, std::move(window), options, std::move(cells)));
}

Status CheckFormat(const data::CsvFormat& format, const std::string& name) {
  const auto is_line_end = [](char c) { return c == '\n' || c == '\r'; };
  if (format.delimiter == format.quote || is_line_end(format.delimiter) ||
      is_line_end(format.quote)) {
    return Status(Kind::kConfig, "CSV-FORMAT",
                  name + ": delimiter and quote must be different characters, and no line ends");
  }
  return {};
}

Status HeaderFault(const CsvShape& shape, const data::Place& place, std::string_view what) {
  return Status(Kind::kFailed, "CSV-HEADER",
                shape.name + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) +
                    ": header: " + std::string(what));
}

// Reads the cells of the row that `window` ends at row_ends[row] into shape.header.
Status ReadNames(const RowWindow& window, size_t row, CsvShape& shape) {
  const Structure& structure = window.structure();
  const uint32_t first = row == 0 ? 0 : structure.row_ends[row - 1];
  const uint32_t last = structure.row_ends[row];
  std::unordered_set<std::string> seen;
  Arena arena;
  for (uint32_t i = first; i < last; ++i) {
    const uint32_t begin = structure.separators[i] + 1;
    std::string_view cell(window.text() + begin, structure.separators[i + 1] - begin);
    if (i + 1 == last && cell.ends_with('\r')) cell.remove_suffix(1);
    if (cell.starts_with(shape.format.quote)) cell = Unquote(cell, shape.format.quote, arena);
    if (shape.format.latin1) cell = FromLatin1(cell, arena);
    if (!base::IsUtf8(cell)) {
      return HeaderFault(shape, window.PlaceOf(begin),
                         "name is not valid UTF-8; set the view's encoding to latin1 if it is");
    }
    if (!cell.empty() && !seen.emplace(cell).second) {
      return HeaderFault(shape, window.PlaceOf(begin),
                         "column " + data::QuoteCell(cell) + " named twice");
    }
    shape.header.emplace_back(cell);
  }
  return {};
}

// Finds the first row that is not blank and takes it as the header.
Status ReadHeader(RowWindow& window, CsvShape& shape) {
  while (true) {
    FLORIN_ASSIGN(const bool has_rows, window.Advance());
    if (!has_rows) {
      return Status(Kind::kFailed, "CSV-EMPTY",
                    shape.name + ": expected a header and rows, found an empty file");
    }
    const Structure& structure = window.structure();
    for (size_t row = 0; row < structure.row_count; ++row) {
      const uint32_t before = row == 0 ? 0 : structure.row_ends[row - 1];
      const uint32_t begin = structure.separators[before] + 1;
      const char first = window.text()[begin];
      if (first == '\n' || (first == '\r' && window.text()[begin + 1] == '\n')) continue;
      shape.first_row = window.After(row);
      return ReadNames(window, row, shape);
    }
    if (window.fault() != RowWindow::Fault::kNone) {
      return HeaderFault(shape, window.PlaceOf(window.fault_cell()),
                         "misplaced or open quote, or too long");
    }
  }
}

}  // namespace

Result<std::unique_ptr<data::Source>> OpenCsv(const data::CsvFormat& format, std::string name,
                                              const CsvOptions& options) {
  FLORIN_TRY(CheckFormat(format, name));
  CsvShape shape{
      .format = format, .name = std::move(name), .header = {}, .first_row = {}, .options = options};
  FLORIN_ASSIGN(RowWindow window, RowWindow::Open(format, shape.name, options));
  FLORIN_TRY(ReadHeader(window, shape));
  return std::unique_ptr<data::Source>(std::make_unique<CsvSource>(std::move(shape)));
}

}  // namespace florin::source
