// Values: one 64-byte aligned flat buffer of float, double, int64 or bytes. Copies are explicit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "florin/base/bytes.h"
#include "florin/base/codec.h"
#include "florin/base/span.h"
#include "florin/num/layout.h"

namespace florin::num {

class Values {
 public:
  Values() = default;
  static Values Zeros(Scalar scalar, size_t size);
  static Values Of(Span<const float> values);
  static Values Of(Span<const double> values);
  static Values Of(Span<const int64_t> values);
  Values(Values&&) noexcept;
  Values& operator=(Values&&) noexcept;
  ~Values() = default;
  Values Clone() const;

  Scalar scalar() const { return scalar_; }
  size_t size() const { return size_; }  // in values
  bool empty() const { return size_ == 0; }

  // Each asks for its own scalar; another one is a bug (FLORIN_CHECK).
  Span<float> f32();
  Span<const float> f32() const;
  Span<double> f64();
  Span<const double> f64() const;
  Span<int64_t> i64();
  Span<const int64_t> i64() const;
  ByteView bytes() const;  // the object representation, whatever the scalar
  Span<uint8_t> mutable_bytes();

  void Save(base::Writer& writer) const;      // SaveHead, then bytes()
  void SaveHead(base::Writer& writer) const;  // scalar and size
  // Refuses more than `size_max` values. A reader that failed gives an empty buffer.
  static Values Restore(base::Reader& reader, size_t size_max);
  bool operator==(const Values& other) const;

 private:
  static Values Blank(Scalar scalar, size_t size);  // to be written over
  struct Free {
    void operator()(uint8_t* memory) const;
  };
  std::unique_ptr<uint8_t[], Free> memory_;
  Scalar scalar_ = Scalar::kFloat32;
  size_t size_ = 0;
};

}  // namespace florin::num
