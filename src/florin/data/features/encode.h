// Encoder: one feature of a schema, from field values to columns of a batch.
//
// One virtual-free call per feature and chunk; the loops are over rows. Immutable after
// construction but for its scratch: one encoder per reader.
#pragma once

#include <cstdint>
#include <vector>

#include "florin/data/features/fields.h"
#include "florin/data/features/text_index.h"
#include "florin/data/schema.h"

namespace florin::data {

// A categorical value's place: in a public list, or in a hashed table; kUnknownRow outside it.
class Categories {
 public:
  Categories() = default;
  // hash_width > 0 hashes; else `vocabulary` lists the values.
  Categories(Span<const std::string> vocabulary, uint32_t hash_width, uint64_t hash_seed);

  uint32_t Find(std::string_view text) const {
    if (hash_width_ == 0) return index_.Find(text);
    if (text.empty()) return kUnknownRow;
    return static_cast<uint32_t>(base::HashText(text, hash_seed_) % hash_width_);
  }
  // places[i] of texts[rows[i]], written `stride` apart.
  void FindAll(Span<const std::string_view> texts, Span<const uint32_t> rows, uint32_t* places,
               size_t stride) const;

 private:
  TextIndex index_;
  uint32_t hash_width_ = 0;
  uint64_t hash_seed_ = 0;
};

class Encoder {
 public:
  // The feature's columns start at `dense_offset` of a row and at `sparse_base` of the indices.
  Encoder(const Feature& feature, const FieldReader& fields, size_t dense_offset,
          uint32_t sparse_base);

  // Writes the feature of each row in `rows` of the chunk. dense: [rows x stride], zeroed before;
  // sparse: [rows], set to an index or kUnknownRow when the feature is sparse.
  void Encode(const FieldReader& fields, Span<const uint32_t> rows, float* dense, size_t stride,
              uint32_t* sparse);
  bool is_sparse() const { return feature_.sparse_width() > 0; }

 private:
  void ReadNumbers(const FieldReader& fields, Span<const uint32_t> rows);
  void ReadDateParts(Span<const int64_t> times, Span<const uint32_t> rows);
  void ReadCategories(const FieldReader& fields, Span<const uint32_t> rows);
  void WriteNumbers(float* dense, size_t stride) const;
  void WriteBuckets(float* dense, size_t stride) const;

  Feature feature_;  // without its vocabulary
  size_t field_ = 0;
  size_t from_field_ = 0;
  size_t dense_offset_ = 0;
  uint32_t sparse_base_ = 0;
  Categories categories_;
  std::vector<uint32_t> part_places_;  // category of each value of a date part
  std::vector<double> numbers_;        // of the chunk's rows
  std::vector<uint32_t> places_;
};

}  // namespace florin::data
