#include "florin/data/features/featurise.h"

#include "florin/base/rng.h"
#include "florin/data/features/encode.h"
#include "florin/data/features/fields.h"
#include "florin/data/features/row_rules.h"

namespace florin::data {
namespace {

class FeatureReader final : public BatchReader {
 public:
  FeatureReader(const Schema& schema, FieldReader fields, Part part)
      : fields_(std::move(fields)), rules_(schema, fields_, part) {
    size_t dense_width = 0;
    uint32_t sparse_base = 0;
    for (const Feature& feature : schema.features) {
      encoders_.emplace_back(feature, fields_, dense_width, sparse_base);
      dense_width += feature.dense_width();
      sparse_base += static_cast<uint32_t>(feature.sparse_width());
      sparse_count_ += feature.sparse_width() > 0 ? 1 : 0;
    }
    batch_.dense_width = dense_width;
    batch_.level_count = schema.contexts.size();
    for (const Context& context : schema.contexts) {
      levels_.push_back(
          {fields_.Find(context.field),
           Categories(context.vocabulary, context.hash_width, base::HashText(context.field))});
    }
  }

  Result<const Batch*> Next() override {
    while (true) {
      FLORIN_ASSIGN(const bool has_chunk, fields_.Next());
      if (!has_chunk) return static_cast<const Batch*>(nullptr);
      rules_.Apply(fields_);
      FLORIN_TRY(fields_.Judge());
      if (rules_.kept().empty()) continue;
      Fill();
      return static_cast<const Batch*>(&batch_);
    }
  }

  Status Rewind() override { return fields_.Rewind(); }

 private:
  struct Level {
    size_t field;
    Categories categories;
  };

  void Fill() {
    const Span<const uint32_t> kept = rules_.kept();
    const size_t rows = kept.size();
    dense_.assign(rows * batch_.dense_width, 0);
    sparse_columns_.resize(rows * sparse_count_);
    uint32_t* sparse = sparse_columns_.data();
    for (Encoder& encoder : encoders_) {
      encoder.Encode(fields_, kept, dense_.data(), batch_.dense_width, sparse);
      if (encoder.is_sparse()) sparse += rows;
    }
    if (sparse_count_ > 0) FillSparse(rows);
    level_rows_.resize(rows * levels_.size());
    for (size_t i = 0; i < levels_.size(); ++i) {
      levels_[i].categories.FindAll(fields_.field(levels_[i].field).texts, kept,
                                    level_rows_.data() + i, levels_.size());
    }
    batch_.rows = rows;
    batch_.dense = dense_;
    batch_.levels = level_rows_;
    batch_.label = rules_.label();
    batch_.weight = rules_.weight();
    batch_.user = rules_.user();
    batch_.item = rules_.item();
    batch_.time = rules_.time();
  }

  // From one column a feature to one run of entries a row.
  void FillSparse(size_t rows) {
    sparse_begin_.resize(rows + 1);
    sparse_index_.resize(rows * sparse_count_);
    size_t entries = 0;
    for (size_t row = 0; row < rows; ++row) {
      sparse_begin_[row] = static_cast<uint32_t>(entries);
      for (size_t i = 0; i < sparse_count_; ++i) {
        const uint32_t index = sparse_columns_[i * rows + row];
        sparse_index_[entries] = index;
        entries += index != kUnknownRow;
      }
    }
    sparse_begin_[rows] = static_cast<uint32_t>(entries);
    if (sparse_ones_.size() < entries) sparse_ones_.resize(entries, 1.0F);
    batch_.sparse_begin = sparse_begin_;
    batch_.sparse_index = Span<const uint32_t>(sparse_index_).first(entries);
    batch_.sparse_value = Span<const float>(sparse_ones_).first(entries);
  }

  FieldReader fields_;
  RowRules rules_;
  std::vector<Encoder> encoders_;
  std::vector<Level> levels_;
  size_t sparse_count_ = 0;  // features with a sparse column
  Batch batch_;
  std::vector<float> dense_;
  std::vector<uint32_t> sparse_columns_;  // [sparse_count x rows]
  std::vector<uint32_t> sparse_begin_;
  std::vector<uint32_t> sparse_index_;
  std::vector<float> sparse_ones_;
  std::vector<uint32_t> level_rows_;
};

}  // namespace

Result<std::unique_ptr<BatchReader>> Featurise(Source& source, const View& view,
                                               const Schema& schema, Part part, bool with_label) {
  Schema asked = schema;
  if (!with_label) {
    asked.label = {};
    asked.weight_field.clear();
  }
  FLORIN_TRY(asked.Check());
  FLORIN_ASSIGN(std::vector<ColumnRequest> needed, asked.Fields());
  FLORIN_ASSIGN(FieldReader fields, FieldReader::Open(source, view, std::move(needed)));
  return std::unique_ptr<BatchReader>(
      std::make_unique<FeatureReader>(asked, std::move(fields), part));
}

}  // namespace florin::data
