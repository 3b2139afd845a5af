// CsvReader: the columns asked for, chunk by chunk; one loop a column over the rows of a window.
#pragma once

#include <string>
#include <vector>

#include "florin/data/source.h"
#include "florin/source/csv_cells.h"
#include "florin/source/csv_window.h"

namespace florin::source {

// What a CSV file is, once its header is read.
struct CsvShape {
  data::CsvFormat format;
  std::string name;                 // in messages
  std::vector<std::string> header;  // "" for a column without a name
  RowWindow::Position first_row;
  CsvOptions options;
};

class CsvReader final : public data::ColumnReader {
 public:
  // `cells[i]` is the place in a row of the i-th column asked for.
  CsvReader(const CsvShape& shape, RowWindow window, const data::ScanOptions& scan,
            std::vector<size_t> cells);

  Result<const data::Columns*> Next() override;
  Status Rewind() override;
  const data::RejectReport& rejects() const override { return rejects_; }
  data::Place Locate(size_t row, size_t column) const override;

 private:
  enum class Why : uint8_t { kKind, kEncoding, kQuote };
  struct RaggedRow {
    uint32_t before;  // the separator before it
    uint32_t found;   // cells
  };
  struct BadCell {
    size_t row;     // of the chunk
    size_t cell;    // of the row
    size_t column;  // of the request
    Why why;
  };

  Result<bool> LoadWindow();
  void ListRows();
  void ReportFault();
  void ConvertChunk(size_t rows);
  void ConvertNumbers(size_t column);
  void ConvertTimes(size_t column);
  void ConvertTexts(size_t column);
  void DropBadRows();
  void ReportRagged(uint32_t before);
  template <typename MakeReason>
  void Reject(uint32_t offset, MakeReason reason);
  std::string Reason(const BadCell& bad);
  Status Judge(bool is_end);

  uint32_t CellBegin(size_t row, size_t cell) const;
  std::string_view RawCell(size_t row, size_t cell) const;
  std::string_view Cell(size_t row, size_t cell);

  CsvShape shape_;
  RowWindow window_;
  double reject_share_max_;
  std::vector<size_t> cells_;
  char decimal_point_;

  std::vector<uint32_t> rows_;  // of the window: the separator before each good row
  size_t next_row_ = 0;
  std::vector<RaggedRow> ragged_rows_;  // of the window
  size_t next_ragged_ = 0;              // up to here they are reported
  std::vector<uint32_t> chunk_rows_;    // of the chunk, from rows_
  data::Columns chunk_;
  std::vector<BadCell> bad_cells_;
  Arena arena_;
  uint64_t rows_read_ = 0;  // accepted
  data::RejectReport rejects_;
  Status failure_;
};

}  // namespace florin::source
