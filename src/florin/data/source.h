// Source is the port behind which a database or file lives; source/ has the adapters.
//
// A scan hands out raw columns in chunks of some thousand rows, in the source's row order. Reading
// is single-threaded per reader; spans and texts stay valid until the next Next() or Rewind().
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/status.h"

namespace florin::data {

enum class FieldKind : uint8_t { kNumber, kText, kTime };

constexpr double kMissingNumber = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kMissingTime = std::numeric_limits<int64_t>::min();

struct SourceColumn {
  std::string name;
  FieldKind kind = FieldKind::kText;  // guessed from the first rows
};

struct ColumnRequest {
  std::string column;  // the source's own name
  FieldKind kind = FieldKind::kText;
};

// One requested column of a chunk; only the vector of its kind is filled.
struct Column {
  FieldKind kind = FieldKind::kText;
  std::vector<double> numbers;          // kMissingNumber where empty
  std::vector<int64_t> times;           // microseconds since 1970 UTC; kMissingTime where empty
  std::vector<std::string_view> texts;  // UTF-8; empty where missing
};

struct Columns {
  size_t rows = 0;
  std::vector<Column> columns;  // in the order requested
};

// A reason quotes the cell: it is for the site's own people, and must not leave the site.
struct Reject {
  uint64_t line = 0;    // 1-based line of the source
  uint64_t column = 0;  // 1-based character in that line
  std::string reason;   // "nights: expected a number, found \"two\""
};

// Rows that could not be read. Over the tolerance the scan fails with [DATA-REJECTS].
struct RejectReport {
  static constexpr size_t kKeptMax = 20;
  uint64_t rows = 0;
  std::vector<Reject> first;  // at most kKeptMax, by place

  void Add(Reject reject);  // counts one row, and keeps its reason if it is among the first
  // Who adds in the order of the rows may stop finding places and reasons once it is false, and
  // count on.
  bool WantsMore() const { return first.size() < kKeptMax; }
};

// [DATA-REJECTS] when more than `share_max` of `rows_read` (readable and not) were rejected. The
// message starts with `name:line:column:` of the first one, and quotes its cell.
Status CheckRejects(const RejectReport& rejects, uint64_t rows_read, double share_max,
                    std::string_view name);

// Where a cell stands in its source. 0 where the source has no lines.
struct Place {
  uint64_t line = 0;    // 1-based
  uint64_t column = 0;  // 1-based character of that line
};

struct ScanOptions {
  std::vector<ColumnRequest> columns;
  double reject_share_max = 0;  // of all rows; 0 means every row must be readable
};

class ColumnReader {
 public:
  virtual ~ColumnReader() = default;
  // The next chunk, or nullptr after the last row.
  virtual Result<const Columns*> Next() = 0;
  virtual Status Rewind() = 0;
  virtual const RejectReport& rejects() const = 0;
  // The place of a cell of the chunk last handed out, for messages: `row` of the chunk, `column` of
  // the request. Slow; called for rejected rows only.
  virtual Place Locate(size_t /*row*/, size_t /*column*/) const { return {}; }
};

class Source {
 public:
  virtual ~Source() = default;
  virtual Result<std::vector<SourceColumn>> Describe() = 0;
  // Reads the columns asked for, in that order; one may be asked for twice. The source must outlive
  // its readers. A column that does not exist is a fault of the request.
  virtual Result<std::unique_ptr<ColumnReader>> Scan(const ScanOptions& options) = 0;
  // What messages call it: a file name, a table.
  virtual std::string name() const { return "source"; }
};

}  // namespace florin::data
