// DecodeMessage: no bytes crash it, and what it accepts encodes to the same bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "florin/protocol/party.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace protocol = florin::protocol;
  const florin::ByteView bytes(data, size);
  const auto message = protocol::DecodeMessage(bytes, 1 << 12);
  if (!message.ok()) return 0;
  const florin::Bytes encoded = protocol::EncodeMessage(*message);
  FLORIN_CHECK(std::equal(encoded.begin(), encoded.end(), bytes.begin(), bytes.end()));
  FLORIN_CHECK(protocol::EncodedSize(*message) == size);
  return 0;
}
