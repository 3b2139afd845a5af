// Any bytes as a CSV file: no crash, and the same rows and rejects whatever the buffer's size.
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "florin/base/check.h"
#include "florin/base/text.h"
#include "florin/data/parse.h"
#include "florin/source/csv.h"

namespace florin::source {
namespace {

// What a scan gave, in a form that can be compared.
struct Outcome {
  std::string rows;
  uint64_t rejected = 0;
  std::string reasons;
  std::string error;
  bool operator==(const Outcome&) const = default;
};

void Print(const data::Columns& chunk, std::string& text) {
  for (size_t row = 0; row < chunk.rows; ++row) {
    for (const data::Column& column : chunk.columns) {
      switch (column.kind) {
        case data::FieldKind::kNumber:
          text += base::Shortest(column.numbers[row]);
          break;
        case data::FieldKind::kTime:
          text += std::to_string(column.times[row]);
          break;
        case data::FieldKind::kText:
          text += column.texts[row];
          break;
      }
      text += '\x1f';
    }
  }
}

Outcome ReadAll(const data::CsvFormat& format, const CsvOptions& options) {
  Outcome outcome;
  auto source = OpenCsv(format, "x.csv", options);
  outcome.error = source.status().ToString();
  if (!source.ok()) return outcome;
  const Result<std::vector<data::SourceColumn>> columns = (*source)->Describe();
  FLORIN_CHECK(columns.ok());
  data::ScanOptions scan{.columns = {}, .reject_share_max = 1};
  for (const data::SourceColumn& column : *columns) {
    scan.columns.push_back({column.name, column.kind});
    scan.columns.push_back({column.name, data::FieldKind::kText});
  }
  auto reader = (*source)->Scan(scan);
  FLORIN_CHECK(reader.ok());
  while (const data::Columns* chunk = (*reader)->Next().value()) {
    Print(*chunk, outcome.rows);
    for (size_t i = 0; i < scan.columns.size(); ++i) {
      FLORIN_CHECK((*reader)->Locate(chunk->rows - 1, i).line > 0);
    }
  }
  outcome.rejected = (*reader)->rejects().rows;
  for (const data::Reject& reject : (*reader)->rejects().first) {
    outcome.reasons += std::to_string(reject.line) + ":" + std::to_string(reject.column) + ": " +
                       reject.reason + "\n";
  }
  return outcome;
}

void CheckCell(std::string_view text) {
  static_cast<void>(data::ParseTime(text));
  static_cast<void>(data::ParseNumber(text, ','));
  const double number = data::ParseNumber(text);
  if (std::isnan(number)) return;
  FLORIN_CHECK(number == std::strtod(std::string(base::Trim(text)).c_str(), nullptr));
}

}  // namespace
}  // namespace florin::source

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace florin;
  using namespace florin::source;
  if (size == 0 || size > 1 << 16) return 0;
  const uint8_t choices = data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  CheckCell(bytes);

  const int file = ::memfd_create("csv", MFD_CLOEXEC);
  FLORIN_CHECK(file >= 0);
  FLORIN_CHECK(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  data::CsvFormat format;
  format.path = "/proc/self/fd/" + std::to_string(file);
  format.delimiter = ",;\t|"[choices & 3];
  format.quote = (choices & 4) != 0 ? '\'' : '"';
  format.decimal_comma = (choices & 8) != 0;
  format.latin1 = (choices & 16) != 0;
  const Outcome whole =
      ReadAll(format, {.buffer_size = size + 64, .row_size_max = 1 << 20, .chunk_rows_max = 4096});
  const Outcome pieces = ReadAll(format, {.buffer_size = 1 + size_t{9} * (choices >> 5),
                                          .row_size_max = 1 << 20,
                                          .chunk_rows_max = 2});
  FLORIN_CHECK(whole == pieces);
  ::close(file);
  return 0;
}
