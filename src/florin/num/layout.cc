#include "florin/num/layout.h"

#include <algorithm>
#include <unordered_set>

namespace florin::num {
namespace {

constexpr size_t kNameMax = 256;

// The number of values of a shape, or 0 when it is not a shape a layout may hold.
size_t ShapeSize(const std::vector<size_t>& shape) {
  if (shape.size() > Layout::kRankMax) return 0;
  size_t size = 1;
  for (const size_t extent : shape) {
    if (extent == 0 || extent > Layout::kValuesMax / size) return 0;
    size *= extent;
  }
  return size;
}

std::string ShapeText(const std::vector<size_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += " x ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

Status Fault(std::string_view code, std::string message) {
  return Status(Kind::kFailed, code, "layout: " + std::move(message));
}

}  // namespace

size_t ScalarSize(Scalar scalar) {
  switch (scalar) {
    case Scalar::kFloat32:
      return 4;
    case Scalar::kFloat64:
    case Scalar::kInt64:
      return 8;
    case Scalar::kByte:
      return 1;
  }
  FLORIN_CHECK(false);
}

std::string_view ScalarName(Scalar scalar) {
  switch (scalar) {
    case Scalar::kFloat32:
      return "f32";
    case Scalar::kFloat64:
      return "f64";
    case Scalar::kInt64:
      return "i64";
    case Scalar::kByte:
      return "u8";
  }
  FLORIN_CHECK(false);
}

Result<Layout> Layout::Make(Scalar scalar, std::vector<Slice> slices) {
  if (slices.size() > kSlicesMax) {
    return Fault("LAYOUT-SIZE", "expected at most " + std::to_string(kSlicesMax) +
                                    " slices, found " + std::to_string(slices.size()));
  }
  Layout layout;
  layout.scalar_ = scalar;
  std::unordered_set<std::string_view> names;
  for (Slice& slice : slices) {
    if (slice.name.empty() || slice.name.size() > kNameMax || !names.insert(slice.name).second) {
      return Fault("LAYOUT-NAME", "expected slice names of 1 to " + std::to_string(kNameMax) +
                                      " bytes, each once, found \"" + slice.name + "\"");
    }
    slice.offset = layout.size_;
    slice.size = ShapeSize(slice.shape);
    if (slice.size == 0) {
      return Fault("LAYOUT-SHAPE", "slice \"" + slice.name + "\": expected at most " +
                                       std::to_string(kRankMax) + " extents >= 1 and at most " +
                                       std::to_string(kValuesMax) + " values, found " +
                                       ShapeText(slice.shape));
    }
    if (slice.size > kValuesMax - layout.size_) {
      return Fault("LAYOUT-SIZE", "expected at most " + std::to_string(kValuesMax) +
                                      " values in all, found more at slice \"" + slice.name + "\"");
    }
    layout.size_ += slice.size;
  }
  layout.slices_ = std::move(slices);
  return layout;
}

const Slice* Layout::Find(std::string_view name) const {
  const auto at = std::find_if(slices_.begin(), slices_.end(),
                               [&](const Slice& slice) { return slice.name == name; });
  return at == slices_.end() ? nullptr : &*at;
}

void Layout::Save(base::Writer& writer) const {
  writer.U8(static_cast<uint8_t>(scalar_)).Varint(slices_.size());
  for (const Slice& slice : slices_) {
    writer.Text(slice.name).Varint(slice.shape.size());
    for (const size_t extent : slice.shape) writer.Varint(extent);
  }
}

Result<Layout> Layout::Restore(base::Reader& reader) {
  const uint8_t scalar = reader.U8();
  if (scalar < 1 || scalar > 4) {
    reader.Fail("unknown scalar");
    return reader.Finish("layout");
  }
  const uint64_t count = reader.Varint();
  if (count > kSlicesMax) reader.Fail("too many slices");
  std::vector<Slice> slices;
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    Slice slice;
    slice.name = reader.Text(kNameMax);
    const uint64_t rank = reader.Varint();
    if (rank > kRankMax) reader.Fail("too many extents");
    for (uint64_t k = 0; k < rank && reader.ok(); ++k) slice.shape.push_back(reader.Varint());
    slices.push_back(std::move(slice));
  }
  if (!reader.ok()) return reader.Finish("layout");
  return Make(static_cast<Scalar>(scalar), std::move(slices));
}

}  // namespace florin::num
