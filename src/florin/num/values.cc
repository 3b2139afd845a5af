#include "florin/num/values.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "florin/base/check.h"

namespace florin::num {
namespace {

constexpr std::align_val_t kAlignment{64};

template <typename T>
Values Copied(Scalar scalar, Span<const T> source) {
  Values values = Values::Zeros(scalar, source.size());
  if (!source.empty()) {
    std::memcpy(values.mutable_bytes().data(), source.data(), source.size_bytes());
  }
  return values;
}

}  // namespace

void Values::Free::operator()(uint8_t* memory) const { ::operator delete[](memory, kAlignment); }

Values Values::Zeros(Scalar scalar, size_t size) {
  Values values = Blank(scalar, size);
  if (size > 0) std::memset(values.memory_.get(), 0, values.bytes().size());
  return values;
}

Values Values::Blank(Scalar scalar, size_t size) {
  Values values;
  values.scalar_ = scalar;
  values.size_ = size;
  if (size > 0) {
    FLORIN_CHECK(size <= SIZE_MAX / 8);
    const size_t bytes = size * ScalarSize(scalar);
    values.memory_.reset(static_cast<uint8_t*>(::operator new[](bytes, kAlignment)));
  }
  return values;
}

Values Values::Of(Span<const float> values) { return Copied(Scalar::kFloat32, values); }
Values Values::Of(Span<const double> values) { return Copied(Scalar::kFloat64, values); }
Values Values::Of(Span<const int64_t> values) { return Copied(Scalar::kInt64, values); }

Values::Values(Values&& other) noexcept
    : memory_(std::move(other.memory_)),
      scalar_(other.scalar_),
      size_(std::exchange(other.size_, 0)) {}

Values& Values::operator=(Values&& other) noexcept {
  memory_ = std::move(other.memory_);
  scalar_ = other.scalar_;
  size_ = std::exchange(other.size_, 0);
  return *this;
}

Values Values::Clone() const {
  Values copy = Blank(scalar_, size_);
  if (size_ > 0) std::memcpy(copy.memory_.get(), memory_.get(), bytes().size());
  return copy;
}

Span<float> Values::f32() {
  FLORIN_CHECK(scalar_ == Scalar::kFloat32);
  return {reinterpret_cast<float*>(memory_.get()), size_};
}
Span<const float> Values::f32() const { return const_cast<Values*>(this)->f32(); }

Span<double> Values::f64() {
  FLORIN_CHECK(scalar_ == Scalar::kFloat64);
  return {reinterpret_cast<double*>(memory_.get()), size_};
}
Span<const double> Values::f64() const { return const_cast<Values*>(this)->f64(); }

Span<int64_t> Values::i64() {
  FLORIN_CHECK(scalar_ == Scalar::kInt64);
  return {reinterpret_cast<int64_t*>(memory_.get()), size_};
}
Span<const int64_t> Values::i64() const { return const_cast<Values*>(this)->i64(); }

ByteView Values::bytes() const { return {memory_.get(), size_ * ScalarSize(scalar_)}; }
Span<uint8_t> Values::mutable_bytes() { return {memory_.get(), size_ * ScalarSize(scalar_)}; }

void Values::Save(base::Writer& writer) const {
  SaveHead(writer);
  writer.Fixed(bytes());
}

void Values::SaveHead(base::Writer& writer) const {
  writer.U8(static_cast<uint8_t>(scalar_)).Varint(size_);
}

Values Values::Restore(base::Reader& reader, size_t size_max) {
  const uint8_t scalar = reader.U8();
  if (scalar < 1 || scalar > 4) {
    reader.Fail("unknown scalar");
    return {};
  }
  const uint64_t size = reader.Varint();
  if (!reader.ok()) return {};
  const auto kind = static_cast<Scalar>(scalar);
  if (size > size_max || size > reader.remaining() / ScalarSize(kind)) {
    reader.Fail("values longer than their bytes or their bound");
    return {};
  }
  Values values = Blank(kind, static_cast<size_t>(size));
  const ByteView bytes = reader.Fixed(values.mutable_bytes().size());
  if (!bytes.empty()) std::memcpy(values.memory_.get(), bytes.data(), bytes.size());
  return values;
}

bool Values::operator==(const Values& other) const {
  const ByteView mine = bytes();
  const ByteView theirs = other.bytes();
  return scalar_ == other.scalar_ && mine.size() == theirs.size() &&
         (mine.empty() || std::memcmp(mine.data(), theirs.data(), mine.size()) == 0);
}

}  // namespace florin::num
