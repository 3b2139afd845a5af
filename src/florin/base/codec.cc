#include "florin/base/codec.h"

namespace florin::base {

Writer& Writer::Raw(const void* data, size_t size) {
  const auto* first = static_cast<const uint8_t*>(data);
  bytes_.insert(bytes_.end(), first, first + size);
  return *this;
}

Writer& Writer::Varint(uint64_t value) {
  while (value >= 0x80) {
    bytes_.push_back(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  bytes_.push_back(static_cast<uint8_t>(value));
  return *this;
}

Span<uint8_t> Writer::Append(size_t size) {
  bytes_.resize(bytes_.size() + size);
  return Span<uint8_t>(bytes_).last(size);
}

Writer& Writer::Text(std::string_view text) { return Blob(AsBytes(text)); }

Writer& Writer::Blob(ByteView bytes) {
  Varint(bytes.size());
  return Raw(bytes.data(), bytes.size());
}

bool Reader::Bool() {
  const uint8_t value = U8();
  if (value > 1) Fail("flag is neither 0 nor 1");
  return value == 1;
}

uint64_t Reader::Varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = U8();
    if (!ok()) return 0;
    if (shift == 63 && byte > 1) break;
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      if (byte == 0 && shift > 0) break;  // one value, one spelling
      return value;
    }
  }
  Fail("varint too long");
  return 0;
}

std::string Reader::Text(size_t size_max) {
  const ByteView bytes = Blob(size_max);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

ByteView Reader::Blob(size_t size_max) {
  const uint64_t size = Varint();
  if (size > size_max || size > remaining()) {
    Fail("blob longer than its bytes or its bound");
    return {};
  }
  return Fixed(static_cast<size_t>(size));
}

ByteView Reader::Fixed(size_t size) {
  if (!ok() || size > remaining()) {
    Fail("bytes end too early");
    return {};
  }
  position_ += size;
  return bytes_.subspan(position_ - size, size);
}

void Reader::Fail(const char* fault) {
  if (fault_ != nullptr) return;
  fault_ = fault;
  fault_position_ = position_;
}

Status Reader::Finish(std::string_view what) const {
  const char* fault = fault_;
  size_t position = fault_position_;
  if (fault == nullptr && remaining() > 0) {
    fault = "bytes left over";
    position = position_;
  }
  if (fault == nullptr) return {};
  return Status(Kind::kFailed, "CODEC",
                std::string(what) + ": " + fault + " at byte " + std::to_string(position) + " of " +
                    std::to_string(bytes_.size()));
}

}  // namespace florin::base
