// FieldReader: a schema's fields read through a site's view.
//
// It binds each field to a column, applies the owner's spelling of values, and keeps the one reject
// report of a scan: what the source could not read and what the rules of a schema refuse. Chunks
// are borrowed until the next Next() or Rewind(). The source must outlive the reader.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "florin/data/features/text_index.h"
#include "florin/data/source.h"
#include "florin/data/view.h"

namespace florin::data {

class FieldReader {
 public:
  // `fields`: the schema's fields with their kinds. [VIEW-COLUMN], [VIEW-VALUE]; errors of the
  // source.
  static Result<FieldReader> Open(Source& source, const View& view,
                                  const std::vector<ColumnRequest>& fields);

  // Loads the next chunk; false after the last one.
  Result<bool> Next();
  Status Rewind();

  size_t rows() const { return rows_; }
  uint64_t first_row() const { return first_row_; }  // rows of the chunks before this one
  const Column& field(size_t index) const { return *columns_[index]; }
  size_t field_count() const { return bound_.size(); }
  // The source's name for a field.
  const std::string& column_name(size_t index) const { return bound_[index].column; }
  // The position of a field, which must be one of those bound.
  size_t Find(std::string_view field) const;

  // Refuses a row of this chunk because of one of its fields: `column: expectation`. A row counts
  // once; the first reason stays.
  void Refuse(size_t row, size_t field, std::string_view expectation);
  Span<const uint8_t> is_rejected() const { return is_rejected_; }  // [rows]
  // [DATA-REJECTS] when the rows refused so far exceed the view's tolerance and no row to come
  // could mend it: at once when none is allowed, else after the last chunk.
  Status Judge() const;
  RejectReport rejects() const;  // of the source and of the schema's rules, by place

 private:
  // The owner's spelling of one field's values: the text at i of `texts` is read as entry i.
  struct ValueMap {
    TextIndex texts;
    std::vector<std::string> targets;
    std::vector<double> numbers;
    std::vector<int64_t> times;
  };
  struct Bound {
    std::string field;
    std::string column;
    FieldKind kind = FieldKind::kText;
    std::unique_ptr<ValueMap> map;  // null when the view maps nothing
    Column mapped;
  };

  static Result<std::unique_ptr<ValueMap>> MakeMap(const std::map<std::string, std::string>& values,
                                                   const Bound& bound, const View& view);
  void ApplyMap(size_t index, const Column& column);

  std::string source_name_;
  char decimal_point_ = '.';
  double reject_share_max_ = 0;
  std::vector<Bound> bound_;
  std::unique_ptr<ColumnReader> reader_;
  size_t rows_ = 0;
  uint64_t first_row_ = 0;
  bool is_done_ = false;
  std::vector<const Column*> columns_;
  std::vector<uint8_t> is_rejected_;
  RejectReport own_rejects_;
};

}  // namespace florin::data
