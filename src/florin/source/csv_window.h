// RowWindow: the complete rows of a CSV file, one buffer at a time.
//
// Memory is bounded by the buffer, which grows only for a row that does not fit, up to
// row_size_max. A row whose quotes do not add up, or which is longer than that, is a fault of the
// window: it costs its first line, and reading goes on with the next one, so that one bad line
// cannot swallow its neighbours unseen.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/status.h"
#include "florin/data/source.h"
#include "florin/data/view.h"
#include "florin/source/csv_scan.h"

namespace florin::source {

// How a CSV file is read; the defaults are right outside tests.
struct CsvOptions {
  size_t buffer_size = 256 << 10;  // bytes
  size_t row_size_max = 1 << 20;   // bytes of one row
  size_t chunk_rows_max = 4096;
};

class RowWindow {
 public:
  // A place in the file where a row starts.
  struct Position {
    uint64_t offset = 0;  // bytes
    uint64_t line = 1;
  };

  enum class Fault : uint8_t { kNone, kMisplacedQuote, kOpenQuote, kRowTooLong };

  // [CSV-OPEN], [CSV-ENCODING]. Passes over a byte order mark.
  static Result<RowWindow> Open(const data::CsvFormat& format, std::string name,
                                const CsvOptions& options);

  // Loads the next rows, the fault that follows them, or both; false at the end. [CSV-READ]
  Result<bool> Advance();
  Status Seek(Position position);

  const char* text() const { return buffer_.data() + kFrontSlack; }
  const Structure& structure() const { return structure_; }
  Fault fault() const { return fault_; }
  uint32_t fault_cell() const { return fault_cell_; }  // offset of the cell with the fault
  uint32_t fault_row() const { return fault_row_; }    // offset of its row

  // The place of the byte at `offset` of text().
  data::Place PlaceOf(uint32_t offset) const;
  // Where the rows of this window start, and where the row after the one that ends at
  // row_ends[row] does.
  Position start() const { return start_; }
  Position After(size_t row) const;

  // Bytes that may be read before text(): what ParseNumberInPlace needs.
  static constexpr size_t kFrontSlack = 16;

 private:
  struct Close {
    void operator()(const int* file) const;
  };

  void Consume();
  Status Fill();
  Result<size_t> Read(char* to, size_t size);
  bool Grow();
  void FindFault();

  std::string name_;
  std::unique_ptr<int, Close> file_;
  char delimiter_ = ',';
  char quote_ = '"';
  bool is_latin1_ = false;
  size_t row_size_max_ = 0;

  // [slack | text of size_ bytes | slack]; the first consumed_ bytes are done with.
  std::vector<char> buffer_;
  size_t capacity_ = 0;
  size_t size_ = 0;
  size_t consumed_ = 0;
  bool is_last_ = false;      // the file has no more bytes
  bool is_skipping_ = false;  // until the next line feed

  Position start_;
  Structure structure_;
  Fault fault_ = Fault::kNone;
  uint32_t fault_cell_ = 0;
  uint32_t fault_row_ = 0;
};

}  // namespace florin::source
