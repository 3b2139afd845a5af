// Layout names the parts of a flat vector: which slice lies where, with which shape.
//
// Every vector that travels or is stored has one; its canonical bytes go into the model hash, so
// two sides that disagree about a layout cannot mistake one vector for another. Immutable.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/codec.h"
#include "florin/base/status.h"

namespace florin::num {

enum class Scalar : uint8_t { kFloat32 = 1, kFloat64 = 2, kInt64 = 3, kByte = 4 };

size_t ScalarSize(Scalar scalar);            // in bytes
std::string_view ScalarName(Scalar scalar);  // "f32", "f64", "i64", "u8"

struct Slice {
  std::string name;
  std::vector<size_t> shape;  // row-major; {} is one value
  size_t offset = 0;          // in values; set by Layout::Make
  size_t size = 1;            // in values; set by Layout::Make
  bool operator==(const Slice&) const = default;
};

class Layout {
 public:
  static constexpr size_t kSlicesMax = 4096;
  static constexpr size_t kRankMax = 8;
  static constexpr size_t kValuesMax = size_t{1} << 32;

  Layout() = default;  // no slices, size 0
  // Lays the slices one after the other. [LAYOUT-NAME], [LAYOUT-SHAPE], [LAYOUT-SIZE]
  static Result<Layout> Make(Scalar scalar, std::vector<Slice> slices);

  Scalar scalar() const { return scalar_; }
  size_t size() const { return size_; }  // in values
  const std::vector<Slice>& slices() const { return slices_; }
  // nullptr when there is no such slice.
  const Slice* Find(std::string_view name) const;
  bool operator==(const Layout&) const = default;

  void Save(base::Writer& writer) const;
  static Result<Layout> Restore(base::Reader& reader);

 private:
  Scalar scalar_ = Scalar::kFloat32;
  std::vector<Slice> slices_;
  size_t size_ = 0;
};

}  // namespace florin::num
