// A Source over texts in memory, for tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "florin/base/text.h"
#include "florin/data/parse.h"
#include "florin/data/source.h"

namespace florin::data {

// Rows of cells under a header; chunks of `chunk_rows`. Cells that are not of the kind asked for
// reject their row, placed as if the table were a file of one cell of ten characters each.
class TextTableSource final : public Source {
 public:
  TextTableSource(std::vector<SourceColumn> columns, std::vector<std::vector<std::string>> rows,
                  size_t chunk_rows = 2)
      : columns_(std::move(columns)), rows_(std::move(rows)), chunk_rows_(chunk_rows) {}

  Result<std::vector<SourceColumn>> Describe() override { return columns_; }
  std::string name() const override { return "table"; }

  Result<std::unique_ptr<ColumnReader>> Scan(const ScanOptions& options) override {
    std::vector<size_t> cells;
    for (const ColumnRequest& request : options.columns) {
      size_t cell = 0;
      while (cell < columns_.size() && columns_[cell].name != request.column) ++cell;
      if (cell == columns_.size()) {
        return Status(Kind::kConfig, "TABLE-COLUMN", "no column " + request.column);
      }
      cells.push_back(cell);
    }
    return std::unique_ptr<ColumnReader>(
        std::make_unique<Reader>(*this, options, std::move(cells)));
  }

 private:
  class Reader final : public ColumnReader {
   public:
    Reader(const TextTableSource& source, ScanOptions options, std::vector<size_t> cells)
        : source_(source), options_(std::move(options)), cells_(std::move(cells)) {}

    Result<const Columns*> Next() override {
      chunk_ = {};
      kept_.clear();
      const size_t end = std::min(source_.rows_.size(), next_ + source_.chunk_rows_);
      for (; next_ < end; ++next_) {
        if (IsReadable(next_)) kept_.push_back(next_);
      }
      const double share_max = options_.reject_share_max;
      if (share_max == 0 || next_ == source_.rows_.size()) {
        FLORIN_TRY(CheckRejects(rejects_, next_, share_max, source_.name()));
      }
      if (kept_.empty() && next_ == source_.rows_.size()) {
        return static_cast<const Columns*>(nullptr);
      }
      if (kept_.empty()) return Next();
      chunk_.rows = kept_.size();
      for (size_t i = 0; i < cells_.size(); ++i) Fill(i);
      return static_cast<const Columns*>(&chunk_);
    }

    Status Rewind() override {
      next_ = 0;
      rejects_ = {};
      return {};
    }
    const RejectReport& rejects() const override { return rejects_; }
    Place Locate(size_t row, size_t column) const override {
      return {kept_[row] + 2, cells_[column] * 10 + 1};
    }

   private:
    bool IsReadable(size_t row) {
      for (size_t i = 0; i < cells_.size(); ++i) {
        const std::string& text = source_.rows_[row][cells_[i]];
        const FieldKind kind = options_.columns[i].kind;
        const bool is_bad =
            !text.empty() &&
            ((kind == FieldKind::kNumber && ParseNumber(text) != ParseNumber(text)) ||
             (kind == FieldKind::kTime && ParseTime(text) == kMissingTime));
        if (!is_bad) continue;
        rejects_.Add({.line = row + 2,
                      .column = cells_[i] * 10 + 1,
                      .reason = WrongKind(options_.columns[i].column, kind, text)});
        return false;
      }
      return true;
    }

    void Fill(size_t index) {
      Column column{.kind = options_.columns[index].kind, .numbers = {}, .times = {}, .texts = {}};
      for (const size_t row : kept_) {
        const std::string& text = source_.rows_[row][cells_[index]];
        switch (column.kind) {
          case FieldKind::kNumber:
            column.numbers.push_back(ParseNumber(text));
            break;
          case FieldKind::kTime:
            column.times.push_back(ParseTime(text));
            break;
          case FieldKind::kText:
            column.texts.push_back(text);
            break;
        }
      }
      chunk_.columns.push_back(std::move(column));
    }

    const TextTableSource& source_;
    ScanOptions options_;
    std::vector<size_t> cells_;
    size_t next_ = 0;
    std::vector<size_t> kept_;
    Columns chunk_;
    RejectReport rejects_;
  };

  std::vector<SourceColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
  size_t chunk_rows_;
};

}  // namespace florin::data
