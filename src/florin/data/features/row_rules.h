// RowRules: which rows of a chunk count, and their label, weight, time, user and item.
//
// A row whose label, weight or time is missing or out of range is refused before the split looks
// at it, so both parts agree about the rejects.
#pragma once

#include <cstdint>
#include <vector>

#include "florin/data/features/featurise.h"
#include "florin/data/features/fields.h"
#include "florin/data/features/text_index.h"
#include "florin/data/schema.h"

namespace florin::data {

class RowRules {
 public:
  // `fields` has every field of `schema` bound.
  RowRules(const Schema& schema, const FieldReader& fields, Part part);

  // Judges the rows of the chunk `fields` holds now.
  void Apply(FieldReader& fields);

  Span<const uint32_t> kept() const { return kept_; }  // rows of the part, ascending
  // Of the kept rows; empty where the schema names no such field.
  Span<const float> label() const { return label_; }
  Span<const float> weight() const { return weight_; }
  Span<const uint64_t> user() const { return user_; }
  Span<const uint64_t> item() const { return item_; }
  Span<const int64_t> time() const { return time_; }

  // Rows accepted in all chunks so far, whatever the part asked for.
  uint64_t train_rows() const { return train_rows_; }
  uint64_t test_rows() const { return test_rows_; }

 private:
  static constexpr size_t kNoField = ~size_t{0};

  void ReadLabels(FieldReader& fields);
  void ReadNamedLabels(FieldReader& fields);
  void ReadWeights(FieldReader& fields);
  void ReadTimes(FieldReader& fields);
  void ChooseRows(const FieldReader& fields);
  bool IsTest(const FieldReader& fields, size_t row) const;

  Label label_rule_;
  Split split_;
  Part part_;
  TextIndex class_index_;
  uint64_t split_key_ = 0;
  size_t label_field_ = kNoField;
  size_t weight_field_ = kNoField;
  size_t time_field_ = kNoField;
  size_t user_field_ = kNoField;
  size_t item_field_ = kNoField;

  std::vector<float> all_labels_;  // of every row of the chunk
  std::vector<float> all_weights_;
  std::vector<uint64_t> all_users_;
  std::vector<uint32_t> kept_;
  std::vector<float> label_;
  std::vector<float> weight_;
  std::vector<uint64_t> user_;
  std::vector<uint64_t> item_;
  std::vector<int64_t> time_;
  uint64_t train_rows_ = 0;
  uint64_t test_rows_ = 0;
};

}  // namespace florin::data
