#include "florin/crypto/transcript.h"

#include <array>
#include <utility>

#include "florin/base/check.h"

namespace florin::crypto {
namespace {

std::array<uint8_t, 8> LittleEndian(uint64_t number) {
  std::array<uint8_t, 8> bytes;
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(number >> (8 * i));
  return bytes;
}

bool IsLabel(std::string_view label) { return !label.empty() && label.size() <= 255; }

}  // namespace

Transcript::Transcript(std::string_view domain) : hash_(base::AsBytes(domain)) {
  FLORIN_CHECK(IsLabel(domain));
}

Transcript& Transcript::Add(std::string_view label, ByteView value) {
  FLORIN_CHECK(IsLabel(label));
  const auto label_size = static_cast<uint8_t>(label.size());
  hash_.Update(ByteView(&label_size, 1))
      .Update(base::AsBytes(label))
      .Update(LittleEndian(value.size()))
      .Update(value);
  return *this;
}

Transcript& Transcript::Add(std::string_view label, uint64_t number) {
  return Add(label, ByteView(LittleEndian(number)));
}

Kt128Digest Transcript::Digest() const {
  Kt128 hash = hash_;
  return std::move(hash).Finish();
}

}  // namespace florin::crypto
