// Writer and Reader: the little-endian byte form of every message, saved state and hash input.
//
// A Reader never reads past its bytes and never allocates more than they could fill. After the
// first fault every call answers zero or empty, and Finish() tells where and what: parsers read
// straight through and check once.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "florin/base/bytes.h"
#include "florin/base/span.h"

namespace florin::base {

static_assert(std::endian::native == std::endian::little, "the byte forms assume little-endian");

class Writer {
 public:
  Writer& U8(uint8_t value) { return Raw(&value, 1); }
  Writer& U32(uint32_t value) { return Raw(&value, 4); }
  Writer& U64(uint64_t value) { return Raw(&value, 8); }
  Writer& I64(int64_t value) { return Raw(&value, 8); }
  Writer& F64(double value) { return Raw(&value, 8); }
  Writer& Bool(bool value) { return U8(value ? 1 : 0); }
  Writer& Varint(uint64_t value);       // LEB128, 1-10 bytes
  Writer& Text(std::string_view text);  // varint length, then bytes
  Writer& Blob(ByteView bytes);         // varint length, then bytes
  Writer& Fixed(ByteView bytes) { return Raw(bytes.data(), bytes.size()); }

  // varint count, then the values' own bytes.
  template <typename T>
  Writer& Array(Span<const T> values) {
    Varint(values.size());
    return Raw(values.data(), values.size_bytes());
  }

  // Room for so many bytes more: for what is large, and known to be.
  Writer& Reserve(size_t size) {
    bytes_.reserve(bytes_.size() + size);
    return *this;
  }
  // So many bytes more, of zero, for the caller to fill before the next call.
  Span<uint8_t> Append(size_t size);
  size_t size() const { return bytes_.size(); }
  ByteView view() const { return bytes_; }
  Bytes Take() && { return std::move(bytes_); }

 private:
  Writer& Raw(const void* data, size_t size);
  Bytes bytes_;
};

class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}

  uint8_t U8() { return Scalar<uint8_t>(); }
  uint32_t U32() { return Scalar<uint32_t>(); }
  uint64_t U64() { return Scalar<uint64_t>(); }
  int64_t I64() { return Scalar<int64_t>(); }
  double F64() { return Scalar<double>(); }
  bool Bool();  // anything but 0 or 1 is a fault
  uint64_t Varint();
  std::string Text(size_t size_max);
  ByteView Blob(size_t size_max);  // borrows from the reader's bytes
  ByteView Fixed(size_t size);

  template <typename T>
  std::vector<T> Array(size_t count_max) {
    const uint64_t count = Varint();
    if (count > count_max || count > remaining() / sizeof(T)) {
      Fail("array longer than its bytes or its bound");
      return {};
    }
    const ByteView bytes = Fixed(static_cast<size_t>(count) * sizeof(T));
    std::vector<T> values(ok() ? static_cast<size_t>(count) : 0);
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }

  bool ok() const { return fault_ == nullptr; }
  size_t remaining() const { return bytes_.size() - position_; }
  void Fail(const char* fault);
  // Ok when nothing failed and no byte is left over. `what` names the message. [CODEC]
  Status Finish(std::string_view what) const;

 private:
  template <typename T>
  T Scalar() {
    T value{};
    const ByteView bytes = Fixed(sizeof(T));
    if (bytes.size() == sizeof(T)) std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }

  ByteView bytes_;
  size_t position_ = 0;
  const char* fault_ = nullptr;
  size_t fault_position_ = 0;
};

}  // namespace florin::base
