#include <vector>

#include "florin/source/csv.h"
#include "florin/source/csv_testing.h"
#include "florin/source/source_conformance.h"

namespace florin::source {
namespace {

class CsvStore final : public TableStore {
 public:
  explicit CsvStore(CsvOptions options) : options_(options) {}

  std::unique_ptr<data::Source> Open(const TextTable& table) override {
    std::string text;
    for (size_t i = 0; i < table.columns.size(); ++i) {
      text += (i > 0 ? "," : "") + table.columns[i].name;
    }
    for (const std::vector<std::string>& row : table.rows) {
      text += "\n";
      for (size_t i = 0; i < row.size(); ++i) {
        text += (i > 0 ? "," : "") + CsvCell(row[i], ',', '"', false);
      }
    }
    files_.push_back(std::make_unique<TemporaryFile>(text));
    return OpenCsv(files_.back()->format(), "table.csv", options_).value();
  }

 private:
  CsvOptions options_;
  std::vector<std::unique_ptr<TemporaryFile>> files_;
};

std::unique_ptr<TableStore> MakeCsvStore() { return std::make_unique<CsvStore>(CsvOptions()); }

std::unique_ptr<TableStore> MakeSmallBufferStore() {
  return std::make_unique<CsvStore>(
      CsvOptions{.buffer_size = 50, .row_size_max = 1 << 20, .chunk_rows_max = 3});
}

INSTANTIATE_TEST_SUITE_P(Csv, SourceConformance, testing::Values(&MakeCsvStore));
INSTANTIATE_TEST_SUITE_P(CsvInSmallBuffers, SourceConformance,
                         testing::Values(&MakeSmallBufferStore));

}  // namespace
}  // namespace florin::source
