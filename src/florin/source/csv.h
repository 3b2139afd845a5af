// CSV files as a data::Source.
//
// RFC 4180 with any single-character delimiter and quote: doubled quotes, delimiters and line ends
// inside quotes, LF or CRLF, a last line without one, blank lines passed over. UTF-8 (with or
// without a byte order mark) or Latin-1. The first row is the header. A cell that holds nothing or
// blanks is missing as a number or time; data/parse.h says what numbers and times look like.
//
// Bad rows are rejected with line and column and counted against the scan's tolerance: a number of
// cells other than the header's, a cell that is not of the kind asked for, invalid UTF-8 in a text
// asked for, a misplaced or open quote, a row over row_size_max. Columns nobody asks for are
// neither read nor checked. Memory does not grow with the file.
#pragma once

#include <memory>
#include <string>

#include "florin/data/source.h"
#include "florin/data/view.h"
#include "florin/source/csv_window.h"

namespace florin::source {

// `name` is what messages call the file. [CSV-FORMAT] a delimiter or quote that cannot work;
// [CSV-OPEN], [CSV-READ], [CSV-ENCODING], [CSV-EMPTY]; [CSV-HEADER] a name twice, or not text.
// Scans answer [CSV-COLUMN] for a column that does not exist. The file must not change meanwhile.
Result<std::unique_ptr<data::Source>> OpenCsv(const data::CsvFormat& format, std::string name,
                                              const CsvOptions& options = {});

}  // namespace florin::source
